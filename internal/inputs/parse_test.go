package inputs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"unicode"

	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"

	"github.com/org/ct-action/internal/field"
	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/golden"
	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/policyfile"
	"github.com/org/ct-action/internal/text"
)

func noFile(string) ([]byte, error) { return nil, fs.ErrNotExist }

// TestPrecedence draws any subset of the layers, some of them blank, and holds
// the winner to the documented order.
func TestPrecedence(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, variable string }{
		{"model-name", ""}, {"tracking-uri", "MLFLOW_TRACKING_URI"}, {"registry-uri", "MLFLOW_REGISTRY_URI"}, {"holdout", ""},
	}
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.SampledFrom(cases).Draw(t, "input")
		text := map[origin]string{}
		for layer := fromMLflow; layer <= fromFlag; layer++ {
			if layer == fromMLflow && c.variable == "" {
				continue
			}
			choice := rapid.SampledFrom([]string{"absent", "blank", "given"}).Draw(t, fmt.Sprint(layer))
			if choice != "absent" {
				text[layer] = map[string]string{"blank": "  "}[choice]
			}
			if choice == "given" {
				text[layer] = fmt.Sprintf("http://layer%d", layer)
				if c.variable == "" {
					text[layer] = fmt.Sprintf("layer%d", layer)
				}
			}
		}
		in := parseLayers(t, c.name, c.variable, text)
		input, _ := lookup(c.name)
		wantLayer, want := fromDefault, input.Default
		for layer := fromMLflow; layer <= fromFlag; layer++ {
			if strings.TrimSpace(text[layer]) != "" {
				wantLayer, want = layer, text[layer]
			}
		}
		if got := value(input, &in); got != want || in.sourceOf(c.name).origin != wantLayer {
			t.Fatalf("%v gives %q from layer %v, want %q from %v", text, got, in.sourceOf(c.name).origin, want, wantLayer)
		}
	})
}

// parseLayers gives one input in some layers; it does not care what is missing
// beside it.
func parseLayers(t *rapid.T, name, mlflow string, text map[origin]string) Inputs {
	args, environ, config := []string{"run", "--dry-run"}, []string{}, ""
	if s, ok := text[fromFlag]; ok {
		args = append(args, "--"+name, s)
	}
	if s, ok := text[fromVariable]; ok {
		environ = append(environ, variable(name)+"="+s)
	}
	if s, ok := text[fromConfig]; ok {
		config = fmt.Sprintf("%s: %q\n", name, s)
	}
	if s, ok := text[fromMLflow]; ok {
		environ = append(environ, mlflow+"="+s)
	}
	in, err := Parse(args, environ, func(string) ([]byte, error) { return []byte(config), nil })
	var problems Problems
	if errors.As(err, &problems) {
		for _, p := range problems {
			if p.Where != "" { // other than "required"
				t.Fatal(err)
			}
		}
	}
	return in
}

// TestHostileText feeds any text to any input, in any layer, and looks at what
// a log would show of it.
func TestHostileText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(names()).Draw(t, "input")
		text := rapid.String().Draw(t, "text")
		if rapid.Bool().Draw(t, "long") {
			text = strings.Repeat("x\n", 5000) + text
		}
		args := rapid.SampledFrom([][]string{nil, {"--" + name, text}, {"--" + text, text}, {text}}).Draw(t, "args")
		environ := []string{variable(name) + "=" + text, "INPUT_" + text + "=x"}
		_, err := Parse(args, environ, func(string) ([]byte, error) { return nil, errors.New(text) })
		onePerLine(t, err)
	})
}

// onePerLine fails unless every problem is one short printable line.
func onePerLine(t interface{ Fatalf(string, ...any) }, err error) {
	var problems Problems
	if err == nil || errors.Is(err, ErrHelp) || errors.Is(err, ErrVersion) {
		return
	}
	if !errors.As(err, &problems) || len(problems) == 0 {
		t.Fatalf("error %v is no list of problems", err)
	}
	for _, p := range problems {
		line := p.Error()
		if len(line) > 2000 || strings.ContainsFunc(line, unicode.IsControl) || p.Expected == "" {
			t.Fatalf("problem %q", line)
		}
	}
}

// FuzzConfig feeds any bytes as the configuration file.
func FuzzConfig(f *testing.F) {
	for _, seed := range []string{"", "epsilon: 0.1\n", "a: &a [*a]\n", "- x", "? : :\n", "mode: gate\n---\n", "\xff", "x: |\n  y", "github-token: hunter2", "%YAML 9\n---\n",
		"gate: {checks: [{metric: auc, threshold: 0.5}]}", "gate: {checks: [{metric: auc, segment: a=b, threshold: 0.5}], require: {a: b}}",
		"gate:\n  segments: [a, [a, b]]\n  require: [{b: 1, a: 2}]\n  checks:\n    - {metric: x, file: '{role}', greater_is_better: true, min_relative_change: 1}\n    - {metric: f1, min_rows: 3, confidence: 0.9, dry-run: true}\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		in, err := Parse([]string{"--github-token", "hunter2hunter2"}, nil, func(string) ([]byte, error) { return data, nil })
		onePerLine(t, err)
		if err == nil && in.Requirements != nil {
			soundPolicy(t, in.Requirements)
		}
		for _, input := range Spec() {
			source := in.sourceOf(input.Name)
			if source.origin == fromConfig && (source.Line < 1 || source.Column < 1) {
				t.Fatalf("%s came from %+v", input.Name, source)
			}
			if source.origin == fromConfig && input.Secret {
				t.Fatal("a secret came from the configuration file")
			}
		}
	})
}

// TestHostileChecks puts any text anywhere into the mapping gate.
func TestHostileChecks(t *testing.T) {
	t.Parallel()
	var keys []string
	for _, key := range slices.Concat(policyfile.CheckKeys(), policyfile.GateKeys()) {
		keys = append(keys, key.Name)
	}
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.OneOf(rapid.String(), rapid.SampledFrom(append(keys, "auc", "brier", "0.5", "{role}", "a=b")),
			rapid.Just(strings.Repeat("x\u2028", 3000)))
		values := rapid.OneOf(rapid.Map(word, anything), rapid.Map(rapid.SliceOfN(word, 0, 3), anything), rapid.Map(rapid.MapOfN(word, word, 0, 2), anything))
		mapping := rapid.MapOfN(word, values, 0, 4)
		policy := rapid.MapOfN(word, values, 0, 3).Draw(t, "gate")
		policy["checks"] = rapid.SliceOfN(mapping, 0, 3).Draw(t, "checks")
		text, err := yaml.Marshal(map[string]any{"gate": policy})
		if err != nil {
			t.Fatal(err)
		}
		in, err := Parse([]string{"judge", "--predictions", "p.csv"}, nil, func(string) ([]byte, error) { return text, nil })
		onePerLine(t, err)
		if err == nil {
			soundPolicy(t, in.Requirements)
		}
	})
}

func anything[T any](v T) any { return v }

// soundPolicy holds a policy that Parse lets through to what the gate builds on.
func soundPolicy(t rapid.TB, requirements []gate.Requirement) {
	t.Helper()
	names, deciding := map[string]bool{}, false
	for _, r := range requirements {
		_, known := metrics.Lookup(r.Metric)
		if names[r.Name] || r.Name == "" || len(r.Conditions) == 0 || !known && r.File == "" {
			t.Fatalf("a check that cannot be judged: %+v", r)
		}
		names[r.Name] = true
		deciding = deciding || !r.DryRun
		for _, c := range r.Conditions {
			if c.Kind != gate.Threshold && c.Limit.Sign() < 0 {
				t.Fatalf("%s: %s %s", r.Name, c.Kind, c.Limit)
			}
		}
		for _, by := range r.Segments {
			for _, values := range by.Require {
				if len(values) != len(by.Columns) {
					t.Fatalf("%s: %q required of %q", r.Name, values, by.Columns)
				}
			}
		}
		if (len(r.Segments) > 0) != (r.MinRows > 0) || r.AllRows && len(r.Segments) == 0 {
			t.Fatalf("%s: at least %d rows, all rows %t, in %d segments", r.Name, r.MinRows, r.AllRows, len(r.Segments))
		}
	}
	if !deciding {
		t.Fatal("nothing decides")
	}
}

func TestVariableNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"model-name": "INPUT_MODEL-NAME", "epsilon": "INPUT_EPSILON", "holdout-sha256": "INPUT_HOLDOUT-SHA256", "a b": "INPUT_A_B",
	} {
		if got := variable(name); got != want {
			t.Errorf("variable(%q) = %q, want %q", name, got, want)
		}
	}
}

// TestSecretNeverPrints tries the ways in which a value reaches a text.
func TestSecretNeverPrints(t *testing.T) {
	t.Parallel()
	in, _ := Parse([]string{"--github-token", "hunter2"}, nil, noFile)
	if in.GitHubToken.Reveal() != "hunter2" {
		t.Fatalf("token read as %q", in.GitHubToken.Reveal())
	}
	encoded, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{fmt.Sprint(in), fmt.Sprintf("%+v", in), fmt.Sprintf("%#v", in), fmt.Sprintf("%q", in.GitHubToken), string(encoded)} {
		if strings.Contains(text, "hunter2") {
			t.Errorf("the token shows in %s", text)
		}
	}
}

func TestUnreadableConfig(t *testing.T) {
	t.Parallel()
	_, err := Parse([]string{"run"}, nil, func(path string) ([]byte, error) {
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrPermission}
	})
	if want := `default: config: ".github/ct.yml": expected a file that can be read: open .github/ct.yml: permission denied`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	var general bytes.Buffer
	if err := Help(&general, "", 80, false); err != nil {
		t.Fatal(err)
	}
	golden.Compare(t, "testdata/help.txt", general.String())
	for _, info := range Modes() {
		var page bytes.Buffer
		if err := Help(&page, info.Mode, 60, false); err != nil {
			t.Fatal(err)
		}
		for _, input := range Spec() {
			want := input.ReadBy(info.Mode) && input.Name != "mode"
			line := "\n  " + input.Flag() + argument(input.Field) + "\n"
			if got := strings.Contains(page.String(), line); got != want {
				t.Errorf("help of mode %s lists %s: %v, want %v", info.Mode, input.Flag(), got, want)
			}
		}
		for line := range strings.Lines(page.String()) {
			if len(strings.TrimRight(line, "\n")) > 60 {
				t.Errorf("help of mode %s: a line is wider than asked for: %q", info.Mode, line)
			}
		}
	}
	var gate bytes.Buffer
	if err := Help(&gate, ModeGate, 0, true); err != nil {
		t.Fatal(err)
	}
	golden.Compare(t, "testdata/help-gate.txt", gate.String())
	var checks bytes.Buffer
	if err := Help(&checks, HelpChecks, 80, false); err != nil {
		t.Fatal(err)
	}
	golden.Compare(t, "testdata/help-checks.txt", checks.String())
	for _, key := range slices.Concat(policyfile.CheckKeys(), policyfile.GateKeys()) {
		if !strings.Contains(checks.String(), "\n  "+key.Name) {
			t.Errorf("help checks does not list %s", key.Name)
		}
	}
	for _, page := range []string{general.String(), checks.String()} {
		for line := range strings.Lines(page) {
			if len(strings.TrimRight(line, "\n")) > 80 {
				t.Errorf("a line is wider than asked for: %q", line)
			}
		}
	}
}

func TestHelpReportsAFailedWriter(t *testing.T) {
	t.Parallel()
	if err := Help(brokenWriter{}, "", 0, false); err == nil {
		t.Error("a broken writer went unnoticed")
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestHelpAsAWord(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		mode Mode
		err  error
	}{
		{[]string{"help"}, "", ErrHelp},
		{[]string{"help", "gate"}, ModeGate, ErrHelp},
		{[]string{"help", "checks"}, HelpChecks, ErrHelp},
		{[]string{"help", "nonsense"}, "", ErrHelp},
		{[]string{"version"}, "", ErrVersion},
	} {
		in, err := Parse(c.args, nil, none)
		if in.Mode != c.mode || !errors.Is(err, c.err) {
			t.Errorf("%q: mode %q, %v; expected %q, %v", c.args, in.Mode, err, c.mode, c.err)
		}
	}
}

// A secret in another input's value is hidden, also where the message cuts it.
func TestSecretInAnotherValue(t *testing.T) {
	t.Parallel()
	const token, password = "ghs_0123456789abcdef", "correct-horse-battery"
	environ := []string{"INPUT_GITHUB-TOKEN=" + token, "MLFLOW_TRACKING_PASSWORD=" + password}
	for before := range field.MostShown + 2 {
		for _, secret := range []string{token, password} {
			_, err := Parse([]string{"rollback", "--reason", strings.Repeat("p", before) + secret + "\nx"}, environ, noFile)
			said := err.Error()
			if at := strings.Index(said, secret[:text.Recognisable]); at >= 0 {
				t.Fatalf("%d characters before it: %s", before, said)
			}
			if before < 20 && !strings.Contains(said, field.Hidden) {
				t.Fatalf("expected %s in its place: %s", field.Hidden, said)
			}
		}
	}
}
