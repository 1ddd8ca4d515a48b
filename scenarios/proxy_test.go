package scenarios_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
)

const (
	apiPath = "/api/2.0/mlflow/"
	// scoredMark is the path that shared/score.py asks for when it is done:
	// from there on calls count as after scoring.
	scoredMark = "/scored"
	// ourAgent begins the User-Agent of the binary. What its training and
	// scoring commands ask goes through the same proxy, and is neither counted
	// nor disturbed.
	ourAgent = "ct-action/"
)

// A fault disturbs the binary's calls that it matches. The zero value matches
// every call and does nothing.
type fault struct {
	On   string `yaml:"on"`   // "POST registered-models/alias"; absent: every call
	With string `yaml:"with"` // a part of its query or body
	Nth  int    `yaml:"nth"`  // only the nth of these calls; 0: each of them

	Person *change `yaml:"person"` // is done to the registry before the call reaches it
	Signal string  `yaml:"signal"` // is sent to the binary before the call reaches the registry: INT, TERM or KILL
	Answer *answer `yaml:"answer"` // is given in the registry's place
	Cut    string  `yaml:"cut"`    // the connection is closed without an answer, "before" or "after" the registry has carried it out
	Then   string  `yaml:"then"`   // "refuse": after this call no other gets through

	matched int
}

type answer struct {
	Status int    `yaml:"status"`
	Type   string `yaml:"type"` // Content-Type; JSON where absent
	Body   string `yaml:"body"`
}

// A proxy stands between one scenario's binary and the server. It writes down
// every call, and disturbs those that a fault names.
type proxy struct {
	world   *world
	listen  *httptest.Server
	forward *httputil.ReverseProxy
	strict  string // "": as it comes; else what becomes of every method but GET, HEAD, POST and OPTIONS

	inFlight sync.WaitGroup

	mu      sync.Mutex
	faults  []*fault
	process *os.Process
	refuse  bool
	calls   []string
	writes  int
	scored  int // calls when scoring was done, -1: it was not
	errs    []error
}

func startProxy(t *testing.T, w *world) *proxy {
	t.Helper()
	target, err := url.Parse(w.server.URI)
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{world: w, scored: -1, strict: w.scenario.Strict}
	p.forward = &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
	p.listen = httptest.NewServer(p)
	t.Cleanup(p.listen.Close)
	return p
}

func (p *proxy) url() string { return p.listen.URL }

// begin forgets the step before.
func (p *proxy) begin(faults []fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults, p.calls, p.errs = nil, nil, nil
	p.process, p.refuse, p.writes, p.scored = nil, false, 0, -1
	for i := range faults {
		p.faults = append(p.faults, &faults[i])
	}
}

// end complains of faults that met no call: the scenario would prove nothing.
func (p *proxy) end(t *testing.T, label string) {
	t.Helper()
	p.inFlight.Wait() // the last call of a run that was killed
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, err := range p.errs {
		t.Errorf("step %s: proxy: %v", label, err)
	}
	for _, f := range p.faults {
		if f.matched < max(1, f.Nth) {
			t.Errorf("step %s: no call met the fault on %q with %q (nth %d)", label, f.On, f.With, f.Nth)
		}
	}
}

// watch names the process that signals go to.
func (p *proxy) watch(process *os.Process) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.process = process
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.inFlight.Add(1)
	defer p.inFlight.Done()
	if r.URL.Path == scoredMark {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.scored = len(p.calls)
		return
	}
	if !strings.HasPrefix(r.UserAgent(), ourAgent) {
		p.forward.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if p.strict != "" && !strings.Contains(" GET HEAD POST OPTIONS ", " "+r.Method+" ") {
		if p.strict == "refuse" {
			p.note(describe(r, body), "405")
			http.Error(w, "Method Not Allowed", http.StatusMethodNotAllowed)
			return
		}
		body, r.ContentLength = nil, 0 // "drop" the body, as some proxies do
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	c := describe(r, body)
	f := p.meet(c)
	if f == nil {
		p.note(c, "refused")
		panic(http.ErrAbortHandler)
	}
	p.disturb(w, r, c, f)
}

// A seen call is one of the binary's.
type seen struct {
	name   string // "POST registered-models/alias"
	line   string // as calls.txt shows it
	detail string // query and body
	write  bool
}

// meet finds the fault for a call, the zero fault where there is none, nil
// where no call gets through any more.
func (p *proxy) meet(c seen) *fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refuse {
		return nil
	}
	for _, f := range p.faults {
		if (f.On != "" && f.On != c.name) || !strings.Contains(c.detail, f.With) {
			continue
		}
		f.matched++
		if f.Nth == 0 || f.matched == f.Nth {
			p.refuse = f.Then == "refuse"
			return f
		}
	}
	return &fault{}
}

// disturb does what the fault says and writes down how the call ended.
func (p *proxy) disturb(w http.ResponseWriter, r *http.Request, c seen, f *fault) {
	if f.Person != nil {
		if err := p.world.change(*f.Person); err != nil {
			p.fail(err)
		}
	}
	if f.Signal != "" {
		p.signal(f.Signal)
	}
	switch {
	case f.Answer != nil:
		w.Header().Set("Content-Type", f.Answer.mediaType())
		w.WriteHeader(f.Answer.Status)
		fmt.Fprint(w, f.Answer.Body)
		p.note(c, fmt.Sprint(f.Answer.Status))
	case f.Cut == "before":
		p.note(c, "cut")
		panic(http.ErrAbortHandler)
	case f.Cut == "after":
		// Also when its sender has died meanwhile: that is when a write lands late.
		p.forward.ServeHTTP(httptest.NewRecorder(), r.WithContext(context.WithoutCancel(r.Context())))
		p.note(c, "cut after")
		panic(http.ErrAbortHandler)
	default:
		status := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		p.forward.ServeHTTP(status, r)
		p.note(c, fmt.Sprint(status.status))
	}
}

func (a *answer) mediaType() string {
	if a.Type == "" {
		return "application/json"
	}
	return a.Type
}

func (p *proxy) signal(name string) {
	signals := map[string]syscall.Signal{"INT": syscall.SIGINT, "TERM": syscall.SIGTERM, "KILL": syscall.SIGKILL}
	p.mu.Lock()
	process := p.process
	p.mu.Unlock()
	signal, ok := signals[name]
	if !ok || process == nil {
		p.fail(fmt.Errorf("signal %q: expected INT, TERM or KILL, and a process", name))
		return
	}
	if err := process.Signal(signal); err != nil {
		p.fail(err)
	}
}

func (p *proxy) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.errs = append(p.errs, err)
}

func (p *proxy) note(c seen, ended string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	line := c.line
	if ended != "200" {
		line += " (" + ended + ")"
	}
	p.calls = append(p.calls, line)
	if c.write {
		p.writes++
	}
}

// log is the calls in order, one a line.
func (p *proxy) log() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return collapsed(p.calls)
}

// collapsed is one call a line. More than two of the same in a row are shown
// as one: how often a run polls depends on the machine.
func collapsed(calls []string) string {
	var lines strings.Builder
	for i := 0; i < len(calls); {
		n := 1
		for i+n < len(calls) && calls[i+n] == calls[i] {
			n++
		}
		switch {
		case n > 2:
			lines.WriteString(calls[i] + " …\n")
		default:
			lines.WriteString(strings.Repeat(calls[i]+"\n", n))
		}
		i += n
	}
	return lines.String()
}

// describe names a call by what matters of it.
func describe(r *http.Request, body []byte) seen {
	path, isAPI := strings.CutPrefix(r.URL.Path, apiPath)
	c := seen{name: r.Method + " " + path, detail: r.URL.RawQuery + string(body)}
	c.write = r.Method != http.MethodGet && !strings.HasSuffix(path, "/search")
	var fields struct{ Alias, Version, Key string }
	if len(body) > 0 && isAPI {
		_ = json.Unmarshal(body, &fields) // what cannot be read is not shown
	}
	if fields.Version == "" {
		fields.Version = r.URL.Query().Get("version")
	}
	c.line = c.name
	if fields.Alias != "" {
		c.line += " @" + fields.Alias
	}
	if fields.Version != "" {
		c.line += " v" + fields.Version
	}
	if fields.Key != "" {
		c.line += " " + fields.Key
	}
	return c
}

// checkCalls holds the step to its numbers.
func (w *world) checkCalls(t *testing.T, label string, s step) {
	t.Helper()
	w.proxy.mu.Lock()
	calls, writes, scored := len(w.proxy.calls), w.proxy.writes, w.proxy.scored
	w.proxy.mu.Unlock()
	if s.Calls > 0 && calls > s.Calls {
		t.Errorf("step %s: %d registry calls, expected at most %d:\n%s", label, calls, s.Calls, w.proxy.log())
	}
	if s.Scored > 0 && (scored < 0 || calls-scored > s.Scored) {
		t.Errorf("step %s: scoring ended after %d of %d registry calls, expected at most %d after it:\n%s", label, scored, calls, s.Scored, w.proxy.log())
	}
	if s.Writes != nil && writes != *s.Writes {
		t.Errorf("step %s: %d registry calls that write, expected %d:\n%s", label, writes, *s.Writes, w.proxy.log())
	}
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}
