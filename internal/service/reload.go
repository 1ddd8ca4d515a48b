package service

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/org/ct-action/internal/retry"
)

// mostReload bounds a reload whose caller sets no earlier end: loading a model takes
// seconds or minutes.
const mostReload = time.Hour

// A Reload makes one service load what the alias names now. It is safe for concurrent
// use.
type Reload struct{ endpoint }

// NewReload checks the configuration without touching the network.
func NewReload(cfg Config) (*Reload, error) {
	r := &Reload{asked(http.MethodPost, "reload", "reload", cfg)}
	if err := r.address(cfg.URL, strings.TrimSpace(cfg.Token)); err != nil {
		return nil, err
	}
	once := retry.Policy{Attempts: 1, PerCall: mostReload, Total: mostReload, MaxBody: maxBody}
	r.http = retry.NewClient(once, cfg.Transport)
	return r, nil
}

// Reload asks once, and waits for the answer until the context ends. Any status 2xx is
// an acceptance, whatever its body says. Errors are as those of Client.ModelInfo.
func (r *Reload) Reload(ctx context.Context) error {
	if _, err := r.send(ctx); err != nil {
		return r.failure(err)
	}
	return nil
}
