// Package promote plans how @champion moves without ever leaving a model
// unservable, and how a move that was interrupted is finished or undone.
//
// It is pure: from what the registry showed (Model, Version) and what an
// interrupted run left behind (Journal) it computes a Plan: writes (Move) in
// order, and between them what a new reading must confirm (Confirm). Package loop
// carries plans out; a dry run prints them instead.
//
// # The protocol
//
// MLflow has no transaction over two aliases and no compare-and-set, so order
// and a journal must do. A promotion from F to T:
//
//	journal written          {promotion, F, T, P0 = @previous before, …}
//	read again: the journal is ours
//	@previous := F
//	read again: @champion is still F, T is still not quarantined
//	@champion := T           the flip
//	T's tags, the state
//	journal cleared          set to blank: nothing is ever deleted
//
// A rollback flips first, quarantines the bad version afterwards, and never writes
// @previous: a second rollback is refused instead of going forth again. A rollback
// that finds a promotion interrupted after its flip goes back from it at once, and
// its plan completes the records of both.
//
// A rehearsal is a rollback and back again, under one journal:
//
//	journal written          {rehearsal, F, T, …}
//	read again: @champion is still F, T is not quarantined
//	@champion := T           the service reloads, and is asked whether it serves T
//	read again: the journal is ours, @champion is still T, F is not quarantined
//	@champion := F           the service reloads, and is asked whether it serves F
//	the model's tag ct.rehearsal, journal cleared
//
// The journal is renewed while the service is waited for. @previous, the versions' tags
// and the state stay as they are.
//
// Wherever a run is killed, the model stays servable, and the next run that writes
// finishes or undoes the operation by the journal; see Recover.
package promote
