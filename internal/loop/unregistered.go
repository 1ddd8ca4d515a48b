package loop

import (
	"context"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/text"
)

// A training is what is known of a train-command that succeeded; zero where this run
// trained nothing itself.
type training struct {
	began time.Time
	said  []string // its last lines
}

// A cause is one reason why no version is found. It is likely where something that
// was seen speaks for it.
type cause struct {
	likely bool
	text   string
}

// unregistered is the error of an attempt without a version: what was registered
// instead, and every possible cause, the likely ones first.
func (l *Loop) unregistered(ctx context.Context, above int, t training) error {
	what := "no version of " + l.In.ModelName
	if above > 0 {
		what += fmt.Sprintf(" above v%d", above)
	}
	versions, err := l.Registry.Versions(ctx, l.In.ModelName, above)
	meanwhile := "nothing was registered"
	switch {
	case err != nil && !errors.Is(err, promote.ErrNotFound):
		meanwhile = fmt.Sprintf("what was registered meanwhile cannot be read (%v)", err)
	case len(versions) > 0 && t.began.IsZero():
		meanwhile = fmt.Sprintf("other runs registered %s", numbers(versions))
	case len(versions) > 0:
		meanwhile = fmt.Sprintf("registered without it: %s", numbers(versions))
	}
	causes := []cause{l.skippedCause(t), l.nameCause(ctx, above), l.elsewhereCause(t), l.runCause(versions, t)}
	likely, possible, or := "", "", "\nit may be "
	for _, c := range causes {
		if c.likely {
			likely, or = likely+"\nmost likely "+c.text, "\nor "
		}
	}
	for _, c := range causes {
		if !c.likely {
			possible, or = possible+or+c.text, "\nor "
		}
	}
	return fmt.Errorf("%s comes from a run tagged %s=%s; %s%s%s", what, promote.TagAttempt, l.r.Attempt, meanwhile, likely, possible)
}

// upToDate is what DVC, make, Snakemake, Luigi, Nextflow and similar tools print when
// there is nothing to do.
var upToDate = regexp.MustCompile(`(?i)(pipelines? (is|are) up to date|didn't change, skipping|nothing to be done|is up to date\.?$|nothing to do\b|no (tasks|stages|jobs) to (run|execute)|all .* already (complete|done)|skipping .*(up.to.date|unchanged|cached))`)

// skippedCause is a pipeline that trained nothing.
func (l *Loop) skippedCause(t training) cause {
	const force = "force it (dvc repro --force, make -B), or let what it depends on change"
	for _, line := range slices.Backward(t.said) {
		if upToDate.MatchString(line) {
			return cause{true, fmt.Sprintf("the pipeline found nothing to do and trained nothing (it says %q): %s", text.Clip(strings.TrimSpace(line), 100), force)}
		}
	}
	return cause{false, "a pipeline that found nothing to do and trained nothing: " + force}
}

// nameCause is that the attempt's runs registered another model, or none.
func (l *Loop) nameCause(ctx context.Context, above int) cause {
	register := fmt.Sprintf("register it as %s, which CT_MODEL_NAME holds", l.In.ModelName)
	runs, versions, err := l.Registry.Registered(ctx, l.r.Attempt)
	versions = slices.DeleteFunc(versions, func(v string) bool { return strings.HasPrefix(v, l.In.ModelName+" ") }) // an older one
	switch {
	case err != nil:
	case len(versions) > 0:
		return cause{true, fmt.Sprintf("another name: its runs registered %s; %s", text.Line(strings.Join(versions, ", "), 200), register)}
	case len(runs) > 0:
		return cause{true, fmt.Sprintf("a run that registers nothing in this registry: run %s carries the tag and no version comes from it; %s (registered_model_name of log_model)", text.Clip(runs[0], 60), register)}
	}
	similar := ""
	if above == 0 { // nothing has been registered under this name
		if names, err := l.Registry.SimilarModels(ctx, l.In.ModelName); err == nil && len(names) > 0 {
			similar = " (there is " + strings.Join(names, ", ") + ")"
		}
	}
	return cause{false, "another name" + similar + ": " + register}
}

// stores are the databases and the folder in which MLflow's releases, newest first,
// keep what a script without a server logs.
var stores = []string{"mlflow.db", "mlruns.db", "mlruns/*/*/meta.yaml"}

// elsewhereCause is another server or registry.
func (l *Loop) elsewhereCause(t training) cause {
	const leave = "leave MLFLOW_TRACKING_URI and MLFLOW_REGISTRY_URI as they are set for it, and do without mlflow.set_tracking_uri and set_registry_uri"
	for _, store := range stores {
		modified, err := l.Data.Modified(path.Join(l.In.WorkingDirectory, store))
		if err == nil && !t.began.IsZero() && modified.After(t.began.Add(-time.Second)) {
			store, _, _ = strings.Cut(store, "/")
			return cause{true, fmt.Sprintf("another server: %s in working-directory was written meanwhile, MLflow's store where a script has no server; %s", store, leave)}
		}
	}
	for _, name := range []string{"MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI"} {
		if strings.Contains(l.In.TrainCommand, name+"=") {
			return cause{true, "another server: train-command sets " + name + "; " + leave}
		}
	}
	return cause{false, "another server or registry: " + leave}
}

// runCause is that the version's run was not started by the training itself.
func (l *Loop) runCause(versions []promote.Version, t training) cause {
	const tags = "MLFLOW_RUN_CONTEXT tags the runs that a training starts itself, but not one resumed by id or MLFLOW_RUN_ID, nor one made with MlflowClient().create_run (set the tag there)"
	c := cause{l.Getenv("MLFLOW_RUN_ID") != "" || strings.Contains(l.In.TrainCommand, "MLFLOW_RUN_ID="), "a run without the tag: " + tags}
	if c.likely {
		c.text = "a run without the tag: MLFLOW_RUN_ID is set for train-command and resumes one; unset it"
	}
	if len(versions) == 0 || t.began.IsZero() {
		return c
	}
	newest := versions[len(versions)-1]
	c.likely, c.text = true, "a run without the tag: "+tags
	switch {
	case newest.Copied():
		c.text = fmt.Sprintf("a copy: v%s was copied from another version, whose run is not of this training", newest.Number)
	case newest.RunID == "":
		c.text = fmt.Sprintf("a version without a run: v%s names none; register what log_model of a run has logged", newest.Number)
	}
	c.text += "; judge it by hand: " + l.command(inputs.ModeGate, newest.Number)
	return c
}
