package scenarios_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"
)

// A said is one answer of the model service.
type said struct {
	Status int           `yaml:"status"` // 200 where absent
	Type   string        `yaml:"type"`   // Content-Type; JSON where absent
	Body   string        `yaml:"body"`   // a template
	Delay  time.Duration `yaml:"delay"`  // before the answer
	Times  int           `yaml:"times"`  // given so often; 1 where absent
}

// A service stands in for what serves the champion. It gives a step's answers
// in order, the last for ever, and writes down what it was asked.
type service struct {
	listen *httptest.Server

	mu      sync.Mutex
	answers []said
	last    int // times that the last answer was given
	asked   []string
}

// startService starts the scenario's service, where a step has answers for it.
func startService(t *testing.T, s *scenario) *service {
	t.Helper()
	for _, step := range s.Steps {
		if len(step.Service) > 0 {
			service := &service{}
			service.listen = httptest.NewServer(service)
			t.Cleanup(service.listen.Close)
			return service
		}
	}
	return nil
}

// url is where it listens; a scenario without one has no use for it.
func (s *service) url() (string, error) {
	if s == nil {
		return "", fmt.Errorf("no step of this scenario has answers of a service")
	}
	return s.listen.URL, nil
}

// begin takes the answers of the next step.
func (s *service) begin(t *testing.T, w *world, answers []said) {
	t.Helper()
	if s == nil {
		return
	}
	var queue []said
	for _, a := range answers {
		a.Body = w.expand(t, a.Body)
		for range max(1, a.Times) {
			queue = append(queue, a)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers, s.last, s.asked = queue, 0, nil
}

// log is what it was asked, in order.
func (s *service) log() string {
	if s == nil {
		return ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return joinLines(s.asked)
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a, ok := s.next(r)
	if !ok {
		panic(http.ErrAbortHandler) // a step without answers
	}
	select {
	case <-time.After(a.Delay):
	case <-r.Context().Done():
		return
	}
	if a.Type == "" {
		a.Type = "application/json"
	}
	w.Header().Set("Content-Type", a.Type)
	w.WriteHeader(a.Status)
	_, _ = io.WriteString(w, a.Body) // whoever asked may have gone
}

// next finds the request's answer and writes both down. How often a patient
// run asks depends on the machine, so the last answer's repetitions are one
// line.
func (s *service) next(r *http.Request) (said, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	line := r.Method + " " + r.RequestURI
	if auth := r.Header.Get("Authorization"); auth != "" {
		line += " Authorization: " + auth
	}
	a, ended := said{}, "cut"
	if len(s.answers) > 0 {
		a = s.answers[0]
		a.Status = max(a.Status, http.StatusOK)
		ended = strconv.Itoa(a.Status)
	}
	if len(s.answers) > 1 {
		s.answers = s.answers[1:]
	} else if s.last++; s.last == 2 {
		s.asked[len(s.asked)-1] += " …"
	}
	if s.last < 2 {
		s.asked = append(s.asked, line+" ("+ended+")")
	}
	return a, len(s.answers) > 0
}
