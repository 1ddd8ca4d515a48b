package actions

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	githubactions "github.com/sethvargo/go-githubactions"
	"pgregory.net/rapid"
)

// A scene is a Runner with everything that it can touch.
type scene struct {
	*Runner
	stdout, stderr  bytes.Buffer
	output, summary string // paths
}

func newScene(t *testing.T, active bool) *scene {
	t.Helper()
	dir := t.TempDir()
	s := &scene{output: filepath.Join(dir, "output"), summary: filepath.Join(dir, "summary")}
	env := map[string]string{"GITHUB_OUTPUT": s.output, "GITHUB_STEP_SUMMARY": s.summary}
	if active {
		env["GITHUB_ACTIONS"] = "true"
	}
	s.Runner = New(func(k string) string { return env[k] }, &s.stdout, &s.stderr)
	n := 0
	s.random = func() string { n++; return "random" + strconv.Itoa(n) }
	return s
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestConsole(t *testing.T) {
	t.Parallel()
	at := Position{File: "a,b.yml", Line: 3, Column: 5}
	for _, test := range []struct {
		name    string
		say     func(s *scene)
		actions string // on stdout, in Actions
		plain   string // on stderr, outside
	}{
		{"notice", func(s *scene) { s.Notice(Position{}, "hi") }, "::notice::hi\n", "notice: hi\n"},
		{"warning with a position", func(s *scene) { s.Warning(at, "100%\n::error::x\r") },
			"::warning col=5,file=a%2Cb.yml,line=3::100%25%0A::error::x%0D\n", "a,b.yml:3:5: warning: 100%\n::error::x\r\n"},
		{"error without a line", func(s *scene) { s.Error(Position{File: "x", Column: 2}, "no") }, "::error file=x::no\n", "x: error: no\n"},
		{"column alone", func(s *scene) { s.Error(Position{Line: 7}, "no") }, "::error::no\n", "error: no\n"},
		{"format verbs", func(s *scene) { s.Error(Position{}, "%s %d") }, "::error::%25s %25d\n", "error: %s %d\n"},
		{"group", func(s *scene) { s.Group("a\n::error::b"); s.EndGroup() }, "::group::a%0A::error::b\n::endgroup::\n", ""},
		{"stop", func(s *scene) { resume := s.StopCommands(&s.stdout); resume(); resume() }, "::stop-commands::random1\n::random1::\n", ""},
		{"secret", func(s *scene) {
			if err := s.Mask("hunter2"); err != nil {
				panic(err)
			}
			s.stdout.Reset()
			s.Error(Position{File: "hunter2"}, "password hunter2 refused")
			s.Group("hunter2")
		}, "::error file=***::password *** refused\n::group::***\n", "***: error: password *** refused\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, true)
			test.say(s)
			if got := s.stdout.String(); got != test.actions || s.stderr.Len() > 0 {
				t.Errorf("in Actions:\n got %q\nwant %q\nstderr %q", got, test.actions, &s.stderr)
			}
			s = newScene(t, false)
			test.say(s)
			if got := s.stderr.String(); got != test.plain || s.stdout.Len() > 0 {
				t.Errorf("outside:\n got %q\nwant %q\nstdout %q", got, test.plain, &s.stdout)
			}
		})
	}
}

func TestToStderr(t *testing.T) {
	t.Parallel()
	s := newScene(t, true)
	e := s.ToStderr()
	if err := e.Mask("hunter2"); err != nil {
		t.Fatal(err)
	}
	e.Group("g")
	e.Warning(Position{}, "w")
	if s.stdout.Len() > 0 {
		t.Errorf("stdout has %q", &s.stdout)
	}
	for _, want := range []string{"::add-mask::hunter2\n", "::group::g\n", "::warning::w\n"} {
		if !strings.Contains(s.stderr.String(), want) {
			t.Errorf("stderr lacks %q:\n%s", want, &s.stderr)
		}
	}
	if got := s.Redact("hunter2"); got != "***" {
		t.Errorf("the first runner does not know the secret: %q", got)
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	for _, active := range []bool{true, false} {
		s := newScene(t, active)
		if err := s.Mask("hunter2"); err != nil {
			t.Fatal(err)
		}
		want := "::error::***"
		if active {
			want = ": :error::***"
		}
		if got := s.Text("::error::hunter2"); got != want {
			t.Errorf("active %t: got %q, want %q", active, got, want)
		}
	}
}

func TestMask(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, secret, want string
	}{
		{"empty", " \n", ""},
		{"plain", "hunter2", "::add-mask::hunter2\n::add-mask::aHVudGVyMg\n"},
		{"surrounding space", "\thunter2\r\n", "::add-mask::hunter2\n::add-mask::aHVudGVyMg\n"},
		{"escaped", "p@ss/w%rd ?>", "::add-mask::p@ss/w%25rd ?>\n::add-mask::cEBzcy93JXJkID8+\n::add-mask::cEBzcy93JXJkID8-\n" +
			"::add-mask::p%2540ss%252Fw%2525rd+%253F%253E\n::add-mask::p@ss%252Fw%2525rd%2520%253F%253E\n::add-mask::p%2540ss%252Fw%2525rd%2520%253F%253E\n"},
		{"lines", "{\n  key: abcdef\n}", "::add-mask::key: abcdef\n::add-mask::ewogIGtleTogYWJjZGVmCn0\n" +
			"::add-mask::%257B%250A++key%253A+abcdef%250A%257D\n::add-mask::%257B%250A%2520%2520key:%2520abcdef%250A%257D\n" +
			"::add-mask::%257B%250A%2520%2520key%253A%2520abcdef%250A%257D\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, true)
			for range 2 { // the second time is nothing new
				if err := s.Mask(test.secret); err != nil {
					t.Fatal(err)
				}
			}
			if got := s.stdout.String(); got != test.want {
				t.Errorf("\n got %s\nwant %s", got, test.want)
			}
			s = newScene(t, false)
			if err := s.Mask(test.secret); err != nil || s.stdout.Len()+s.stderr.Len() > 0 {
				t.Errorf("outside Actions: error %v, stdout %q, stderr %q", err, &s.stdout, &s.stderr)
			}
		})
	}
}

func TestMaskRefuses(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{"a", "1", "abc", "äöü", "true", "TRUE", "champion", "lleng", "12345", "}\n{\n", "promoted\n"} {
		s := newScene(t, true)
		err := s.Mask(secret)
		if err == nil {
			t.Errorf("%q is taken", secret)
			continue
		}
		if s.stdout.Len() > 0 || s.Redact(secret) != secret {
			t.Errorf("%q is refused but masked: %q", secret, &s.stdout)
		}
		if s := strings.TrimSpace(secret); len(s) > 1 && s != "true" && s != "promoted" && strings.Contains(err.Error(), s) {
			t.Errorf("the error gives %q away: %v", secret, err)
		}
	}
}

func TestMaskUnwritten(t *testing.T) {
	t.Parallel()
	r := New(func(string) string { return "true" }, broken{}, broken{})
	if err := r.Mask("hunter2"); !errors.Is(err, errBroken) {
		t.Errorf("got %v, want %v", err, errBroken)
	}
	r.Group("no panic")
}

var errBroken = errors.New("broken pipe")

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errBroken }

func TestRedact(t *testing.T) {
	t.Parallel()
	s := newScene(t, false)
	for _, secret := range []string{"pass/", "pass/word", "line one\nline two"} {
		if err := s.Mask(secret); err != nil {
			t.Fatal(err)
		}
	}
	for in, want := range map[string]string{
		"pass/word":                     "***",
		"pass/wo":                       "***wo",
		"https://u:pass%2Fword@host/":   "https://u:***@host/",
		"cGFzcy93b3Jk and cGFzcy93b3Jk": "*** and ***",
		"line one\nline two":            "***\n***",
		"nothing":                       "nothing",
	} {
		if got := s.Redact(in); got != want {
			t.Errorf("Redact(%q):\n got %q\nwant %q", in, got, want)
		}
	}
}

func TestOutputs(t *testing.T) {
	t.Parallel()
	s := newScene(t, true)
	if err := os.WriteFile(s.output, []byte("earlier=left without an end"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Mask("hunter2"); err != nil {
		t.Fatal(err)
	}
	err := s.Outputs([]Output{
		{"promoted", "false"},
		{"empty", ""},
		{"text", "a=b<<c\r"},
		{"lines", "one\nct_random1\n"},
		{"uri", "http://u:hunter2@h"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := "earlier=left without an end\npromoted=false\nempty=\ntext=a=b<<c\r\n" +
		"lines<<ct_random2\none\nct_random1\n\nct_random2\nuri=http://u:***@h\n"
	if got := read(t, s.output); got != want {
		t.Errorf("\n got %q\nwant %q", got, want)
	}
}

// TestOutputInjection shows the hole in the SDK, and that ours has none.
func TestOutputInjection(t *testing.T) {
	t.Parallel()
	const hostile = "harmless\n_GitHubActionsFileCommandDelimeter_\npromoted=true\nx<<_GitHubActionsFileCommandDelimeter_\n"
	s := newScene(t, true)
	githubactions.New(githubactions.WithGetenv(s.getenv)).SetOutput("reason", hostile)
	got, err := readFileCommands(read(t, s.output))
	if err != nil || got["promoted"] != "true" {
		t.Fatalf("the SDK is not open to injection any more: %v, %v", got, err)
	}
	if err := os.Remove(s.output); err != nil {
		t.Fatal(err)
	}
	if err := s.Outputs([]Output{{"promoted", "false"}, {"reason", hostile}}); err != nil {
		t.Fatal(err)
	}
	got, err = readFileCommands(read(t, s.output))
	want := map[string]string{"promoted": "false", "reason": hostile}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

// TestOutputsReadBack writes any values and reads them as the runner does.
func TestOutputsReadBack(t *testing.T) {
	t.Parallel()
	// Few and guessable delimiters, so that the check against the value is
	// needed.
	pieces := rapid.SampledFrom([]string{"a", "=", "<<", "\n", "\r", "ct_0", "ct_1", "ct_2", "promoted=true"})
	rapid.Check(t, func(rt *rapid.T) {
		s := newScene(t, true)
		n := 0
		s.random = func() string { n++; return strconv.Itoa(n % 1000) }
		var values []Output
		want := map[string]string{}
		for i, parts := range rapid.SliceOfN(rapid.SliceOf(pieces), 1, 5).Draw(rt, "values") {
			o := Output{"name-" + strconv.Itoa(i), strings.Join(parts, "")}
			values, want[o.Name] = append(values, o), o.Value
		}
		if err := s.Outputs(values); err != nil {
			rt.Fatal(err)
		}
		got, err := readFileCommands(read(t, s.output))
		if err != nil || !maps.Equal(got, want) {
			rt.Fatalf("got %q, %v, want %q", got, err, want)
		}
	})
}

func TestOutputNames(t *testing.T) {
	t.Parallel()
	s := newScene(t, true)
	err := s.Outputs([]Output{{"ok", "1"}, {"a=b", ""}, {"", ""}, {"a\nb", ""}, {"OK", "2"}, {"1st", ""}})
	if err == nil {
		t.Fatal("no error")
	}
	if got := strings.Count(err.Error(), "\n") + 1; got != 5 {
		t.Errorf("%d problems, want 5:\n%v", got, err)
	}
	if _, err := os.Stat(s.output); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("written in spite of the error: %v", err)
	}
}

func TestSummary(t *testing.T) {
	t.Parallel()
	s := newScene(t, true)
	if err := s.Mask("hunter2"); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"# One\n", "two hunter2"} {
		if err := s.Summary(text); err != nil {
			t.Fatal(err)
		}
	}
	const want = "# One\n\ntwo ***\n"
	if got := read(t, s.summary); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	fill := strings.Repeat("x", summaryLimit-len(want)-1)
	if err := s.Summary(fill + "x"); err == nil {
		t.Error("a byte more than GitHub takes is no error")
	}
	if got := read(t, s.summary); got != want {
		t.Errorf("written in spite of the error: %d bytes", len(got))
	}
	if err := s.Summary(fill); err != nil {
		t.Errorf("exactly what GitHub takes: %v", err)
	}
}

func TestOutsideNothingIsWritten(t *testing.T) {
	t.Parallel()
	inside := map[string]string{"GITHUB_ACTIONS": "true"}
	for name, r := range map[string]*Runner{
		"no files named by env": New(func(k string) string { return inside[k] }, broken{}, broken{}),
	} {
		if err := r.Outputs([]Output{{"a", "b"}}); err != nil {
			t.Errorf("%s: outputs: %v", name, err)
		}
		if err := r.Summary("text"); err != nil {
			t.Errorf("%s: summary: %v", name, err)
		}
		if path := r.getenv("GITHUB_OUTPUT"); path != "" {
			if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("%s: %s is there: %v", name, path, err)
			}
		}
	}
}

func TestFilesThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	env := map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": t.TempDir(), "GITHUB_STEP_SUMMARY": t.TempDir() + "/no/dir"}
	r := New(func(k string) string { return env[k] }, broken{}, broken{})
	if err := r.Outputs([]Output{{"a", "b"}}); err == nil {
		t.Error("outputs into a folder are no error")
	}
	if err := r.Summary("text"); err == nil {
		t.Error("a summary into a missing folder is no error")
	}
}
