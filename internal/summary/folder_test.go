package summary_test

import (
	"strings"
	"testing"

	"github.com/org/ct-action/internal/summary"
)

// TestFolder: a harmless name is its own folder, and no two models share one,
// also on a file system that ignores case.
func TestFolder(t *testing.T) {
	t.Parallel()
	for model, want := range map[string]string{
		"":                     ".ct",
		"churn":                ".ct/churn",
		"churn_v2-eu":          ".ct/churn_v2-eu",
		"catalog.schema.model": ".ct/catalog.schema.model",
		"Churn":                ".ct/churn~2b58f510",
		"..":                   ".ct/~5ec1f7e7",
	} {
		if got := summary.Folder(model); got != want {
			t.Errorf("%q: %s, expected %s", model, got, want)
		}
	}
	seen := map[string]string{}
	for _, model := range []string{
		"", "churn", "Churn", "CHURN", "churn ", " churn", "churn.", ".churn", "-churn", "churn~2b58f510", "..", ".", "...", "a b", "a-b", "a\tb", "kündigung", "k-ndigung", "解約", "решение",
		"decision.json", "summary.md", "Decision.json", `a\b`, "con<>|", strings.Repeat("x", 100), strings.Repeat("x", 101), strings.Repeat("x", 256), "../../etc", "a/b",
	} {
		folder := summary.Folder(model)
		key := strings.ToLower(folder)
		if other, taken := seen[key]; taken {
			t.Errorf("%q and %q share %s", model, other, folder)
		}
		seen[key] = model
		name, inside := strings.CutPrefix(folder, ".ct/")
		harmless := !strings.ContainsAny(name, `/\:*?"<>| `) && !strings.HasPrefix(name, ".") && !strings.HasSuffix(name, ".") && len(name) < 120
		if model != "" && (!inside || !harmless || name == "decision.json" || name == "summary.md") {
			t.Errorf("%q: %s is not harmless", model, folder)
		}
	}
}
