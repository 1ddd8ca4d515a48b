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


def terms(s, t, w):
    mean, rel, res, less = np.average(t, weights=w), 0.0, 0.0, 0.0
    for b in np.unique(bin_of(s)):
        i = bin_of(s) == b
        q, f, part = np.average(t[i], weights=w[i]), np.average(s[i], weights=w[i]), w[i].sum() / w.sum()
        rel, res = rel + part * (f - q) ** 2, res + part * (q - mean) ** 2
        less += part * noise(t[i], w[i])
    more = noise(t, w)
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


def counts(grouped):  # how often each row is drawn, the same for both models
    rng, B = np.random.default_rng(8), 4000
    if not grouped:
        return rng.multinomial(len(y), np.full(len(y), 1 / len(y)), B)
    names, of = np.unique(groups, return_inverse=True)
    return rng.multinomial(len(names), np.full(len(names), 1 / len(names)), B)[:, of]


def plain(s, c):  # both terms of every replicate, not corrected
    inside = (bin_of(s)[:, None] == np.arange(15)).astype(float)
    n, labels, scores = c @ inside, c @ (inside * y[:, None]), c @ (inside * s[:, None])
    all_, safe = c.sum(1), np.maximum(n, 1e-12)
    return ((scores - labels) ** 2 / safe).sum(1) / all_, (labels**2 / safe).sum(1) / all_ - (labels.sum(1) / all_) ** 2


cases = []
for weighted, grouped in ((False, False), (True, False), (False, True)):
    w = weights if weighted else np.ones(len(y))
    case = dict(weights=weighted, groups=grouped)
    for m, s in p.items():
        rel, res, unc = terms(s, y, w)
        case[m] = dict(reliability=rel, resolution=res, uncertainty=unc, bins=diagram(s, w))
        if not weighted and not grouped:
            case[m]["expected"] = expected(s)
    drawn = [plain(q, counts(grouped) * w) for q in p.values()]
    drawn = np.array(drawn[1]) - np.array(drawn[0])
    case["reliability_error"], case["resolution_error"] = np.std(drawn, axis=1, ddof=1).tolist()
    cases.append(case)
json.dump(cases, sys.stdout)
print()
