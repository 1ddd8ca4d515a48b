package gate

import (
	"strings"
	"testing"

	"github.com/org/ct-action/internal/promote"
)

func TestOverlap(t *testing.T) {
	t.Parallel()
	const sha = "3f9a0b1c2d3e4f5061728394a5b6c7d8e9f00112233445566778899aabbccdde"
	train := promote.Dataset{Name: "window", Digest: "11111111", Context: "training"}
	eval := promote.Dataset{Name: "frozen", Digest: "22222222", Context: "Evaluation"}
	for name, test := range map[string]struct {
		sets []TrainingSet
		want string // "" for none
	}{
		"nothing logged":              {nil, ""},
		"another digest":              {[]TrainingSet{{Dataset: train}, {Dataset: eval}}, ""},
		"the holdout for evaluation":  {[]TrainingSet{{Dataset: train}, {Dataset: eval, IsHoldout: true, SHA256: sha}}, ""},
		"the holdout's path":          {[]TrainingSet{{Dataset: train, IsHoldout: true}}, "window of its training run is the holdout itself"},
		"the holdout's bytes":         {[]TrainingSet{{Dataset: train, SHA256: sha}}, "has the holdout's digest"},
		"the holdout's digest":        {[]TrainingSet{{Dataset: promote.Dataset{Name: "w", Digest: "3F9A0B1C"}}}, "has the holdout's digest"},
		"a digest too short to count": {[]TrainingSet{{Dataset: promote.Dataset{Name: "w", Digest: "3f9a0b1"}}}, ""},
		"no digest":                   {[]TrainingSet{{Dataset: promote.Dataset{Name: "w"}}, {Dataset: promote.Dataset{Name: "e", Context: "test"}}}, ""},
		"trained on the evaluation":   {[]TrainingSet{{Dataset: promote.Dataset{Name: "w", Digest: "22222222"}}, {Dataset: eval}}, "logged for evaluation (22222222)"},
		"shared rows":                 {[]TrainingSet{{Dataset: train}, {Dataset: train, SharedIDs: 12}}, "12 rows of dataset window"},
		"a hostile name":              {[]TrainingSet{{Dataset: promote.Dataset{Name: "w\n::error::x"}, IsHoldout: true}}, "dataset w ::error::x of"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := Overlap(sha, test.sets)
			if (got == "") != (test.want == "") || !strings.Contains(got, test.want) || strings.Contains(got, "\n") {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
