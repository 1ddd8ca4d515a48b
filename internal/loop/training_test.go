package loop_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/state"
)

func TestTrainingPromotes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.run(t)
	expect(t, r, loop.Promoted, loop.ExitOK)
	w.serving(t, "8/7")
	w.journalKept(t, false)
	s := w.remembered(t)
	if !r.Promoted || s.LastPromotion == nil || s.LastPromotion.To != "8" || s.Holdout.Uses != 1 {
		t.Errorf("promoted %t, state %+v; expected a promotion to v8 on record, on one use of the holdout", r.Promoted, s)
	}
}

func TestTrainingRewritesTheHoldout(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.remember(state.State{Holdout: &state.Holdout{SHA256: digest, Uses: 3}})
	w.training = func(attempt string) {
		w.register("8", attempt)
		rewritten := w.files["data/holdout.csv"]
		rewritten.digest = otherDigest
		w.files["data/holdout.csv"] = rewritten
	}
	r := w.run(t)
	expect(t, r, loop.Flagged, loop.ExitFlagged)
	w.serving(t, "7/6")
	if check := r.Verdict.Check(gate.CheckHoldout); check.Status == gate.Passed || r.Holdout.SHA256 != otherDigest {
		t.Errorf("holdout check %+v on %s, expected it to fail on %s", check, r.Holdout.SHA256, otherDigest)
	}
	if s := w.remembered(t); s.Holdout.SHA256 != digest || s.Holdout.Uses != 3 {
		t.Errorf("holdout on record %+v, expected 3 uses of %s", s.Holdout, digest)
	}
}

func TestStateTurnsUnreadableDuringTraining(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"schema":2,"model":"churn"}`: "schema 2",
		`not JSON`:                     "expected the JSON",
		`{"schema":1,"model":"other"}`: `the record of "other"`,
	} {
		w := newWorld(t)
		written := 0
		w.training = func(attempt string) {
			w.register("8", attempt)
			w.model.Tags[promote.TagState] = text
			written = len(w.wrote)
		}
		expect(t, w.run(t), loop.Failed, loop.ExitFailed, "tag ct.state of churn", want)
		if after := w.wrote[written:]; len(after) > 0 {
			t.Errorf("under the state %s: %q, expected nothing to be written", text, after)
		}
	}
}

func TestChampionMovesDuringTraining(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.training = func(attempt string) {
		w.register("8", attempt)
		w.model.Aliases["champion"], w.model.Aliases["previous"] = "6", "7"
	}
	r := w.run(t)
	expect(t, r, loop.Promoted, loop.ExitOK)
	w.serving(t, "8/6")
	if r.Champion.Version != "6" || !slices.Equal(w.scored, []string{"6", "8"}) {
		t.Errorf("judged v%s against v%s, scored %v, expected v8 against v6", r.Challenger.Version, r.Champion.Version, w.scored)
	}
}

func TestPromotionDuringTrainingStartsTheCooldown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.training = func(attempt string) {
		w.register("8", attempt)
		w.remember(state.State{LastPromotion: &state.Event{At: w.clock.now, From: "6", To: "7"}})
	}
	r := w.run(t)
	expect(t, r, loop.Flagged, loop.ExitFlagged)
	if r.Verdict.Check(gate.CheckCooldown).Status == gate.Passed {
		t.Error("a promotion by another run during the training started no cooldown")
	}
}

func TestRunContext(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text   string
		mine   string
		warned bool
	}{
		{text: ""},
		{text: `{"mine":"1"}`, mine: "1"},
		{text: "null", warned: true},
		{text: "garbage", warned: true},
		{text: `["a"]`, warned: true},
		{text: `{"mine":1}`, warned: true},
	} {
		w := newWorld(t)
		w.env["MLFLOW_RUN_CONTEXT"] = c.text
		r := w.run(t)
		expect(t, r, loop.Promoted, loop.ExitOK)
		if warned(r, "MLFLOW_RUN_CONTEXT") != c.warned {
			t.Errorf("%s: warnings %q, expected one: %t", c.text, r.Warnings, c.warned)
		}
		var got map[string]string
		if err := json.Unmarshal([]byte(w.context), &got); err != nil {
			t.Errorf("%s: the training got %s: %v", c.text, w.context, err)
		}
		if got["mine"] != c.mine || got[promote.TagAttempt] != r.Attempt || got["pipeline"] != "continuous_training" {
			t.Errorf("%s: the training got %s, expected the attempt %s and the user's own strings", c.text, w.context, r.Attempt)
		}
	}
}

func TestTrainingRegistersOtherThanOne(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		register func(w *world, attempt string)
		want     []string
	}{
		"none":       {func(*world, string) {}, []string{"above v7", "ct.attempt=", "nothing was registered"}},
		"untagged":   {func(w *world, _ string) { w.register("8", "") }, []string{"registered without it: v8"}},
		"two":        {func(w *world, a string) { w.register("8", a); w.register("9", a) }, []string{"registered 2 versions of churn (v8, v9)", "gate --model-name churn --challenger-version 9"}},
		"older ones": {func(w *world, a string) { w.attempts["7"] = a }, []string{"nothing was registered"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.training = func(attempt string) { c.register(w, attempt) }
			expect(t, w.run(t), loop.Failed, loop.ExitFailed, c.want...)
			w.serving(t, "7/6")
		})
	}
}

// TestTrainingIsNotFound names every cause, and first the one that something
// was seen of.
func TestTrainingIsNotFound(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		do     func(w *world)
		likely string // empty: nothing speaks for any
	}{
		"no sign": {do: func(*world) {}},
		"dvc": {func(w *world) {
			w.said = []string{"Stage 'train' didn't change, skipping", "Data and pipelines are up to date."}
		}, `the pipeline found nothing to do and trained nothing (it says "Data and pipelines are up to date.")`},
		"dvc, later said": {func(w *world) { w.said = []string{"Data and pipelines are up to date.", "done"} }, "the pipeline found nothing to do"},
		"make":            {func(w *world) { w.said = []string{"make: Nothing to be done for 'train'."} }, "the pipeline found nothing to do"},
		"make, a file":    {func(w *world) { w.said = []string{"make: 'model.pkl' is up to date."} }, "the pipeline found nothing to do"},
		"snakemake": {func(w *world) {
			w.said = []string{"Nothing to be done (all requested files are present and up to date)."}
		}, "the pipeline found nothing to do"},
		"a training":    {do: func(w *world) { w.said = []string{"epoch 3: nothing learnt", "up to date packages"} }},
		"another name":  {func(w *world) { w.runs, w.elsewhere = []string{"r1"}, []string{"churn-clf v3"} }, "another name: its runs registered churn-clf v3"},
		"registers not": {func(w *world) { w.runs = []string{"r1"} }, "a run that registers nothing in this registry: run r1"},
		"an older one":  {func(w *world) { w.runs, w.elsewhere = []string{"r1"}, []string{"churn v7"} }, "a run that registers nothing"},
		"resumed":       {func(w *world) { w.env["MLFLOW_RUN_ID"] = "abc" }, "a run without the tag: MLFLOW_RUN_ID is set"},
		"untagged":      {func(w *world) { w.register("8", "") }, "a run without the tag: MLFLOW_RUN_CONTEXT"},
		"of no run":     {func(w *world) { w.register("8", ""); v := w.versions["8"]; v.RunID = ""; w.versions["8"] = v }, "a version without a run: v8 names none"},
		"a copy": {func(w *world) {
			w.register("8", "")
			v := w.versions["8"]
			v.Source = "models:/churn/3"
			w.versions["8"] = v
		}, "a copy: v8"},
		"a local store":  {func(w *world) { w.files["mlflow.db"] = file{modified: w.clock.now} }, "another server: mlflow.db in working-directory"},
		"an older store": {do: func(w *world) { w.files["mlflow.db"] = file{modified: w.clock.now.Add(-day)} }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.training = func(string) { c.do(w) }
			r := w.run(t)
			causes := []string{"above v7"}
			if c.likely == "" {
				causes = append(causes, "a pipeline that", "another name: ", "MLFLOW_TRACKING_URI", "MLFLOW_RUN_ID")
			}
			expect(t, r, loop.Failed, loop.ExitFailed, causes...)
			lines := strings.Split(r.Err.Error(), "\n")
			if want := "most likely " + c.likely; len(lines) != 5 || strings.HasPrefix(lines[1], want) != (c.likely != "") {
				t.Errorf("%d lines, the second %q, expected it to begin with %q", len(lines), lines[1], want)
			}
			if strings.Contains(strings.Join(lines[2:], "\n"), "most likely") {
				t.Errorf("more than one is likely:\n%s", r.Err)
			}
		})
	}
}

// A name that nothing was registered under may be a misspelling.
func TestTrainingOfAnUnknownNameIsNotFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.model.Name, w.similar = "", []string{"churm"}
	clear(w.versions)
	first := func(in *inputs.Inputs) { in.First = true } // who misspells a name may also say that it is new
	w.training = func(string) {}
	expect(t, w.do(t.Context(), inputs.ModeRun, first), loop.Failed, loop.ExitFailed, "no version of churn comes from", "or another name (there is churm): ")
	w.training = func(string) { w.register("1", "") }
	expect(t, w.do(t.Context(), inputs.ModeRun, first), loop.Failed, loop.ExitFailed, "registered without it: v1", "\nmost likely a run without the tag")
}

// Where this run trained nothing, older versions are no sign of anything.
func TestAttemptIsNotFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.do(t.Context(), inputs.ModeGate, func(in *inputs.Inputs) { in.Attempt = "nightly-9" })
	expect(t, r, loop.Failed, loop.ExitFailed, "ct.attempt=nightly-9; other runs registered v6, v7", "\nit may be ")
}

func TestSameAttemptTrainsOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.env["GITHUB_RUN_ID"], w.env["GITHUB_JOB"] = "42", "retrain"
	w.register("8", "gh-42-retrain")
	r := w.run(t)
	expect(t, r, loop.Promoted, loop.ExitOK)
	if w.trained != 0 || !r.Reused {
		t.Errorf("trained %d times, reused %t, expected the version of the earlier try", w.trained, r.Reused)
	}
}

func TestSkipInCooldown(t *testing.T) {
	t.Parallel()
	for _, mode := range []inputs.Mode{inputs.ModeRun, inputs.ModeTrigger} {
		w := newWorld(t)
		w.versions["7"].Tags[promote.TagPromotedAt] = w.clock.now.Add(-2 * day).Format("2006-01-02T15:04:05Z07:00")
		r := w.do(t.Context(), mode, func(in *inputs.Inputs) { in.Force, in.SkipInCooldown = true, true })
		expect(t, r, loop.Skipped, loop.ExitOK)
		if r.Triggers.Retrain || w.trained > 0 || len(w.wrote) > 0 {
			t.Errorf("%s: retrain %t, trained %d times, wrote %q; expected nothing", mode, r.Triggers.Retrain, w.trained, w.wrote)
		}
	}
}
