package triggers

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/org/ct-action/internal/text"
)

// Drift is what a monitoring file says about the input data: Share is the
// measured part of the features that drifted, 0 to 1.
type Drift struct {
	Share    float64
	Shares   []Share  // every share in the file, in its order; Share is the largest
	Format   string   // "share", "evidently 0.4.40 report", …
	Derived  bool     // Share was counted from the results per column: the file states none
	Warnings []string // what a reader should know, such as columns that were left out

	ReportSHA256 string // digest of the monitor's own report, in lower-case hex; "": not stated
}

// largest is the share that counts.
func (d Drift) largest() Share {
	if len(d.Shares) == 0 {
		return Share{Value: d.Share}
	}
	return slices.MaxFunc(d.Shares, func(a, b Share) int { return cmp.Compare(a.Value, b.Value) })
}

// A Share is one share of drifted features and where it was read.
type Share struct {
	Path    string // JSON path: "metrics[0].result.share_of_drifted_columns"
	Value   float64
	Drifted int      // features that drifted; 0 with Columns 0: unknown
	Columns int      // features that were looked at; 0: unknown
	Names   []string `json:",omitempty"` // of those that drifted, sorted; none: unknown
	Of      string   `json:",omitempty"` // what was looked at, where that is not the features: embeddings
}

// embeddings is the one other thing that a Share can be of. A set of embedding
// columns is not a column, so no share of columns includes it.
const embeddings = "embeddings"

// shapes ends every error about a file without drift results.
const shapes = `expected one of:
  {"share_drifted_features": 0.42}
  an Evidently report (0.4 to 0.7) with DataDriftPreset: report.save_json(…)
  an Evidently test suite (0.4 to 0.7) with DataDriftTestPreset: suite.save_json(…)`

// ParseDrift reads a drift monitor's file: {"share_drifted_features": 0.42},
// or a report or test suite of Evidently 0.4 to 0.7 as its save_json writes it.
//
// Only measurements are read, never Evidently's drift_share, which is the
// threshold that it was given. Where there are several shares the largest
// counts. Where there is none, the share is counted from the results per
// column. NaN and Infinity, which Python writes bare, are accepted anywhere
// but in a share.
//
// Errors name the line and column, or the JSON path, and what was expected.
// They do not name the file: the caller knows it.
func ParseDrift(data []byte) (Drift, error) {
	top, err := decodeObject(data)
	if err != nil {
		return Drift{}, err
	}
	if err := refuseSnapshot(top); err != nil {
		return Drift{}, err
	}
	f := &findings{counted: map[string]bool{}}
	f.readShare(top)
	f.readEvidently(top)
	return f.drift(top)
}

// readShare reads the one-number shape.
func (f *findings) readShare(top object) {
	if value, ok := top["share_drifted_features"]; ok {
		f.format = "share"
		f.addShare("share_drifted_features", value, whole(top["drifted"]), whole(top["columns"]))
		f.readNotified(top)
		f.readDigest(top)
	}
}

// readNotified reads what notify sends beside the share, for people to read.
func (f *findings) readNotified(top object) {
	f.countsAll = true // the monitor itself looked at every column
	if len(f.shares) == 0 {
		return
	}
	names, _ := top["names"].(list)
	for _, name := range names[:min(mostNames, len(names))] {
		if column, ok := name.(string); ok {
			f.shares[0].Names = append(f.shares[0].Names, text.Clip(column, mostText))
		}
	}
	if top["of"] == embeddings {
		f.shares[0].Of = embeddings
	}
}

var digestForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

// readDigest reads which report the share was taken from, for people to read.
func (f *findings) readDigest(top object) {
	value, ok := top["report_sha256"]
	digest, isText := value.(string)
	switch {
	case !ok || value == nil:
	case isText && digestForm.MatchString(strings.ToLower(digest)):
		f.digest = strings.ToLower(digest)
	default:
		f.warn("report_sha256 is %s, expected 64 hexadecimal digits: left out", describe(value))
	}
}

// findings gathers what a file says, and every problem with it.
type findings struct {
	format     string
	digest     string
	shares     []Share
	columns    []columnDrift
	embeddings []columnDrift
	counted    map[string]bool // columns that a share includes
	countsAll  bool            // a share includes every column
	leftOut    []undecided
	unread     []string // unknown metrics and tests that may be about drift
	unused     []string // metrics and tests that are not about drift
	warnings   []string
	problems   []error
}

// A columnDrift is the result of one column, or set of embeddings.
type columnDrift struct {
	path, column string
	drifted      bool
}

// An undecided is a column, a set of embeddings or a test without a verdict.
type undecided struct{ column, why string }

// warn adds a warning about the file.
func (f *findings) warn(format string, args ...any) {
	f.warnings = append(f.warnings, fmt.Sprintf(format, args...))
}

// refuse records that the value at path is not what it has to be.
func (f *findings) refuse(path string, value any, expected string) {
	f.problems = append(f.problems, fmt.Errorf("%s: found %s, expected %s", path, describe(value), expected))
}

// leaveOut records that a column, a set of embeddings or a test has no verdict.
func (f *findings) leaveOut(column, format string, args ...any) {
	f.leftOut = append(f.leftOut, undecided{column, fmt.Sprintf(format, args...)})
}

// addResult records in columns, or in embeddings, whether the one of that name
// drifted. One without a name is called by its path.
func (f *findings) addResult(results *[]columnDrift, path string, name, drifted any) {
	verdict, ok := drifted.(bool)
	if !ok {
		f.refuse(path, drifted, "true or false")
		return
	}
	column, ok := name.(string)
	if !ok {
		column = path
	}
	*results = append(*results, columnDrift{path, column, verdict})
}

// beside reports whether no share is known to include the column.
func (f *findings) beside(column string) bool { return !f.countsAll && !f.counted[column] }

// addShare records the share at path, or the problem with it. drifted and
// columns are the counts beside it; 0 columns: unknown.
func (f *findings) addShare(path string, value any, drifted, columns int) {
	share, ok := finite(value)
	if !ok || !proportion(share) {
		f.refuse(path, value, aProportion)
		return
	}
	share += 0 // −0 becomes 0
	if columns > 0 && math.Abs(float64(drifted)/float64(columns)-share) > 0.01 {
		f.warn("%s is %v, but %d of %d columns drifted; the share counts", path, share, drifted, columns)
	}
	f.shares = append(f.shares, Share{Path: path, Value: share, Drifted: drifted, Columns: columns})
}

// proportion reports whether a number is one that a share can have. NaN is not.
func proportion(share float64) bool { return share >= 0 && share <= 1 }

const aProportion = "a number between 0 and 1"

// whole is a count, which Evidently also writes as 2.0; 0 for anything else.
func whole(value any) int {
	f, ok := finite(value)
	if !ok || f != math.Trunc(f) || f < 0 || f >= 1e9 {
		return 0
	}
	return int(f)
}

// drift draws the conclusion.
func (f *findings) drift(top object) (Drift, error) {
	if err := errors.Join(f.problems...); err != nil {
		return Drift{}, err
	}
	derived := len(f.shares) == 0
	if derived && len(f.columns) > 0 {
		f.shares = []Share{counted(f.columns)}
	} else {
		f.nameOthers()
	}
	if len(f.embeddings) > 0 {
		share := counted(f.embeddings)
		share.Of = embeddings
		f.shares = append(f.shares, share)
	}
	if len(f.shares) == 0 {
		return Drift{}, f.nothing(top)
	}
	f.nameUnread(derived)
	d := Drift{Shares: f.shares, Format: f.format, Derived: derived, Warnings: f.warnings, ReportSHA256: f.digest}
	d.Share = d.largest().Value
	return d, nil
}

// nameOthers warns of the columns that drifted and that no share is known to
// include: the share alone would hide them. The columns that a share does
// include become its names.
func (f *findings) nameOthers() {
	others, within := map[string]bool{}, []columnDrift{}
	for _, c := range f.columns {
		switch {
		case !f.beside(c.column):
			within = append(within, c)
		case c.drifted:
			others[c.column] = true
		}
	}
	if len(others) > 0 {
		f.warn("drifted, and not known to be in the share that counts: %s", some(slices.Sorted(maps.Keys(others))))
	}
	if len(within) == 0 {
		return
	}
	all := counted(within)
	for i, s := range f.shares {
		if s.Of == "" && s.Drifted == all.Drifted && s.Columns == all.Columns && len(s.Names) == 0 {
			f.shares[i].Names = all.Names
		}
	}
}

// nameUnread warns of what has no verdict or is unknown, where the share does
// not include it.
func (f *findings) nameUnread(derived bool) {
	for _, u := range f.leftOut {
		if derived || f.beside(u.column) {
			f.warn("%s: left out", u.why)
		}
	}
	if len(f.unread) > 0 {
		f.warn("not known, and left out: %s", some(f.unread))
	}
}

// mostNames is how many names of drifted columns are kept, for people to read.
const mostNames = 5

// counted is the share of the columns that drifted. A column with several
// results drifted if any of them says so.
func counted(columns []columnDrift) Share {
	drifted := map[string]bool{}
	for _, c := range columns {
		drifted[c.column] = drifted[c.column] || c.drifted
	}
	s := Share{Path: columns[0].path, Columns: len(drifted)}
	if last := columns[len(columns)-1].path; last != s.Path {
		s.Path += " … " + last
	}
	for _, column := range slices.Sorted(maps.Keys(drifted)) {
		if drifted[column] {
			s.Drifted++
			s.Names = append(s.Names, text.Clip(column, mostText))
		}
	}
	s.Names = s.Names[:min(mostNames, len(s.Names))]
	s.Value = float64(s.Drifted) / float64(s.Columns)
	return s
}

// nothing explains a file without any share.
func (f *findings) nothing(top object) error {
	switch {
	case len(f.leftOut) > 0:
		first, others := f.leftOut[0].why, ""
		if n := len(f.leftOut) - 1; n > 0 {
			others = fmt.Sprintf(", nor of %d more", n)
		}
		return fmt.Errorf("no share of drifted features in this %s: %s%s\nadd DataDriftPreset to it, which reports the share", f.format, first, others)
	case f.format != "":
		return fmt.Errorf("no share of drifted features in this %s: it has %s\n%s", f.format, some(slices.Concat(f.unread, f.unused)), shapes)
	}
	return fmt.Errorf("no share of drifted features: the file has the keys %s\n%s", some(top.keys()), shapes)
}

// some lists the first few names, quoted; "none" if there are none.
func some(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	var quoted []string
	for _, name := range names {
		quoted = append(quoted, text.Quote(name, mostText))
	}
	return text.List(quoted, 8)
}
