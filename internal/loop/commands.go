package loop

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"

	"github.com/org/ct-action/internal/field"
	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/text"
)

// setup runs the user's setup-command, once, before the first other command.
func (l *Loop) setup(ctx context.Context) error {
	if l.In.SetupCommand == "" || l.isSetUp {
		return nil
	}
	l.isSetUp = true
	return l.Commands.Run(ctx, "setup-command", l.In.SetupCommand, l.commandEnv(), l.In.TrainTimeout)
}

var notInAttempt = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// attempt is the id that marks the runs of this training. In Actions it is the same
// for every try of one job, so that "Re-run failed jobs" finds the challenger that
// the first try registered.
func (l *Loop) attempt() string {
	if l.In.Attempt != "" {
		return l.In.Attempt
	}
	if run := l.Getenv("GITHUB_RUN_ID"); run != "" {
		id := notInAttempt.ReplaceAllString("gh-"+run+"-"+l.Getenv("GITHUB_JOB"), "-")
		if len(id) > field.MostIdentifier { // two long names of jobs must not become one
			id = id[:field.MostIdentifier-9] + "-" + sha256Of([]byte(id + "\n"))[:8]
		}
		return id
	}
	return l.NewID()
}

// resumable reports whether an earlier try may have had the same attempt.
func (l *Loop) resumable() bool { return l.In.Attempt != "" || l.Getenv("GITHUB_RUN_ID") != "" }

// runContext is the value of MLFLOW_RUN_CONTEXT, the tags of every run that the
// training starts. The user's own tags are kept. Tags must be strings, or the user's
// start_run crashes.
func (l *Loop) runContext() string {
	var tags map[string]string
	given := l.Getenv("MLFLOW_RUN_CONTEXT")
	if err := json.Unmarshal([]byte(given), &tags); err != nil || tags == nil {
		tags = map[string]string{}
		if given != "" {
			l.r.warn("MLFLOW_RUN_CONTEXT is not a JSON object of strings, which MLflow ignores or stumbles over: replaced")
		}
	}
	tags[promote.TagAttempt] = l.r.Attempt
	tags["pipeline"] = "continuous_training"
	tags["trigger_reasons"] = text.Clip(strings.Join(l.r.Triggers.Reasons, "; "), 1000)
	return encode(tags)
}

// commandEnv is the environment of the user's commands.
func (l *Loop) commandEnv(extra ...string) []string {
	if l.r.Attempt == "" {
		l.r.Attempt = l.attempt()
	}
	if l.r.RunContext == "" {
		l.r.RunContext = l.runContext()
	}
	env := append([]string{"PYTHONUNBUFFERED=1"}, l.Environ...) // else Python's output arrives only at its end
	env = append(env, "MLFLOW_TRACKING_URI="+l.In.TrackingURI, "CT_MODEL_NAME="+l.In.ModelName,
		"CT_REASONS="+encode(append([]string{}, l.r.Triggers.Reasons...)), "CT_ATTEMPT="+l.r.Attempt, "MLFLOW_RUN_CONTEXT="+l.r.RunContext)
	if l.In.RegistryURI != "" {
		env = append(env, "MLFLOW_REGISTRY_URI="+l.In.RegistryURI)
	}
	if l.r.Holdout.SHA256 != "" { // for a command that writes the user's own metrics
		env = append(env, "CT_HOLDOUT_SHA256="+l.r.Holdout.SHA256)
	}
	return append(env, extra...)
}
