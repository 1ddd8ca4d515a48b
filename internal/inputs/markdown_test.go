package inputs

import (
	"fmt"
	"strings"
)

// MarkdownInputs is the short table of the README: name, default, meaning.
func MarkdownInputs() string {
	var table strings.Builder
	table.WriteString("| input | default | meaning |\n|---|---|---|\n")
	for _, input := range Spec() {
		fmt.Fprintf(&table, "| `%s` | %s | %s |\n", input.Name, markdownDefault(input), cell(input.Meaning))
	}
	return table.String()
}

// MarkdownReference is the long table of docs/inputs.md: also what is accepted
// and which modes read the input.
func MarkdownReference() string {
	var table strings.Builder
	table.WriteString("| input | accepts | default | read by | meaning |\n|---|---|---|---|---|\n")
	for _, input := range Spec() {
		fmt.Fprintf(&table, "| `%s` | %s | %s | %s | %s |\n",
			input.Name, cell(input.Expected()), markdownDefault(input), readers(input), cell(input.Meaning))
	}
	return table.String()
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

// ActionInputs is the inputs section of action.yml. It sets no default but the
// token's: any other would hide the configuration file (see the package
// comment); descriptions name them instead.
func ActionInputs() string {
	var section strings.Builder
	section.WriteString("inputs:\n")
	for _, input := range Spec() {
		fmt.Fprintf(&section, "  %s:\n    description: %s\n", input.Name, yamlText(actionDescription(input)))
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

// actionDescription is an input's line in action.yml.
func actionDescription(input Input) string {
	return input.Meaning + " (" + accepts(input) + unless(input) + ")"
}

// yamlText quotes a line for YAML in the one style that has no escapes to get
// wrong.
func yamlText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func markdownDefault(input Input) string {
	if input.Default != "" {
		return "`" + input.Default + "`"
	}
	return cell(input.InForce())
}

var cellEscapes = strings.NewReplacer("&", "&amp;", "|", `\|`, "<", "&lt;", "_", `\_`, "*", `\*`)

// cell escapes a text for a table's cell.
func cell(s string) string { return cellEscapes.Replace(s) }
