"""Draws a month of production: drift, the version that served, and its errors.

    python src/plot_month.py --reference data/window-old.csv --log predictions \\
        --labels outcomes/*.csv --out month.png

The prediction log is cut into slices of equally many customers. Of each: the
share of features whose distribution is another than the reference's (the
monitor's own measure), the version that answered, and the share of customers
whose outcome was another than what the version called more likely.
"""

import argparse
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import pandas as pd
from monitor import FEATURES, NUMBERS, compare, read_reference, summarize
from train import POSITIVE


def read(log: str, labels: list[str]) -> pd.DataFrame:
    """Returns the logged predictions in order, with the outcome where it is known."""
    files = sorted(Path(log).glob("*.parquet"))
    if not files:
        raise SystemExit(f"--log {log}: no prediction was logged there")
    rows = pd.concat(pd.read_parquet(path) for path in files)
    outcomes = pd.concat(pd.read_csv(path) for path in labels)
    rows = rows.merge(outcomes[["request_id", "label"]], on="request_id", how="left")
    return rows.sort_values("time").reset_index(drop=True)


def slices(rows: pd.DataFrame, reference: pd.DataFrame, count: int) -> pd.DataFrame:
    """Returns one row for each slice, counted from 1."""
    rows = rows.assign(
        slice=rows.index * count // len(rows) + 1,
        wrong=((rows["probability"] >= 0.5) != (rows["label"] == POSITIVE)).where(rows["label"].notna()),
    )
    numbers = {name: "float64" for name in NUMBERS}
    table = rows.groupby("slice").agg(errors=("wrong", lambda wrong: wrong.astype("float64").mean()))
    table["drift"] = [
        summarize(compare(part[FEATURES].astype(numbers), reference))["share_drifted_features"]
        for _, part in rows.groupby("slice")
    ]
    return table


def draw(rows: pd.DataFrame, table: pd.DataFrame, threshold: float, out: str) -> None:
    """Draws the three rows of the picture, on one axis of days."""
    days = rows.index / len(rows) * len(table) + 0.5
    plt.rcParams.update({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False})
    figure, (drift, version, errors) = plt.subplots(3, sharex=True, figsize=(9, 6), height_ratios=[3, 2, 3])
    drift.bar(table.index, table["drift"], color=["#d1242f" if d > threshold else "#8c959f" for d in table["drift"]])
    drift.axhline(threshold, color="#57606a", linestyle="--", linewidth=1)
    drift.text(0.5, threshold + 0.02, f"alert above {threshold:.0%}", color="#57606a", va="bottom")
    drift.set(ylabel="features drifted", ylim=(0, 1))
    drift.yaxis.set_major_formatter(matplotlib.ticker.PercentFormatter(1))
    numbers = rows["version"].astype(int)
    version.step(days, numbers, where="post", color="#0969da", linewidth=2)
    version.set(ylabel="version served", yticks=sorted(numbers.unique()), yticklabels=[f"v{n}" for n in sorted(numbers.unique())])
    version.margins(y=0.2)
    errors.plot(table.index, table["errors"], color="#1a7f37", marker="o", markersize=4)
    errors.set(ylabel="error rate", xlabel=f"day ({len(table)} slices of equally many customers)", ylim=(0, None), xlim=(0, len(table) + 1))
    errors.yaxis.set_major_formatter(matplotlib.ticker.PercentFormatter(1, decimals=0))
    for axes in (drift, version, errors):
        axes.grid(axis="y", color="#d0d7de", linewidth=0.5)
        axes.set_axisbelow(True)
    figure.align_ylabels()
    figure.tight_layout()
    figure.savefig(out, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reference", default="data/window-old.csv", help="what the first champion was trained on (CSV)")
    parser.add_argument("--log", default="predictions", help="folder of the service's prediction log")
    parser.add_argument("--labels", nargs="+", default=["monitoring/labeled_predictions.csv"], help="matured outcomes (CSV)")
    parser.add_argument("--threshold", type=float, default=0.3, help="max-drift-share of the drift trigger")
    parser.add_argument("--slices", type=int, default=30)
    parser.add_argument("--out", default="month.png")
    args = parser.parse_args()
    rows = read(args.log, args.labels)
    draw(rows, slices(rows, read_reference(Path(args.reference)), args.slices), args.threshold, args.out)
    print(f"{args.out}: {len(rows)} predictions")


if __name__ == "__main__":
    main()
