"""Writes calibration.json: reliability diagrams of the rows of oracles.json by numpy.

    python make_calibration.py > calibration.json

Murphy's (1973) terms as Ferro and Fricker (2012) correct them, the expected
calibration error of a calibrated model by convolving the bins' Poisson binomials,
Wilson's intervals by statsmodels, and bootstraps of 4,000 replicates of what the
two models' terms differ by. Needs numpy and statsmodels.
"""
import json, sys
import numpy as np
from statsmodels.stats.proportion import proportion_confint

rows = json.load(open("oracles.json"))["rows"]
y = np.array(rows["positive"], float)
p = {m: np.array(rows[m]) for m in ("champion", "challenger")}
weights, groups = np.array(rows["weights"]), np.array(rows["groups"])
bin_of = lambda s: np.clip(np.ceil(np.round(s * 15, 9)) - 1, 0, 14).astype(int)


def noise(labels, w):  # the unbiased variance of a weighted share
    k = (w**2).sum() / w.sum() ** 2
    q = np.average(labels, weights=w)
    return q * (1 - q) * k / (1 - k) if len(labels) > 1 else 0.0


def terms(s, t, w, corrected=True):
    mean, rel, res, less = np.average(t, weights=w), 0.0, 0.0, 0.0
    for b in np.unique(bin_of(s)):
        i = bin_of(s) == b
        if w[i].sum() == 0:
            continue
        q, f, part = np.average(t[i], weights=w[i]), np.average(s[i], weights=w[i]), w[i].sum() / w.sum()
        rel, res = rel + part * (f - q) ** 2, res + part * (q - mean) ** 2
        less += part * noise(t[i], w[i]) if corrected else 0
    more = noise(t, w) if corrected else 0
    return rel - less, res - less + more, mean * (1 - mean) + more


def expected(s):
    out = 0.0
    for b in range(15):
        inside, law = s[bin_of(s) == b], np.ones(1)
        for x in inside:
            law = np.convolve(law, [1 - x, x])
        out += (law * abs(np.arange(len(law)) - inside.sum())).sum() / len(s)
    return out


def diagram(s, w):
    bins = []
    for b in np.unique(bin_of(s)):
        i = bin_of(s) == b
        n, q = w[i].sum() ** 2 / (w[i] ** 2).sum(), np.average(y[i], weights=w[i])
        low, high = proportion_confint(q * n, n, 0.05, "wilson")
        bins.append(dict(bin=int(b), rows=int(i.sum()), weight=w[i].sum(), score=np.average(s[i], weights=w[i]), share=q, low=low, high=high))
    return bins


rng = np.random.default_rng(8)
cases = []
for weighted, grouped in ((False, False), (True, False), (False, True)):
    w = weights if weighted else np.ones(len(y))
    case = dict(weights=weighted, groups=grouped)
    for m, s in p.items():
        rel, res, unc = terms(s, y, w)
        case[m] = dict(reliability=rel, resolution=res, uncertainty=unc, bins=diagram(s, w))
        if not weighted and not grouped:
            case[m]["expected"] = expected(s)
    drawn = []
    for _ in range(4000):
        if grouped:
            i = np.concatenate([np.flatnonzero(groups == g) for g in rng.choice(np.unique(groups), len(np.unique(groups)))])
        else:
            i = rng.integers(0, len(y), len(y))
        one, other = (terms(s[i], y[i], w[i], False) for s in p.values())
        drawn.append([other[0] - one[0], other[1] - one[1]])
    case["reliability_error"], case["resolution_error"] = np.std(drawn, axis=0, ddof=1).tolist()
    cases.append(case)
json.dump(cases, sys.stdout)
print()
