package train

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
)

// clients are the libraries that MLflow needs for artifact stores which it does
// not reach through the tracking server, by the scheme of the store's URI.
var clients = map[string][]string{
	"s3":    {"boto3"},
	"gs":    {"google-cloud-storage"},
	"wasbs": {"azure-storage-blob", "azure-identity"},
	"abfss": {"azure-storage-file-datalake", "azure-identity"},
}

// A requirer is a version and the environment that it was logged in, as the fetcher
// reports it.
type requirer struct {
	URI          string
	Store        string
	Python       string
	MLflow       string
	Requirements string // path of the file
	Text         string // what stands in it
	Extras       map[string]string
}

// An environment is what versions share that were logged in the same one.
type environment struct {
	versions []string // uris
	python   string   // for uv to find or to install: 3.11
	file     string   // requirements.txt
	with     []string // what scoring needs beside it
	names    string   // for the log: scikit-learn 1.5.2, mlflow 3.17.2, …
}

// keptApart reports whether MLflow needs another library to read the model.
func (r requirer) keptApart() bool { return clients[r.Store] != nil }

// share puts the versions whose environments are the same into one.
func (u uvScoring) share(models []requirer) []environment {
	var all []environment
	at := map[string]int{}
	for _, m := range models {
		key := m.key()
		if _, ok := at[key]; !ok {
			at[key], all = len(all), append(all, u.environment(m))
		}
		e := &all[at[key]]
		e.versions = append(e.versions, m.URI)
	}
	return all
}

// key is the same for versions whose environment is the same. Libraries of the
// store are part of it: they bring packages of their own.
func (r requirer) key() string {
	lines := requirementLines(r.Text)
	slices.Sort(lines)
	mlflow := ""
	if !r.requires("mlflow") {
		mlflow = r.MLflow
	}
	// Maps are printed in the order of their keys.
	return fmt.Sprintf("%q %q %q %q %q", minor(r.Python), lines, mlflow, r.Extras, clients[r.Store])
}

// environment is the one that the version was logged in, with what scoring needs
// in addition.
func (u uvScoring) environment(m requirer) environment {
	e := environment{python: either(minor(m.Python), u.interpreter), file: m.Requirements, with: slices.Clone(clients[m.Store])}
	if !m.requires("mlflow") {
		e.with = append(e.with, strings.TrimSuffix("mlflow=="+m.MLflow, "=="))
	}
	if !m.requires("setuptools") {
		// It came with every environment up to Python 3.11, so nobody lists it;
		// old releases of MLflow import its pkg_resources, which 81 dropped.
		e.with = append(e.with, "setuptools<81")
	}
	e.with = append(e.with, "pandas") // of whatever release the requirements ask for
	if isParquet(u.holdout) {
		e.with = append(e.with, "pyarrow")
	}
	e.names = m.names()
	return e
}

// A requirement begins with a name; extras, a release and markers may follow.
var requirement = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*(==\s*[^\s;,#]+)?`)

// requirementLines is a requirements.txt without comments and blanks.
func requirementLines(text string) (lines []string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			lines = append(lines, line)
		}
	}
	return lines
}

// requires reports whether the requirements name the package, or its skinny form.
func (r requirer) requires(name string) bool {
	return slices.ContainsFunc(requirementLines(r.Text), func(line string) bool {
		m := requirement.FindStringSubmatch(line)
		return m != nil && strings.TrimSuffix(strings.ToLower(m[1]), "-skinny") == name
	})
}

// What a model is most likely to be made of: named first in the log.
var libraries = []string{"scikit-learn", "xgboost", "lightgbm", "catboost"}

// names is what tells this environment from others: the first few requirements, the
// libraries that models are made of before all others, and the release of Python.
func (r requirer) names() string {
	var first, others []string
	for _, line := range requirementLines(r.Text) {
		m := requirement.FindStringSubmatch(line)
		switch {
		case m == nil || strings.HasPrefix(line, "wheels/"):
		case slices.Contains(libraries, m[1]):
			first = append(first, worded(m))
		default:
			others = append(others, worded(m))
		}
	}
	all := append(first, others...)
	if len(all) > 4 {
		all = append(all[:4:4], "…")
	}
	if v := minor(r.Python); v != "" {
		all = append(all, "Python "+v)
	}
	return strings.Join(all, ", ")
}

// worded is a requirement as people say it: scikit-learn 1.5.2.
func worded(match []string) string {
	return strings.TrimSpace(match[1] + " " + strings.TrimSpace(strings.TrimPrefix(match[2], "==")))
}

var minorVersion = regexp.MustCompile(`^[0-9]+\.[0-9]+`)

// minor is 3.11 of 3.11.7: models of one are read by all its releases. It is ""
// where nothing was logged that looks like a version.
func minor(python string) string { return minorVersion.FindString(python) }

// isParquet reports whether the file begins as Parquet does. It is false for a file
// that cannot be read: the scorer will report that.
func isParquet(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	magic := make([]byte, 4)
	_, err = io.ReadFull(f, magic)
	return err == nil && string(magic) == "PAR1"
}
