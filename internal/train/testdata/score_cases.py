"""Scores the cases of make_models.py with the embedded scorer, all in one process.

    score_cases.py DIRECTORY SCORER

Beside each case's scores, in CASE-scores.csv, lies what the scorer said and how
it ended, in CASE.json.
"""

import contextlib
import importlib.util
import io
import json
import os
import sys

os.chdir(sys.argv[1])
spec = importlib.util.spec_from_file_location("scorer", sys.argv[2])
scorer = importlib.util.module_from_spec(spec)
spec.loader.exec_module(scorer)

with open("cases.json") as f:
    cases = json.load(f)
for name, case in cases.items():
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        status = scorer.main([f"--holdout={os.path.abspath(case['holdout'])}", "--target=churned", f"--task={case['task']}",
                              f"--positive-class={case['positive']}", f"--out={name}-scores.csv",
                              *(f"--uri={uri}" for uri in case["uris"])])
    with open(name + ".json", "w") as f:
        json.dump({"status": status, "said": said.getvalue()}, f)
