package state

// Counting is the record that counts where the registry's tag and the repository
// variable differ: the newer one, of two of the same second the tag. What only
// the older one knows of and would otherwise be lost stays on it:
//
//   - a later promotion, else the cooldown would be shortened
//   - a later rollback, else what was taken out of service could come back
//   - more uses of the same holdout, and the holdout of a record that has one
//     where the newer has none, else the holdout's budget would be enlarged
//
// The result is the tag itself (==) where the variable adds nothing.
func Counting(tag, variable State) State {
	counts, older := tag, variable
	if tag.UpdatedAt.Before(variable.UpdatedAt) {
		counts, older = variable, tag
	}
	if later(older.LastPromotion, counts.LastPromotion) {
		counts.LastPromotion = older.LastPromotion
	}
	if later(older.LastRollback, counts.LastRollback) {
		counts.LastRollback = older.LastRollback
	}
	if moreUsed(older.Holdout, counts.Holdout) {
		counts.Holdout = older.Holdout
	}
	return counts
}

func later(e, than *Event) bool { return e != nil && (than == nil || e.At.After(than.At)) }

func moreUsed(h, than *Holdout) bool {
	return h != nil && (than == nil || h.SHA256 == than.SHA256 && h.Uses > than.Uses)
}
