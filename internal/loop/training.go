package loop

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/scoring"
	"github.com/org/ct-action/internal/text"
)

// prepare checks, before hours of training, what would otherwise fail after
// them: the state, the holdout, the cooldown, and the right to write. A dry run
// goes through all of it but the last, which only a write could prove. Where it
// is not ready the outcome is set.
func (l *Loop) prepare(ctx context.Context) (ready bool, err error) {
	if l.stateErr != nil {
		return false, l.stateErr
	}
	if err := l.judging(l.scorer().Check(l.trains())); err != nil {
		return false, err
	}
	if l.r.Cooldown, err = l.cooldown(ctx); err != nil {
		return false, err
	}
	if l.r.Decided && l.coolingDown() {
		return false, nil
	}
	if err := l.insist(); err != nil {
		return false, err
	}
	if !l.trains() {
		return true, nil
	}
	if err := l.foretell("whatever is trained now will be flagged"); err != nil {
		return false, err
	}
	if l.In.DryRun {
		return true, nil
	}
	return true, l.proveWriting(ctx)
}

// trains reports whether this run trains the version that it judges.
func (l *Loop) trains() bool { return l.In.Mode == inputs.ModeRun && l.In.ChallengerVersion == "" }

// foretell says before the training what the gate will hold against whatever
// comes out of it, and before a hidden verdict what the holdout's record tells.
func (l *Loop) foretell(what string) error {
	var columns []string
	if len(l.r.Policy.Columns()) > 0 && l.r.Holdout.SHA256 != "" {
		var err error
		if columns, err = l.Data.Header(l.r.Holdout.Source); err != nil {
			return fmt.Errorf("holdout: %w", scoring.InFile(l.r.Holdout.Source, err))
		}
	}
	for _, check := range gate.Foreseen(l.r.Policy, l.judgedOn(), columns) {
		l.warn("%s: %s", check.Text, what)
	}
	return nil
}

// coolingDown says an active cooldown before anything is trained, and reports
// whether that settles it.
func (l *Loop) coolingDown() (skip bool) {
	if !l.r.Cooldown.Active(l.In.CooldownDays) || l.champion == nil { // a first champion waits for nothing
		return false
	}
	ends := l.r.Cooldown.Ends(l.In.CooldownDays).UTC().Format("2006-01-02 15:04 UTC")
	if l.In.SkipInCooldown {
		l.r.Outcome, l.r.Triggers.Retrain = Skipped, false
		l.notice("not training: the cooldown ends %s and skip-in-cooldown is set", ends)
		return true
	}
	l.notice("the cooldown ends %s: whatever is trained before will be flagged", ends)
	return false
}

// proveWriting writes the present state again, or a first one: the only proof
// of the right to write is a write. A model that does not exist yet has no tag
// to write.
func (l *Loop) proveWriting(ctx context.Context) error {
	text := l.model.Tags[promote.TagState]
	if text == "" {
		encoded, err := l.state.Updated(l.Now()).Encode()
		if err != nil {
			return err
		}
		text = encoded
	}
	if l.exists {
		if err := l.apply(ctx, promote.Move{Kind: promote.SetModelTag, Key: promote.TagState, Value: text}); err != nil {
			return fmt.Errorf("proving the right to write before anything is trained: %w", err)
		}
	}
	return l.proveMirror(ctx, text)
}

// challenger is the version to judge: the one named, the one that an earlier
// try of this attempt registered, or the one that training registers now.
func (l *Loop) challenger(ctx context.Context) (promote.Version, error) {
	if l.In.ChallengerVersion != "" {
		return l.registered(ctx)
	}
	l.r.Attempt = l.attempt()
	l.r.RunContext = l.runContext()
	if l.exists && l.resumable() {
		versions, err := l.Registry.AttemptVersions(ctx, l.In.ModelName, l.r.Attempt, 0)
		if err != nil {
			return promote.Version{}, err
		}
		if len(versions) > 0 {
			l.r.Reused = true
			return l.only(ctx, versions, 0)
		}
	}
	return l.train(ctx)
}

// registered is the version that the inputs name, by number or by attempt.
func (l *Loop) registered(ctx context.Context) (promote.Version, error) {
	if l.In.ChallengerVersion != "" {
		v, err := l.Registry.Version(ctx, l.In.ModelName, l.In.ChallengerVersion)
		if err != nil {
			return promote.Version{}, fmt.Errorf("challenger-version %s: %w", l.In.ChallengerVersion, err)
		}
		return v, nil
	}
	l.r.Attempt = l.In.Attempt
	versions, err := l.Registry.AttemptVersions(ctx, l.In.ModelName, l.In.Attempt, 0)
	if err != nil {
		return promote.Version{}, err
	}
	return l.only(ctx, versions, 0)
}

// train runs the user's commands and finds what they registered.
func (l *Loop) train(ctx context.Context) (promote.Version, error) {
	defer l.timed("training")()
	l.Narrator.Tell(Training, l.r)
	highest := 0
	for _, v := range l.model.Latest {
		highest = max(highest, v.Int())
	}
	if err := l.setup(ctx); err != nil {
		return promote.Version{}, err
	}
	began := l.Now()
	said, err := l.Commands.Hear(ctx, "train-command", l.In.TrainCommand, l.commandEnv(), l.In.TrainTimeout)
	if err != nil {
		return promote.Version{}, err
	}
	versions, err := l.Registry.AttemptVersions(ctx, l.In.ModelName, l.r.Attempt, highest)
	if err != nil {
		return promote.Version{}, fmt.Errorf("finding what train-command registered: %w", err)
	}
	if len(versions) == 0 {
		return promote.Version{}, l.unregistered(ctx, highest, training{began, said})
	}
	v, err := l.only(ctx, versions, highest)
	if err != nil {
		return v, err
	}
	l.r.Retrained = true
	if err := l.readAgain(ctx); err != nil {
		return v, err
	}
	reasons := text.Clip(strings.Join(l.r.Triggers.Reasons, "; "), 1000)
	return v, l.apply(ctx, promote.Move{Kind: promote.SetVersionTag, Version: v.Number, Key: promote.TagTriggerReasons, Value: reasons})
}

// readAgain takes in what happened during a training, which may have taken
// hours: a rollback, a promotion by hand, a newer release's state.
func (l *Loop) readAgain(ctx context.Context) error {
	if err := l.reread(ctx); err != nil {
		return err
	}
	if l.stateErr != nil {
		return l.stateErr
	}
	l.champion = nil
	if err := l.openChampion(ctx); err != nil {
		return err
	}
	var err error
	l.r.Cooldown, err = l.cooldown(ctx)
	return err
}

// setup runs the user's setup-command, once, before the first other command.
func (l *Loop) setup(ctx context.Context) error {
	if l.In.SetupCommand == "" || l.isSetUp {
		return nil
	}
	l.isSetUp = true
	return l.Commands.Run(ctx, "setup-command", l.In.SetupCommand, l.commandEnv(), l.In.TrainTimeout)
}

// only demands exactly one version of the attempt.
func (l *Loop) only(ctx context.Context, found []promote.Version, above int) (promote.Version, error) {
	if len(found) == 1 {
		return found[0], nil
	}
	if len(found) > 1 {
		return promote.Version{}, fmt.Errorf("the runs of attempt %s registered %d versions of %s (%s), expected exactly one\nregister only the model that is to be judged, or judge one by hand: %s",
			l.r.Attempt, len(found), l.In.ModelName, numbers(found), l.command(inputs.ModeGate, found[len(found)-1].Number))
	}
	return promote.Version{}, l.unregistered(ctx, above, training{})
}

func numbers(versions []promote.Version) string {
	var labels []string
	for i, v := range versions {
		if i == 10 {
			labels = append(labels, fmt.Sprintf("and %d more", len(versions)-i))
			break
		}
		labels = append(labels, promote.Label(v.Number))
	}
	return strings.Join(labels, ", ")
}

// maxAttempt is what the input attempt accepts.
const maxAttempt = 100

var notInAttempt = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// attempt is the id that marks the runs of this training. In Actions it is the
// same for every try of the same job, so that "re-run failed jobs" finds the
// challenger that is registered already.
func (l *Loop) attempt() string {
	if l.In.Attempt != "" {
		return l.In.Attempt
	}
	if run := l.Getenv("GITHUB_RUN_ID"); run != "" {
		id := notInAttempt.ReplaceAllString("gh-"+run+"-"+l.Getenv("GITHUB_JOB"), "-")
		if len(id) > maxAttempt { // two long names of jobs must not become one
			id = id[:maxAttempt-9] + "-" + sha256Of([]byte(id + "\n"))[:8]
		}
		return id
	}
	return l.NewID()
}

// resumable reports whether an earlier try could have used the same attempt.
func (l *Loop) resumable() bool { return l.In.Attempt != "" || l.Getenv("GITHUB_RUN_ID") != "" }

// runContext is the value of MLFLOW_RUN_CONTEXT that tags every run which the
// training starts. A user's own value is kept; values must be strings, or the
// user's start_run crashes.
func (l *Loop) runContext() string {
	var tags map[string]string
	given := l.Getenv("MLFLOW_RUN_CONTEXT")
	if err := json.Unmarshal([]byte(given), &tags); given != "" && (err != nil || tags == nil) {
		l.warn("MLFLOW_RUN_CONTEXT is not a JSON object of strings, which MLflow ignores or stumbles over: replaced")
		tags = nil
	}
	if tags == nil {
		tags = map[string]string{}
	}
	tags[promote.TagAttempt] = l.r.Attempt
	tags["pipeline"] = "continuous_training"
	tags["trigger_reasons"] = text.Clip(strings.Join(l.r.Triggers.Reasons, "; "), 1000)
	return encode(tags)
}

// commandEnv is the environment of the user's commands.
func (l *Loop) commandEnv(extra ...string) []string {
	env := append([]string{"PYTHONUNBUFFERED=1"}, l.Environ...) // else Python's log arrives at the end, all at once
	env = append(env, "MLFLOW_TRACKING_URI="+l.In.TrackingURI)
	if l.In.RegistryURI != "" {
		env = append(env, "MLFLOW_REGISTRY_URI="+l.In.RegistryURI)
	}
	env = append(env, "CT_MODEL_NAME="+l.In.ModelName, "CT_REASONS="+encode(append([]string{}, l.r.Triggers.Reasons...)))
	if l.r.Attempt == "" {
		l.r.Attempt = l.attempt()
	}
	if l.r.RunContext == "" {
		l.r.RunContext = l.runContext()
	}
	env = append(env, "CT_ATTEMPT="+l.r.Attempt, "MLFLOW_RUN_CONTEXT="+l.r.RunContext)
	if l.r.Holdout.SHA256 != "" { // for who writes a number of their own
		env = append(env, "CT_HOLDOUT_SHA256="+l.r.Holdout.SHA256)
	}
	return append(env, extra...)
}

// encode is JSON of strings and maps of them, which always encode.
func encode(v any) string {
	var encoded strings.Builder
	encoder := json.NewEncoder(&encoded)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		panic(err)
	}
	return strings.TrimSpace(encoded.String())
}
