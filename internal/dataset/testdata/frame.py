"""The table that make_writers.py and make_spark.py have every engine write, as
Python values, and the texts that are wanted of it.
"""

import csv
import datetime as dt
import decimal
import pathlib
import random

HERE = pathlib.Path(__file__).parent / "writers"
ROWS = 120


def columns():
    """Columns of a labelled prediction, with all that makes cells difficult.
    label, champion and challenger have a value in every row, and scores tie."""
    r = random.Random(5)
    texts = ["plain", "with, comma", 'a "quoted" word', "line\nbreak", "Zürich", None, " space ", "NA"]
    label = [int(r.random() < 0.4) for _ in range(ROWS)]
    return {
        "label": label,
        "champion": [round(r.random(), 2) for _ in label],
        "challenger": [min(1.0, max(0.0, r.gauss(0.4 + 0.2 * y, 0.2))) for y in label],
        "half": [float(r.randint(-64, 64)) / 8 for _ in label],  # exact as a float32
        "small": [r.randint(0, 255) for _ in label],
        "churned": ["yes" if y else "no" for y in label],
        "active": [None if i % 11 == 0 else i % 3 == 0 for i in range(ROWS)],
        "note": [texts[i % len(texts)] for i in range(ROWS)],
        "visits": [None if i % 7 == 0 else i * i for i in range(ROWS)],
        "day": [dt.date(2026, 1, 1) + dt.timedelta(days=i) for i in range(ROWS)],
        "price": [decimal.Decimal(i * 37 - 900).scaleb(-2) for i in range(ROWS)],
    }


def text(value):
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case float():
            return repr(value)
    return str(value)


def want(name, names=None, **other):
    """Writes the texts that are wanted of a fixture, if they are not those of
    most: fewer columns, or others that the engine writes in its own way."""
    table = {k: [text(v) for v in c] for k, c in columns().items() if names is None or k in names} | other
    with open(HERE / name, "w", newline="") as f:
        w = csv.writer(f, lineterminator="\n", quoting=csv.QUOTE_ALL)
        w.writerow(table)
        w.writerows(zip(*table.values(), strict=True))
