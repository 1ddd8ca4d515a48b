package inputs

import (
	"strings"
	"testing"

	"github.com/org/ct-action/internal/field"
)

func TestStateVariable(t *testing.T) {
	t.Parallel()
	for model, want := range map[string]string{
		"churn":                  "CT_STATE_CHURN",
		"CHURN_2":                "CT_STATE_CHURN_2",
		"churn-classifier":       "CT_STATE_CHURN_CLASSIFIER_9E58EA",
		"churn classifier":       "CT_STATE_CHURN_CLASSIFIER_",
		"ml.prod.churn":          "CT_STATE_ML_PROD_CHURN_",
		"größe":                  "CT_STATE_GR__E_",
		strings.Repeat("m", 256): "CT_STATE_" + strings.Repeat("M", 84) + "_",
	} {
		got := stateVariable(model)
		if _, ok := field.VariableName(got); !ok || !strings.HasPrefix(got, want) || len(got) > field.MostVariable {
			t.Errorf("%s: %s (%d characters), expected %s…", model, got, len(got), want)
		}
	}
	if got := stateVariable("churn-a"); got != strings.ToUpper(got) {
		t.Errorf("%s: GitHub stores names in upper case", got)
	}
	if a, b := stateVariable("churn-a"), stateVariable("churn.a"); a == b {
		t.Errorf("two models share %s", a)
	}
}
