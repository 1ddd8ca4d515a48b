package loop

import (
	"context"
	"fmt"

	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/triggers"
)

// earlierLooks adds what is on record about the champion's performance, and since when
// it serves. Only a performance-confidence needs either.
func (l *Loop) earlierLooks(s *triggers.Signals) error {
	if l.In.PerformanceConfidence.Rat().Sign() == 0 || l.champion == nil {
		return nil
	}
	if l.stateErr != nil {
		return fmt.Errorf("performance-confidence: earlier looks: %w", l.stateErr)
	}
	s.Performance.Record = l.state.Performance
	s.Champion.Since = promote.ServesSince(*l.champion, *l.state)
	return nil
}

// recordLook writes the look that the decision rests on, before anybody acts on the
// decision: the next look would otherwise spend the same part of the year's risk
// again. The record is written whole, so it is read again first, as another run may
// have changed it or moved @champion.
func (l *Loop) recordLook(ctx context.Context, d triggers.Decision) error {
	if l.In.DryRun {
		l.r.notice("a dry run records nothing: without it, tag %s of %s would hold this look at the champion's performance", promote.TagState, l.In.ModelName)
		return nil
	}
	err := l.rereadAll(ctx)
	switch now := l.model.Aliases[l.r.Aliases.Champion]; {
	case err != nil:
	case now != d.Record.Champion:
		err = fmt.Errorf("@%s has moved %s meanwhile", l.r.Aliases.Champion, promote.Arrow(d.Record.Champion, now))
	default:
		next := *l.state
		next.Performance = d.Record
		next = next.Updated(l.Now())
		if err = l.writeState(ctx, next); err == nil {
			l.state = &next
		}
	}
	if err != nil {
		return fmt.Errorf("performance-confidence: recording this look, without which its evidence does not count: %w", err)
	}
	return nil
}
