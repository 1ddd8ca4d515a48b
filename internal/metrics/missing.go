package metrics

import (
	"fmt"
	"strings"

	"github.com/org/ct-action/internal/text"
)

// spelled are the texts by which pandas (the default of na_values), R, Arrow,
// polars and SQL say that there is no value, beside the blank one and any
// spelling of NaN.
var spelled = map[string]bool{
	"#N/A": true, "#N/A N/A": true, "#NA": true, "-1.#IND": true, "-1.#QNAN": true, "1.#IND": true, "1.#QNAN": true,
	"<NA>": true, "N/A": true, "n/a": true, "NA": true, "NULL": true, "Null": true, "null": true, "None": true,
	"NaT": true, ".": true, `\N`: true,
}

// MissingLabel reports whether a label says that the outcome is not known: a
// blank, NaN, or a word for it. A word that is the positive class itself is a
// class, as somebody has said so.
func MissingLabel(label, positiveClass string) bool {
	label = strings.TrimSpace(label)
	return missing(label) && (label == "" || label != strings.TrimSpace(positiveClass))
}

func missing(text string) bool {
	switch {
	case text == "":
		return true
	case len(text) > len("#N/A N/A") || '0' <= text[0] && text[0] <= '9' && len(text) < len("1.#IND"):
		return false // as nearly all labels
	case spelled[text]:
		return true
	}
	return strings.EqualFold(strings.TrimLeft(text, "+-"), "nan")
}

// missingLabels collects the rows without a label.
type missingLabels struct {
	blank, word rows
	first       string // word
}

func (m *missingLabels) add(row int, text string) {
	if text = strings.TrimSpace(text); text == "" {
		m.blank.add(row)
		return
	}
	if m.word.add(row); m.word.count == 1 {
		m.first = text
	}
}

func (m *missingLabels) err(total int) error {
	switch {
	case m.word.count > 0:
		all := ""
		if m.blank.count > 0 {
			all = fmt.Sprintf(", and blank in %s", m.blank)
		}
		return fmt.Errorf("label missing in %d of %d rows (%s in %s%s): expected a class in every row\nleave out the rows whose outcome is not known; a class that is called so needs another name, unless it is positive-class",
			m.word.count+m.blank.count, total, text.Quote(m.first, mostCell), m.word, all)
	case m.blank.count > 0:
		return fmt.Errorf("blank label in %s: expected a class in every row", m.blank)
	}
	return nil
}
