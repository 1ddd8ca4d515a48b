"""Writes what scikit-learn says of the cases below.

    python make_fixtures.py > scikit-learn.json              (scikit-learn 1.9.1)
    python make_fixtures.py metrics > metrics.json           (and numpy 2.4.6)

scikit-learn.json has AUC and Brier score without weights, metrics.json every
metric; null there is what scikit-learn refuses or calls NaN.

Only the answers are committed. The rows of a generated case come from `draw`,
which generate in measure_test.go repeats to the last bit.
"""
import json
import math
import sys
import warnings

import numpy as np
import sklearn
from sklearn import metrics as sk
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, roc_auc_score


def draw(seed, rows, levels, rate):
    """A linear congruential generator (Knuth's MMIX). Scores fall on `levels`
    values, hence ties; a row is positive the more often, the higher its
    score, `rate` in 1000 at the top."""
    state, labels, scores = seed, [], []
    for _ in range(rows):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        level = (state >> 33) % levels
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        labels.append(int((state >> 33) % (1000 * levels) < rate * (level + 1)))
        scores.append((level + 0.5) / levels)
    return labels, scores


def answer(labels, scores, **case):
    return {**case, "auc": float(roc_auc_score(labels, scores)),
            "brier": float(brier_score_loss(labels, scores))}


def generated(name, **how):
    labels, scores = draw(**how)
    return answer(labels, scores, name=name, positives=sum(labels), **how)


def listed(name, labels, scores):
    return {"labels": labels, "scores": scores, **answer(labels, scores, name=name)}


CASES = [
    generated("ties", seed=1, rows=2000, levels=20, rate=500),
    generated("rare positives", seed=2, rows=5000, levels=10000, rate=6),
    generated("no ties to speak of", seed=3, rows=3000, levels=10**6, rate=900),
    generated("a million rows", seed=4, rows=10**6, levels=1000, rate=300),
    generated("a million rows, rare positives", seed=5, rows=10**6, levels=10**6, rate=2),
    listed("2 rows", [0, 1], [0.25, 0.75]),
    listed("2 rows, inverted", [1, 0], [0.25, 0.75]),
    listed("all scores equal", [0, 1, 1, 0, 0], [0.3] * 5),
    listed("perfect", [0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9]),
    listed("inverted", [1, 1, 0, 0], [0.1, 0.2, 0.8, 0.9]),
    listed("a tie across the classes", [0, 1, 0, 1, 1], [0.1, 0.4, 0.4, 0.4, 0.8]),
    listed("hard answers", [0, 1, 0, 1, 1, 0], [0.0, 1.0, 1.0, 0.0, 1.0, 0.0]),
    listed("tiny probabilities", [0, 1, 0, 0, 1], [1e-300, 1e-9, 1e-17, 1e-12, 1 - 1e-16]),
]



class Stream:
    """The generator of draw, one number at a time; stream of measure_test.go
    repeats it."""

    def __init__(self, seed):
        self.state = seed

    def next(self, below):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % below


def draw_weights(seed, rows):
    """0, or up to 4 in quarters."""
    stream = Stream(seed)
    return [stream.next(17) / 4 for _ in range(rows)]


def draw_numbers(seed, rows):
    """Targets from -50 to 49.9 in tenths, 0 among them; predictions near them."""
    stream = Stream(seed)
    target = [(stream.next(1000) - 500.0) / 10 for _ in range(rows)]
    return target, [t + (stream.next(2001) - 1000.0) / 128 for t in target]


def draw_classes(seed, rows, classes):
    """Scores in 64ths that add up to 1, hence ties of the highest."""
    stream = Stream(seed)
    truth, scores = [], []
    for _ in range(rows):
        truth.append(stream.next(classes))
        counts = [0] * classes
        for _ in range(64):
            counts[truth[-1] if stream.next(8) == 0 else stream.next(classes)] += 1
        scores.append([c / 64 for c in counts])
    return truth, scores


def ece(y, p, w):
    """Guo et al. 2017, by the bins' means, of the positive class; no function
    of scikit-learn's. Without weights its calibration_curve agrees."""
    y, p, w = np.array(y, float), np.array(p, float), np.ones(len(y)) if w is None else np.array(w, float)
    edges = np.array([m / 15 for m in range(16)])
    bins = np.searchsorted(edges[1:-1], p, side="left")
    error, shares, means = 0.0, [], []
    for b in range(15):
        here = (bins == b) & (w > 0)
        if here.any():
            share, mean = np.average(y[here], weights=w[here]), np.average(p[here], weights=w[here])
            shares.append(share), means.append(mean)
            error += w[here].sum() / w.sum() * abs(share - mean)
    # calibration_curve spaces its edges with linspace, and closes the bins on the right too.
    if (w == 1).all() and not np.isin(p, edges[1:-1]).any():
        curve = calibration_curve(y, p, n_bins=15)
        assert np.allclose(curve[0], shares, rtol=1e-12) and np.allclose(curve[1], means, rtol=1e-12)
    return error


def said(f, *args, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            value = float(f(*args, **options))
        except ValueError:
            return None
    return value if math.isfinite(value) else None


def binary(y, p, w, cut):
    y, p = np.array(y), np.array(p, float)
    hard = (p >= cut).astype(int)
    at = {"accuracy": sk.accuracy_score, "balanced_accuracy": sk.balanced_accuracy_score, "f1": sk.f1_score,
          "mcc": sk.matthews_corrcoef, "precision": sk.precision_score, "recall": sk.recall_score}
    return {**{name: said(f, y, hard, sample_weight=w) for name, f in at.items()},
            "auc": said(sk.roc_auc_score, y, p, sample_weight=w),
            "average_precision": said(sk.average_precision_score, y, p, sample_weight=w),
            "brier": said(sk.brier_score_loss, y, p, sample_weight=w, pos_label=1),
            "log_loss": said(sk.log_loss, y, p, sample_weight=w, labels=[0, 1]),
            "ece": said(ece, y, p, w)}


def numeric(y, p, w):
    of = {"mae": sk.mean_absolute_error, "mape": sk.mean_absolute_percentage_error, "r2": sk.r2_score,
          "rmse": sk.root_mean_squared_error}
    return {name: said(f, y, p, sample_weight=w) for name, f in of.items()}


def multiclass(y, p, w):
    p = np.array(p, float)
    labels, hard = list(range(p.shape[1])), p.argmax(axis=1)
    return {"accuracy": said(sk.accuracy_score, y, hard, sample_weight=w),
            "macro_f1": said(sk.f1_score, y, hard, sample_weight=w, average="macro"),
            "log_loss": said(sk.log_loss, y, p, sample_weight=w, labels=labels),
            "auc_ovr": said(sk.roc_auc_score, y, p, sample_weight=w, labels=labels, multi_class="ovr", average="macro")}


def binary_case(name, y, p, w=None, cut="0.5"):
    return {"name": name, "task": "binary", "labels": y, "scores": p, "weights": w, "cut": cut,
            "want": binary(y, p, w, float(cut))}


def numeric_case(name, y, p, w=None):
    return {"name": name, "task": "continuous", "target": y, "scores": p, "weights": w, "want": numeric(y, p, w)}


def multiclass_case(name, y, p, w=None):
    return {"name": name, "task": "multiclass", "class": y, "rowscores": p, "weights": w, "want": multiclass(y, p, w)}


def made(task, name, weights=0, cut="0.5", **how):
    """A case whose rows are not listed; weights is their seed."""
    y, p = {"binary": draw, "continuous": draw_numbers, "multiclass": draw_classes}[task](**how)
    w = draw_weights(weights, how["rows"]) if weights else None
    want = {"binary": lambda: binary(y, p, w, float(cut)), "continuous": lambda: numeric(y, p, w),
            "multiclass": lambda: multiclass(y, p, w)}[task]()
    return {"name": name, "task": task, "weightseed": weights, "cut": cut, **how, "want": want}


def every_metric():
    yield made("binary", "ties", seed=1, rows=2000, levels=20, rate=500)
    yield made("binary", "ties, weighted", seed=1, rows=2000, levels=20, rate=500, weights=11, cut="0.3")
    yield made("binary", "rare positives", seed=2, rows=5000, levels=10000, rate=6)
    yield made("binary", "rare positives, weighted", seed=2, rows=5000, levels=10000, rate=6, weights=12, cut="0.9")
    yield made("binary", "large", seed=3, rows=200000, levels=10**6, rate=700)
    yield made("binary", "large, weighted", seed=4, rows=200000, levels=1000, rate=300, weights=13, cut="0.75")
    yield binary_case("1 positive row", [1], [0.25])
    yield binary_case("1 negative row", [0], [0.75])
    yield binary_case("2 rows", [0, 1], [0.25, 0.75])
    yield binary_case("2 rows, inverted", [1, 0], [0.25, 0.75])
    yield binary_case("3 rows, weighted", [0, 1, 1], [0.3, 0.2, 0.9], [0.5, 2.0, 0.1])
    yield binary_case("no positive", [0, 0, 0], [0.1, 0.2, 0.7])
    yield binary_case("no positive, none predicted", [0, 0], [0.1, 0.2])
    yield binary_case("no negative", [1, 1, 1], [0.1, 0.6, 0.7])
    yield binary_case("all scores equal", [0, 1, 1, 0, 0], [0.3] * 5)
    yield binary_case("all predicted positive", [0, 1, 1, 0, 0], [0.8] * 5, [1.0, 2.0, 3.0, 0.25, 1.0])
    yield binary_case("perfect", [0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9])
    yield binary_case("perfect and certain", [0, 0, 1, 1], [0.0, 0.0, 1.0, 1.0])
    yield binary_case("wrong and certain", [1, 0, 1], [0.0, 1.0, 1.0])
    yield binary_case("inverted", [1, 1, 0, 0], [0.1, 0.2, 0.8, 0.9])
    yield binary_case("scores at the threshold", [1, 0, 1, 0, 1], [0.3, 0.3, 0.1, 0.29999999999999993, 0.9], cut="0.3")
    yield binary_case("scores at the edges of bins", [0, 1, 0, 1, 1, 0], [0.2, 0.4, 0.6, 0.8, 1 / 15, 14 / 15])
    yield binary_case("scores no probabilities", [0, 1, 0, 1], [-3.0, 2.5, 0.5, 0.5], cut="0.5")
    yield binary_case("tiny probabilities", [0, 1, 0, 0, 1], [1e-300, 1e-9, 1e-17, 1e-12, 1 - 1e-16])
    yield binary_case("some weights 0", [0, 1, 0, 1, 1], [0.1, 0.4, 0.4, 0.7, 0.2], [1.0, 0.0, 2.5, 1.0, 0.0])
    yield made("continuous", "numbers", seed=21, rows=3000)
    yield made("continuous", "numbers, weighted", seed=22, rows=3000, weights=14)
    yield made("continuous", "numbers, large", seed=23, rows=200000, weights=15)
    yield numeric_case("1 number", [3.0], [2.5])
    yield numeric_case("2 numbers", [3.0, 1.5], [2.5, 2.0])
    yield numeric_case("3 numbers, weighted", [3.0, 1.5, -2.0], [2.5, 2.0, 7.0], [0.1, 3.0, 1.0])
    yield numeric_case("constant target", [3.0] * 4, [2.5, 3.0, 3.5, 3.0])
    yield numeric_case("constant target, perfect", [3.0] * 4, [3.0] * 4)
    yield numeric_case("zero targets", [0.0, 1.0, 2.0, 0.0], [0.5, 1.0, 1.0, 0.0])
    yield numeric_case("perfect numbers", [1.0, 2.0, 5.0], [1.0, 2.0, 5.0])
    yield numeric_case("far from 0", [1e9 + i for i in range(9)], [1e9 + i + 0.25 for i in range(9)])
    yield made("multiclass", "3 classes", seed=31, rows=500, classes=3)
    yield made("multiclass", "10 classes", seed=32, rows=2000, classes=10)
    yield made("multiclass", "10 classes, weighted", seed=33, rows=2000, classes=10, weights=16)
    yield multiclass_case("ties of the highest", [0, 1, 2, 1], [[0.25, 0.375, 0.375], [0.5, 0.5, 0.0], [0.25, 0.375, 0.375], [0.25, 0.5, 0.25]])
    yield multiclass_case("a class without rows", [0, 1, 1], [[0.5, 0.25, 0.25], [0.25, 0.5, 0.25], [0.25, 0.25, 0.5]])
    yield multiclass_case("a class nowhere", [0, 1, 1], [[0.5, 0.25, 0.25], [0.25, 0.5, 0.25], [0.5, 0.25, 0.25]])
    yield multiclass_case("perfect classes", [0, 1, 2], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    yield multiclass_case("certain and wrong", [1, 0, 2], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    yield multiclass_case("1 row of 3 classes", [2], [[0.25, 0.25, 0.5]])
    yield multiclass_case("sums near 1", [0, 1, 2], [[0.3333, 0.3333, 0.3333], [0.2, 0.5, 0.3001], [0.1, 0.2, 0.7]])
    yield multiclass_case("3 classes, weighted", [0, 1, 2, 0], [[0.5, 0.25, 0.25], [0.125, 0.125, 0.75], [0.25, 0.25, 0.5], [0.375, 0.5, 0.125]], [0.3, 2.0, 1.7, 1.0])


if sys.argv[1:] == ["metrics"]:
    CASES = list(every_metric())
rows = ",\n".join(json.dumps(case) for case in CASES)
print(f'{{"scikit-learn": "{sklearn.__version__}", "cases": [\n{rows}\n]}}')
