"""Cuts telco-churn.csv into the three tables of the example.

    python data/make_data.py

Under DVC `dvc repro` runs it with the seed and the size of params.yaml, which
are the defaults here.

holdout.csv       2,000 customers, frozen: no window holds any of them. Both
                  models are scored on it, so it must never change by accident.
window-old.csv    what a model could learn from before the fibre roll-out: the
                  remaining customers without fibre.
window-fresh.csv  the remaining customers as they are now, with fibre.

The target is the column `churn` with the classes `Yes` and `No`, as in the
source. A customer's place depends on the seed and on the number of its row
alone, so another machine, or another Python, cuts the same tables to the byte.
"""

import argparse
import csv
import hashlib
from pathlib import Path

DATA = Path(__file__).resolve().parent
SEED = "churn-2019"
HOLDOUT_ROWS = 2000


def draw(seed, row_number):
    """Gives a row its lot; the rows with the smallest lots are the holdout."""
    return hashlib.sha256(f"{seed}:{row_number}".encode()).hexdigest()


def write(name, header, rows):
    with open(DATA / name, "w", newline="", encoding="utf-8") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow(header)
        out.writerows(rows)
    print(f"{name}: {len(rows)} customers")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", default=SEED)
    parser.add_argument("--holdout-rows", type=int, default=HOLDOUT_ROWS)
    args = parser.parse_args()
    with open(DATA / "telco-churn.csv", newline="", encoding="utf-8") as f:
        header, *rows = csv.reader(f)
    if not 0 < args.holdout_rows < len(rows):
        parser.error(f"--holdout-rows: expected 1 to {len(rows) - 1}, as the windows need the other customers")
    order = sorted(range(len(rows)), key=lambda row_number: draw(args.seed, row_number))
    holdout = sorted(order[: args.holdout_rows])
    window = sorted(order[args.holdout_rows :])
    internet = header.index("internet_service")

    write("holdout.csv", header, [rows[i] for i in holdout])
    write("window-fresh.csv", header, [rows[i] for i in window])
    write("window-old.csv", header, [rows[i] for i in window if rows[i][internet] != "Fiber optic"])


if __name__ == "__main__":
    main()
