"""Cuts telco-churn.csv into the three tables of the example.

    python data/make_data.py

holdout.csv       2,000 customers, frozen: no window holds any of them. Both
                  models are scored on it, so it must never change by accident.
window-old.csv    what a model could learn from before the fibre roll-out: the
                  remaining customers without fibre.
window-fresh.csv  the remaining customers as they are now, with fibre.

The target is the column `churn` with the classes `Yes` and `No`, as in the
source. A customer's place depends on the seed and on the number of its row
alone, so another machine, or another Python, cuts the same tables to the byte.
"""

import csv
import hashlib
from pathlib import Path

DATA = Path(__file__).resolve().parent
SEED = "churn-2019"
HOLDOUT_ROWS = 2000


def draw(row_number):
    """Gives a row its lot; the rows with the smallest lots are the holdout."""
    return hashlib.sha256(f"{SEED}:{row_number}".encode()).hexdigest()


def write(name, header, rows):
    with open(DATA / name, "w", newline="", encoding="utf-8") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow(header)
        out.writerows(rows)
    print(f"{name}: {len(rows)} customers")


def main():
    with open(DATA / "telco-churn.csv", newline="", encoding="utf-8") as f:
        header, *rows = csv.reader(f)
    order = sorted(range(len(rows)), key=draw)
    holdout = sorted(order[:HOLDOUT_ROWS])
    window = sorted(order[HOLDOUT_ROWS:])
    internet = header.index("internet_service")

    write("holdout.csv", header, [rows[i] for i in holdout])
    write("window-fresh.csv", header, [rows[i] for i in window])
    write("window-old.csv", header, [rows[i] for i in window if rows[i][internet] != "Fiber optic"])


if __name__ == "__main__":
    main()
