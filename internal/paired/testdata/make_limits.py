"""Writes limits.json: one-sided score limits found by other means than ours.

    python make_limits.py > limits.json

statsmodels' Clopper-Pearson and Wilson limits; Tango's (1998) score limits of a
paired difference, where the score equation is solved by scipy's root finder and
its constrained nuisance is found by maximising the likelihood itself, not by a
formula. make_limits.R has the same from R.
Needs numpy, scipy, statsmodels.

A paired table is [both, first only, second only, neither]; a difference is
first − second. A level of 0.95 is one-sided: each limit is passed 5 % of the time.
"""
import json
import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm
from statsmodels.stats.proportion import proportion_confint

LEVELS = [0.9, 0.95, 0.99, 1 - 0.05 / 32]
PROPORTIONS = [(0, 10), (1, 10), (10, 10), (5, 10), (19, 20), (20, 20), (190, 200), (197, 200),
               (200, 200), (950, 1000), (999, 1000), (3, 100000)]
PAIRS = [[1, 1, 7, 12], [45, 2, 3, 0], [45, 5, 0, 0], [50, 0, 0, 0], [0, 0, 0, 50], [48, 0, 1, 1], [40, 0, 0, 10],
         [180, 4, 9, 7], [0, 10, 0, 0], [0, 0, 10, 0], [5, 5, 5, 5], [0, 20, 25, 0], [940, 12, 18, 30],
         [9, 1, 0, 0], [30, 20, 2, 8], [1, 30, 2, 1]]


def of_proportion(how, x, n, level):
    low, high = proportion_confint(x, n, alpha=2 * (1 - level), method=how)
    return 0.0 if x == 0 else float(low), 1.0 if x == n else float(high)


def constrained(b, c, n, d):
    """P(second only) that is likeliest with P(first only) = P(second only) + d:
    where the derivative of b·log(q + d) + c·log(q) + (n − b − c)·log(1 − 2q − d)
    is 0, or an end of what q may be."""
    low, high = max(0.0, -d), (1 - d) / 2
    # the derivative times q·(q + d)·(1 − 2q − d), which has no poles
    slope = lambda q: (b * q + c * (q + d)) * (1 - 2 * q - d) - 2 * (n - b - c) * q * (q + d)
    if slope(low) == 0 == b * low + c * (low + d) and slope(low + 1e-9) <= 0:
        return low
    inside = low + 1e-15 if slope(low) <= 0 else low
    if slope(inside) <= 0:
        return low
    if slope(high) >= 0:
        return high
    return brentq(slope, inside, high, xtol=1e-17, rtol=1e-15)


def tango_score(b, c, n, d):
    q = constrained(b, c, n, d)
    variance = n * (2 * q + d - d * d)
    return (b - c - n * d) / np.sqrt(variance) if variance > 0 else np.sign(b - c - n * d) * np.inf


def tango(pairs, level):
    _, b, c, _ = pairs
    n, z, seen = sum(pairs), norm.ppf(level), (b - c) / sum(pairs)
    end = 1 - 1e-13
    low = -1.0 if c == n else brentq(lambda d: tango_score(b, c, n, d) - z, -end, seen - 1e-13, xtol=1e-15)
    high = 1.0 if b == n else brentq(lambda d: tango_score(b, c, n, d) + z, seen + 1e-13, end, xtol=1e-15)
    return low, high


out = dict(proportions=[], pairs=[])
for x, n in PROPORTIONS:
    for level in LEVELS:
        exact, wilson = of_proportion("beta", x, n, level), of_proportion("wilson", x, n, level)
        out["proportions"].append(dict(x=x, n=n, level=level, clopper_pearson=exact, wilson=wilson))
for pairs in PAIRS:
    for level in LEVELS:
        out["pairs"].append(dict(pairs=pairs, level=level, tango=[float(x) for x in tango(pairs, level)]))
rows = lambda key: ",\n  ".join(json.dumps(row) for row in out[key])
print("{" + ",\n".join(f'"{key}": [\n  {rows(key)}]' for key in out) + "}")
