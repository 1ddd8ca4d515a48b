package triggers

import (
	"errors"
	"fmt"
	"strings"
)

// refuseSnapshot recognises Evidently's own storage format, which holds what
// is needed to draw a report again and has no stable place for a share.
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
		return clip(v) + " "
	}
	return ""
}

// readMetric reads one item of a report. tests are the report's own.
func (f *findings) readMetric(path string, item any, tests list) {
	metric, ok := item.(object)
	if !ok {
		f.problems = append(f.problems, fmt.Errorf("%s: found %s, expected a metric {…}", path, describe(item)))
		return
	}
	if name, ok := metric["metric"].(string); ok {
		f.readLegacyMetric(path, name, metric["result"])
		return
	}
	switch name := metricName(metric); name {
	case "DriftedColumnsCount":
		f.readDriftedColumns(path, metric)
	case "ValueDrift":
		f.readValueDrift(path, metric, tests)
	default:
		f.unused = append(f.unused, name)
	}
}

// readLegacyMetric reads DatasetDriftMetric and DataDriftTable, which have a
// share, and ColumnDriftMetric, which has one column. The drift_share beside
// the share is the threshold it was given.
func (f *findings) readLegacyMetric(path, name string, value any) {
	result, _ := value.(object)
	share, hasShare := result["share_of_drifted_columns"]
	switch {
	case hasShare, name == "DatasetDriftMetric", name == "DataDriftTable":
		f.addShare(path+".result.share_of_drifted_columns", share,
			result["number_of_drifted_columns"], result["number_of_columns"])
	case result["drift_detected"] != nil:
		f.addColumn(path+".result.drift_detected", result["column_name"], result["drift_detected"])
	default:
		f.unused = append(f.unused, name)
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

func (f *findings) readDriftedColumns(path string, metric object) {
	value, ok := metric["value"].(object)
	if !ok {
		f.problems = append(f.problems, fmt.Errorf("%s.value: found %s, expected {\"count\": …, \"share\": …}", path, describe(metric["value"])))
		return
	}
	f.addShare(path+".value.share", value["share"], value["count"], nil)
}

// addColumn records whether a column drifted, as the file itself says.
func (f *findings) addColumn(path string, name, value any) {
	drifted, ok := value.(bool)
	if !ok {
		f.problems = append(f.problems, fmt.Errorf("%s: found %s, expected true or false", path, describe(value)))
		return
	}
	column, ok := name.(string)
	if !ok {
		column = path // a column of its own
	}
	f.columns = append(f.columns, columnDrift{path, column, drifted})
}

// readTest reads one test of a suite. A test on the share of drifted columns
// lists its columns; a test per column has one.
func (f *findings) readTest(path string, item any) {
	test, ok := item.(object)
	if !ok {
		f.problems = append(f.problems, fmt.Errorf("%s: found %s, expected a test {…}", path, describe(item)))
		return
	}
	parameters, _ := test["parameters"].(object)
	if features, ok := parameters["features"].(object); ok && test["group"] == "data_drift" {
		f.readFeatures(path+".parameters.features", features)
		return
	}
	if detected, ok := parameters["detected"]; ok {
		f.addColumn(path+".parameters.detected", parameters["column_name"], detected)
		return
	}
	name, _ := test["name"].(string)
	if test["group"] == "data_drift" {
		status, _ := test["status"].(string)
		f.leftOut = append(f.leftOut, fmt.Sprintf("%s: test %s ended as %s and does not say what drifted", path, brief(name), brief(status)))
		return
	}
	f.unused = append(f.unused, name)
}

func (f *findings) readFeatures(path string, features object) {
	for _, column := range features.keys() {
		result, _ := features[column].(object)
		f.addColumn(join(path, column)+".detected", column, result["detected"])
	}
}
