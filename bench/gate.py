"""Times the gate's evidence against Python peers: AUC and Brier of two models.

    python bench/gate.py bin/ct-action [--rows 1000000 10000000] [--rounds 5]

Every side is a whole process that reads one file of predictions. ct-action
also finds the paired DeLong interval, which of the peers only "numpy DeLong"
does. Sides take turns, so that a busy machine is busy for all. Prints a table
in Markdown. --rows 100000000 times ct-action alone.

Needs bench/requirements.txt. Peak memory is that of the process, as the kernel
counts it.
"""

import argparse
import os
import sys
import time
from pathlib import Path

STAGE = Path(__file__).resolve().parent.parent / ".bench-gate"
PEERS = ("polars", "DuckDB", "pandas + scikit-learn", "numpy DeLong")
KINDS = {"CSV, six decimals": "six.csv", "CSV, full precision": "full.csv", "Parquet, float64": "float64.parquet"}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary")
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    binary = str(Path(options.binary).resolve())
    STAGE.mkdir(exist_ok=True)
    print("| rows | file | side | seconds | peak MB | ct-action is so many times as fast |\n|---|---|---|---|---|---|")
    for rows in options.rows:
        for kind, name in KINDS.items():
            path = STAGE / f"{rows}-{name}"
            if not path.exists():
                wait([sys.executable, __file__, "make", str(path), str(rows)])
            compare(rows, kind, path, binary, options.rounds)


def compare(rows, kind, path, binary, rounds):
    sides = {"ct-action": [binary, "judge", "--predictions", str(path)]}
    if rows <= 10_000_000:
        sides |= {peer: [sys.executable, __file__, peer, str(path)] for peer in PEERS}
    measured = {side: [] for side in sides}
    for i in range(rounds + 1):  # the first is not counted
        for side, command in sides.items():
            if i < 2 or side not in PEERS[2:]:  # twice is enough for the slow ones
                result = wait(command)
                measured[side] += [result] if i > 0 else []
    ours = median([seconds for seconds, _ in measured["ct-action"]])
    for side, results in measured.items():
        seconds, peak = median([r[0] for r in results]), max(r[1] for r in results)
        ratio = f"{seconds / ours:.1f}" if side != "ct-action" else ""
        print(f"| {rows:,} | {kind} | {side} | {seconds:.3f} | {peak:.0f} | {ratio} |", flush=True)


def wait(command):
    """Runs a command; gives its seconds and its peak memory in MB."""
    log = os.open(STAGE / "command.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    started = time.perf_counter()
    pid = os.posix_spawn(command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, log, 1), (os.POSIX_SPAWN_DUP2, log, 2)])
    _, status, usage = os.wait4(pid, 0)
    seconds = time.perf_counter() - started
    os.close(log)
    if os.waitstatus_to_exitcode(status) not in (0, 3):  # 3: judged, not passed
        sys.exit(f"{' '.join(command)}: wait status {status}\n{(STAGE / 'command.log').read_text()}")
    return seconds, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6


def median(values):
    values = sorted(values)
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def make(path, rows):
    """Writes predictions of two models that are nearly equally good."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    r = np.random.default_rng(1)
    writer = None
    for start in range(0, rows, 1 << 20):
        n = min(1 << 20, rows - start)
        label = (r.random(n) < 0.3).astype(np.int64)
        z = r.normal(size=n)
        scores = [1 / (1 + np.exp(-(s * label - 1.5 + z + 0.5 * r.normal(size=n)))) for s in (1.2, 1.25)]
        if path.endswith("six.csv"):
            scores = [np.char.mod("%.6f", s) for s in scores]
        elif path.endswith("full.csv"):
            scores = [np.array([repr(x) for x in s.tolist()]) for s in scores]
        table = pa.table([label, *scores], names=["label", "champion", "challenger"])
        if path.endswith(".parquet"):
            writer = writer or pa.parquet.ParquetWriter(path, table.schema)
        else:
            writer = writer or pa.csv.CSVWriter(path, table.schema, write_options=pa.csv.WriteOptions(quoting_style="none"))
        writer.write_table(table)
    writer.close()


def polars(path):
    import polars as pl

    frame = pl.scan_parquet(path) if path.endswith(".parquet") else pl.scan_csv(path)
    y = pl.col("label")
    wanted = []
    for model in ("champion", "challenger"):
        rank_sum = pl.col(model).rank("average").filter(y == 1).sum()
        p, n = (y == 1).sum().cast(pl.Float64), (y == 0).sum().cast(pl.Float64)
        wanted += [((rank_sum - p * (p + 1) / 2) / (p * n)).alias("auc " + model), ((pl.col(model) - y) ** 2).mean().alias("brier " + model)]
    print(frame.select(wanted).collect())


def duckdb(path):
    import duckdb

    source = f"read_parquet('{path}')" if path.endswith(".parquet") else f"read_csv('{path}')"
    # Ties from counts by score: far faster than a window over the rows.
    of = """
      WITH c AS (SELECT {0} AS s, count(*) FILTER (label = 1)::DOUBLE AS p, count(*) FILTER (label = 0)::DOUBLE AS n FROM t GROUP BY s),
           w AS (SELECT p, n, sum(n) OVER (ORDER BY s) - n AS below FROM c)
      SELECT '{0}', sum(p * (below + n / 2)) / (sum(p) * sum(n)), (SELECT avg(({0} - label) ** 2) FROM t) FROM w"""
    connection = duckdb.connect()
    connection.execute(f"CREATE TABLE t AS SELECT label, champion, challenger FROM {source}")
    for model in ("champion", "challenger"):
        print(connection.execute(of.format(model)).fetchall())


def frame(path):
    import pandas as pd

    return pd.read_parquet(path) if path.endswith(".parquet") else pd.read_csv(path)


def sklearn(path):
    from sklearn.metrics import brier_score_loss, roc_auc_score

    t = frame(path)
    for model in ("champion", "challenger"):
        print(roc_auc_score(t.label, t[model]), brier_score_loss(t.label, t[model]))


def delong(path):
    import numpy as np

    t = frame(path)
    y = t.label.to_numpy() == 1

    def places(scores):
        """Of positives among negatives and of negatives among positives, halves for ties."""
        p, n = np.sort(scores[y]), np.sort(scores[~y])
        beaten = (np.searchsorted(n, scores[y]) + np.searchsorted(n, scores[y], "right")) / (2 * len(n))
        beating = (np.searchsorted(p, scores[~y]) + np.searchsorted(p, scores[~y], "right")) / (2 * len(p))
        return beaten, beating

    a, b = places(t.champion.to_numpy()), places(t.challenger.to_numpy())
    variance = sum(np.cov(x, z) / len(x) for x, z in zip(a, b, strict=True))
    print(a[0].mean(), b[0].mean(), variance)
    for model in ("champion", "challenger"):
        print(((t[model] - y) ** 2).mean())


if __name__ == "__main__":
    SIDES = dict(zip(PEERS, (polars, duckdb, sklearn, delong), strict=True))
    if len(sys.argv) > 2 and sys.argv[1] in SIDES:
        SIDES[sys.argv[1]](sys.argv[2])
    elif len(sys.argv) > 3 and sys.argv[1] == "make":
        make(sys.argv[2], int(sys.argv[3]))
    else:
        main()
