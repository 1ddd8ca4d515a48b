package docs_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/itchyny/gojq"

	"github.com/org/ct-action/internal/summary"
)

var judgeExample = regexp.MustCompile("(?s)here of 2,000 rows with\n`(.*?)`:\n\n```text\n(.*?)```")

// TestJudgeExample: what docs/judge.md shows of a judgement is what it prints.
func TestJudgeExample(t *testing.T) {
	found := judgeExample.FindStringSubmatch(fileText(t, "docs/judge.md"))
	if found == nil {
		t.Fatal("docs/judge.md: no example")
	}
	predictions, err := filepath.Abs("scenarios/testdata/shared/segments.csv")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir()) // .ct is written there
	args := append([]string{"judge", "--predictions", predictions}, strings.Fields(found[1])...)
	status, stdout, stderr := ctAction(t, args...)
	if status != 3 || stderr != found[2] {
		t.Errorf("exit status %d, printed:\n%s\nthe page has:\n%s", status, stderr, found[2])
	}
	if !json.Valid([]byte(stdout)) {
		t.Errorf("stdout is no JSON document:\n%s", stdout)
	}
}

var jqRecipe = regexp.MustCompile(`\bjq (?:-r )?'([^']+)'`)

// recipes are the jq programs of the documentation.
func recipes(t *testing.T) map[string]*gojq.Query {
	t.Helper()
	programs := map[string]*gojq.Query{}
	for _, page := range handbook(t) {
		for _, found := range jqRecipe.FindAllStringSubmatch(fileText(t, page), -1) {
			query, err := gojq.Parse(found[1])
			if err != nil {
				t.Fatalf("%s: jq %s: %v", page, found[1], err)
			}
			programs[found[1]] = query
		}
	}
	return programs
}

// TestRecipesOfARegression: AUC and Brier score are absent where the labels are
// numbers, and no reason for anything where the policy's check passed.
func TestRecipesOfARegression(t *testing.T) {
	programs := recipes(t)
	t.Chdir(t.TempDir())
	for file, text := range map[string]string{
		"p.csv":  "label,champion,challenger\n29.85,20,29\n56.95,50,57\n42.3,40,42\n70.7,60,71\n",
		"ct.yml": "model-name: House prices\ngate: {checks: [{metric: mae, max-absolute-regression: 0}]}\n",
	} {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	status, stdout, stderr := ctAction(t, "judge", "--predictions", "p.csv", "--config", "ct.yml")
	if status != 0 {
		t.Fatalf("exit status %d:\n%s", status, stderr)
	}
	for _, text := range []string{stdout, fileText(t, summary.DocumentPath("House prices"))} {
		var document map[string]any
		if err := json.Unmarshal([]byte(text), &document); err != nil || !strings.Contains(text, `"absent"`) {
			t.Fatalf("%v: expected a document in which a check is absent:\n%s", err, text)
		}
		for program, query := range programs {
			if got := recipe(t, query, document); len(got) > 0 {
				t.Errorf("jq '%s' printed %q of a challenger that passed", program, got)
			}
		}
	}
}

// TestRecipes runs every jq program of the documentation on the documents that
// the renderer's tests hold: it names what the output failed-checks names, and
// nothing where nothing failed.
func TestRecipes(t *testing.T) {
	t.Parallel()
	programs := recipes(t)
	documents, err := filepath.Glob("internal/summary/testdata/*/*.json")
	if err != nil || len(documents) < 50 || len(programs) < 2 {
		t.Fatalf("%d documents, %d recipes, %v", len(documents), len(programs), err)
	}
	failures := 0
	for _, path := range documents {
		var document map[string]any
		var failed []string
		outputs := fileText(t, filepath.Join(filepath.Dir(path), "outputs.txt"))
		_, rest, _ := strings.Cut(outputs, "\nfailed-checks=")
		list, _, _ := strings.Cut(rest, "\n")
		if err := errors.Join(json.Unmarshal([]byte(fileText(t, path)), &document), json.Unmarshal([]byte(list), &failed)); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if _, ok := document["checks"]; !ok { // of another mode
			continue
		}
		failures += min(len(failed), 1)
		for program, query := range programs {
			got := recipe(t, query, document)
			if (len(got) > 0) != (len(failed) > 0) {
				t.Errorf("%s: jq '%s' printed %q, and what failed is %q", path, program, got, failed)
			}
			slices.Sort(failed)
			if strings.Contains(program, ".text") && !slices.Equal(got, slices.Compact(failed)) {
				t.Errorf("%s: jq '%s' printed %q, expected %q", path, program, got, failed)
			}
		}
	}
	if failures < 10 {
		t.Errorf("%d documents in which a check failed", failures)
	}
}

// recipe is what a jq program prints of a document.
func recipe(t *testing.T, query *gojq.Query, document any) (lines []string) {
	t.Helper()
	for results := query.Run(document); ; {
		result, ok := results.Next()
		if !ok {
			return lines
		}
		if err, ok := result.(error); ok {
			t.Fatal(err)
		}
		lines = append(lines, fmt.Sprint(result))
	}
}

// TestOtherModels holds the policies, the script and the summary that
// docs/other-models.md shows to the scenarios that carry them out.
func TestOtherModels(t *testing.T) {
	t.Parallel()
	const page = "docs/other-models.md"
	text, scenarios := fileText(t, page), "scenarios/testdata/promoted-"
	for _, model := range []string{"regression", "multiclass"} {
		policy := fileText(t, scenarios+model+"/files/.github/ct.yml")
		if !strings.Contains(text, "```yaml\n"+policy+"```\n") {
			t.Errorf("%s: expected the policy of %s%s:\n%s", page, scenarios, model, policy)
		}
	}
	for file, begins := range map[string]string{"files/train.py": "window = ", "want/2-better-one/summary.md": "| Metric"} {
		_, block, found := strings.Cut(text, "```text\n"+begins)
		block, _, _ = strings.Cut(block, "```\n")
		if !found || !strings.Contains(fileText(t, scenarios+"regression/"+file), begins+block) {
			t.Errorf("%s: expected the lines of %s after %q, not\n%s", page, file, begins, block)
		}
	}
}
