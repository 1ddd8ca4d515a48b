"""Makes the Parquet files beside it, each with a CSV of the texts that are
wanted for it (the empty text is a null).

    python make.py    # pandas 3.1.1, pyarrow 25.0.1, numpy

The CSV is written from the Python values that go into the Parquet file, and
never by reading the file back.
"""

import csv
import datetime as dt
import decimal
import pathlib
import uuid

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

HERE = pathlib.Path(__file__).parent


def want(file, /, **columns):
    with open(HERE / f"{file}.want.csv", "w", newline="") as f:
        w = csv.writer(f, lineterminator="\n", quoting=csv.QUOTE_ALL)
        w.writerow(columns)
        w.writerows(zip(*columns.values(), strict=True))


# What `df.to_parquet` writes without options (snappy, dictionaries), for the
# columns of a predictions file. Not in alphabetical order.
rng = np.random.default_rng(7)
score = rng.random(50)
label = rng.integers(0, 2, 50)
plan = rng.choice(["basic", "plus", "büro"], 50)
churned = label == 1
pd.DataFrame({"score": score, "label": label, "plan": plan, "churned": churned}).to_parquet(HERE / "pandas.parquet")
want("pandas", score=[repr(float(x)) for x in score], label=[str(x) for x in label],
     plan=plan, churned=[str(x).lower() for x in churned])

# A frame whose index is stored, with missing values of every sort, zstd.
df = pd.DataFrame(
    {
        "label": pd.array([1, None, 0, 1], dtype="Int64"),
        "flag": pd.array([True, None, False, True], dtype="boolean"),
        "score": [0.1, np.nan, 0.3, 1e-300],
        "name": ["a", None, "", "line\nbreak"],
        "kind": pd.Categorical(["x", "y", None, "x"]),
        "none": [None, None, None, None],
    },
    index=["r1", "r2", "r3", "r4"],
)
df.to_parquet(HERE / "nulls.parquet", compression="zstd")
want("nulls", label=["1", "", "0", "1"], flag=["true", "", "false", "true"],
     score=["0.1", "", "0.3", "1e-300"], name=["a", "", "", "line\nbreak"],
     kind=["x", "y", "", "x"], none=["", "", "", ""],
     __index_level_0__=["r1", "r2", "r3", "r4"])

# Several row groups and pages, nulls across their borders.
values = [None if i % 7 == 0 else i for i in range(1000)]
texts = [None if i % 5 == 0 else f"customer {i % 11}" for i in range(1000)]
table = pa.table({"n": pa.array(values, pa.int32()), "text": pa.array(texts, pa.large_string())})
for version in ("1.0", "2.0"):
    name = f"groups-v{version[0]}"
    pq.write_table(table, HERE / f"{name}.parquet", row_group_size=300, data_page_size=128,
                   data_page_version=version, compression="gzip")
    want(name, n=["" if v is None else str(v) for v in values], text=["" if t is None else t for t in texts])

# Every type with one plain value.
when = [dt.datetime(2026, 2, 3, 4, 5, 6, 789000), dt.datetime(1969, 12, 31, 23, 59, 59, 999000), None]
stamps = ["2026-02-03T04:05:06.789", "1969-12-31T23:59:59.999", ""]
ids = [uuid.UUID("00112233-4455-6677-8899-aabbccddeeff"), uuid.UUID(int=1), None]
D = decimal.Decimal
types = {
    "i8": (pa.array([-128, 127, None], pa.int8()), ["-128", "127", ""]),
    "u8": (pa.array([0, 255, None], pa.uint8()), ["0", "255", ""]),
    "u32": (pa.array([0, 2**32 - 1, None], pa.uint32()), ["0", "4294967295", ""]),
    "i64": (pa.array([-(2**63), 2**63 - 1, None], pa.int64()), [str(-(2**63)), str(2**63 - 1), ""]),
    "u64": (pa.array([0, 2**64 - 1, None], pa.uint64()), ["0", str(2**64 - 1), ""]),
    "f16": (pa.array([np.float16(0.1), np.float16(-65504), None], pa.float16()), ["0.099975586", "-65504", ""]),
    "f32": (pa.array([np.float32(0.1), np.float32(16777216), None], pa.float32()), ["0.1", "1.6777216e+07", ""]),
    "f64": (pa.array([0.1 + 0.2, float("nan"), None], pa.float64()), ["0.30000000000000004", "NaN", ""]),
    "inf": (pa.array([float("inf"), float("-inf"), None], pa.float64()), ["+Inf", "-Inf", ""]),
    "bool": (pa.array([True, False, None]), ["true", "false", ""]),
    "string": (pa.array(["::error::x", "ü", None]), ["::error::x", "ü", ""]),
    "view": (pa.array(["a", "b", None], pa.large_string()), ["a", "b", ""]),
    "binary": (pa.array([b"ab", b"", None]), ["ab", "", ""]),
    "fixed": (pa.array([b"ab", b"cd", None], pa.binary(2)), ["ab", "cd", ""]),
    "dec9": (pa.array([D("1.50"), D("-0.07"), None], pa.decimal128(9, 2)), ["1.50", "-0.07", ""]),
    "dec38": (pa.array([D(10) ** 30, D("-1.5"), None], pa.decimal128(38, 3)), ["1" + "0" * 30 + ".000", "-1.500", ""]),
    "date": (pa.array([dt.date(2026, 2, 3), dt.date(1969, 12, 31), None]), ["2026-02-03", "1969-12-31", ""]),
    "time": (pa.array([dt.time(4, 5, 6, 789000), dt.time(0), None]), ["04:05:06.789", "00:00:00", ""]),
    "ms": (pa.array(when, pa.timestamp("ms")), stamps),
    "us": (pa.array(when, pa.timestamp("us")), stamps),
    "ns": (pa.array(when, pa.timestamp("ns")), stamps),
    "utc": (pa.array(when, pa.timestamp("us", tz="Europe/Berlin")), [s and s + "Z" for s in stamps]),
    "uuid": (pa.array([i and i.bytes for i in ids], pa.uuid()), [str(i) if i else "" for i in ids]),
}
table = pa.table({k: v[0] for k, v in types.items()})
for codec in ("snappy", "brotli", "none"):
    pq.write_table(table, HERE / f"types-{codec}.parquet", compression=codec)
    want(f"types-{codec}", **{k: v[1] for k, v in types.items()})

# Timestamps of old Spark, and encodings that need asking for.
pq.write_table(pa.table({"old": pa.array(when, pa.timestamp("ns"))}), HERE / "int96.parquet",
               use_deprecated_int96_timestamps=True)
want("int96", old=stamps)
table = pa.table({"split": score, "delta": label, "bytes": [str(p) for p in plan]})
pq.write_table(table, HERE / "encodings.parquet", use_dictionary=False, column_encoding={
    "split": "BYTE_STREAM_SPLIT", "delta": "DELTA_BINARY_PACKED", "bytes": "DELTA_BYTE_ARRAY"})
want("encodings", split=[repr(float(x)) for x in score], delta=[str(x) for x in label], bytes=plan)

# No rows, and a header that is trouble.
pq.write_table(pa.table({"label": pa.array([], pa.int64())}), HERE / "empty.parquet")
want("empty", label=[])
pq.ParquetWriter(HERE / "no-groups.parquet", pa.schema({"label": pa.int64()})).close()
want("no-groups", label=[])
pq.write_table(pa.Table.from_arrays([pa.array([1]), pa.array([2]), pa.array([[1, 2]]), pa.array([{"a": 1}])],
                                    names=["twice", "twice", "list", "struct"]), HERE / "trouble.parquet")
pq.write_table(pa.table({"label": [0, 1]}), HERE / "lz4.parquet", compression="lz4")
want("lz4", label=["0", "1"])
