package mlflow

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
)

// credentials are what the variables and the credentials file say, without the
// line break that is often pasted with a secret.
type credentials struct {
	user, password, token string
	raw                   []string // secrets as they were given
}

// readCredentials follows MLflow's order: each variable before its line in the
// credentials file.
func readCredentials(cfg Config) (credentials, error) {
	file, fileErr := credentialsFile(cfg)
	var c credentials
	var errs []error
	take := func(variable string, secret bool) string {
		raw := cmp.Or(cfg.Getenv(variable), file[strings.ToLower(variable)])
		value := strings.Trim(raw, "\r\n")
		if strings.ContainsFunc(value, unicode.IsControl) {
			errs = append(errs, fmt.Errorf("%s: holds a control character or a line break", variable))
		}
		if secret && value != "" {
			c.raw = append(c.raw, value)
			if raw != value {
				c.raw = append(c.raw, raw)
			}
		}
		return value
	}
	c.user = take("MLFLOW_TRACKING_USERNAME", false)
	c.password = take("MLFLOW_TRACKING_PASSWORD", true)
	c.token = strings.TrimSpace(take("MLFLOW_TRACKING_TOKEN", true))
	if c.token == "" && (c.user == "") != (c.password == "") {
		errs = append(errs, errors.New("MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD: only one of the two is set; expected both or neither\nhint: a secret is empty in pull requests from forks, and where its name is misspelt"))
	}
	return c, errors.Join(append(errs, fileErr)...)
}

// credentialsFile reads the [mlflow] section of ~/.mlflow/credentials, an INI
// file. There need not be one.
func credentialsFile(cfg Config) (map[string]string, error) {
	home := cfg.Getenv("HOME")
	if home == "" {
		return nil, nil
	}
	text, err := cfg.readFile(filepath.Join(home, ".mlflow", "credentials"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading ~/.mlflow/credentials: %w", pathless(err))
	}
	values, section := map[string]string{}, ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			section = strings.Trim(line, "[]")
			continue
		}
		if key, value, ok := strings.Cut(line, "="); ok && section == "mlflow" && line[0] != '#' && line[0] != ';' {
			values[strings.ToLower(strings.TrimSpace(key))] = strings.TrimSpace(value)
		}
	}
	return values, nil
}

// header is the Authorization to send, and where it came from in words. The
// order is that of MLflow's code, which its comments contradict: Basic first.
func (c credentials) header() (auth, how string) {
	switch {
	case c.user != "" && c.password != "":
		return basic(c.user, c.password), "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"
	case c.token != "":
		return "Bearer " + c.token, "MLFLOW_TRACKING_TOKEN"
	}
	return "", ""
}

// secrets are the values as given, and the header that is made of them.
func (c credentials) secrets() []string {
	if c.user == "" || c.password == "" {
		return c.raw
	}
	return append(slices.Clone(c.raw), strings.TrimPrefix(basic(c.user, c.password), "Basic "))
}

// uriSecrets are the secrets inside a URI, as written and decoded. A user name
// without a password is one: that is how access tokens are written.
func uriSecrets(raw string) []string {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil || u.User == nil {
		return nil
	}
	secret, ok := u.User.Password()
	if !ok {
		secret = u.User.Username()
	}
	if secret == "" {
		return nil
	}
	list := []string{secret}
	if _, after, ok := strings.Cut(raw, "://"); ok {
		written := after[:max(0, strings.LastIndex(after, "@"))]
		if _, p, ok := strings.Cut(written, ":"); ok {
			written = p
		}
		if written != secret && written != "" {
			list = append(list, written)
		}
	}
	return list
}

func basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

// unsupportedAuth names the schemes that only MLflow's Python client knows.
func unsupportedAuth(getenv func(string) string) error {
	var errs []error
	if v, err := boolean("MLFLOW_TRACKING_AWS_SIGV4", getenv); err != nil || v {
		errs = append(errs, errors.New("MLFLOW_TRACKING_AWS_SIGV4: signing requests for AWS is not supported; expected it unset, and a user name and password or a token"))
	}
	if getenv("MLFLOW_TRACKING_AUTH") != "" {
		errs = append(errs, errors.New("MLFLOW_TRACKING_AUTH: names a plugin of MLflow's Python client, which this program cannot use; expected it unset, and a user name and password or a token"))
	}
	return errors.Join(errs...)
}
