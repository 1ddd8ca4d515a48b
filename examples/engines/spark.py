"""Writes evidence.json (docs/evidence.md) from predictions with the columns
label (0 or 1), champion and challenger (probabilities), and any that segments
are made by. Aggregates only: no row leaves the executors. Rows without a label
or a score, and scores outside [0, 1], are counted and refused.

    spark-submit spark.py --predictions predictions/ --segment contract --segment contract region
    spark-submit spark.py --predictions predictions/ --bin 0.000244140625   # 1/4096
"""
import argparse
import json
from collections import defaultdict

from pyspark.sql import SparkSession, functions as F

LEAST = 2.220446049250313e-16  # scikit-learn's clip of a probability
KEYS = ("champion", "difference", "var_champion", "var_difference", "cov_difference_champion")


def moments(a, b, y):
    d = f"({b} - {a})"
    of = (f"avg({a})", f"avg({d})", f"var_samp({a})", f"var_samp({d})", f"covar_samp({d}, {a})")
    return [f"coalesce({e} FILTER (WHERE y = {y}), 0D)" for e in of]


def classes(numbers):
    return {"negatives": dict(zip(KEYS, numbers[:5])), "positives": dict(zip(KEYS, numbers[5:]))}


def log_loss(score):
    return f"-ln(least(greatest(1 - abs(y - {score}), {LEAST}D), 1 - {LEAST}D))"


def quoted(column):
    return F.col("`" + column.replace("`", "``") + "`")


def read(spark, path, columns):
    """The numbers and the segments' columns, as seg0, seg1, …; a missing value is the empty text."""
    table = spark.read.csv(path, header=True, escape='"') if path.endswith(".csv") else spark.read.parquet(path)
    rows = table.select(
        *[F.coalesce(quoted(c).cast("string"), F.lit("")).alias(f"seg{i}") for i, c in enumerate(columns)],
        *[F.col(c).cast("double").alias(short) for c, short in (("label", "y"), ("champion", "a"), ("challenger", "b"))])
    bad = {"have no label of 0 or 1": "y IS NULL OR y NOT IN (0, 1)",
           "no champion score from 0 to 1": "a IS NULL OR NOT a BETWEEN 0 AND 1",
           "no challenger score from 0 to 1": "b IS NULL OR NOT b BETWEEN 0 AND 1"}
    n, *found = rows.selectExpr("count(*)", *[f"count_if({test})" for test in bad.values()]).first()
    if n == 0 or any(found):
        raise SystemExit(f"of {n} rows, " + ", ".join(f"{k} {what}" for k, what in zip(found, bad)))
    return rows.selectExpr("*", "(a - y) * (a - y) AS brier_a", "(b - y) * (b - y) AS brier_b",
                           f"{log_loss('a')} AS log_a", f"{log_loss('b')} AS log_b")


def counted(rows, by, ka, kb):
    """[label, champion, challenger, count] of each segment."""
    cells = defaultdict(list)
    for *values, y, a, b, n in rows.selectExpr(*by, "int(y)", f"{ka} AS ka", f"{kb} AS kb").groupBy(*by, "y", "ka", "kb").count().collect():
        cells[tuple(values)].append([y, a, b, n])
    return {values: sorted(of) for values, of in cells.items()}


def segments(rows, by, names, width, threshold):
    columns = [e for loss in ("brier", "log") for y in (0, 1) for e in moments(f"{loss}_a", f"{loss}_b", y)]
    sums = rows.groupBy(*by).agg(F.count("*"), F.expr("count_if(y = 1)"), *map(F.expr, columns)).collect()
    k = [f"round({score} / {width!r}D)" if width else score for score in "ab"]
    histograms = counted(rows, by, *k)
    confusions = counted(rows, by, *[f"int({score} >= {threshold!r}D)" for score in "ab"])
    for row in sorted(map(tuple, sums)):
        values, (n, positives, *numbers) = row[:len(by)], row[len(by):]
        yield {"segment": dict(zip(names, values)), "rows": n, "positives": positives,
               "losses": {"brier": classes(numbers[:10]), "log_loss": classes(numbers[10:])},
               "joint_histogram": histograms[values],
               "confusion": {"decision_threshold": threshold, "counts": confusions[values]}}


def main(arguments=None):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--predictions", required=True, help="Parquet, or CSV where the name ends so")
    p.add_argument("--segment", nargs="+", action="append", default=[], metavar="COLUMN", help="a column, or several crossed; may be repeated")
    p.add_argument("--bin", type=float, default=0, help="width of a bin; 0: the scores themselves")
    p.add_argument("--decision-threshold", type=float, default=0.5, help="of the confusion counts")
    p.add_argument("--holdout-sha256", help="which rows these are")
    p.add_argument("--out", default="evidence.json")
    o = p.parse_args(arguments)
    spark = SparkSession.builder.appName("evidence").getOrCreate()
    columns = sorted({c for names in o.segment for c in names})
    rows = read(spark, o.predictions, columns).cache()
    found = [s for names in [[], *o.segment]
             for s in segments(rows, [f"seg{columns.index(c)}" for c in names], names, o.bin, o.decision_threshold)]
    document = {"schema": 1, "task": "binary", "producer": {"engine": "Spark " + spark.version, "query": "spark.py"},
                "holdout_sha256": o.holdout_sha256,
                "bins": {"kind": "width", "width": o.bin} if o.bin else {"kind": "distinct"}, "segments": found}
    with open(o.out, "w", encoding="utf-8") as f:
        json.dump(document, f, allow_nan=False)
        f.write("\n")


if __name__ == "__main__":
    main()
