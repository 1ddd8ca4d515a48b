//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Traffic is the service's customers: src/simulate_traffic.py, from the quiet day to
// the last chapter.
type traffic struct {
	story        *story
	table, drift string    // whom they are drawn from, and how much that has shifted
	since        time.Time // when they began to be so
	seed         int
	total        counts
	flowing      *exec.Cmd // those who come all the time; nil where nobody does
	said         bytes.Buffer
}

// counts are the last line of simulate_traffic.py.
type counts struct {
	Sent     int            `json:"sent"`
	Failed   int            `json:"failed"`
	Versions map[string]int `json:"versions"`
}

// simulate is one process of the simulator.
func (f *traffic) simulate(n int, rate string) []string {
	f.seed++
	return []string{"python", "src/simulate_traffic.py", "--service", f.story.serviceURL, "--table", f.table, "--drift-strength", f.drift,
		"--n", strconv.Itoa(n), "--rate", rate,
		"--seed", strconv.Itoa(f.seed), "--labels", f.outcomes()}
}

// outcomes is the file of what became of those who came last.
func (f *traffic) outcomes() string { return fmt.Sprintf("outcomes/%d.csv", f.seed) }

// flow lets customers come, 15 a second, which two cores that train meanwhile can
// serve. Those who came until then leave.
func (f *traffic) flow(table, drift string) error {
	if err := f.stop(); err != nil {
		return err
	}
	f.table, f.drift, f.since = table, drift, time.Now()
	f.said.Reset()
	f.flowing = exec.CommandContext(f.story.t.Context(), "env", f.simulate(40000, "15")...)
	f.flowing.Dir, f.flowing.Env = f.story.repository, f.story.environment()
	f.flowing.Stdout, f.flowing.Stderr = &f.said, &f.said
	return f.flowing.Start()
}

// batch sends more customers, as fast as the service answers.
func (f *traffic) batch(n int) error {
	said, err := f.story.runQuietly(f.simulate(n, "0")...)
	return f.count(said, err)
}

// stop lets nobody come any more.
func (f *traffic) stop() error {
	if f.flowing == nil {
		return nil
	}
	_ = f.flowing.Process.Signal(syscall.SIGTERM) // it tells what it has sent, then
	err := f.flowing.Wait()
	f.flowing = nil
	return f.count(f.said.String(), err)
}

// count adds what a simulator said in its last line.
func (f *traffic) count(said string, err error) error {
	var c counts
	bad := json.Unmarshal([]byte(lastLine(said)), &c)
	if err != nil || bad != nil {
		return fmt.Errorf("simulate_traffic.py: %w\n%s", errors.Join(err, bad), said)
	}
	f.total.Sent += c.Sent
	f.total.Failed += c.Failed
	if f.total.Versions == nil {
		f.total.Versions = map[string]int{}
	}
	for version, n := range c.Versions {
		f.total.Versions[version] += n
	}
	return nil
}

func lastLine(text string) string {
	text = strings.TrimSpace(text)
	return text[strings.LastIndexByte(text, '\n')+1:]
}

// log is the folder of the service's prediction log.
func (s *story) log() string { return filepath.Join(s.repository, "predictions") }
