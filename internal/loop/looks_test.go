package loop_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/state"
)

// withLabels gives the champion labelled predictions of a week, whose AUC is far
// below the floor, and asks for evidence.
func (w *world) withLabels(week int) func(*inputs.Inputs) {
	var labels, scores []string
	for i := range 100 {
		labels, scores = append(labels, fmt.Sprint(i%2)), append(scores, fmt.Sprint(float64((i*37+week)%101)+float64(week)/1000+8*float64(i%2)))
	}
	w.files["labels.csv"] = file{columns: map[string][]string{"label": labels, "predicted_proba": scores}}
	return func(in *inputs.Inputs) {
		in.LabeledPredictions, in.MinRows, in.PerformanceConfidence = "labels.csv", 100, metrics.MustDecimal("0.95")
		in.MaxAgeDays.Off, in.CooldownDays = true, 0
	}
}

// TestLookIsRecorded: before anything is done about it, once for a file, by the
// modes that look at it, and not in a dry run.
func TestLookIsRecorded(t *testing.T) {
	t.Parallel()
	for _, mode := range []inputs.Mode{inputs.ModeRun, inputs.ModeTrigger} {
		w := newWorld(t)
		r := w.do(t.Context(), mode, func(in *inputs.Inputs) { w.withLabels(1)(in); in.DryRun = true })
		if w.remembered(t).Performance != nil || !noticed(r, "a dry run records nothing") {
			t.Errorf("%s, dry: %+v on record, notices %q", mode, w.remembered(t).Performance, r.Notices)
		}
		r = w.do(t.Context(), mode, w.withLabels(1))
		if r.Err != nil {
			t.Fatal(r.Err)
		}
		recorded := w.remembered(t).Performance
		if recorded == nil || recorded.Champion != "7" || recorded.Looks != 1 {
			t.Fatalf("%s: %+v on record (outcome %s), expected a look at v7", mode, recorded, r.Outcome)
		}
	}
}

// TestLookWithoutConfidence: nothing is read or written that was not before.
func TestLookWithoutConfidence(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.do(t.Context(), inputs.ModeTrigger, func(in *inputs.Inputs) {
		w.withLabels(1)(in)
		in.PerformanceConfidence = metrics.Decimal{}
	})
	if w.model.Tags[promote.TagState] != "" {
		t.Errorf("state %s, expected none", w.model.Tags[promote.TagState])
	}
}

// TestLookNotRecorded: nothing is trained on evidence that could not be kept,
// nor where earlier evidence cannot be read.
func TestLookNotRecorded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.faults[setState] = fault{err: errors.New("no permission")}
	r := w.do(t.Context(), inputs.ModeRun, w.withLabels(1))
	expect(t, r, loop.Failed, loop.ExitFailed, "recording this look", "no permission")
	if r.Triggers.Retrain || r.Retrained {
		t.Error("it trained, or said that it would")
	}
	w = newWorld(t)
	w.model.Tags[promote.TagState] = "{"
	r = w.do(t.Context(), inputs.ModeTrigger, w.withLabels(1))
	expect(t, r, loop.Failed, loop.ExitFailed, "performance-confidence: earlier looks", "expected the JSON")
}

// TestAlarmIsAnswered by a challenger that was judged, and not by a training that
// failed.
func TestAlarmIsAnswered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.do(t.Context(), inputs.ModeTrigger, w.withLabels(1))
	s := w.remembered(t)
	for i := range s.Performance.Evidence {
		s.Performance.Evidence[i] = 1e6
	}
	s.Performance.Alarm = true
	w.remember(s)
	train := w.training
	w.training = func(string) {}
	if r := w.do(t.Context(), inputs.ModeRun, w.withLabels(1)); r.Err == nil || !r.Triggers.Fired("performance") {
		t.Fatalf("outcome %s, %v; expected a training that registers nothing, for the alarm", r.Outcome, r.Err)
	}
	if !w.remembered(t).Performance.Alarm {
		t.Error("a failed training answered the alarm")
	}
	w.training = train
	w.commands.scores["8"] = w.commands.scores["6"] // no better than the champion
	r := w.do(t.Context(), inputs.ModeRun, w.withLabels(1))
	if r.Outcome != loop.Flagged {
		t.Fatalf("outcome %s, %v; expected a flag", r.Outcome, r.Err)
	}
	if p := w.remembered(t).Performance; p.Alarm || p.Evidence[0] != 0 {
		t.Errorf("%+v on record, expected that the flagged challenger answered the alarm", *p)
	}
	if r := w.do(t.Context(), inputs.ModeTrigger, w.withLabels(1)); r.Triggers.Fired("performance") {
		t.Error("the same rows fired again")
	}
}

// TestLooksBeginWithTheChampion: the record of another champion is not this one's,
// and time counts from when it began to serve.
func TestLooksBeginWithTheChampion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.remember(state.State{
		Performance:   &state.Performance{Champion: "6", Floor: defaults().AUCFloor.String(), Looks: 40, Evidence: []float64{1e6, 1e6, 1e6, 1e6}, Alarm: true},
		LastPromotion: &state.Event{At: w.clock.now.Add(-3 * day), From: "6", To: "7"},
	})
	r := w.do(t.Context(), inputs.ModeTrigger, w.withLabels(1))
	p := w.remembered(t).Performance
	if p.Champion != "7" || p.Looks != 1 || !p.Since.Equal(w.clock.now.Add(-3*day)) {
		t.Errorf("%+v on record, expected one that begins with v7 three days ago (%v)", *p, r.Err)
	}
	if w.remembered(t).LastPromotion == nil || !strings.Contains(w.model.Tags[promote.TagState], "last_promotion") {
		t.Error("recording a look lost the last promotion")
	}
}
