package state

// Counting is the record that counts where the registry's tag and the repository
// variable differ: the newer one, or the tag where both are of one second. It takes
// over from the older one:
//
//   - a later promotion, else the cooldown would be shortened
//   - a later rollback, else a version out of service could come back
//   - more uses of the same holdout, or the holdout where the newer record has
//     none, else the holdout's budget would be enlarged
//
// The result equals the tag (==) where the variable adds nothing.
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
