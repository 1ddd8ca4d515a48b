package loop_test

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/org/ct-action/internal/evidence"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/metrics"
)

// A clock stands still but for sleepers.
type clock struct {
	now    time.Time
	asleep func() // what happens while somebody sleeps
}

func (c *clock) Now() time.Time { return c.now }

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		panic(fmt.Sprintf("sleeping %s would never end a waiting", d))
	}
	c.now = c.now.Add(d)
	if c.asleep != nil {
		c.asleep()
	}
	return ctx.Err()
}

// data are the user's files by path.
type data map[string]file

type file struct {
	modified time.Time
	text     string
	digest   string
	columns  map[string][]string
}

func (d data) open(path string) (file, error) {
	f, ok := d[path]
	if !ok {
		return f, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	}
	return f, nil
}

func (d data) Modified(path string) (time.Time, error) {
	f, err := d.open(path)
	return f.modified, err
}

func (d data) ReadFile(path string) ([]byte, error) {
	f, err := d.open(path)
	return []byte(f.text), err
}

func (d data) Columns(path string, names ...string) ([][]string, error) {
	f, err := d.open(path)
	if err != nil {
		return nil, err
	}
	var columns [][]string
	for _, name := range names {
		column, ok := f.columns[name]
		if !ok {
			return nil, fmt.Errorf("%s: no column %s", path, name)
		}
		columns = append(columns, column)
	}
	return columns, nil
}

func (d data) Table(path string, categories, numbers []string) (metrics.Table, error) {
	columns, err := d.Columns(path, append(slices.Clone(categories), numbers...)...)
	if err != nil || len(columns) == 0 {
		return metrics.Table{}, err
	}
	table := metrics.Table{Rows: len(columns[0])}
	for i, name := range categories {
		c := metrics.Category{Name: name}
		for _, text := range columns[i] {
			code := slices.Index(c.Texts, text)
			if code < 0 {
				code, c.Texts = len(c.Texts), append(c.Texts, text)
			}
			c.Codes = append(c.Codes, uint32(code))
		}
		table.Categories = append(table.Categories, c)
	}
	for i := range numbers {
		scores, err := metrics.Scores(columns[len(categories)+i])
		if err != nil {
			return metrics.Table{}, err
		}
		table.Numbers = append(table.Numbers, scores)
	}
	return table, nil
}

func (d data) Pairs(path string, columns [3]string, positiveClass string, workers int) (evidence.Pairs, error) {
	table, err := d.Table(path, columns[:1], columns[1:])
	if err != nil {
		return nil, err
	}
	positive, err := metrics.LabelsOf(table.Categories[0], positiveClass)
	if err != nil {
		return nil, err
	}
	s := evidence.NewStream(workers)
	s.Worker(0).Add(0, positive, table.Numbers[0], table.Numbers[1])
	return s, nil
}

func (d data) Header(path string) ([]string, error) {
	f, err := d.open(path)
	var names []string
	for name := range f.columns {
		names = append(names, name)
	}
	return names, err
}

func (d data) Absolute(path string) string { return "/workspace/" + path }

func (d data) Digest(path string) (string, error) {
	f, err := d.open(path)
	return f.digest, err
}

// commands are the user's commands and the embedded scorer.
type commands struct {
	files    data
	scores   map[string][]string // version → what it makes of the holdout
	training func(attempt string)
	scoring  func()

	said    []string // by the training
	trained int
	scored  []string // versions, in order
	context string   // the training's MLFLOW_RUN_CONTEXT
}

func (c *commands) Hear(ctx context.Context, name, script string, env []string, timeout time.Duration) ([]string, error) {
	return c.said, c.Run(ctx, name, script, env, timeout)
}

func (c *commands) Run(ctx context.Context, name, script string, env []string, _ time.Duration) error {
	if name != "train-command" || script != "train" {
		panic(name + " was run: " + script)
	}
	c.trained++
	c.context = last(env, "MLFLOW_RUN_CONTEXT")
	c.training(last(env, "CT_ATTEMPT"))
	return ctx.Err()
}

func (c *commands) Score(ctx context.Context, _ string, uris []string, holdout, target, _, _, out string, _ []string) error {
	if holdout != "/workspace/data/holdout.csv" {
		panic(holdout + " was scored")
	}
	if c.scoring != nil {
		c.scoring()
	}
	columns := map[string][]string{"label": c.files["data/holdout.csv"].columns[target]}
	for _, uri := range uris {
		version := path.Base(uri)
		c.scored = append(c.scored, version)
		columns[version] = c.scores[version]
	}
	c.files[out] = file{columns: columns}
	return ctx.Err()
}

func (c *commands) Scratch() (string, func(), error) { return "scratch", func() {}, nil }

// last is the value that an environment's program sees.
func last(env []string, name string) (value string) {
	for _, pair := range env {
		if v, ok := strings.CutPrefix(pair, name+"="); ok {
			value = v
		}
	}
	return value
}

// A narrator counts what it is told.
type narrator map[loop.Moment]int

func (n narrator) Tell(m loop.Moment, _ *loop.Report) { n[m]++ }
