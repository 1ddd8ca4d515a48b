// Package promote knows how @champion moves without ever leaving a model
// unservable, and how a move that was interrupted is finished or undone.
//
// It is pure: from what the registry showed (Model, Version) and what an
// interrupted run left behind (Journal) it computes a Plan, the ordered writes
// (Move) with the conditions to confirm by reading again between them
// (Confirm). Package loop carries plans out; a dry run prints them instead.
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
// A rollback flips first and tags the bad version quarantined afterwards, and
// never writes @previous: pressed twice it refuses instead of going back and
// forth. Where it finds a promotion that was interrupted after its flip, it goes
// back from it in the same press, and its plan completes the records of both.
//
// Killed at any point, the model is servable, and the next run that writes
// reads the journal and knows what to do; see Recover.
package promote
