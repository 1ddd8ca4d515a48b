// Package summary renders what people read from one value, the loop.Report: the
// console text, the job summary and the review issue; and the outputs of the
// step. Because all of them come from the same value, as the documents of package
// document do, they cannot disagree, and because rendering needs nothing but the
// report, they are written whatever the exit status.
//
//	Console   the story as it goes, one text a moment
//	Markdown  the job summary
//	Outputs   what later steps and jobs read
//	Review    the issue about a flagged version, and its last comment
//
// # Rules of the console text
//
//   - One fact a line. A line that ends a mode begins with its verdict in
//     capitals: PROMOTED, FLAGGED, ROLLED BACK, RELEASED, VERIFIED, NOTIFIED,
//     SKIPPED, DRY RUN, REFUSED, INVALID, FAILED. Only these words are coloured.
//   - Items of a list begin with " - ". Moves are written with "->".
//   - The alias is what the user configured, after an @. The role is always
//     called champion.
//   - An error's first line says what happened, its further lines what to do.
//   - Warnings and notices are annotations, and not repeated here.
//
// # Rules of the job summary
//
//   - The first line is the verdict: mark, model, what happened.
//   - Then what moved, or that nothing did. Then what blocked.
//   - One table of metrics, one of the other checks. A row that did not pass is bold.
//   - The triggers are folded where they led to a training, and open where they are
//     the news.
//   - Then the next step, as a command to copy, quoted for a shell.
//   - Links and timings come last.
//   - Every text that a user, a file or a server wrote is escaped by plain,
//     code or fence, each at one place, and capped. The page stays under 64 KB:
//     what would not fit is left out and said so.
//
// # Rules of the review issue
//
//   - It is the job summary, so that whoever decides needs nothing else.
//   - It notifies people, as the other pages do not: no text from outside may
//     mention anybody, refer to another issue, or load an image.
//   - Its title is plain text on one line.
//
// # Rules of the outputs
//
//   - All of them are set, always, in the order of inputs.Outputs.
//   - Closed sets and numbers are written plain, texts as JSON arrays.
//   - No value has a line break.
//
// Numbers are rounded to four decimals, and written with as many more as keep
// true what the reader sees: which of the two is larger, and whether the
// difference is as large as needed.
package summary
