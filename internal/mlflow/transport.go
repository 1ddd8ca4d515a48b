package mlflow

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/org/ct-action/internal/retry"
)

// newTransport is the transport with the TLS settings that the variables ask
// for.
func newTransport(cfg Config) (http.RoundTripper, error) {
	if cfg.Transport != nil {
		return cfg.Transport, nil
	}
	insecure, insecureErr := boolean("MLFLOW_TRACKING_INSECURE_TLS", cfg.Getenv)
	settings := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: insecure}
	errs := []error{insecureErr}
	if path := cfg.Getenv("MLFLOW_TRACKING_SERVER_CERT_PATH"); path != "" {
		if insecure {
			errs = append(errs, errors.New("MLFLOW_TRACKING_INSECURE_TLS and MLFLOW_TRACKING_SERVER_CERT_PATH are both set; expected one of them: either certificates are not verified, or they are verified against that file"))
		}
		pool, err := cfg.authorities(path)
		settings.RootCAs = pool
		errs = append(errs, err)
	}
	if path := cfg.Getenv("MLFLOW_TRACKING_CLIENT_CERT_PATH"); path != "" {
		cert, err := cfg.clientCertificate(path)
		settings.Certificates = []tls.Certificate{cert}
		errs = append(errs, err)
	}
	t := retry.BaseTransport()
	t.TLSClientConfig = settings
	return t, errors.Join(errs...)
}

// authorities reads a PEM file, or every file of a directory, in place of the
// system's authorities: as MLflow's client does.
func (cfg Config) authorities(path string) (*x509.CertPool, error) {
	const name = "MLFLOW_TRACKING_SERVER_CERT_PATH"
	files := []string{path}
	if entries, err := os.ReadDir(path); err == nil {
		files = nil
		for _, e := range entries {
			if !e.IsDir() {
				files = append(files, filepath.Join(path, e.Name()))
			}
		}
	}
	pool, found := x509.NewCertPool(), false
	for _, file := range files {
		text, err := cfg.readFile(file)
		if err != nil {
			return nil, fmt.Errorf("%s: reading %s: %w", name, file, pathless(err))
		}
		found = pool.AppendCertsFromPEM(text) || found
	}
	if !found {
		return nil, fmt.Errorf("%s: no certificate in %s; expected PEM (-----BEGIN CERTIFICATE-----)", name, path)
	}
	return pool, nil
}

// clientCertificate reads certificate and key from one PEM file.
func (cfg Config) clientCertificate(path string) (tls.Certificate, error) {
	const name = "MLFLOW_TRACKING_CLIENT_CERT_PATH"
	text, err := cfg.readFile(path)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("%s: reading %s: %w", name, path, pathless(err))
	}
	cert, err := tls.X509KeyPair(text, text)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("%s: %s: %w; expected one PEM file with the certificate and its unencrypted key", name, path, err)
	}
	return cert, nil
}

func (cfg Config) readFile(path string) ([]byte, error) {
	if cfg.ReadFile != nil {
		return cfg.ReadFile(path)
	}
	return os.ReadFile(path)
}

// boolean reads a variable as MLflow does: true, false, 1, 0, in any case.
func boolean(name string, getenv func(string) string) (bool, error) {
	switch v := strings.ToLower(strings.TrimSpace(getenv(name))); v {
	case "true", "1":
		return true, nil
	case "", "false", "0":
		return false, nil
	default:
		return false, fmt.Errorf("%s: %q: expected true, false, 1 or 0", name, v)
	}
}

// pathless drops the operation and path that os puts into its errors, where
// the message names them already.
func pathless(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
