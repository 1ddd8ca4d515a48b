"""Makes the fixtures of Spark in writers/: folders of part files, as
df.write leaves them, with _SUCCESS and checksums.

    python make_spark.py    # pyspark 4.3.0, Java 17
"""

import pathlib
import shutil

from pyspark.sql import SparkSession, types as t

import frame

spark = (SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
         .config("spark.sql.session.timeZone", "UTC").getOrCreate())
schema = t.StructType([
    t.StructField("label", t.IntegerType()), t.StructField("champion", t.DoubleType()),
    t.StructField("challenger", t.DoubleType()), t.StructField("half", t.FloatType()),
    t.StructField("small", t.ShortType()), t.StructField("churned", t.StringType()),
    t.StructField("active", t.BooleanType()), t.StructField("note", t.StringType()),
    t.StructField("visits", t.LongType()), t.StructField("day", t.DateType()),
    t.StructField("price", t.DecimalType(9, 2)),
])
rows = list(zip(*frame.columns().values(), strict=True))


def parts(frame, n):
    """The rows in their order, in n files."""
    return frame.repartitionByRange(n, "place").sortWithinPartitions("place").drop("place")


numbered = spark.createDataFrame([(*r, i) for i, r in enumerate(rows)], schema.add("place", t.IntegerType()))


def move(name):
    """Spark names parts by a random number; the fixture must not."""
    out = frame.HERE / name
    shutil.rmtree(out, ignore_errors=True)
    pathlib.Path(tmp).rename(out)
    for f in list(out.iterdir()):
        head, rest = f.name.split("-", 2)[:2], f.name.split("-")[-1]
        if "part" in f.name:
            f.rename(out / ("-".join(head) + "-" + rest))


tmp = frame.HERE / "spark-tmp"
for codec in ("snappy", "zstd", "lz4_raw"):
    shutil.rmtree(tmp, ignore_errors=True)
    parts(numbered, 3 if codec == "snappy" else 1).write.option("compression", codec).parquet(str(tmp))
    move(f"spark-{codec}")
# As it comes, Spark quotes with backslashes and takes the space around texts
# away: the quotes of RFC 4180 have to be asked for, the space may be.
shutil.rmtree(tmp, ignore_errors=True)
csv = parts(numbered, 2).write.option("header", True).option("escape", '"')
csv.csv(str(tmp))
move("spark-csv")
frame.want("spark-csv.want.csv", note=[frame.text(n).strip() for n in frame.columns()["note"]])
csv.option("compression", "gzip").option("ignoreLeadingWhiteSpace", False).option("ignoreTrailingWhiteSpace", False).csv(str(tmp))
move("spark-csv-gzip")
spark.stop()
