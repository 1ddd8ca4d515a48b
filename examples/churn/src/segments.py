"""Compares what a version foresaw with what came, segment by segment.

    python src/segments.py --labels monitoring/labeled_predictions.csv --log predictions --column contract

The matured labels are joined with the prediction log by request id. Of each
version and each value of the column: how many customers it scored, how many of
them left, how many it foresaw (the sum of its probabilities), and its Brier
score. A calibrated model foresees about as many as leave. The last line is the
same as JSON.
"""

import argparse
import json
from pathlib import Path

import pandas as pd
from train import POSITIVE


def by_segment(labels: pd.DataFrame, log: pd.DataFrame, column: str) -> pd.DataFrame:
    """Returns one row for each version and each value of the column."""
    joined = labels[["request_id", "label"]].merge(log, on="request_id", validate="one_to_one")
    if column not in joined:
        raise SystemExit(f"--column {column}: no such column in the log; found {', '.join(joined.columns)}")
    joined["left"] = (joined["label"] == POSITIVE).astype(int)
    joined["loss"] = (joined["probability"] - joined["left"]) ** 2
    joined["version"] = joined["version"].astype(str)
    table = joined.groupby(["version", column]).agg(
        customers=("left", "size"), left=("left", "sum"), foreseen=("probability", "sum"), brier=("loss", "mean")
    )
    return table.reset_index().rename(columns={column: "segment"})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--labels", default="monitoring/labeled_predictions.csv")
    parser.add_argument("--log", default="predictions", help="folder of the service's prediction log")
    parser.add_argument("--column", default="contract")
    args = parser.parse_args()
    files = sorted(Path(args.log).glob("*.parquet"))
    if not files:
        parser.error(f"--log {args.log}: no prediction was logged there")
    log = pd.concat(pd.read_parquet(path) for path in files)
    table = by_segment(pd.read_csv(args.labels), log, args.column)
    table[["foreseen", "brier"]] = table[["foreseen", "brier"]].round({"foreseen": 1, "brier": 4})
    print(table.to_string(index=False))
    print(json.dumps(table.to_dict(orient="records")))


if __name__ == "__main__":
    main()
