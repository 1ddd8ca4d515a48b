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
// class, because the user has said so.
func MissingLabel(label, positiveClass string) bool {
	label = strings.TrimSpace(label)
	return missing(label) && (label == "" || label != strings.TrimSpace(positiveClass))
}

func missing(text string) bool {
	switch {
	case text == "":
		return true
	case len(text) > len("#N/A N/A") || '0' <= text[0] && text[0] <= '9' && len(text) < len("1.#IND"):
		return false // this is the case for nearly all labels
	case spelled[text]:
		return true
	}
	return strings.EqualFold(strings.TrimLeft(text, "+-"), "nan")
}

// badCells collects the rows of a column whose cells are blank or say something
// else than they should. However many there are, it keeps the first few.
type badCells struct {
	blank, wrong rows
	first        string // cell that is wrong, quoted
}

func (b *badCells) add(row int, cell string) {
	if strings.TrimSpace(cell) == "" {
		b.blank.add(row)
	} else if b.wrong.add(row); b.wrong.count == 1 {
		b.first = text.Quote(cell, mostCell)
	}
}

// missing is the error of a column of labels whose cells these are.
func (b *badCells) missing(total int) error {
	switch {
	case b.wrong.count > 0:
		all := ""
		if b.blank.count > 0 {
			all = fmt.Sprintf(", and blank in %s", b.blank)
		}
		return fmt.Errorf("label missing in %d of %d rows (%s in %s%s): expected a class in every row\nleave out the rows whose outcome is not known; a class that is called so needs another name, unless it is positive-class",
			b.wrong.count+b.blank.count, total, b.first, b.wrong, all)
	case b.blank.count > 0:
		return fmt.Errorf("blank label in %s: expected a class in every row", b.blank)
	}
	return nil
}
