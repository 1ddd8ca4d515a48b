package inputs

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/org/ct-action/internal/field"
	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/policyfile"
)

// MarkdownInputs is the short table of the README: name, default, meaning.
func MarkdownInputs() string {
	var table strings.Builder
	table.WriteString("| input | default | meaning |\n|---|---|---|\n")
	for _, input := range Spec() {
		fmt.Fprintf(&table, "| `%s` | %s | %s |\n", input.Name, markdownDefault(input.Field), cell(input.Meaning))
	}
	return table.String()
}

// MarkdownReference are the long tables of docs/inputs.md, one a group: also
// what is accepted and which modes read the input.
func MarkdownReference() string {
	var table strings.Builder
	group := ""
	for _, input := range Spec() {
		if input.Group != group {
			group = input.Group
			fmt.Fprintf(&table, "\n### %s\n\n| input | accepts | default | read by | meaning |\n|---|---|---|---|---|\n", strings.ToUpper(group[:1])+group[1:])
		}
		fmt.Fprintf(&table, "| `%s` | %s | %s | %s | %s |\n",
			input.Name, cell(input.Expected()), markdownDefault(input.Field), readers(input), cell(input.Meaning))
	}
	return table.String() + "\n"
}

// MarkdownOutputs is the table of the outputs.
func MarkdownOutputs() string {
	var table strings.Builder
	table.WriteString("| output | meaning |\n|---|---|\n")
	for _, output := range Outputs() {
		fmt.Fprintf(&table, "| `%s` | %s |\n", output.Name, cell(output.Meaning))
	}
	return table.String()
}

// MarkdownChecks is the table of a check's keys.
func MarkdownChecks() string {
	var table strings.Builder
	table.WriteString("| key | accepts | default | meaning |\n|---|---|---|---|\n")
	for _, key := range policyfile.CheckKeys() {
		fmt.Fprintf(&table, "| `%s` | %s | %s | %s |\n", key.Name, cell(cmp.Or(key.Form, key.Expected())), markdownDefault(key.Field), cell(key.Meaning))
	}
	return table.String()
}

// MarkdownMetrics is the table of the metrics that a check can name.
func MarkdownMetrics() string {
	var table strings.Builder
	table.WriteString("| metric | target | better | range | at `decision-threshold` |\n|---|---|---|---|---|\n")
	for _, m := range metrics.Metrics() {
		var targets []string
		for _, task := range m.Tasks {
			targets = append(targets, task.String())
		}
		better, threshold := "less", ""
		if m.GreaterIsBetter {
			better = "more"
		}
		if m.Decision {
			threshold = "yes"
		}
		fmt.Fprintf(&table, "| `%s` | %s | %s | %s | %s |\n", m.Name, strings.Join(targets, " or "), better, strings.TrimPrefix(metrics.Span(m.Min, m.Max), "of "), threshold)
	}
	return table.String()
}

// ActionInputs is the inputs section of action.yml. It sets no default but the
// token's: any other would hide the configuration file (see the package
// comment); descriptions name them instead.
func ActionInputs() string {
	var section strings.Builder
	section.WriteString("inputs:\n")
	for _, input := range Spec() {
		fmt.Fprintf(&section, "  %s:\n    description: %s\n", input.Name, yamlText(described(input.Field)))
		if input.Name == "github-token" {
			section.WriteString("    default: ${{ github.token }}\n")
		}
	}
	return section.String()
}

// ActionOutputs is the outputs section of action.yml.
func ActionOutputs() string {
	var section strings.Builder
	section.WriteString("outputs:\n")
	for _, output := range Outputs() {
		fmt.Fprintf(&section, "  %s:\n    description: %s\n", output.Name, yamlText(output.Meaning))
	}
	return section.String()
}

// yamlText quotes a line for YAML in the one style that has no escapes to get
// wrong.
func yamlText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func markdownDefault(input field.Field) string {
	if input.Default != "" {
		return "`" + input.Default + "`"
	}
	return cell(input.InForce())
}

var cellEscapes = strings.NewReplacer("&", "&amp;", "|", `\|`, "<", "&lt;", "_", `\_`, "*", `\*`)

// cell escapes a text for a table's cell.
func cell(s string) string { return cellEscapes.Replace(s) }
