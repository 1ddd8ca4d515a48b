package summary

import (
	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/text"
)

// command is one of our own commands on this report's model.
func command(r *loop.Report, mode inputs.Mode, flags ...string) string {
	in := r.Inputs
	in.ModelName = text.Visible(r.Model)
	return in.Command(mode, flags...)
}
