package dataset

import (
	"errors"
	"runtime/debug"
	"slices"

	"github.com/org/ct-action/internal/evidence"
	"github.com/org/ct-action/internal/metrics"
)

// errPlain means that a fast reader met something it does not know, and has given
// the file up. The plain reader then reads the file from the start; where the file
// is wrong, its error says what is wrong and where.
var errPlain = errors.New("not for the fast reader")

// Pairs reads three columns of a CSV or Parquet file, or of a folder or glob of
// part files: label, champion's score, challenger's score. It is Columns,
// metrics.Labels and metrics.Scores for more rows than are wanted in memory as
// text, and reads in as many goroutines as workers says. Labels are compared with
// positiveClass as metrics.Labels does.
//
// Scores of at most six decimals are read as whole millionths. Where one has more,
// the file is read again as floats.
func (d Dir) Pairs(path string, columns [3]string, positiveClass string, workers int) (evidence.Pairs, error) {
	defer debug.SetGCPercent(debug.SetGCPercent(collectRarely))
	p := pairs{columns: columns, positiveClass: positiveClass, checked: map[string]bool{}}
	for _, read := range []pairsReader{d.millionths, d.floats} {
		if result, err := p.take(path, read, workers); !errors.Is(err, errPlain) {
			return result, err
		}
	}
	debug.SetGCPercent(collectOften) // the plain reader holds columns, and makes garbage
	return d.plainPairs(path, columns, positiveClass)
}

type pairsReader func(path string, p *pairs, workers int) (evidence.Pairs, error)

// take reads with a fast reader. Where fields turn out to be in quotes, it reads
// again from the start.
func (p *pairs) take(path string, read pairsReader, workers int) (evidence.Pairs, error) {
	result, err := read(path, p, workers)
	if errors.Is(err, errQuoted) {
		p.quoted = true
		result, err = read(path, p, workers)
	}
	return result, err
}

func (d Dir) millionths(path string, p *pairs, workers int) (evidence.Pairs, error) {
	m := evidence.NewMillionths(workers)
	err := d.fastPairs(path, p, workers, func(i int) collector { return collector{millionths: m.Worker(i)} })
	if err != nil {
		return nil, err
	}
	if m.Rows() > evidence.MaxMillionths {
		return nil, errPlain
	}
	return m, nil
}

func (d Dir) floats(path string, p *pairs, workers int) (evidence.Pairs, error) {
	s := evidence.NewStream(workers)
	return s, d.fastPairs(path, p, workers, func(i int) collector { return collector{floats: s.Worker(i)} })
}

// pairs is what the fast readers share while they read.
type pairs struct {
	columns       [3]string
	positiveClass string
	checked       map[string]bool // the Parquet files whose pages have been checked
	quoted        bool            // some fields are in quotes

	collectors []collector
	chunks     int   // of the parts read so far
	rows       int64 // of the Parquet parts read so far
}

// Collecting garbage takes time from reading. A CSV that is neither compressed
// nor quoted makes next to none, and a few rows of Parquet are read before there
// is much. Many rows fill the memory, so that even half as much garbage again is
// a lot; they have no pointers, so that collecting is cheap.
const (
	collectRarely = 400 // percent
	collectOften  = 50
	manyRows      = 4_000_000
)

// A collector takes the rows that one worker reads, and adds them up in one of
// two ways.
type collector struct {
	labels     labels
	floats     *evidence.Worker
	millionths *evidence.MillionthsWorker
}

// add takes rows of a chunk, in the chunk's order.
func (c *collector) add(chunk int, positive []bool, champion, challenger []float64) error {
	if c.millionths == nil {
		c.floats.Add(chunk, positive, champion, challenger)
		return nil
	}
	if !c.millionths.AddScores(positive, champion, challenger) {
		return errPlain
	}
	return nil
}

func (d Dir) fastPairs(path string, p *pairs, workers int, collect func(i int) collector) error {
	p.collectors, p.chunks, p.rows = nil, 0, 0
	for i := range workers {
		p.collectors = append(p.collectors, collect(i))
		p.collectors[i].labels.positiveClass = p.positiveClass
	}
	parts, err := d.alike(path)
	if err != nil {
		return err
	}
	for _, part := range parts {
		if err := d.fastPart(part, p); err != nil {
			return err
		}
	}
	var texts []string
	for _, c := range p.collectors {
		texts = append(texts, c.labels.texts...)
	}
	if _, err := metrics.Labels(texts, p.positiveClass); err != nil {
		return errPlain // the plain reader says which classes there are
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

func (d Dir) plainPairs(path string, columns [3]string, positiveClass string) (evidence.Pairs, error) {
	t, err := d.table(path, columns[:1], columns[1:], plainTable) // the fast reader would give up again
	if err != nil {
		return nil, err
	}
	positive, err := metrics.LabelsOf(t.Categories[0], positiveClass)
	if err != nil {
		return nil, err
	}
	s := evidence.NewStream(1)
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

// is reports whether a text is the positive class; ok is false where there are
// more different texts than a label column has.
func (l *labels) is(text []byte) (positive, ok bool) {
	for i, known := range l.texts {
		if known == string(text) {
			return l.positive[i], true
		}
	}
	name := string(text)
	if len(l.texts) == 16 || metrics.MissingLabel(name, l.positiveClass) {
		return false, false
	}
	positive = metrics.SameClass(name, l.positiveClass)
	l.texts, l.positive = append(l.texts, name), append(l.positive, positive)
	if len(name) == 1 && name != "," { // which stands in quotes, and is a blank field without them
		l.short[name[0]].known, l.short[name[0]].positive = true, positive
	}
	return positive, true
}

// A batch collects rows before they are added up: few enough to stay in the
// processor's first-level cache.
type batch struct {
	rows     int
	positive [batchRows]bool
	scores   [2][batchRows]float64 // champion, challenger
}

const batchRows = 512

func (b *batch) flush(into *collector, chunk int) error {
	n := b.rows
	b.rows = 0
	return into.add(chunk, b.positive[:n], b.scores[0][:n], b.scores[1][:n])
}

// roles returns what each column of the file is: 1 the label, 2 and 3 the scores,
// 0 one that is passed over.
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
