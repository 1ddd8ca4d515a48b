"""Measures with Evidently whether the service's traffic has drifted.

    python src/monitor.py --reference data/window-fresh.csv --log predictions --out monitoring

Compares the features of the prediction log with the window that the champion
was trained on, and writes three files, all of them or none:

    drift_summary.json  the share of drifted features: what ct-action reads
    drift_report.json   Evidently's report, which ct-action reads as well
    drift_report.html   the same to look at; it needs no network

Of the log it reads the last --hours, or the rows from --since on. Evidently
chooses the test of each column: with a reference of more than 1,000 rows a
distance above 0.1, with fewer rows a p-value below 0.05. The distances of few
rows are noise: 100 customers without any drift show 2 drifted features of 19 in
the mean, 500 none. Hence --min-rows.

--notify runs `ct-action notify` on the summary (CT_ACTION names another
binary): above max-drift-share it sends the drift alert. Its inputs come from
.github/ct.yml and the environment, the token from GITHUB_TOKEN.

The exit status is 1, and nothing is written, when the log has too few rows or
other columns than the reference: no data is not "no drift". With --notify it
is that of ct-action.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from train import CATEGORICAL, FLAGS, NUMERIC

# Evidently would tell its makers of each report.
os.environ.setdefault("DO_NOT_TRACK", "1")

from evidently import DataDefinition, Dataset, Report  # noqa: E402
from evidently.core.report import Snapshot  # noqa: E402
from evidently.presets import DataDriftPreset  # noqa: E402

FEATURES = NUMERIC + FLAGS + CATEGORICAL
NUMBERS = NUMERIC + FLAGS
LOGGED = ["request_id", "time", "version", "probability"]  # what the service logs beside the features


def read_reference(path: Path) -> pd.DataFrame:
    """Reads the features of a training window."""
    try:
        window = pd.read_csv(path)
    except (OSError, ValueError) as err:
        sys.exit(f"--reference {path}: {err}")
    missing = [name for name in FEATURES if name not in window]
    if missing:
        sys.exit(f"--reference {path}: no column {', '.join(missing)}; found {', '.join(window.columns)}")
    texts = [name for name in NUMBERS if not pd.api.types.is_numeric_dtype(window[name])]
    if texts:
        sys.exit(f"--reference {path}: expected numbers in {', '.join(texts)}")
    return window[FEATURES].astype({name: "float64" for name in NUMBERS})


def read_log(folder: Path, since: datetime) -> pd.DataFrame:
    """Reads what was logged since then; an hour's files begin with the hour's name."""
    if not folder.is_dir():
        sys.exit(f"--log {folder}: no such folder; it is the service's PREDICTION_LOG")
    files = [f for f in sorted(folder.glob("*.parquet")) if f.name[:13] >= since.strftime("%Y-%m-%dT%H")]
    parts, wrong = [], {}
    for file in files:
        try:
            part = pq.read_table(file)
        except (OSError, pa.ArrowException) as err:
            sys.exit(f"{file}: {err}")
        difference = columns_differ(part.schema)
        if difference:
            wrong.setdefault(difference, file)
        else:
            parts.append(part.to_pandas())
    if wrong:
        sys.exit(
            "\n".join(f"{file}: {difference}" for difference, file in wrong.items())
            + "\nthe log is of a model with another signature: train.py must name the features of the model "
            "that is served; --since leaves out the time before a change"
        )
    log = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=LOGGED + FEATURES)
    return log[pd.to_datetime(log["time"], utc=True) >= since]


def columns_differ(schema: pa.Schema) -> str:
    """Says how the columns of a log differ from the features; "" where they do not."""
    missing = [name for name in LOGGED + FEATURES if name not in schema.names]
    more = [name for name in schema.names if name not in LOGGED + FEATURES]
    texts = [name for name in NUMBERS if name in schema.names and not is_number(schema.field(name).type)]
    found = [
        f"{what} {', '.join(names)}"
        for what, names in [("no column", missing), ("unknown column", more), ("no numbers in", texts)]
        if names
    ]
    return "; ".join(found)


def is_number(kind: pa.DataType) -> bool:
    return pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind)


def compare(current: pd.DataFrame, reference: pd.DataFrame) -> Snapshot:
    """Runs Evidently's report, with a test for each column that says whether it drifted."""
    kinds = DataDefinition(numerical_columns=NUMERIC, categorical_columns=FLAGS + CATEGORICAL)
    return Report([DataDriftPreset()], include_tests=True).run(
        Dataset.from_pandas(current, kinds), Dataset.from_pandas(reference, kinds)
    )


def summarize(report: Snapshot) -> dict:
    """Takes the share of drifted features, and their names, from Evidently's report."""
    content = report.dict()
    count = next(m["value"] for m in content["metrics"] if m["config"]["type"].endswith(":DriftedColumnsCount"))
    columns = {
        test["metric_config"]["params"]["column"]: test["status"].value
        for test in content["tests"]
        if test["metric_config"]["params"]["type"].endswith(":ValueDrift")
    }
    return {
        "share_drifted_features": float(count["share"]),
        "drifted": int(count["count"]),
        "columns": len(columns),
        "names": sorted(name for name, status in columns.items() if status == "FAIL"),
    }


def write(out: Path, report: Snapshot, summary: dict) -> None:
    """Writes the three files; the summary, which asks for a training, is the last to appear."""
    out.mkdir(parents=True, exist_ok=True)
    files = [out / name for name in ("drift_report.html", "drift_report.json", "drift_summary.json")]
    html, full, short = unfinished = [file.with_name(f".{file.name}.tmp") for file in files]
    try:
        report.save_html(str(html))
        report.save_json(str(full))
        digest = hashlib.sha256(full.read_bytes()).hexdigest()
        short.write_text(json.dumps({**summary, "report_sha256": digest}) + "\n", encoding="utf-8")
        for written, file in zip(unfinished, files):
            os.replace(written, file)
    finally:
        for file in unfinished:
            file.unlink(missing_ok=True)


def notify(summary: Path) -> int:
    """Runs ct-action notify and returns its exit status."""
    command = [os.environ.get("CT_ACTION", "ct-action"), "notify", "--drift-report", str(summary)]
    sys.stdout.flush()
    try:
        return subprocess.run(command, check=False).returncode
    except OSError as err:
        sys.exit(f"--notify: running {command[0]}: {err.strerror}\nput ct-action on the PATH, or its path in CT_ACTION")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--reference", type=Path, default="data/window-fresh.csv", help="window that the champion was trained on (CSV)"
    )
    parser.add_argument("--log", type=Path, default="predictions", help="the service's PREDICTION_LOG")
    parser.add_argument("--out", type=Path, default="monitoring", help="folder for summary and report")
    window = parser.add_mutually_exclusive_group()
    window.add_argument("--hours", type=float, default=24.0, help="how far back the log is read (24)")
    window.add_argument("--since", type=datetime.fromisoformat, help="or: from then on, such as 2026-11-30T14:00+00:00")
    parser.add_argument("--min-rows", type=int, default=500, help="fewer customers are an error (500)")
    parser.add_argument("--notify", action="store_true", help="have ct-action send the drift alert")
    args = parser.parse_args(arguments)
    if not 0 < args.hours <= 24 * 366:
        parser.error("--hours: expected a number above 0, and at most a year")
    if args.min_rows < 1:
        parser.error("--min-rows: expected at least 1")
    if args.since is None:
        args.since = datetime.now(timezone.utc) - timedelta(hours=args.hours)
    elif args.since.tzinfo is None:
        parser.error("--since: expected a time with its zone, such as 2026-11-30T14:00+00:00")
    args.since = args.since.astimezone(timezone.utc)
    return args


def main(arguments: list[str] | None = None) -> int:
    args = parse(arguments)
    reference, log = read_reference(args.reference), read_log(args.log, args.since)
    since = args.since.isoformat(timespec="seconds")
    if len(log) < args.min_rows:
        sys.exit(
            f"--log {args.log}: {len(log)} rows since {since}, expected {args.min_rows} (--min-rows): "
            "too few to say anything of drift"
        )
    current = log[FEATURES].astype({name: "float64" for name in NUMBERS})
    for what, table in [(f"--reference {args.reference}", reference), (f"--log {args.log}", current)]:
        empty = [name for name in FEATURES if table[name].isna().all()]
        if empty:
            sys.exit(f"{what}: no value at all in {', '.join(empty)}; is the column filled any more?")
    report = compare(current, reference)
    summary = summarize(report)
    until = log["time"].max().isoformat(timespec="seconds")
    what = {"rows": len(log), "since": since, "until": until, "reference": str(args.reference)}
    write(args.out, report, {**summary, **what})
    names = ": " + ", ".join(summary["names"]) if summary["names"] else ""
    print(f"{summary['drifted']} of {summary['columns']} features drifted in {len(log)} rows{names}")
    return notify(args.out / "drift_summary.json") if args.notify else 0


if __name__ == "__main__":
    sys.exit(main())
