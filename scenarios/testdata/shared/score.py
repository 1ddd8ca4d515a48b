"""Stands in for a scorer: copies scores that are there already.

    python3 score.py better.csv

writes to CT_SCORES, as a score-command must, the column of that file that
belongs to CT_MODEL_VERSION: "champion" for version 1, "challenger" for any
other, and the labels beside it. Then it tells the recording proxy that scoring
is done, so that the calls after it can be counted.

    python3 score.py better.csv --drop 3       leaves out the last 3 rows
    python3 score.py better.csv --nan          the last score is NaN
    python3 score.py better.csv --reverse      another order
    python3 score.py better.csv --flip         labels that disagree
    python3 score.py better.csv --no-labels    scores alone
"""

import argparse
import csv
import os
import urllib.request

parser = argparse.ArgumentParser()
parser.add_argument("file")
parser.add_argument("--drop", type=int, default=0)
parser.add_argument("--nan", action="store_true")
parser.add_argument("--reverse", action="store_true")
parser.add_argument("--flip", action="store_true")
parser.add_argument("--no-labels", action="store_true")
arguments = parser.parse_args()

column = "champion" if os.environ["CT_MODEL_VERSION"] == "1" else "challenger"
with open(arguments.file, newline="") as file:
    rows = [[row["label"], row[column]] for row in csv.DictReader(file)]
rows = rows[: len(rows) - arguments.drop]
if arguments.nan:
    rows[-1][1] = "nan"
if arguments.reverse:
    rows.reverse()
if arguments.flip:
    rows = [[1 - int(label), score] for label, score in rows]
header = ["label", "score"]
if arguments.no_labels:
    header, rows = header[1:], [row[1:] for row in rows]
with open(os.environ["CT_SCORES"], "w", newline="") as file:
    csv.writer(file, lineterminator="\n").writerows([header, *rows])

urllib.request.urlopen(os.environ["MLFLOW_TRACKING_URI"] + "/scored").close()
