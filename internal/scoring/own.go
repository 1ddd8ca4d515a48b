package scoring

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/org/ct-action/internal/evidence"
	"github.com/org/ct-action/internal/foreign"
	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/jsonpointer"
	"github.com/org/ct-action/internal/metrics"
)

// own reads the user's own metrics: for each version a number out of a JSON file. A
// number that cannot be read, or is not of the judged data, is absent, with the
// reason.
func (s *Scorer) own(h Holdout, champion, challenger string) map[string]evidence.Own {
	owned := map[string]evidence.Own{}
	judged := sync.OnceValue(func() gate.Tie { return s.judgedData(h) })
	for _, q := range s.Policy.Requirements {
		if q.File != "" {
			owned[q.Source()] = evidence.Own{
				Champion:   s.ownOf("champion", champion, q, judged()),
				Challenger: s.ownOf("challenger", challenger, q, judged()),
			}
		}
	}
	return owned
}

// ownOf is one version's number, held against the data that judge.
func (s *Scorer) ownOf(role, version string, q gate.Requirement, judged gate.Tie) metrics.Value {
	if version == "" {
		return metrics.Absent("there is no " + role)
	}
	file := strings.NewReplacer("{role}", role, "{version}", version).Replace(q.File)
	number, said, err := s.ownNumber(file, q.Pointer)
	if err != nil {
		return metrics.Absent(err.Error())
	}
	if s.In.Mode != inputs.ModeJudge { // there, version is the name of a column
		judged.Version = version
	}
	if strings.Contains(q.File, "{version}") && said.Version == "" {
		said.Version = version
	}
	return gate.Tied(number, file, said, judged)
}

// judgedData identifies the data that judge, as a number's file has to.
func (s *Scorer) judgedData(h Holdout) gate.Tie {
	t := gate.Tie{Holdout: h.SHA256}
	if path := cmp.Or(s.In.Evidence, s.In.Predictions); path != "" && path != inputs.StandardInput {
		t.Predictions, _ = s.Data.Digest(path) // a folder or glob has none
	}
	return t
}

// ownNumber reads a number, and what the objects around it say about it; the nearest
// object counts.
func (s *Scorer) ownNumber(path, pointer string) (number metrics.Value, said gate.Tie, err error) {
	content, err := s.Data.ReadFile(path)
	if err != nil {
		return number, said, err
	}
	var document any
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber() // 0.2 is a decimal, and compared as one
	if err := decoder.Decode(&document); err != nil {
		if is := foreign.NotJSON(content); is != nil {
			err = is
		}
		return number, said, fmt.Errorf("%s: expected JSON: %w", path, err)
	}
	if _, err := decoder.Token(); err != io.EOF { // a second document could have another number
		return number, said, fmt.Errorf("%s: expected one JSON document, and nothing after it", path)
	}
	found, said, err := pointTo(document, pointer)
	if err != nil {
		return number, said, fmt.Errorf("%s: %w", path, err)
	}
	digits, ok := found.(json.Number)
	if !ok {
		return number, said, fmt.Errorf("%s: expected a number at %q", path, pointer)
	}
	if exact, err := metrics.ParseDecimal(digits.String()); err == nil {
		return metrics.Exact(exact.Rat()), said, nil
	}
	float, err := digits.Float64() // with an exponent
	if err != nil {
		return number, said, fmt.Errorf("%s: number at %q: %w", path, pointer, err)
	}
	return metrics.Exact(metrics.Written(float)), said, nil
}

// pointTo follows a pointer, and reads what the objects on the way say.
func pointTo(document any, pointer string) (found any, said gate.Tie, err error) {
	names, ok := jsonpointer.Parse(pointer)
	for i := 0; ok && i < len(names); i++ {
		if object, is := document.(map[string]any); is {
			tie(&said, object)
		}
		document, ok = jsonpointer.Step(document, names[i])
	}
	if !ok {
		return nil, said, fmt.Errorf("nothing at %q", pointer)
	}
	return document, said, nil
}

// tie reads which version and data an object says that its numbers are of.
func tie(said *gate.Tie, object map[string]any) {
	for key, field := range map[string]*string{
		"version": &said.Version, "holdout_sha256": &said.Holdout, "predictions_sha256": &said.Predictions,
	} {
		switch value := object[key].(type) {
		case string:
			*field = value
		case json.Number:
			*field = value.String()
		}
	}
}
