package triggers

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/org/ct-action/internal/text"
)

// readValueDrift judges one column of a report that states only its score: by
// the method and the threshold beside it (from 0.7.16, and before where both
// were given), else by the drift test that the report holds for it
// (include_tests=True). A column without either is left out, with a warning.
func (f *findings) readValueDrift(path, group string, metric object, tests list) {
	config, known := metric["config"].(object)
	if !known { // until 0.7.15 only the name holds the metric's arguments
		config = object{"method": argument(metric, "method")}
		if threshold := argument(metric, "threshold"); threshold != "" {
			config["threshold"] = number(threshold)
		}
	}
	column, ok := config["column"].(string)
	if !ok {
		column = argument(metric, "column")
	}
	if column == "" {
		column = path // a name that no other column has
	}
	shown := text.Quote(column, mostText) + group
	drifted, err := judged(metric["value"], config)
	if err != nil {
		var tested bool
		if drifted, tested = testedDrift(metric["id"], column, tests); !tested {
			f.leaveOut(column+group, "%s: drift of column %s cannot be told (%v)", path, text.Clip(shown, mostText), err)
			return
		}
	}
	f.columns = append(f.columns, columnDrift{path + ".value", column + group, drifted})
}

// readEmbeddingsDrift judges a set of embeddings by the method and threshold
// that the user set. By default Evidently draws the threshold from the data, and
// the report does not state it.
func (f *findings) readEmbeddingsDrift(path, group string, metric object) {
	config, _ := metric["config"].(object)
	name, ok := config["embeddings_name"].(string)
	if !ok {
		name = path
	}
	method, _ := config["drift_method"].(object)
	threshold, known := finite(method["threshold"])
	score, measured := finite(metric["value"])
	switch {
	case !measured:
		f.leaveOut(path, "%s: drift of embedding %s cannot be told (its score is %s)", path, text.Quote(name, mostText), describe(metric["value"]))
	case !known || method["bootstrap"] == true:
		f.leaveOut(path, "%s: drift of embedding %s cannot be told from its score %s alone; give EmbeddingsDrift a drift_method with a threshold and without bootstrap", path, text.Quote(name, mostText), describe(metric["value"]))
	default: // every method of Evidently's is a distance
		f.embeddings = append(f.embeddings, columnDrift{path + ".value", name + group, score > threshold})
	}
}

// argument is one of a metric's arguments out of its name, up to the next one:
// "ValueDrift(column=age,method=psi)", "DriftedColumnsCount(columns=age,fee,drift_share=0.5)".
func argument(metric object, key string) string {
	name, ok := metric["metric_name"].(string)
	if !ok {
		name, _ = metric["metric_id"].(string)
	}
	_, arguments, _ := strings.Cut(strings.TrimSuffix(name, ")"), "(")
	var found []string
	inside := false
	for part := range strings.SplitSeq(arguments, ",") {
		if name, value, ok := strings.Cut(part, "="); ok {
			inside, part = name == key, value
		}
		if inside {
			found = append(found, part)
		}
	}
	return strings.Join(found, ",")
}

// drifts applies a method of Evidently's, given by its display name or its short
// name: p-values fall with drift, distances grow.
func drifts(method string, score, threshold float64) (drifted, known bool) {
	switch method {
	case "ks", "K-S p_value", "cramer_von_mises", "Cramer-von Mises":
		return score <= threshold, true
	case "anderson", "Anderson-Darling", "chisquare", "chi-square p_value", "es", "Epps-Singleton",
		"fisher_exact", "Fisher's Exact test", "g_test", "mannw", "Mann-Whitney U-rank test",
		"empirical_mmd", "t_test", "TVD", "Total-Variation-Distance", "z", "Z-test p_value":
		return score < threshold, true
	case "ed", "Energy-distance",
		"perc_text_content_drift", "Percentile text content drift",
		"abs_text_content_drift", "Absolute text content drift":
		return score > threshold, true
	case "hellinger", "Hellinger distance", "jensenshannon", "Jensen-Shannon distance",
		"kl_div", "Kullback-Leibler divergence", "psi", "PSI",
		"wasserstein", "Wasserstein distance (normed)":
		return score >= threshold, true
	}
	return false, false
}

// judged applies the metric's own method and threshold.
func judged(value any, config object) (drifted bool, err error) {
	method, _ := config["method"].(string)
	threshold, hasThreshold := finite(config["threshold"])
	score, measured := finite(value)
	drifted, known := drifts(method, score, threshold)
	switch {
	case method == "":
		return false, errors.New("the file does not name its method")
	case !known:
		return false, fmt.Errorf("method %s is not known", text.Quote(method, mostText))
	case !hasThreshold:
		return false, fmt.Errorf("its threshold is %s", describe(config["threshold"]))
	case !measured:
		return false, fmt.Errorf("its score is %s", describe(value))
	}
	return drifted, nil
}

// finite is a number of the file, unless it is NaN or infinite.
func finite(value any) (float64, bool) {
	n, _ := value.(number)
	f, err := strconv.ParseFloat(string(n), 64)
	return f, err == nil && !math.IsNaN(f) && !math.IsInf(f, 0)
}

// testedDrift is the verdict of Evidently's own drift test of a metric. A test
// that the user added on the same score may mean anything.
func testedDrift(id any, column string, tests list) (drifted, ok bool) {
	for _, item := range tests {
		test, _ := item.(object)
		if test["id"] != "drift" || !isOf(test, id, column) {
			continue
		}
		status, _ := test["status"].(string)
		drifted, ended := failed(status)
		if drifted {
			return true, true
		}
		ok = ok || ended // unless another test of the column says otherwise
	}
	return false, ok
}

// isOf reports whether a test is of the metric with that id. Until 0.6.6 a test
// did not state the id: its name has the column.
func isOf(test object, id any, column string) bool {
	if metric, ok := test["metric_config"].(object); ok {
		of, ok := metric["metric_id"].(string)
		return ok && id == of
	}
	return test["name"] == "Value Drift for column "+column
}
