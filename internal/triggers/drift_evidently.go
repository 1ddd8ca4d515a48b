package triggers

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/org/ct-action/internal/text"
)

// refuseSnapshot recognises Evidently's own storage format, which is made to
// draw a report again and has no stable place for a share.
func refuseSnapshot(top object) error {
	_, results := top["metric_results"]
	_, widgets := top["widgets"]
	_, suite := top["suite"]
	_, ids := top["metrics_ids"]
	if results || widgets || (suite && ids) {
		return errors.New("the file is a snapshot of an Evidently workspace: expected its results\n" +
			`write them with save_json("drift.json") of what Report.run returns (in 0.6 and older: of the Report), not with save, dumps or a workspace`)
	}
	return nil
}

// readEvidently reads the shapes that Evidently has published:
//
//	to 0.5, later as evidently.legacy  metrics: [{"metric", "result"}]
//	test suites of the same            tests: [{"name", "status", "parameters"}]
//	0.6 to 0.7.15                      metrics: [{"id", "metric_id", "value"}]
//	from 0.7.16                        metrics: [{"id", "metric_name", "config", "value"}]
//
// Only the first two carry a version.
func (f *findings) readEvidently(top object) {
	metrics, hasMetrics := top["metrics"].(list)
	tests, hasTests := testsOf(top)
	switch {
	case hasMetrics && f.format == "":
		f.format = "evidently " + version(top) + "report"
	case hasTests && f.format == "":
		f.format = "evidently " + version(top) + "test suite"
	}
	for i, item := range metrics {
		f.readMetric(at("metrics", i), item, tests)
	}
	if hasTests && !hasMetrics {
		for i, item := range tests {
			f.readTest(at("tests", i), item)
		}
	}
}

// testsOf is the list of tests, which 0.6 wrote as an object of them.
func testsOf(top object) (tests list, ok bool) {
	switch found := top["tests"].(type) {
	case list:
		return found, true
	case object:
		for _, key := range found.keys() {
			tests = append(tests, found[key])
		}
		return tests, true
	}
	return nil, false
}

// version is "0.4.40 ", or nothing for a file that does not say.
func version(top object) string {
	if v, ok := top["version"].(string); ok && v != "" {
		return text.Clip(v, mostText) + " "
	}
	return ""
}

// readMetric reads one item of a report. tests are the report's own.
func (f *findings) readMetric(path string, item any, tests list) {
	metric, ok := item.(object)
	if !ok {
		f.refuse(path, item, "a metric {…}")
		return
	}
	if name, ok := metric["metric"].(string); ok {
		f.readLegacyMetric(path, name, metric)
		return
	}
	f.readCurrentMetric(path, "", metric, tests)
}

// readCurrentMetric reads one item of a report from 0.6 on. group is a suffix for
// the names of its columns, such as " where city is Oslo", that says which rows
// were measured; "" is all of them.
func (f *findings) readCurrentMetric(path, group string, metric object, tests list) {
	switch name := metricName(metric); name {
	case "DriftedColumnsCount":
		f.readDriftedColumns(path, group, metric)
	case "ValueDrift":
		f.readValueDrift(path, group, metric, tests)
	case "EmbeddingsDrift":
		f.readEmbeddingsDrift(path, group, metric)
	case "GroupByMetric":
		f.readGroup(path, metric, tests)
	default:
		f.skip(path, name, metric)
	}
}

// readGroup reads a metric that was measured on one group of the rows. Until
// 0.7.15 it does not say which metric that was.
func (f *findings) readGroup(path string, metric object, tests list) {
	config, _ := metric["config"].(object)
	inner, ok := config["metric"].(object)
	if !ok {
		f.skip(path, "GroupByMetric", metric)
		return
	}
	column, _ := config["column_name"].(string)
	group := fmt.Sprintf(" where %s is %s", text.Escaped(column, mostText), text.Escaped(fmt.Sprint(config["label"]), mostText))
	f.readCurrentMetric(path, group, object{"config": inner, "value": metric["value"], "id": metric["id"]}, tests)
}

// skip passes over an unknown metric. Its name, its result or a maker other than
// Evidently can mean that it is about drift; it is then noted as unread.
func (f *findings) skip(path, name string, metric object) {
	config, _ := metric["config"].(object)
	kind, _ := config["type"].(string)
	foreign := kind != "" && !strings.HasPrefix(kind, "evidently:")
	result, _ := metric["result"].(object)
	speaks := slices.ContainsFunc(result.keys(), aboutDrift)
	switch {
	case foreign, speaks, aboutDrift(name), name == "GroupByMetric", strings.HasPrefix(name, "Custom"):
		f.unread = append(f.unread, path+" "+name)
	default:
		f.unused = append(f.unused, name)
	}
}

func aboutDrift(name string) bool { return strings.Contains(strings.ToLower(name), "drift") }

// readLegacyMetric reads DatasetDriftMetric, DataDriftTable and
// TextDescriptorsDriftMetric, which have a share, and the metrics of one column
// or one set of embeddings. The drift_share beside a share is only the threshold
// that the user set.
func (f *findings) readLegacyMetric(path, name string, metric object) {
	result, _ := metric["result"].(object)
	share, hasShare := result["share_of_drifted_columns"]
	embedding, isEmbedding := result["embeddings_name"].(string)
	column := result["column_name"]
	if text, ok := result["text_column_name"]; ok { // TextDomainClassifierDriftMetric
		column = text
	}
	switch {
	case hasShare, name == "DatasetDriftMetric", name == "DataDriftTable":
		f.addShare(path+".result.share_of_drifted_columns", share,
			whole(result["number_of_drifted_columns"]), whole(result["number_of_columns"]))
		f.readTable(path+".result.drift_by_columns", result)
	case isEmbedding && result["drift_detected"] != nil:
		f.addResult(&f.embeddings, path+".result.drift_detected", embedding, result["drift_detected"])
	case result["drift_detected"] != nil:
		f.addResult(&f.columns, path+".result.drift_detected", column, result["drift_detected"])
	case result["content_drift"] != nil:
		f.addResult(&f.columns, path+".result.content_drift", column, result["content_drift"])
	default:
		f.skip(path, name, metric)
	}
}

// readTable reads the columns that a share includes.
func (f *findings) readTable(path string, result object) {
	columns, _ := result["drift_by_columns"].(object)
	for _, column := range columns.keys() {
		f.counted[column] = true
		if one, _ := columns[column].(object); one["drift_detected"] != nil {
			f.addResult(&f.columns, join(path, column)+".drift_detected", column, one["drift_detected"])
		}
	}
}

// metricName is the class of a metric: DriftedColumnsCount of
// "evidently:metric_v2:DriftedColumnsCount", and of
// "DriftedColumnsCount(drift_share=0.5)".
func metricName(metric object) string {
	config, _ := metric["config"].(object)
	for _, candidate := range []any{config["type"], metric["metric_name"], metric["metric_id"]} {
		if text, ok := candidate.(string); ok && text != "" {
			class, _, _ := strings.Cut(text, "(")
			return class[strings.LastIndex(class, ":")+1:]
		}
	}
	return "a metric without a name"
}

func (f *findings) readDriftedColumns(path, group string, metric object) {
	value, ok := metric["value"].(object)
	if !ok {
		f.refuse(path+".value", metric["value"], `{"count": …, "share": …}`)
		return
	}
	columns := columnsOf(metric)
	f.addShare(path+".value.share"+group, value["share"], whole(value["count"]), ofColumns(value, len(columns)))
	for _, column := range columns {
		f.counted[column+group] = true
	}
	f.countsAll = f.countsAll || len(columns) == 0 && group == ""
}

// ofColumns is how many columns a share is of: those that are named, else the
// number that count and share imply; 0 where they imply none.
func ofColumns(value object, named int) int {
	share, ok := finite(value["share"])
	if named > 0 || !ok || share <= 0 {
		return named
	}
	count := float64(whole(value["count"]))
	n := math.Round(count / share)
	if n < 1 || n > 1e6 || math.Abs(count/n-share) > 1e-9 {
		return 0
	}
	return int(n)
}

// columnsOf are the columns that a metric was told to look at; none is all.
func columnsOf(metric object) []string {
	config, known := metric["config"].(object)
	if !known {
		return strings.FieldsFunc(argument(metric, "columns"), func(r rune) bool { return r == ',' })
	}
	listed, _ := config["columns"].(list)
	var columns []string
	for _, item := range listed {
		if column, ok := item.(string); ok {
			columns = append(columns, column)
		}
	}
	return columns
}

// readTest reads one test of a suite. A test on the share of drifted columns
// lists its columns; a test per column has one.
func (f *findings) readTest(path string, item any) {
	test, ok := item.(object)
	if !ok {
		f.refuse(path, item, "a test {…}")
		return
	}
	parameters, _ := test["parameters"].(object)
	if features, ok := parameters["features"].(object); ok && test["group"] == "data_drift" {
		f.readFeatures(path+".parameters.features", features)
		return
	}
	if detected, ok := parameters["detected"]; ok {
		f.addResult(&f.columns, path+".parameters.detected", parameters["column_name"], detected)
		return
	}
	name, _ := test["name"].(string)
	status, _ := test["status"].(string)
	drifted, ended := failed(status)
	switch {
	case name == "Drift for embeddings" && ended: // TestEmbeddingsDrift
		f.embeddings = append(f.embeddings, columnDrift{path + ".status", embeddingOf(path, test), drifted})
	case test["group"] == "data_drift":
		f.leaveOut(path, "%s: test %s ended as %s and does not say what drifted", path, text.Quote(name, mostText), text.Quote(status, mostText))
	case aboutDrift(name):
		f.unread = append(f.unread, path+" "+name)
	default:
		f.unused = append(f.unused, name)
	}
}

// failed reports how a test ended. A warning is the failure of a test that the
// user marked as not critical.
func failed(status string) (failed, ended bool) {
	switch status {
	case "FAIL", "WARNING":
		return true, true
	case "SUCCESS":
		return false, true
	}
	return false, false
}

// embeddingOf is the set of embeddings that a test is about, which only its
// description says, in bold.
func embeddingOf(path string, test object) string {
	description, _ := test["description"].(string)
	if _, rest, ok := strings.Cut(description, "embedding set **"); ok {
		if name, _, ok := strings.Cut(rest, "** is "); ok {
			return name
		}
	}
	return path
}

func (f *findings) readFeatures(path string, features object) {
	for _, column := range features.keys() {
		result, _ := features[column].(object)
		f.addResult(&f.columns, join(path, column)+".detected", column, result["detected"])
	}
}
