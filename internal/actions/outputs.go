package actions

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
)

// An Output is one named result of the step. GitHub knows only texts.
type Output struct {
	Name  string
	Value string
}

// outputName is what GitHub allows as the name of an output.
var outputName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

// Outputs sets the outputs of the step, in this order, all or none of them.
// Values may be any text: one with a line break is written as a block between
// delimiter lines that are random and not a part of the value. Known secrets
// are redacted, since GitHub would drop the output otherwise.
//
// Where no file is named nothing is written, in Actions or not.
func (r *Runner) Outputs(values []Output) error {
	if err := checkNames(values); err != nil {
		return err
	}
	path := r.getenv("GITHUB_OUTPUT")
	if path == "" {
		return nil
	}
	var b bytes.Buffer
	for _, o := range values {
		r.writeOutput(&b, o.Name, r.Redact(o.Value))
	}
	if err := appendFile(path, b.Bytes(), 0); err != nil {
		return fmt.Errorf("writing the outputs: %w", err)
	}
	return nil
}

func (r *Runner) writeOutput(b *bytes.Buffer, name, value string) {
	if !strings.Contains(value, "\n") {
		// A name has neither = nor <<, so the first = ends it.
		fmt.Fprintf(b, "%s=%s\n", name, value)
		return
	}
	delimiter := "ct_" + r.random()
	for strings.Contains(value, delimiter) {
		delimiter = "ct_" + r.random()
	}
	fmt.Fprintf(b, "%s<<%s\n%s\n%s\n", name, delimiter, value, delimiter)
}

// checkNames names every output whose name GitHub would not take, or that
// would overwrite another one.
func checkNames(values []Output) error {
	var problems []error
	seen := map[string]bool{}
	for _, o := range values {
		// Expressions read outputs without regard to case.
		key := strings.ToLower(o.Name)
		switch {
		case !outputName.MatchString(o.Name):
			problems = append(problems, fmt.Errorf("output name %.80q: expected letters, digits, - and _, beginning with a letter or _", o.Name))
		case seen[key]:
			problems = append(problems, fmt.Errorf("output %s is set twice", o.Name))
		}
		seen[key] = true
	}
	return errors.Join(problems...)
}

// summaryLimit is the most bytes of a step's summary, including what others wrote to
// it before. GitHub drops the whole of a larger one.
const summaryLimit = 1 << 20

// Summary appends Markdown to the summary of the job. Known secrets are
// redacted; the caller escapes users' texts for Markdown. More than GitHub accepts
// (1 MiB a step) is an error, and then nothing is written.
//
// Where no file is named nothing is written, in Actions or not.
func (r *Runner) Summary(markdown string) error {
	path := r.getenv("GITHUB_STEP_SUMMARY")
	if path == "" {
		return nil
	}
	if err := appendFile(path, []byte(r.Redact(markdown)+"\n"), summaryLimit); err != nil {
		return fmt.Errorf("writing the job summary: %w", err)
	}
	return nil
}

// appendFile appends text to a file of the runner's, on a new line even where the
// last line there has no end. A limit other than 0 is the most bytes that the file
// may have afterwards.
func appendFile(path string, text []byte, limit int64) (err error) {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	size := info.Size()
	if size > 0 {
		var last [1]byte
		if _, err := f.ReadAt(last[:], size-1); err != nil {
			return err
		}
		if last[0] != '\n' {
			text = append([]byte("\n"), text...)
		}
	}
	if total := size + int64(len(text)); limit > 0 && total > limit {
		return fmt.Errorf("%d bytes, expected at most %d: GitHub would drop all of it", total, limit)
	}
	_, err = f.Write(text)
	return err
}
