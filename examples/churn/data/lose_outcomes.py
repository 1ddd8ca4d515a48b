"""Makes a training window in which one segment's departures were never recorded.

    python data/lose_outcomes.py --segment "contract=One year" --out data/window-lost.csv

A fault that export jobs have: a contract that ends is booked as expired and not
as a departure, so everybody in the segment seems to have stayed. The truth is
known, because the window without the fault is there to compare with. A model of
the faulty window is good on the whole, and blind in the segment.
"""

import argparse
import csv


def lose(rows: list[dict[str, str]], column: str, value: str) -> int:
    """Records everybody in the segment as not churned; returns how many that changed."""
    lost = [row for row in rows if row[column] == value and row["churn"] == "Yes"]
    for row in lost:
        row["churn"] = "No"
    return len(lost)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--window", default="data/window-fresh.csv", help="the window without the fault")
    parser.add_argument("--segment", default="contract=One year", help="column=value")
    parser.add_argument("--out", default="data/window-lost.csv")
    args = parser.parse_args()
    column, _, value = args.segment.partition("=")
    with open(args.window, newline="", encoding="utf-8") as f:
        rows = list(csv.DictReader(f))
    if column not in rows[0]:
        parser.error(f"{args.window} has no column {column!r}")
    lost = lose(rows, column, value)
    if not lost:
        parser.error(f"{args.window} has nobody in {args.segment} who left")
    with open(args.out, "w", newline="", encoding="utf-8") as f:
        out = csv.DictWriter(f, rows[0], lineterminator="\n")
        out.writeheader()
        out.writerows(rows)
    print(f"{args.out}: {len(rows)} customers; {lost} who left with {args.segment} are recorded as staying")


if __name__ == "__main__":
    main()
