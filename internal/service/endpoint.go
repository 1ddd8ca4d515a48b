package service

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/org/ct-action/internal/text"
)

// An endpoint is one address of a service, and who we say that we are there.
type endpoint struct {
	method    string
	input     string   // the address is the input of this name and -url, the token that and -token
	path      string   // that it ends with, as examples have it
	url       *url.URL // no user info, no fragment
	auth      string   // Authorization header, empty for none
	userAgent string
	http      *http.Client
	secrets   []string
	scrub     func(string) string // hides them
}

func asked(method, input, path string, cfg Config) endpoint {
	return endpoint{method: method, input: input, path: path, userAgent: cmp.Or(cfg.UserAgent, "ct-action")}
}

// example is the whole address of some service.
func (e *endpoint) example() string { return "https://churn.example.com/" + e.path }

// address reads the URL and takes the credentials out of it. What it says
// about a bad one never quotes it: it may hold a password.
func (e *endpoint) address(raw, token string) error {
	u, err := url.Parse(strings.TrimSpace(raw))
	switch {
	case strings.ContainsFunc(token, unicode.IsControl):
		return fmt.Errorf("%s-token: holds a control character or a line break", e.input)
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return fmt.Errorf("%s-url: not a URL with a host; expected http:// or https://, such as %s", e.input, e.example())
	case u.User != nil && token != "":
		return fmt.Errorf("%s-url: holds a user name or password, and %s-token is given too; expected one of them", e.input, e.input)
	}
	if token != "" {
		e.auth = "Bearer " + token
		e.secrets = []string{token}
	}
	if u.User != nil {
		password, _ := u.User.Password()
		encoded := base64.StdEncoding.EncodeToString([]byte(u.User.Username() + ":" + password))
		e.auth = "Basic " + encoded
		e.secrets = []string{encoded, password}
	}
	e.secrets = slices.DeleteFunc(e.secrets, func(s string) bool { return len(s) < text.Recognisable })
	e.scrub = text.Scrubber(e.secrets)
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	e.url = u
	return nil
}

// Secrets are what we send to prove who we are.
func (e *endpoint) Secrets() []string { return e.secrets }

// send makes the request. It returns the body of a GET's answer with status 200, and
// that of any other's with status 2xx.
func (e *endpoint) send(ctx context.Context) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, e.method, e.url.String(), nil)
	if err != nil {
		return nil, errors.New("making the request") // the cause may quote the URL
	}
	req.Close = true
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Cache-Control", "no-cache")
	req.Header.Set("User-Agent", e.userAgent)
	if e.auth != "" {
		req.Header.Set("Authorization", e.auth)
	}
	resp, err := e.http.Do(req)
	if err != nil {
		return nil, e.unanswered(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("reading the answer: %w", err)
	}
	if resp.StatusCode != http.StatusOK && (e.method == http.MethodGet || resp.StatusCode/100 != 2) {
		return nil, e.refused(resp, body)
	}
	return body, nil
}
