// Package document writes what programs read of a report: JSON whose keys are
// promised.
//
//	Decision  everything, the decision document; docs/decision.schema.json is its schema
//	Judge     what mode judge prints on stdout; docs/judge.schema.json
//	Trigger   what mode trigger prints on stdout; docs/triggers.md
//
// Every key of the first two is always there. What does not apply is null, an
// empty text or an empty list: null of a number that is not known, or not
// finite, since JSON has no NaN. Decimals that a person wrote are texts, so that
// they stay exact. Texts are as they came; whoever shows them escapes them.
//
// Within a schema's version keys are added, and neither removed nor given
// another meaning.
package document
