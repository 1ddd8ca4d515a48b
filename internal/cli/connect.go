package cli

import (
	"errors"

	"github.com/org/ct-action/internal/github"
	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/mlflow"
	"github.com/org/ct-action/internal/service"
)

// connect gives the loop the edges that its mode needs.
func (p *program) connect(l *loop.Loop) error {
	p.connectRepository(l)
	return errors.Join(p.connectRegistry(l), p.connectService(l))
}

func (p *program) connectRegistry(l *loop.Loop) error {
	if !p.in.Mode.UsesRegistry() {
		return nil
	}
	registry, err := mlflow.New(mlflow.Config{
		TrackingURI: p.in.TrackingURI, RegistryURI: p.in.RegistryURI,
		Getenv: p.getenv, UserAgent: p.userAgent(),
	})
	if err == nil {
		err = p.maskSecrets(registry.Secrets()...)
	}
	l.Registry, p.registry = registry, registry
	return err
}

// connectRepository gives the loop GitHub, where there is a token and the
// repository is known. Elsewhere the loop goes on without it, and warns where
// something is missing because of that. A token or an address that cannot be
// right is no error here, since it must not stop a rollback: the first call that
// needs GitHub answers with it.
func (p *program) connectRepository(l *loop.Loop) {
	name := p.getenv("GITHUB_REPOSITORY")
	if p.in.GitHubToken == "" || name == "" && p.in.Mode != inputs.ModeNotify {
		return
	}
	client, err := github.New(github.Config{
		APIURL: p.getenv("GITHUB_API_URL"), Token: p.in.GitHubToken.Reveal(), Repository: name, UserAgent: p.userAgent(),
	})
	l.GitHub = repository{client, p}
	if err != nil {
		l.GitHub = unusable{err}
	}
}

func (p *program) connectService(l *loop.Loop) error {
	if p.in.Mode != inputs.ModeVerify && !p.in.Rehearse {
		return nil
	}
	client, err := service.New(service.Config{
		URL: p.in.VerifyURL, Token: p.in.VerifyToken.Reveal(), UserAgent: p.userAgent(), Expected: p.in.ModelName,
		Model: p.in.VerifyModelPointer, Alias: p.in.VerifyAliasPointer, Version: p.in.VerifyVersionPointer,
	})
	if err == nil {
		err = p.maskSecrets(client.Secrets()...)
	}
	l.Service = client
	return errors.Join(err, p.connectReload(l), p.connectGauge(l))
}

func (p *program) connectGauge(l *loop.Loop) error {
	if p.in.BakeFor == 0 {
		return nil
	}
	gauge, err := service.NewGauge(service.Config{URL: p.in.BakeURL, Token: p.in.BakeToken.Reveal(), UserAgent: p.userAgent()},
		p.in.BakeQuery, p.in.BakePointer)
	if err == nil {
		err = p.maskSecrets(gauge.Secrets()...)
	}
	l.Gauge = gauge
	return err
}

func (p *program) connectReload(l *loop.Loop) error {
	if !p.in.Rehearse || p.in.ReloadURL == "" {
		return nil
	}
	client, err := service.NewReload(service.Config{URL: p.in.ReloadURL, Token: p.in.ReloadToken.Reveal(), UserAgent: p.userAgent()})
	if err == nil {
		err = p.maskSecrets(client.Secrets()...)
	}
	l.Reloader = client
	return err
}

func (p *program) userAgent() string { return "ct-action/" + p.Version }
