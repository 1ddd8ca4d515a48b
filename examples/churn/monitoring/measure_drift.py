"""Measures how many features have drifted between two windows of data.

    python monitoring/measure_drift.py --reference data/window-old.csv \
        --current data/window-fresh.csv --out monitoring/drift_summary.json

A feature has drifted when its population stability index (PSI) is above 0.1,
which is read as "some change", above 0.25 as "much" (Siddiqi, Credit Risk
Scorecards, 2006); 0.1 is Evidently's default too.
Numbers are cut at the deciles of the reference, texts are counted by value; a
bin that is empty on one side counts as half a row. Needs nothing but Python.
"""

import argparse
import bisect
import csv
import json
import math
from collections import Counter

TARGET = "churn"
THRESHOLD = 0.1
BINS = 10


def read_columns(path):
    with open(path, newline="", encoding="utf-8") as f:
        rows = list(csv.DictReader(f))
    if not rows:
        raise SystemExit(f"{path}: no rows; expected a CSV file with a header and one row per customer")
    if TARGET not in rows[0]:
        raise SystemExit(f"{path}: no column {TARGET}, which is the target and no feature; TARGET says its name in this script")
    return {name: [row[name] for row in rows] for name in rows[0] if name != TARGET}


def numbers(values):
    """The values as numbers, None where one of them is something else; missing ones are left out."""
    try:
        return [float(v) for v in values if v not in ("", "NA")]
    except ValueError:
        return None


def binned(reference, current):
    """Both columns as bin labels."""
    as_numbers = numbers(reference), numbers(current)
    if None in as_numbers or len(set(as_numbers[0])) <= BINS:
        return reference, current
    ordered = sorted(as_numbers[0])
    cuts = [ordered[len(ordered) * i // BINS] for i in range(1, BINS)]
    return tuple([bisect.bisect_right(cuts, v) for v in column] for column in as_numbers)


def stability_index(reference, current):
    reference, current = binned(reference, current)
    before, after = Counter(reference), Counter(current)
    total = 0.0
    for value in before.keys() | after.keys():
        expected = max(before[value], 0.5) / len(reference)
        actual = max(after[value], 0.5) / len(current)
        total += (actual - expected) * math.log(actual / expected)
    return total


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reference", required=True, help="CSV file that the champion was trained on")
    parser.add_argument("--current", required=True, help="CSV file of what it is asked now")
    parser.add_argument("--out", required=True, help="JSON file to write")
    args = parser.parse_args()

    reference, current = read_columns(args.reference), read_columns(args.current)
    names = [name for name in reference if name in current]
    if not names:
        raise SystemExit(f"{args.current} has no column of {args.reference}")
    drifted = 0
    for name in names:
        index = stability_index(reference[name], current[name])
        drifted += index > THRESHOLD
        print(f"{name:20} PSI {index:6.3f}{'  drifted' if index > THRESHOLD else ''}")
    summary = {"share_drifted_features": round(drifted / len(names), 4), "drifted": drifted, "columns": len(names)}
    with open(args.out, "w", encoding="utf-8") as f:
        json.dump(summary, f)
        f.write("\n")
    print(f"{drifted} of {len(names)} features drifted")


if __name__ == "__main__":
    main()
