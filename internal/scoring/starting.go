package scoring

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/policyfile"
)

// withStart adds to an error about labels or columns of another task how a
// configuration file with checks for that task begins.
func (s *Scorer) withStart(err error) error {
	var other *metrics.OtherTask
	classes, one := s.predicted(err)
	switch {
	case errors.As(err, &other) && other.Numbers && one: // a score a class would be several columns
		return fmt.Errorf("%w; %s", err, s.start(metrics.Numeric))
	case other != nil:
		return fmt.Errorf("%w; %s", err, s.start(other.Task))
	case classes && slices.Contains(s.Policy.Tasks(), metrics.Binary):
		return fmt.Errorf("%w\n%s", err, s.start(metrics.Multiclass))
	}
	return err
}

// predicted reports whether the file of predictions that an error is about has a
// challenger's column for each of several classes, or one column.
func (s *Scorer) predicted(err error) (classes, one bool) {
	if err == nil || s.In.Predictions == "" || s.In.Predictions == "-" {
		return false, false
	}
	header, _ := s.Data.Header(s.In.Predictions) // what is wrong with it, err says
	one = slices.Contains(header, ColumnChallenger)
	several := 0
	for _, name := range header {
		if strings.HasPrefix(name, ColumnChallenger+"_") {
			several++
		}
	}
	return several > 1 && !one, one
}

// start is how a configuration file begins for a task that the checks of this
// policy are not for.
func (s *Scorer) start(task metrics.Task) string {
	model, column, config := "multiclass", s.In.TargetColumn, cmp.Or(s.In.Config, ".github/ct.yml")
	if task == metrics.Numeric {
		model = "regression"
	}
	if s.In.Predictions != "" {
		column = columnLabel
	}
	text := fmt.Sprintf("if %q is the right column, these are a %s model's, which gate.checks judge (docs/other-models.md); begin in %s with:", column, model, config)
	if s.Policy.Requirements != nil {
		text = fmt.Sprintf("if %q is the right column, these are a %s model's, and the checks in %s are for a binary classifier; begin with (docs/other-models.md):", column, model, config)
	}
	return text + "\n" + strings.Join(policyfile.Starting(task), "\n")
}
