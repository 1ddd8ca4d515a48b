package loop

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/text"
)

// askEvery is how often the service is asked.
const askEvery = 2 * time.Second

// A Verification is what the service said. The zero value verified nothing.
type Verification struct {
	Address string   // verify-url without credentials and query
	Answers []Answer // each kind of answer once in a row, in order
	Served  string   // version that it reported last, "" if none
}

// An Answer is what the service said, or that it said nothing.
type Answer struct {
	Kind  AnswerKind
	Text  string        // the service's words on one line; of an Unreachable, further lines say what to do
	After time.Duration // since the first question, when it was first given
	Times int           // that it was given in a row
}

// An AnswerKind tells answers apart. The zero value verifies nothing.
type AnswerKind int

const (
	Unreachable AnswerKind = iota // no answer, or none that says a version
	OldVersion                    // another version than the champion
	OtherModel                    // the address belongs to another model's service
	NoModelInfo                   // something answered, and not as a model-info: an input is wrong
	NewVersion                    // the champion
)

// String is the kind as the decision document spells it.
func (k AnswerKind) String() string {
	return [...]string{"unreachable", "old_version", "other_model", "no_model_info", "champion"}[k]
}

// verify polls the service until it reports the champion's version.
func (l *Loop) verify(ctx context.Context) error {
	if done, err := l.open(ctx); done || err != nil {
		return err
	}
	if l.champion == nil {
		return refuse("%s has no @%s that a service could report", l.In.ModelName, l.r.Aliases.Champion)
	}
	defer l.timed("verification")()
	l.r.Verification.Address = cmp.Or(text.Address(l.In.VerifyURL), "the service")
	last, err := l.poll(ctx, askEvery, nil)
	if err != nil {
		return err
	}
	moved := l.stillChampion(ctx)
	switch {
	case last.Kind != NewVersion:
		return l.unverified(ctx, last, moved)
	case moved != nil:
		return moved
	}
	l.r.Outcome = Verified
	return nil
}

// stillChampion reads the alias again: polling takes minutes, in which somebody
// may have moved it.
func (l *Loop) stillChampion(ctx context.Context) error {
	verified := l.champion.Number
	if err := l.reread(ctx); err != nil {
		return err
	}
	if now := l.model.Aliases[l.r.Aliases.Champion]; now != verified {
		return fmt.Errorf("aborted: @%s moved %s while verifying", l.r.Aliases.Champion, promote.Arrow(verified, now))
	}
	return nil
}

// poll asks until the service reports the champion or verify-timeout is over. meanwhile,
// where there is one, is done before each question, and its error ends the asking.
func (l *Loop) poll(ctx context.Context, every time.Duration, meanwhile func(context.Context) error) (Answer, error) {
	for began := l.Now(); ; {
		if meanwhile != nil {
			if err := meanwhile(ctx); err != nil {
				return Answer{}, err
			}
		}
		a := l.askService(ctx, l.Now().Sub(began))
		if ctx.Err() != nil {
			return a, context.Cause(ctx)
		}
		l.answered(a)
		if a.Kind == NewVersion || l.Now().Sub(began)+every > l.In.VerifyTimeout {
			return a, nil
		}
		if err := l.Sleep(ctx, every); err != nil {
			return a, err
		}
	}
}

// askService asks once.
func (l *Loop) askService(ctx context.Context, after time.Duration) Answer {
	a := Answer{After: after, Times: 1}
	ctx, cancel := context.WithTimeout(ctx, max(l.In.VerifyTimeout-after, time.Second))
	defer cancel()
	model, alias, version, err := l.Service.ModelInfo(ctx)
	if err != nil {
		a.Text = err.Error()
		if misdirected(err) {
			a.Kind = NoModelInfo
		}
		return a
	}
	version = bareVersion(version)
	l.r.Verification.Served = version
	a.Text = describe(model, alias, version)
	switch {
	case model != "" && model != l.In.ModelName:
		a.Kind = OtherModel
	case version != l.champion.Number:
		a.Kind = OldVersion
	default:
		a.Kind = NewVersion
		if alias = strings.TrimPrefix(alias, "@"); alias != "" && alias != l.r.Aliases.Champion {
			l.r.warn("the service loads @%s, not @%s: the next promotion will not reach it", text.Line(alias, 100), l.r.Aliases.Champion)
		}
	}
	return a
}

// misdirected reports whether no deployment mends the error of a service.
func misdirected(err error) bool {
	var answered interface{ Misdirected() bool }
	return errors.As(err, &answered) && answered.Misdirected()
}

// bareVersion is 8 where a service calls the version "v8"; other texts stay as they are.
func bareVersion(version string) string {
	bare := strings.TrimLeft(version, "vV")
	if promote.VersionInt(bare) > 0 && len(version)-len(bare) == 1 {
		return bare
	}
	return version
}

// describe is an answer in words: "churn @champion v8".
func describe(model, alias, version string) string {
	words := []string{model, "@" + strings.TrimPrefix(alias, "@"), promote.Label(version)}
	return strings.Join(slices.DeleteFunc(words, func(word string) bool { return word == "" || word == "@" }), " ")
}

// answered records an answer, and tells people of one that is new.
func (l *Loop) answered(a Answer) {
	answers := &l.r.Verification.Answers
	if n := len(*answers); n > 0 && (*answers)[n-1].Kind == a.Kind && (*answers)[n-1].Text == a.Text {
		(*answers)[n-1].Times++
		return
	}
	*answers = append(*answers, a)
	l.Narrator.Tell(Answered, l.r)
}

// unverified is the error of a service that never reported the champion. It rolls back
// first, as mode rollback does, where on-verify-failure asks for it.
func (l *Loop) unverified(ctx context.Context, last Answer, moved error) error {
	why := l.unverifiedText(last)
	if moved != nil {
		return errors.Join(why, moved)
	}
	if l.In.OnVerifyFailure != inputs.OnVerifyRollback {
		return why
	}
	if last.Kind == OtherModel || last.Kind == NoModelInfo { // neither is about this model's deployment
		return fmt.Errorf("%w\nnot rolled back: on-verify-failure: rollback needs an answer about %s", why, l.In.ModelName)
	}
	return l.undo(ctx, why)
}

// undo rolls the champion back, as mode rollback does, because of why. That is the error
// it returns, with what was in the way of a rollback.
func (l *Loop) undo(ctx context.Context, why error) error {
	if l.In.DryRun {
		return fmt.Errorf("%w\na dry run does not roll back", why)
	}
	if j, err := promote.ReadJournal(l.model); err == nil && j != nil && j.Operation == promote.Rehearsal {
		return fmt.Errorf("%w\nnot rolled back: a rehearsal of a rollback %s has moved @%s, and moves it back", why, promote.Arrow(j.From, j.To), l.r.Aliases.Champion)
	}
	first, _, _ := strings.Cut(why.Error(), "\n")
	l.In.Mode, l.In.RollbackTo, l.In.Reason = inputs.ModeRollback, "", text.Clip(first, 300)
	l.r.Reason = l.In.Reason
	if err := l.rollback(ctx); err != nil {
		return errors.Join(why, fmt.Errorf("rolling back: %w", err))
	}
	return why
}

// unverifiedText is the error of the last answer.
func (l *Loop) unverifiedText(last Answer) error {
	who, want := l.r.Verification.Address, promote.Label(l.champion.Number)
	switch last.Kind {
	case OldVersion:
		return fmt.Errorf("verify: %s still reports %s after %s, expected %s\ndid the deployment run, and does the service load models:/%s@%s when it starts?",
			who, last.Text, l.In.VerifyTimeout, want, l.In.ModelName, l.r.Aliases.Champion)
	case OtherModel:
		return fmt.Errorf("verify: %s reports another model: %s, expected %s %s\nis verify-url the address of the service of %s?",
			who, last.Text, l.In.ModelName, want, l.In.ModelName)
	}
	return fmt.Errorf("verify: %s did not tell its version within %s, expected %s: %s", who, l.In.VerifyTimeout, want, last.Text)
}
