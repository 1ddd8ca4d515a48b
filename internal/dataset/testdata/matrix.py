"""Writes one table in every way that these writers have: codecs, versions of data
pages, encodings, nulls, sizes, types; and beside each file what its writer reads of
it, NAME.want.csv, or NAME.refused where this project is to refuse it.

    python matrix.py FOLDER WRITER...    # pyarrow, pandas, duckdb, spark, polars, fastparquet
"""

import csv
import datetime
import decimal
import random
import sys
from pathlib import Path

OUT = Path(sys.argv[1])


def columns(rows, nulls, packable=False):
    """The table. Scores have all their digits: no codec makes much of them."""
    r = random.Random(rows * 2 + nulls)
    score = (lambda: round(r.random(), 2)) if packable else r.random
    data = {
        "label": [i % 3 % 2 if i else 1 for i in range(rows)],
        "champion": [score() for _ in range(rows)],
        "challenger": [score() for _ in range(rows)],
        "tiny": [r.randrange(-128, 128) for _ in range(rows)],
        "small": [r.randrange(-2**15, 2**15) for _ in range(rows)],
        "whole": [r.randrange(-2**31, 2**31) for _ in range(rows)],
        "large": [r.randrange(-2**63, 2**63) for _ in range(rows)],
        "utiny": [r.randrange(2**8) for _ in range(rows)],
        "uwhole": [r.randrange(2**32) for _ in range(rows)],
        "ularge": [r.randrange(2**64) for _ in range(rows)],
        "single": [r.randrange(1000) / 8 for _ in range(rows)],
        "half": [r.randrange(1000) / 8 for _ in range(rows)],
        "yes": [r.random() < .5 for _ in range(rows)],
        "price": [decimal.Decimal(r.randrange(-10**8, 10**8)).scaleb(-2) for _ in range(rows)],
        "word": [r.choice(("Month-to-month", "One year", "ü, \"q\"")) for _ in range(rows)],
        "text": ["%0*x" % (r.randrange(1, 30), r.randrange(16**8)) for _ in range(rows)],
        "day": [datetime.date(2026, 1, 1) + datetime.timedelta(r.randrange(900)) for _ in range(rows)],
    }
    if nulls:
        for name in data:
            if name not in ("label", "champion", "challenger"):
                data[name] = [None if r.random() < .2 else v for v in data[name]]
        data["void"] = [None] * rows
        data["rare"] = [None if i % 97 else "x" for i in range(rows)]
    return data


def text(value):
    """As Go's side says it; numbers are compared as numbers."""
    if value is None or value != value:
        return ""
    return str(value).lower() if type(value).__name__ in ("bool", "bool_") else str(value)


def want(path, names, rows):
    with open(f"{path}.want.csv", "w", newline="", encoding="utf-8") as f:
        w = csv.writer(f)
        w.writerow(names)
        for row in rows:
            w.writerow([text(v) for v in row])


def arrow(data):
    import pyarrow as pa

    types = {
        "label": pa.int64(), "champion": pa.float64(), "challenger": pa.float64(), "tiny": pa.int8(), "small": pa.int16(), "whole": pa.int32(),
        "large": pa.int64(), "utiny": pa.uint8(), "uwhole": pa.uint32(), "ularge": pa.uint64(), "single": pa.float32(), "half": pa.float16(),
        "yes": pa.bool_(), "price": pa.decimal128(12, 2), "word": pa.dictionary(pa.int32(), pa.string()), "text": pa.string(), "day": pa.date32(),
        "void": pa.string(), "rare": pa.string(),
    }
    return pa.table({k: pa.array(v, types[k]) for k, v in data.items()})


DELTA = {"label": "DELTA_BINARY_PACKED", "whole": "DELTA_BINARY_PACKED", "large": "DELTA_BINARY_PACKED", "tiny": "DELTA_BINARY_PACKED",
         "uwhole": "DELTA_BINARY_PACKED", "text": "DELTA_BYTE_ARRAY", "word": "DELTA_LENGTH_BYTE_ARRAY", "yes": "RLE"}
SPLIT = {c: "BYTE_STREAM_SPLIT" for c in ("champion", "challenger", "single", "half", "whole", "large", "price")}


def pyarrow():
    import pyarrow as pa
    import pyarrow.parquet as pq

    def one(name, table, **options):
        path = OUT / f"pyarrow-{name}.parquet"
        pq.write_table(table, path, write_page_checksum=True, **options)
        back = pq.ParquetFile(path).read()
        want(path, back.column_names, zip(*(c.to_pylist() for c in back.columns), strict=True))

    tables = {(rows, nulls): arrow(columns(rows, nulls)) for rows in (1, 600) for nulls in (False, True)}
    pages = arrow(columns(4096, False)).select(["label", "champion", "challenger"])
    required = pages.cast(pa.schema([f.with_nullable(False) for f in pages.schema]))
    packable = arrow(columns(3000, True, packable=True)).select(["label", "champion", "challenger", "word", "rare", "void"])
    for codec in ("none", "snappy", "gzip", "brotli", "zstd", "lz4"):
        for version in ("1.0", "2.0"):
            for (rows, nulls), table in tables.items():
                plain = table.set_column(table.column_names.index("word"), "word", table["word"].cast(pa.string()))
                for encoding, options in {"dictionary": {}, "plain": {"use_dictionary": False},
                                          "delta": {"use_dictionary": False, "column_encoding": DELTA},
                                          "split": {"use_dictionary": False, "column_encoding": SPLIT}}.items():
                    one(f"{codec}-v{version[0]}-{rows}{'-nulls' if nulls else ''}-{encoding}", table if encoding == "dictionary" else plain,
                        compression=codec, data_page_version=version, **options)
            for size in (511, 512, 513, 4096):  # of pages: about those of buffers, 4096 bytes, and one that is large
                one(f"{codec}-v{version[0]}-pages-{size}", required, compression=codec, data_page_version=version, use_dictionary=False,
                    data_page_size=8 * size, write_batch_size=size)
            one(f"{codec}-v{version[0]}-groups", tables[600, True], compression=codec, data_page_version=version, row_group_size=7,
                data_page_size=64, write_batch_size=3, dictionary_pagesize_limit=64)
            one(f"{codec}-v{version[0]}-packable", packable, compression=codec, data_page_version=version, row_group_size=1100)


def pandas():
    import pandas as pd

    for rows in (1, 600):
        for nulls in (False, True):
            data = columns(rows, nulls)
            del data["half"]
            for codec in (None, "snappy", "gzip", "brotli", "zstd", "lz4"):
                path = OUT / f"pandas-{codec}-{rows}{'-nulls' if nulls else ''}.parquet"
                pd.DataFrame(data).convert_dtypes().to_parquet(path, compression=codec, index=False)
                back = pd.read_parquet(path, dtype_backend="pyarrow")
                want(path, back.columns, ([None if v is pd.NA else v for v in row] for row in back.itertuples(index=False)))


def duckdb():
    import duckdb

    db = duckdb.connect()
    for rows in (1, 600, 5000):
        for nulls in (False, True):
            source = arrow({k: v for k, v in columns(rows, nulls).items() if k not in ("half", "word")})
            db.execute("create or replace table t as select * from source")
            for codec in ("uncompressed", "snappy", "gzip", "zstd", "brotli", "lz4", "lz4_raw"):
                for version in ("v1", "v2"):
                    path = OUT / f"duckdb-{codec}-{version}-{rows}{'-nulls' if nulls else ''}.parquet"
                    db.execute(f"copy t to '{path}' (format parquet, compression {codec}, parquet_version {version}, row_group_size 2048)")
                    back = db.sql(f"from '{path}'")
                    want(path, back.columns, back.fetchall())


def spark():
    from pyspark.sql import SparkSession, types as t

    spark = (SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").config("spark.sql.session.timeZone", "UTC")
             .config("spark.driver.memory", "512m").getOrCreate())
    spark.sparkContext.setLogLevel("ERROR")
    types = {"label": t.IntegerType(), "champion": t.DoubleType(), "challenger": t.DoubleType(), "tiny": t.ByteType(), "small": t.ShortType(),
             "whole": t.IntegerType(), "large": t.LongType(), "single": t.FloatType(), "yes": t.BooleanType(), "price": t.DecimalType(12, 2),
             "word": t.StringType(), "text": t.StringType(), "day": t.DateType(), "void": t.StringType(), "rare": t.StringType()}
    for rows in (600,):
        data = {k: v for k, v in columns(rows, True).items() if k in types}
        schema = t.StructType([t.StructField(k, types[k]) for k in data])
        frame = spark.createDataFrame(list(zip(*data.values(), strict=True)), schema).coalesce(1).cache()
        for codec in ("none", "snappy", "gzip", "zstd", "lz4_raw", "lz4"):
            for version in ("v1", "v2"):
                for dictionary in ("true", "false"):
                    path = OUT / f"spark-{codec}-{version}-{rows}-{dictionary}.parquet"
                    (frame.write.option("compression", codec).option("parquet.writer.version", f"PARQUET_{'1_0' if version == 'v1' else '2_0'}")
                     .option("parquet.enable.dictionary", dictionary).option("parquet.page.size", "2048").parquet(str(path)))
                    if codec == "lz4":
                        Path(f"{path}.refused").write_text("LZ4")
                        continue
                    back = spark.read.parquet(str(path))
                    want(path, back.columns, [list(r) for r in back.collect()])
    spark.stop()


def polars():
    import polars as pl

    for rows in (1, 600, 5000):
        for nulls in (False, True):
            frame = pl.from_arrow(arrow({k: v for k, v in columns(rows, nulls).items() if k != "half"}))
            for codec in ("uncompressed", "snappy", "gzip", "brotli", "zstd", "lz4"):
                for size in (None, 4096):
                    path = OUT / f"polars-{codec}-{rows}{'-nulls' if nulls else ''}-{size}.parquet"
                    frame.write_parquet(path, compression=codec, data_page_size=size, row_group_size=2000)
                    back = pl.read_parquet(path)
                    want(path, back.columns, back.rows())


def fastparquet():
    import fastparquet
    import pandas as pd

    for rows in (1, 600, 5000):
        for nulls in (False, True):
            data = {k: v for k, v in columns(rows, nulls).items() if k not in ("half", "price", "day", "void")}
            frame = pd.DataFrame(data).convert_dtypes()
            for codec in ("UNCOMPRESSED", "SNAPPY", "GZIP", "BROTLI", "ZSTD", "LZ4", "LZ4_RAW"):
                path = OUT / f"fastparquet-{codec}-{rows}{'-nulls' if nulls else ''}.parquet"
                try:
                    fastparquet.write(str(path), frame, compression=codec, row_group_offsets=2000)
                except Exception as e:  # a codec that it lacks
                    print(codec, e, file=sys.stderr)
                    continue
                if codec == "LZ4":
                    Path(f"{path}.refused").write_text("LZ4")
                    continue
                back = fastparquet.ParquetFile(str(path)).to_pandas()
                want(path, back.columns, ([None if v is pd.NA else v for v in row] for row in back.itertuples(index=False)))


for writer in sys.argv[2:]:
    globals()[writer]()
