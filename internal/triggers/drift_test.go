package triggers

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/org/ct-action/internal/golden"
)

// TestDriftReports reads every testdata/drift/<case>/report.json, most of them
// written by the real Evidently, and expects want.json.
func TestDriftReports(t *testing.T) {
	t.Parallel()
	reports, err := filepath.Glob("testdata/drift/*/report.json")
	if err != nil || len(reports) < 40 {
		t.Fatalf("%d reports, %v: expected all of them", len(reports), err)
	}
	for _, path := range reports {
		t.Run(filepath.Base(filepath.Dir(path)), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			golden.Compare(t, filepath.Join(filepath.Dir(path), "want.json"), readable(t, data))
		})
	}
}

// readable is what ParseDrift made of the data, or the lines of its error.
func readable(t *testing.T, data []byte) string {
	t.Helper()
	var answer any
	drift, err := ParseDrift(data)
	if answer = drift; err != nil {
		answer = map[string]any{"Error": strings.Split(err.Error(), "\n")}
	}
	text, err := json.MarshalIndent(answer, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + "\n"
}

func TestParseDrift(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, data string
		want       float64
		warning    string
	}{
		{"one number", `{"share_drifted_features": 0.42}`, 0.42, ""},
		{"with counts", `{"share_drifted_features": 0.42, "drifted": 8, "columns": 19, "report_sha256": "` + digest + `"}`, 0.42, ""},
		{"none", `{"share_drifted_features": 0}`, 0, ""},
		{"all", " \n{\"share_drifted_features\": 1.0}\n", 1, ""},
		{"minus nothing", `{"share_drifted_features": -0.0}`, 0, ""},
		{"exponent", `{"share_drifted_features": 3e-1}`, 0.3, ""},
		{"NaN elsewhere", `{"x": [NaN, -Infinity,Infinity], "share_drifted_features": 0.5}`, 0.5, ""},
		{"NaN in a text", `{"x": "NaN \"NaN\" \\", "share_drifted_features": 0.5}`, 0.5, ""},
		{"counts that disagree", `{"share_drifted_features": 0.42, "drifted": 1, "columns": 19}`, 0.42, "1 of 19 columns"},
		{"counts that are no counts", `{"share_drifted_features": 0.42, "drifted": "many", "columns": 1.5}`, 0.42, ""},
		{"the larger of two", `{"share_drifted_features": 0.1, "metrics": [{"metric_id": "DriftedColumnsCount(x)", "value": {"share": 0.7}}]}`, 0.7, ""},
		{"the threshold is no share", `{"metrics": [{"metric": "DatasetDriftMetric", "result": {"drift_share": 0.9, "share_of_drifted_columns": 0.1}}]}`, 0.1, ""},
		{"drift said twice of a column", `{"metrics": [{"metric": "A", "result": {"column_name": "a", "drift_detected": true}}, {"metric": "B", "result": {"column_name": "a", "drift_detected": false}}]}`, 1, ""},
		{"unknown method left out", valueDrifts(`"method": "mine", "threshold": 1`, "0.3", `"method": "psi", "threshold": 0.1`, "0.3"), 1, `drift of column "a" cannot be told (method "mine" is not known)`},
		{"NaN score left out", valueDrifts(`"method": "psi", "threshold": 0.1`, "NaN", `"method": "psi", "threshold": 0.1`, "0"), 0, "its score is NaN"},
		{"no threshold", valueDrifts(`"method": "psi"`, "9", `"method": "psi", "threshold": 0.1`, "0"), 0, "its threshold is null"},
		{"a group with a hostile name", `{"metrics": [{"id": "g", "config": {"type": "evidently:metric_v2:GroupByMetric", "metric": {"type": "evidently:metric_v2:ValueDrift", "column": "a"}, "column_name": "r", "label": "x\n::error::"}, "value": 1}, {"metric_id": "DriftedColumnsCount(columns=a,b,drift_share=0.5)", "value": {"count": 1, "share": 0.5}}]}`, 0.5, `column "a" where r is x\n::error:: cannot`},
		{"a method without a threshold", `{"metrics": [{"metric_id": "ValueDrift(column=a,method=psi)", "value": 9}, {"metric_id": "ValueDrift(column=b,method=psi,threshold=0.1)", "value": 9}]}`, 1, "its threshold is null"},
		{"columns in a name", `{"metrics": [{"metric_id": "DriftedColumnsCount(columns=a,b,drift_share=0.5)", "value": {"count": 1, "share": 0.5}}, {"metric": "A", "result": {"column_name": "b", "drift_detected": true}}]}`, 0.5, ""},
		{"a column beside them", `{"metrics": [{"metric_id": "DriftedColumnsCount(columns=a,b,drift_share=0.5)", "value": {"count": 1, "share": 0.5}}, {"metric": "A", "result": {"column_name": "c", "drift_detected": true}}]}`, 0.5, `drifted, and not known to be in the share that counts: "c"`},
		{"all columns", `{"metrics": [{"metric_id": "DriftedColumnsCount(drift_share=0.5)", "value": {"count": 0, "share": 0}}, {"metric": "A", "result": {"column_name": "c", "drift_detected": true}}]}`, 0, ""},
		{"a metric of somebody else's", `{"share_drifted_features": 0.1, "metrics": [{"config": {"type": "__main__:Mine"}, "value": 3}, {"metric": "Sums", "result": {"my_drift": 1}}, {"metric": "ColumnSummaryMetric", "result": {"a": 1}}]}`, 0.1, `not known, and left out: "metrics[0] Mine", "metrics[1] Sums"`},
		{"left out where there is a share", `{"share_drifted_features": 0.1, ` + valueDrifts(`"x": 1`, "0.3", `"x": 1`, "0.3")[1:], 0.1, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := ParseDrift([]byte(test.data))
			if err != nil || got.Share != test.want || 1/got.Share < 0 {
				t.Fatalf("share %v, %v; want %v", got.Share, err, test.want)
			}
			warnings := strings.Join(got.Warnings, "\n")
			if (warnings == "") != (test.warning == "") || !strings.Contains(warnings, test.warning) {
				t.Errorf("warnings %q, want %q", warnings, test.warning)
			}
		})
	}
}

// digest is the SHA-256 of a monitor's report.
var digest = strings.Repeat("0123456789abcdef", 4)

// A digest that is none is left out with a warning, and the share still counts.
func TestReportDigest(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, value, want, warning string }{
		{"lower case", `"` + digest + `"`, digest, ""},
		{"upper case", `"` + strings.ToUpper(digest) + `"`, digest, ""},
		{"null", `null`, "", ""},
		{"empty", `""`, "", `report_sha256 is the text "", expected 64 hexadecimal digits: left out`},
		{"short", `"ab"`, "", `the text "ab"`},
		{"one digit too few", `"` + digest[1:] + `"`, "", "expected 64 hexadecimal digits"},
		{"one digit too many", `"` + digest + `0"`, "", "expected 64 hexadecimal digits"},
		{"not hexadecimal", `"g` + digest[1:] + `"`, "", "expected 64 hexadecimal digits"},
		{"with its name", `"sha256:` + digest + `"`, "", "expected 64 hexadecimal digits"},
		{"a line after it", `"` + digest + `\n::set-output name=promoted::true"`, "", "expected 64 hexadecimal digits"},
		{"a number", `7`, "", "report_sha256 is 7"},
		{"true", `true`, "", "report_sha256 is true"},
		{"a list", `["` + digest + `"]`, "", "report_sha256 is a list"},
		{"an object", `{}`, "", "report_sha256 is an object"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := ParseDrift([]byte(`{"share_drifted_features": 0.42, "report_sha256": ` + test.value + `}`))
			if err != nil || got.Share != 0.42 || got.ReportSHA256 != test.want {
				t.Errorf("share %v, digest %q, %v; want 0.42, %q", got.Share, got.ReportSHA256, err, test.want)
			}
			warnings := strings.Join(got.Warnings, "|")
			if (warnings == "") != (test.warning == "") || !strings.Contains(warnings, test.warning) || strings.Contains(warnings, "\n") {
				t.Errorf("warnings %q, want one line with %q", warnings, test.warning)
			}
		})
	}
}

// valueDrifts is a report on the columns a and b.
func valueDrifts(configA, valueA, configB, valueB string) string {
	metric := func(column, config, value string) string {
		return `{"id": "` + column + `", "metric_name": "ValueDrift(column=` + column + `)", "config": {"column": "` + column + `", ` + config + `}, "value": ` + value + `}`
	}
	return `{"metrics": [` + metric("a", configA, valueA) + `, ` + metric("b", configB, valueB) + `], "tests": []}`
}

// TestMethodDirection: at its threshold, a p-value of these methods means
// drift or does not, and so for distances; and below and above it.
func TestMethodDirection(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]string{ // below, at, above
		"K-S p_value": "++-", "ks": "++-", "Cramer-von Mises": "++-",
		"Z-test p_value": "+--", "chi-square p_value": "+--", "t_test": "+--", "TVD": "+--",
		"Energy-distance": "--+", "Absolute text content drift": "--+",
		"PSI": "-++", "Wasserstein distance (normed)": "-++", "jensenshannon": "-++",
	} {
		got := ""
		for _, score := range []string{"0.04", "0.05", "0.06"} {
			config := `"method": "` + method + `", "threshold": 0.05`
			drift, err := ParseDrift([]byte(valueDrifts(config, score, config, score)))
			if err != nil || !drift.Derived {
				t.Fatalf("%s: %+v, %v", method, drift, err)
			}
			got += map[float64]string{0: "-", 1: "+"}[drift.Share]
		}
		if got != want {
			t.Errorf("%s: %s, want %s", method, got, want)
		}
	}
}

func TestParseDriftErrors(t *testing.T) {
	t.Parallel()
	const share = "share_drifted_features: found "
	for _, test := range []struct{ name, data, want string }{
		{"NaN", `{"share_drifted_features": NaN}`, share + "NaN, expected a number between 0 and 1"},
		{"infinite", `{"share_drifted_features": -Infinity}`, share + "-Infinity, expected"},
		{"beyond floats", `{"share_drifted_features": 1e999}`, share + "1e999, expected"},
		{"above", `{"share_drifted_features": 1.0001}`, share + "1.0001, expected"},
		{"percent", `{"share_drifted_features": 42}`, share + "42, expected"},
		{"below", `{"share_drifted_features": -0.1}`, share + "-0.1, expected"},
		{"text", `{"share_drifted_features": "0.42"}`, share + `the text "0.42", expected`},
		{"true", `{"share_drifted_features": true}`, share + "true, expected"},
		{"null", `{"share_drifted_features": null}`, share + "null, expected"},
		{"list", `{"share_drifted_features": [0.4]}`, share + "a list, expected"},
		{"object", `{"share_drifted_features": {}}`, share + "an object, expected"},
		{"syntax", "{\n  \"a\": 1,\n  \"ö\": oops\n}", "line 3, column 8: invalid character 'o'"},
		{"cut off", "{\n  \"share_drifted_features\": 0.4", "line 2, column 32: unexpected end of JSON input"},
		{"after NaN", "{\"a\": NaN,\n x}", "line 2, column 2: invalid character 'x'"},
		{"two documents", "{} {}", "line 1, column 4: invalid character '{' after top-level value"},
		{"single quotes", "{'share': 1}", "what Python prints of a dict, expected JSON\nwrite it with json.dump"},
		{"encoded twice", `"{\"share_drifted_features\": 0.4}"`, "encoded twice, a text with the report in it: expected the report\nwrite what report.json() returns"},
		{"encoded twice with NaN", `" {\"a\": NaN}"`, "encoded twice"},
		{"a text", `"0.4"`, `found the text "0.4" at the top`},
		{"gzip", "\x1f\x8b\x08\x00", "compressed with gzip, expected JSON\nsave the report"},
		{"zip", "PK\x03\x04\x14\x00", "a ZIP archive"},
		{"Parquet", "PAR1\x15\x04", "a Parquet file"},
		{"pickle", "\x80\x04\x95", "a Python pickle"},
		{"Git LFS", "version https://git-lfs.github.com/spec/v1\noid sha256:a\n", "a Git LFS pointer"},
		{"DVC", "outs:\n- md5: a\n", "a DVC pointer"},
		{"empty", " \n", "the file is empty"},
		{"nothing at all", "", "the file is empty"},
		{"byte order mark", "\xef\xbb\xbf{}", "byte order mark"},
		{"utf-16", "\xff\xfe{\x00}\x00", "UTF-16"},
		{"web page", "\n<!DOCTYPE html><html>", "a web page"},
		{"list at the top", `[{"share_drifted_features": 0.4}]`, "found a list at the top of the file, expected an object"},
		{"number at the top", `0.42`, "found 0.42 at the top"},
		{"NaN at the top", `NaN`, "found NaN at the top"},
		{"key twice", `{"share_drifted_features": 0.1, "share_drifted_features": 0.9}`, "share_drifted_features is there twice"},
		{"key twice inside", `{"metrics": [{}, {"a": {"b": 1, "b": 2}}]}`, "metrics[1].a.b is there twice"},
		{"unknown shape", `{"drift": 0.4, "when": "now"}`, "the file has the keys \"drift\", \"when\"\nexpected one of:"},
		{"case matters", `{"Share_Drifted_Features": 0.4}`, `the keys "Share_Drifted_Features"`},
		{"no keys", `{}`, "the file has the keys none"},
		{"threshold only", `{"metrics": [{"metric": "DatasetDriftMetric", "result": {"drift_share": 0.5}}]}`, "metrics[0].result.share_of_drifted_columns: found null"},
		{"no result", `{"metrics": [{"metric": "DatasetDriftMetric"}]}`, "metrics[0].result.share_of_drifted_columns: found null"},
		{"share in a report", `{"metrics": [{"metric_id": "DriftedColumnsCount(a)", "value": {"share": NaN}}]}`, "metrics[0].value.share: found NaN"},
		{"no value", `{"metrics": [{"metric_id": "DriftedColumnsCount(a)"}]}`, "metrics[0].value: found null"},
		{"two problems", `{"metrics": [1, {"metric_id": "DriftedColumnsCount(a)", "value": {"share": 2}}]}`, "metrics[0]: found 1, expected a metric {…}\nmetrics[1].value.share: found 2"},
		{"one of two shares", `{"share_drifted_features": 0.1, "metrics": [{"metric_id": "DriftedColumnsCount(a)", "value": {"share": "x"}}]}`, `metrics[0].value.share: found the text "x"`},
		{"drift as text", `{"metrics": [{"metric": "ColumnDriftMetric", "result": {"drift_detected": "yes"}}]}`, `drift_detected: found the text "yes", expected true or false`},
		{"test without a verdict", `{"tests": [{"name": "T", "group": "data_drift", "parameters": {"features": {"a": {}}}}]}`, "tests[0].parameters.features.a.detected: found null"},
		{"test that is none", `{"tests": ["x"]}`, "tests[0]: found the text"},
		{"no metrics", `{"metrics": []}`, "no share of drifted features in this evidently report: it has none"},
		{"columns undecided", valueDrifts(`"x": 1`, "0.3", `"x": 1`, "0.3"), `metrics[0]: drift of column "a" cannot be told (the file does not name its method), nor of 1 more`},
		{"test of the user's own", `{"metrics": [{"id": "m", "metric_id": "ValueDrift(column=a)", "value": 1}], "tests": [{"id": "lt", "status": "FAIL", "metric_config": {"metric_id": "m"}}]}`, "cannot be told"},
		{"ids that are objects", `{"metrics": [{"metric_id": "ValueDrift(column=a)", "id": {}}], "tests": [{"id": "drift", "metric_config": {"metric_id": {}}}]}`, "cannot be told"},
		{"snapshot", `{"metric_results": {}}`, "a snapshot of an Evidently workspace"},
		{"widgets", `{"widgets": []}`, `save_json("drift.json")`},
		{"deep", strings.Repeat("[", 1_000_000), "exceeded max depth"},
		{"deep objects", strings.Repeat(`{"a":`, 1_000_000), "exceeded max depth"},
		{"huge key", `{"` + strings.Repeat("k", 1_000_000) + `": 1}`, "kkk…"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := ParseDrift([]byte(test.data))
			if err == nil {
				t.Fatalf("no error, but %+v", got)
			}
			if text := err.Error(); !strings.Contains(text, test.want) || len(text) > 1500 || strings.Contains(text, "\x7f") {
				t.Errorf("error %q, want %q", text, test.want)
			}
		})
	}
}

func FuzzParseDrift(f *testing.F) {
	reports, err := filepath.Glob("testdata/drift/*/report.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range reports {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"share_drifted_features": NaN, "x": -Infinity}`))
	f.Add([]byte("{\"\x7f\": \"\x7f\x7f\x7f\x7f\x7f\x7f\"}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		drift, err := ParseDrift(data)
		if err != nil {
			return
		}
		if !(drift.Share >= 0 && drift.Share <= 1) || len(drift.Shares) == 0 || drift.Format == "" {
			t.Errorf("%q: %+v", data, drift)
		}
	})
}

// TestOwnVerdicts: what drifted by Evidently's own word is in the share that
// counts, or named; and nothing else is. own.json lies beside a report of more
// than columns; the names of those are few enough to be kept.
func TestOwnVerdicts(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/drift/*/own.json")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d verdicts, %v: expected all of them", len(files), err)
	}
	for _, file := range files {
		var own []string
		read(t, file, &own)
		report, err := os.ReadFile(filepath.Join(filepath.Dir(file), "report.json"))
		if err != nil {
			t.Fatal(err)
		}
		d, err := ParseDrift(report)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		told := strings.Join(d.Warnings, "\n")
		for _, s := range d.Shares {
			told += fmt.Sprintf("\n%q %s", s.Names, s.Path)
		}
		for _, name := range []string{"age", "fee", "plan", "target", "prediction", "note", "emb"} {
			said := strings.Contains(told, strconv.Quote(name)) ||
				strings.Contains(told, `"`+name+" where ") || strings.Contains(told, "share where "+name+" is")
			if said != slices.Contains(own, name) {
				t.Errorf("%s: %s told to have drifted: %t; by Evidently's own word: %q\n%s", file, name, said, own, told)
			}
		}
	}
}

func read(t *testing.T, file string, to any) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(data, to)
	}
	if err != nil {
		t.Fatal(err)
	}
}
