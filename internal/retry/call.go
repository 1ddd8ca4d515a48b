package retry

import (
	"context"
	"fmt"
	"net/http"
)

// A Call is what a caller knows about one operation before it, and learns
// about it after. It travels in the request's context and must not be shared
// by two operations.
type Call struct {
	// Idempotent says that carrying the request out twice leaves what once
	// leaves. It widens what the method already promises, never narrows it.
	Idempotent bool

	// Attempts is how many times the request was sent.
	Attempts int

	// Unsure is set when some attempt may have been carried out without our
	// seeing its answer: a timeout, a cut connection, a 5xx. It stays set
	// when a later attempt was refused, because the refusal says nothing
	// about the earlier one. It means nothing once an attempt has succeeded.
	Unsure bool
}

// Again is " (after 3 attempts)", for the end of an error; empty after one.
func (c *Call) Again() string {
	if c.Attempts < 2 {
		return ""
	}
	return fmt.Sprintf(" (after %d attempts)", c.Attempts)
}

type callKey struct{}

// WithCall attaches the call to the requests made with the context.
func WithCall(ctx context.Context, call *Call) context.Context {
	return context.WithValue(ctx, callKey{}, call)
}

// callOf is the call the request carries, or a new one that only its method
// describes.
func callOf(req *http.Request) *Call {
	call, ok := req.Context().Value(callKey{}).(*Call)
	if !ok {
		call = &Call{}
	}
	return call
}

func idempotentMethod(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPut, http.MethodDelete:
		return true
	}
	return false
}
