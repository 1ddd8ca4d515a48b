package metrics

import (
	"fmt"
	"strings"
)

// A Sample is one holdout with the predictions of two versions: columns of equal
// length, one entry a row. Which are set depends on the task:
//
//	Binary      Positive; Predictions.Values, the score of the positive class
//	Numeric     Target; Predictions.Values, the predicted number
//	Multiclass  Class and Classes; Predictions.ByClass, one column a class, in the
//	            order of Classes
//
// A missing version has zero Predictions: a first challenger has no champion.
type Sample struct {
	Task Task
	Rows int

	Positive []bool
	Target   []float64
	Class    []uint32 // index into Classes
	Classes  []string // sorted as scikit-learn sorts labels: numbers by value, texts by bytes

	Champion, Challenger Predictions

	Weights []float64 // nil: every row counts once
	Groups  []uint32  // rows of one group have the same number; nil: rows are independent

	Segments []Category // the holdout's columns that checks divide the rows by
}

// Positives counts the positive rows; -1 where the task is not binary.
func (s Sample) Positives() int {
	if s.Task != Binary {
		return -1
	}
	n := 0
	for _, is := range s.Positive {
		n += index(is)
	}
	return n
}

// Versus is the binary task of telling one class, by its index, from all others.
// It has no predictions.
func (s Sample) Versus(class int) Sample {
	one := Sample{Task: Binary, Rows: s.Rows, Positive: make([]bool, s.Rows), Weights: s.Weights, Groups: s.Groups}
	for i, is := range s.Class {
		one.Positive[i] = int(is) == class
	}
	return one
}

// Predictions are one version's column of numbers, or one column a class.
type Predictions struct {
	Values  []float64
	ByClass [][]float64
}

// Present reports whether there are any.
func (p Predictions) Present() bool { return p.Values != nil || p.ByClass != nil }

// A Category is a column of texts, each text once: row i holds
// Texts[Codes[i]]. A missing value is the empty text.
type Category struct {
	Name  string
	Codes []uint32 // one a row, index into Texts
	Texts []string
}

// Filled is an error that names the rows, counted from 1, whose cell is blank or a
// word for a missing value: such rows do not belong together. what names the column's
// role, such as group-column.
func (c Category) Filled(what string) error {
	absent := make([]bool, len(c.Texts))
	for i, text := range c.Texts {
		absent[i] = missing(strings.TrimSpace(text))
	}
	var empty rows
	for i, code := range c.Codes {
		if absent[code] {
			empty.add(i + 1)
		}
	}
	if empty.count == 0 {
		return nil
	}
	return fmt.Errorf("%s %q is blank or missing in %s: expected a text in every row", what, c.Name, empty)
}

// Numbers reads a column of targets as numbers. Missing values and texts that are
// no number are an error that names the first of their rows, counted from 1.
func (c Category) Numbers() ([]float64, error) {
	var absent badCells
	for i, code := range c.Codes {
		if text := c.Texts[code]; text != "" && MissingLabel(text, "") {
			absent.add(i+1, strings.TrimSpace(text))
		}
	}
	if err := absent.missing(len(c.Codes)); err != nil {
		return nil, err
	}
	byText, err := Scores(c.Texts)
	if err != nil {
		rows := make([]string, len(c.Codes))
		for i := range rows {
			rows[i] = c.At(i)
		}
		return Scores(rows) // the same error, with the numbers of rows
	}
	numbers := make([]float64, len(c.Codes))
	for i, code := range c.Codes {
		numbers[i] = byText[code]
	}
	return numbers, nil
}

// At is the text in row i, from 0.
func (c Category) At(i int) string { return c.Texts[c.Codes[i]] }

// A Table has the columns that were asked for of a file: texts and numbers, each in
// the order in which they were named, with Rows entries each.
type Table struct {
	Rows       int
	Categories []Category
	Numbers    [][]float64
}

// Only is the sample of some of its rows, in the order given. It has no segments,
// because a segment is not divided again.
func (s Sample) Only(rows []uint32) Sample {
	part := Sample{Task: s.Task, Rows: len(rows), Classes: s.Classes}
	part.Positive, part.Target, part.Class = pick(s.Positive, rows), pick(s.Target, rows), pick(s.Class, rows)
	part.Weights, part.Groups = pick(s.Weights, rows), pick(s.Groups, rows)
	part.Champion, part.Challenger = s.Champion.only(rows), s.Challenger.only(rows)
	return part
}

func (p Predictions) only(rows []uint32) Predictions {
	part := Predictions{Values: pick(p.Values, rows)}
	for _, column := range p.ByClass {
		part.ByClass = append(part.ByClass, pick(column, rows))
	}
	return part
}

// pick is nil for a column that is nil.
func pick[T any](column []T, rows []uint32) []T {
	if column == nil {
		return nil
	}
	picked := make([]T, len(rows))
	for i, row := range rows {
		picked[i] = column[row]
	}
	return picked
}
