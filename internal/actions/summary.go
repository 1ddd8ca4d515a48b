package actions

import "fmt"

// summaryLimit is the most bytes of a step's summary, including what others
// wrote to it before. GitHub drops a larger one whole.
const summaryLimit = 1 << 20

// Summary appends Markdown to the summary of the job. Known secrets are
// redacted; escaping user text for Markdown is the caller's work. More than
// GitHub takes (1 MiB a step) is an error, and then nothing is written.
//
// Where no file is named nothing is written, in Actions or not.
func (r *Runner) Summary(markdown string) error {
	path := r.getenv("GITHUB_STEP_SUMMARY")
	if path == "" {
		return nil
	}
	if err := appendFile(path, []byte(r.Redact(markdown)+"\n"), summaryLimit); err != nil {
		return fmt.Errorf("writing the job summary: %w", err)
	}
	return nil
}
