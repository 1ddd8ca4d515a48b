"""Writes student.json: quantiles of Student's t and of the normal, by scipy.

    python3 make_student.py > student.json
"""

import json

from scipy import stats

tails = [0.5, 0.4, 0.25, 0.1, 0.05, 0.025, 0.01, 0.0015625, 1e-4, 1e-6, 1e-10]
freedoms = [1, 1.5, 2, 3.7, 9, 38.2, 117.6, 499, 2345.6, 1e5, 999999, 1000001, 1e9]
cases = [{"tail": p, "freedom": f, "quantile": float(stats.t.isf(p, f))} for f in freedoms for p in tails]
normal = [{"tail": p, "quantile": float(stats.norm.isf(p))} for p in tails + [0.6, 0.975]]
print(json.dumps({"student": cases, "normal": normal}, indent=1))
