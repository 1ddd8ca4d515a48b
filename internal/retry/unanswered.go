package retry

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"
	"syscall"
)

// Worded is an error with a text of its own, where the cause's text might hold a
// secret. errors.Is and errors.As still find the cause.
func Worded(text string, cause error) error { return worded{text, cause} }

type worded struct {
	text  string
	cause error
}

func (w worded) Error() string { return w.text }

func (w worded) Unwrap() error { return w.cause }

// Hints are what a client advises when no answer came, in its own words for the
// server and its address.
type Hints struct {
	Unresolved  string // no address for the host's name
	Closed      string // nothing listens at a port of another machine
	Authority   string // a certificate of an unknown authority
	Certificate string // any other certificate that does not verify
	Plain       string // http where https was asked for
	Slow        string // no answer in time
}

// For is the hint about an error of a request to the host; "" where there is none.
func (h Hints) For(host string, err error) string {
	switch {
	case errors.Is(err, context.Canceled):
		return ""
	case errors.As(err, new(*net.DNSError)):
		return h.Unresolved
	case errors.Is(err, syscall.ECONNREFUSED) && (host == "localhost" || net.ParseIP(host).IsLoopback()):
		return "no server listens there; inside a container, localhost is the container itself and not the machine around it"
	case errors.Is(err, syscall.ECONNREFUSED):
		return h.Closed
	case errors.As(err, new(x509.UnknownAuthorityError)):
		return h.Authority
	case errors.As(err, new(*tls.CertificateVerificationError)):
		return h.Certificate
	case strings.Contains(err.Error(), "HTTP response to HTTPS client"):
		return h.Plain
	case errors.Is(err, context.DeadlineExceeded):
		return h.Slow
	}
	return ""
}
