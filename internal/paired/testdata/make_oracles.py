"""Writes oracles.json: standard errors found by other means than ours.

    python make_oracles.py > oracles.json

scipy's paired t, statsmodels' cluster-robust and HC0 variances, a
leave-one-cluster-out jackknife of the AUC (Obuchowski 1997), linearised ratios,
and bootstraps of 20,000 replicates. Needs numpy, scipy, scikit-learn, statsmodels.
"""
import json, sys
import numpy as np, statsmodels.api as sm
from scipy.stats import ttest_rel, rankdata

rng = np.random.default_rng(5)
N, B, CUT = 400, 20_000, 0.5
cols, want = {}, []


def add(metric, task, how, se, tolerance, weights=False, groups=False, **more):
    want.append(dict(metric=metric, task=task, how=how, standard_error=float(se),
                     tolerance=tolerance, weights=weights, groups=groups, **more))


# rows: 40 % positive, a shared noise, scores of three decimals (ties)
group = rng.integers(0, 60, N)
y = (rng.random(N) < 0.4).astype(int)
shared = rng.normal(size=N) + 0.8 * rng.normal(size=60)[group]
score = lambda mu: np.round(1 / (1 + np.exp(-(mu * (2 * y - 1) + shared + 0.7 * rng.normal(size=N)) / 1.5)), 3)
a, b = score(0.7), score(1.0)
w = np.round(0.2 + 2 * rng.random(N), 2)
target = np.round(5 + rng.gamma(3, 2, N), 2)
na = np.round(target + rng.normal(size=N) + 0.5 * shared, 2)
nb = np.round(target + 0.8 * rng.normal(size=N) + 0.4 * shared, 2)
k = rng.integers(0, 3, N)


def multi(mu):
    z = rng.normal(size=(N, 3)) + mu * np.eye(3)[k]
    p = np.exp(z)
    p = np.round(p / p.sum(1, keepdims=True), 3)
    p[:, 2] = np.round(1 - p[:, 0] - p[:, 1], 3)
    return p


ma, mb = multi(0.8), multi(1.1)
cols = dict(positive=y.tolist(), champion=a.tolist(), challenger=b.tolist(), weights=w.tolist(), groups=group.tolist(),
            target=target.tolist(), champion_number=na.tolist(), challenger_number=nb.tolist(), klass=k.tolist(),
            champion_class=ma.T.tolist(), challenger_class=mb.T.tolist())

L = {
    ("brier", "binary"): lambda p: (p - y) ** 2,
    ("log_loss", "binary"): lambda p: -np.log(np.clip(np.where(y == 1, p, 1 - p), 2**-52, 1 - 2**-52)),
    ("accuracy", "binary"): lambda p: ((p >= CUT) == (y == 1)).astype(float),
    ("mae", "continuous"): lambda p: np.abs(p - target),
    ("mape", "continuous"): lambda p: np.abs(p - target) / target,
}
for (metric, task), loss in L.items():
    la, lb = (loss(a), loss(b)) if task == "binary" else (loss(na), loss(nb))
    d, one = lb - la, np.ones(N)
    t = ttest_rel(lb, la)
    add(metric, task, "scipy ttest_rel", d.mean() / t.statistic, 1e-10)
    # statsmodels without its correction is sum of squares over n². CR2 is near it with a
    # factor G/(G-1), n/(n-1); make_cr2.R holds it to the digit
    se = sm.OLS(d, one).fit(cov_type="cluster", cov_kwds=dict(groups=group, use_correction=False)).bse[0]
    g = len(set(group))
    add(metric, task, "statsmodels cluster × √(G/(G−1))", se * np.sqrt(g / (g - 1)), 0.005, groups=True)
    se = sm.WLS(d, one, weights=w).fit(cov_type="HC0").bse[0]
    add(metric, task, "statsmodels WLS HC0 × √(n/(n−1))", se * np.sqrt(N / (N - 1)), 0.005, weights=True)
    se = sm.WLS(d, one, weights=w).fit(cov_type="cluster", cov_kwds=dict(groups=group, use_correction=False)).bse[0]
    add(metric, task, "statsmodels WLS cluster × √(G/(G−1))", se * np.sqrt(g / (g - 1)), 0.005, weights=True, groups=True)
    # k = 1 ± r and k = 0 from the 2×2 covariance
    for kk in (1.1, 0.9, 0.0):
        add(metric, task, f"2×2 covariance, k = {kk}", np.sqrt(np.array([-kk, 1]) @ (np.cov(la, lb) / N) @ [-kk, 1]), 1e-10, k=kk)


def auc(p, t, u=None):
    pos = t == 1
    r = rankdata(p)
    n1, n0 = pos.sum(), (~pos).sum()
    return (r[pos].sum() - n1 * (n1 + 1) / 2) / (n1 * n0)


# leave one cluster out
ids = np.unique(group)
jack = np.array([auc(b[group != c], y[group != c]) - auc(a[group != c], y[group != c]) for c in ids])
G = len(ids)
add("auc", "binary", "jackknife over clusters", np.sqrt((G - 1) / G * ((jack - jack.mean()) ** 2).sum()), 0.03, groups=True)


# bootstraps: counts of each row, B × N, in pieces
def counts(stratified, grouped):
    for _ in range(B // 2000):
        if grouped:
            yield rng.multinomial(G, np.full(G, 1 / G), 2000)[:, np.searchsorted(ids, group)].astype(float)
            continue
        c = np.zeros((2000, N))
        for s in ([np.flatnonzero(stratified == v) for v in np.unique(stratified)] if stratified is not None else [np.arange(N)]):
            c[:, s] = rng.multinomial(len(s), np.full(len(s), 1 / len(s)), 2000)
        yield c


def confusion(name, p):
    hat = p >= CUT

    def f(c):
        tp, fp, fn, tn = (c @ (m.astype(float)) for m in (hat & (y == 1), hat & (y == 0), ~hat & (y == 1), ~hat & (y == 0)))
        return dict(precision=lambda: tp / (tp + fp), recall=lambda: tp / (tp + fn), f1=lambda: 2 * tp / (2 * tp + fp + fn),
                    balanced_accuracy=lambda: (tp / (tp + fn) + tn / (tn + fp)) / 2,
                    mcc=lambda: (tp * tn - fp * fn) / np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)))[name]()
    return f


def number(name, p):
    e2 = (p - target) ** 2

    def f(c):
        n = c.sum(1)
        mse = c @ e2 / n
        if name == "rmse":
            return np.sqrt(mse)
        mean = c @ target / n
        return 1 - mse / (c @ target**2 / n - mean**2)
    return f


def macro(p):
    hat = p.argmax(1)
    return lambda c: np.mean([2 * (c @ ((hat == j) & (k == j)).astype(float)) / (c @ (hat == j).astype(float) + c @ (k == j).astype(float)) for j in range(3)], 0)


def area(p, t):
    o = np.argsort(p, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(p[o]) > 0])

    def f(c):
        pos = np.add.reduceat(c[:, o] * t[o], starts, 1)
        neg = np.add.reduceat(c[:, o] * (1 - t[o]), starts, 1)
        return (pos * (np.cumsum(neg, 1) - neg / 2)).sum(1) / (pos.sum(1) * neg.sum(1))
    return f


def ovr(p):
    fs = [area(p[:, j], (k == j).astype(float)) for j in range(3)]
    return lambda c: np.mean([f(c) for f in fs], 0)


def precision(p):
    o = np.argsort(-p, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(p[o]) < 0])

    def f(c):
        pos, n = (np.add.reduceat(c[:, o] * z, starts, 1) for z in (y[o], np.ones(N)))
        tp, all_ = np.cumsum(pos, 1), np.cumsum(n, 1)
        return (pos * tp / np.maximum(all_, 1e-9)).sum(1) / pos.sum(1)
    return f


def ece(p):  # fifteen bins (lo, hi], the first closed
    which = np.clip(np.ceil(np.round(p * 15, 9)) - 1, 0, 14).astype(int)
    return lambda c: sum(abs((c * (which == j)) @ (p - y)) for j in range(15)) / c.sum(1)


def boot(metric, task, make, pair, tolerance, stratified=None, weights=False, groups=False):
    fa, fb = make(pair[0]), make(pair[1])
    d = np.concatenate([fb(c) - fa(c) for c in (c * (w if weights else 1) for c in counts(stratified, groups))])
    add(metric, task, "numpy bootstrap, 20000 replicates", d.std(ddof=1), tolerance, weights=weights, groups=groups)


for name in ("precision", "recall", "f1", "balanced_accuracy", "mcc"):
    for weights, groups in ((False, False), (True, False), (False, True)):
        boot(name, "binary", lambda p: confusion(name, p), (a, b), 0.05 if groups else 0.03, weights=weights, groups=groups)
for name in ("rmse", "r2"):
    for weights, groups in ((False, False), (True, False), (False, True)):
        boot(name, "continuous", lambda p: number(name, p), (na, nb), 0.05 if groups else 0.03, weights=weights, groups=groups)
boot("macro_f1", "multiclass", macro, (ma, mb), 0.03)
boot("macro_f1", "multiclass", macro, (ma, mb), 0.03, weights=True)
boot("auc_ovr", "multiclass", ovr, (ma, mb), 0.03)
boot("auc_ovr", "multiclass", ovr, (ma, mb), 0.08, weights=True, stratified=k)
boot("auc", "binary", lambda p: area(p, y), (a, b), 0.08, weights=True, stratified=y)
for groups in (False, True):
    boot("average_precision", "binary", precision, (a, b), 0.08, stratified=y, groups=groups)
    boot("ece", "binary", ece, (a, b), 0.15, stratified=y, groups=groups)
boot("average_precision", "binary", precision, (a, b), 0.08, stratified=y, weights=True)

json.dump(dict(rows=cols, want=want), sys.stdout, ensure_ascii=False)
print()
