package dataset

import (
	"errors"
	"runtime/debug"
	"slices"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/paired"
)

// errPlain is how a fast reader gives a file up: it met something that it does
// not know. The plain reader then reads the file from the start, and is who
// finds the words where the file is wrong.
var errPlain = errors.New("not for the fast reader")

// Pairs reads three columns of a CSV or Parquet file, or of a folder or glob of
// part files: label, champion's score, challenger's score. It is Columns,
// metrics.Labels and metrics.Scores for more rows than are wanted in memory as
// text, and reads on as many threads as workers. Labels are compared with
// positiveClass as metrics.Labels does.
func (d Dir) Pairs(path string, columns [3]string, positiveClass string, workers int) (*paired.Stream, error) {
	// What is kept has no pointers, so that collecting is cheap, and is large, so
	// that as much garbage again would be too much.
	defer debug.SetGCPercent(debug.SetGCPercent(50))
	p := pairs{columns: columns, stream: paired.NewStream(workers), labels: make([]labels, workers)}
	for i := range p.labels {
		p.labels[i].positiveClass = positiveClass
	}
	err := d.fastPairs(path, &p)
	if errors.Is(err, errPlain) {
		return d.plainPairs(path, columns, positiveClass)
	}
	return p.stream, err
}

// pairs are where the rows of a file go.
type pairs struct {
	columns [3]string
	stream  *paired.Stream
	labels  []labels // by worker
	chunks  int      // of the part files so far
}

func (d Dir) fastPairs(path string, p *pairs) error {
	parts, err := d.alike(path)
	if err != nil {
		return err
	}
	for _, part := range parts {
		if part == Stdin {
			return errPlain
		}
		if err := d.fastPart(part, p); err != nil {
			return err
		}
	}
	var texts []string
	for _, l := range p.labels {
		texts = append(texts, l.texts...)
	}
	if _, err := metrics.Labels(texts, p.labels[0].positiveClass); err != nil {
		return errPlain // which counts the classes
	}
	return nil
}

func (d Dir) fastPart(path string, p *pairs) error {
	f, err := d.open(path)
	if err != nil {
		return errPlain
	}
	defer f.Close()
	if f.parquet {
		return f.parquetPairs(p)
	}
	return f.csvPairs(p)
}

func (d Dir) plainPairs(path string, columns [3]string, positiveClass string) (*paired.Stream, error) {
	t, err := d.Table(path, columns[:1], columns[1:])
	if err != nil {
		return nil, err
	}
	positive, err := metrics.LabelsOf(t.Categories[0], positiveClass)
	if err != nil {
		return nil, err
	}
	s := paired.NewStream(1)
	s.Worker(0).Add(0, positive, t.Numbers[0], t.Numbers[1])
	return s, nil
}

// labels remember which texts of a label column are the positive class.
type labels struct {
	positiveClass string
	texts         []string
	positive      []bool
	short         [256]struct{ known, positive bool } // texts of one byte
}

// is tells whether a text is the positive class; ok is false where there are
// more texts than a label column has.
func (l *labels) is(text []byte) (positive, ok bool) {
	for i, known := range l.texts {
		if known == string(text) {
			return l.positive[i], true
		}
	}
	name := string(text)
	if len(l.texts) == 16 || blank(name) {
		return false, false
	}
	positive = metrics.SameClass(name, l.positiveClass)
	l.texts, l.positive = append(l.texts, name), append(l.positive, positive)
	if len(name) == 1 {
		l.short[name[0]].known, l.short[name[0]].positive = true, positive
	}
	return positive, true
}

// A batch is rows on their way into the stream: few enough to stay in a
// first-level cache.
type batch struct {
	rows     int
	positive [batchRows]bool
	scores   [2][batchRows]float64 // champion, challenger
}

const batchRows = 512

func (b *batch) flush(into *paired.Worker, chunk int) {
	into.Add(chunk, b.positive[:b.rows], b.scores[0][:b.rows], b.scores[1][:b.rows])
	b.rows = 0
}

// roles are the places of the columns: 1 for the label, 2 and 3 for the scores,
// 0 for what is passed over.
func (p *pairs) roles(header []string) ([]int, error) {
	roles := make([]int, len(header))
	for i, name := range p.columns {
		at := slices.Index(header, name)
		if at < 0 || roles[at] != 0 || slices.Contains(header[at+1:], name) {
			return nil, errPlain
		}
		roles[at] = i + 1
	}
	return roles, nil
}
