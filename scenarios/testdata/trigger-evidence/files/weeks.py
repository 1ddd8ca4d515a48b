"""Writes a week's labelled predictions of a champion: weeks.py WEEK POSITIVES.

Normal scores at even quantiles, the positives' higher by 0.6 standard
deviations, which makes an AUC of about 0.66. Each week has scores of its own.
"""
import math
import statistics
import sys

week, positives = int(sys.argv[1]), int(sys.argv[2])
quantile = statistics.NormalDist().inv_cdf
print("label,predicted_proba")
for label, rows in ((1, positives), (0, 100 - positives)):
    for i in range(rows):
        at = quantile((i + 0.4 + 0.01 * week) / rows) + 0.6 * label
        print(f"{label},{1 / (1 + math.exp(-at)):.6f}")
