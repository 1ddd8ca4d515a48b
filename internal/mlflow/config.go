package mlflow

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/org/ct-action/internal/retry"
	"github.com/org/ct-action/internal/text"
)

// Config is all that a Client depends on.
type Config struct {
	TrackingURI string                       // http or https, with a base path where there is one
	RegistryURI string                       // empty: TrackingURI
	Getenv      func(string) string          // nil: no variables
	ReadFile    func(string) ([]byte, error) // nil: os.ReadFile; certificates and the credentials file
	UserAgent   string                       // empty: ct-action
	Policy      retry.Policy                 // fields that are zero have its defaults
	Transport   http.RoundTripper            // nil: made from the variables; TLS variables are then not looked at
}

// New checks the configuration without touching the network. Its error joins
// all problems, not only the first.
func New(cfg Config) (*Client, error) {
	if cfg.Getenv == nil {
		cfg.Getenv = func(string) string { return "" }
	}
	if cfg.RegistryURI == "" {
		cfg.RegistryURI = cfg.TrackingURI
	}
	creds, credErr := readCredentials(cfg)
	tracking, trackingErr := newEndpoint("tracking-uri", cfg.TrackingURI, creds)
	registry, registryErr := tracking, error(nil)
	if cfg.RegistryURI != cfg.TrackingURI {
		registry, registryErr = newEndpoint("registry-uri", cfg.RegistryURI, creds)
	}
	base, tlsErr := newTransport(cfg)
	policy, policyErr := envPolicy(cfg)
	if err := errors.Join(trackingErr, registryErr, credErr, unsupportedAuth(cfg.Getenv), tlsErr, policyErr); err != nil {
		return nil, err
	}
	secrets := slices.Concat(creds.secrets(), uriSecrets(cfg.TrackingURI), uriSecrets(cfg.RegistryURI))
	slices.Sort(secrets)
	secrets = slices.Compact(secrets)
	return &Client{
		tracking: tracking, registry: registry,
		http:      retry.NewClient(policy, base),
		userAgent: cmp.Or(cfg.UserAgent, "ct-action"),
		workspace: strings.TrimSpace(cfg.Getenv("MLFLOW_WORKSPACE")),
		secrets:   secrets,
		scrub:     text.Scrubber(secrets, tracking.auth, registry.auth),
	}, nil
}

// Secrets lists the passwords and tokens in use, as they were given, for the
// caller to mask before the first request. User names are not among them.
func (c *Client) Secrets() []string { return slices.Clone(c.secrets) }

// supported ends every message about a URI that cannot be used.
const supported = "supported is an MLflow server over http:// or https://, such as https://mlflow.example.com"

// newEndpoint reads a URI. What it says about a bad one never quotes it: a
// URI that cannot be parsed cannot be stripped of its password either.
func newEndpoint(name, raw string, creds credentials) (endpoint, error) {
	raw = strings.TrimSpace(raw)
	if raw == "" {
		return endpoint{}, fmt.Errorf("%s: no address given; %s", name, supported)
	}
	u, err := url.Parse(raw)
	scheme, _, _ := strings.Cut(raw, ":")
	switch {
	case !strings.Contains(raw, "://") && !strings.Contains(raw, "@") && strings.HasPrefix(raw, "localhost"):
		return endpoint{}, fmt.Errorf("%s: %q has no scheme; %s\nhint: http://%s", name, raw, supported, raw)
	case !strings.Contains(raw, ":"):
		return endpoint{}, fmt.Errorf("%s: a path or a bare name; %s", name, supported)
	case !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https"):
		return endpoint{}, fmt.Errorf("%s: %s; %s%s", name, schemeWords(scheme), supported, schemeHint(scheme))
	case err != nil || u.Hostname() == "":
		return endpoint{}, fmt.Errorf("%s: not a URL with a host; %s\nhint: characters of a password such as @ / # %% are written as %%40 %%2F %%23 %%25", name, supported)
	case u.RawQuery != "" || u.Fragment != "":
		return endpoint{}, fmt.Errorf("%s: a query or fragment (? or #) follows the address; expected the part before it, without the page of the UI", name)
	}
	return credentialed(u, creds), nil
}

// credentialed takes the user info out of the URL. As in Python's requests, it
// counts before the variables.
func credentialed(u *url.URL, creds credentials) endpoint {
	at := endpoint{base: &url.URL{Scheme: strings.ToLower(u.Scheme), Host: u.Host}}
	at.base.Path = strings.TrimRight(u.Path, "/")
	at.base.RawPath = strings.TrimRight(u.RawPath, "/")
	at.auth, at.how = creds.header()
	if u.User != nil && u.User.String() != "" {
		password, _ := u.User.Password()
		at.auth, at.how = basic(u.User.Username(), password), "the user name and password in the URI"
	}
	return at
}

func schemeWords(scheme string) string {
	if clean := text.Line(scheme, 30); validScheme(clean) {
		return fmt.Sprintf("a %s: URI is not a server this program can talk to", clean)
	}
	return "not an http or https URL"
}

func validScheme(s string) bool {
	return s != "" && strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz0123456789+-.") == "" && len(s) < 20
}

// schemeHint says what to do about the URIs that MLflow itself accepts.
func schemeHint(scheme string) string {
	switch s := strings.ToLower(scheme); {
	case strings.HasPrefix(s, "databricks"), s == "uc":
		return "\nhint: Databricks and Unity Catalog have a registry API of their own, which is not supported"
	case s == "file", s == "sqlite", strings.HasPrefix(s, "postgresql"), strings.HasPrefix(s, "mysql"), strings.HasPrefix(s, "mssql"):
		return "\nhint: start `mlflow server --backend-store-uri …` on that store and give its address"
	case s == "arn", s == "azureml":
		return "\nhint: managed registries that sign requests in their own way are not supported"
	}
	return ""
}

// envPolicy applies the two variables of MLflow's own that bound a request.
func envPolicy(cfg Config) (retry.Policy, error) {
	p := cfg.Policy
	var errs []error
	set := func(name, expected string, least, most int, keep func(int)) {
		text := strings.TrimSpace(cfg.Getenv(name))
		n, err := strconv.Atoi(text)
		switch {
		case text == "":
		case err != nil || n < least || n > most:
			errs = append(errs, fmt.Errorf("%s: %q: expected %s%d to %d", name, text, expected, least, most))
		default:
			keep(n)
		}
	}
	set("MLFLOW_HTTP_REQUEST_TIMEOUT", "whole seconds, ", 1, 3600, func(n int) { p.PerCall = time.Duration(n) * time.Second })
	set("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "", 0, 9, func(n int) { p.Attempts = n + 1 })
	return p, errors.Join(errs...)
}
