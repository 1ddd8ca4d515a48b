//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A teller tells the story on the terminal, and keeps what it told.
type teller struct {
	out   io.Writer
	told  strings.Builder
	began time.Time
	step  int
}

// chapter begins a step of the story.
func (t *teller) chapter(title string) {
	t.step++
	t.began = time.Now()
	if t.step > 1 {
		t.print("\n")
	}
	t.print(fmt.Sprintf("%d. %s\n", t.step, title))
}

// done ends it, with the time that it took.
func (t *teller) done() { t.say("%.1f s", time.Since(t.began).Seconds()) }

// say tells lines of the present step.
func (t *teller) say(format string, values ...any) {
	for line := range strings.Lines(strings.TrimRight(fmt.Sprintf(format, values...), "\n") + "\n") {
		t.print("   " + line)
	}
}

func (t *teller) print(text string) {
	t.told.WriteString(text)
	fmt.Fprint(t.out, text)
}

// aside tells what is of this run alone, and no part of the transcript.
func (t *teller) aside(format string, values ...any) { fmt.Fprintf(t.out, format+"\n", values...) }

// varying are the numbers of a transcript that are others in each run: times,
// counts, shares and scores, but no version.
var varying = regexp.MustCompile(`\b\d[\d,]*(\.\d+)?(s\b| s\b| ms\b|%| requests\b| customers\b| failed\b| left\b| rows\b| of \d+\b)|\b\d+\.\d+\b|\b\d{4}-\d\d-\d\dT[\d:]+Z`)

// masked is a transcript without them.
func masked(transcript string) string {
	return varying.ReplaceAllStringFunc(transcript, func(found string) string {
		return "#" + strings.TrimLeft(found, "0123456789,.-:TZ")
	})
}

// keep holds everything up until the test is interrupted, where KEEP=1 asks for it.
func (s *story) keep() {
	if os.Getenv("KEEP") == "" {
		return
	}
	interrupted, stop := signal.NotifyContext(s.t.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	s.teller.aside("\nleft up to look at, until Ctrl-C here stops all of it:\n")
	for _, place := range [][2]string{
		{"MLflow", s.mlflow + "/#/models/" + s.model}, {"service", s.serviceURL + "/model-info"}, {"metrics", s.serviceURL + "/metrics"},
		{"repository", s.repository}, {"prediction log", s.log()},
	} {
		s.teller.aside("  %-15s %s", place[0], place[1])
	}
	<-interrupted.Done()
}

// pictures leaves what the pictures of docs/capstone.md are made of in the folder that
// PICTURES names.
func (s *story) pictures() error {
	dir := os.Getenv("PICTURES")
	if dir == "" {
		return nil
	}
	report, err := os.ReadFile(filepath.Join(s.repository, "monitoring/drift_report.html"))
	if err != nil {
		return err
	}
	outcomes, err := filepath.Glob(filepath.Join(s.repository, "outcomes/*.csv"))
	if err != nil {
		return err
	}
	const mark = "Summary - " // of act's, before each; the composite action of a host writes two
	_, summary, _ := strings.Cut(s.promoted.summary("ct"), mark)
	summary, _, _ = strings.Cut(summary, mark)
	summary = strings.TrimRight(summary, " \n⚙") // which begins the next one
	_, err = s.runQuietly(append([]string{"python", "src/plot_month.py", "--out", filepath.Join(dir, "month.png"), "--labels"}, outcomes...)...)
	return errors.Join(err, os.WriteFile(filepath.Join(dir, "evidently.html"), report, 0o644), os.WriteFile(filepath.Join(dir, "promoted.md"), []byte(summary), 0o644))
}

const transcriptPage = "../docs/capstone.md"

// holdTranscript compares the transcript of docs/capstone.md with what was told, but
// for the numbers that vary. CT_CAPSTONE_WRITE=1 writes it instead.
func holdTranscript(t *testing.T, told string) {
	t.Helper()
	const begin, end = "<!-- transcript:begin -->\n```text\n", "```\n<!-- transcript:end -->"
	text, err := os.ReadFile(transcriptPage)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), begin)
	committed, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("%s has no transcript between its markers", transcriptPage)
	}
	if os.Getenv("CT_CAPSTONE_WRITE") != "" && masked(committed) != masked(told) {
		write(t, transcriptPage, before+begin+told+end+after)
		return
	}
	want, got := strings.Split(masked(committed), "\n"), strings.Split(masked(told), "\n")
	for i := range max(len(want), len(got)) {
		if i >= len(want) || i >= len(got) || want[i] != got[i] {
			t.Fatalf("line %d of the transcript in %s is not what was told; run make capstone, which writes it\n want: %s\n got:  %s",
				i+1, transcriptPage, at(want, i), at(got, i))
		}
	}
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(nothing more)"
}
