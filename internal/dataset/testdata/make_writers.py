"""Makes the fixtures in writers/ that pandas, pyarrow, fastparquet, polars and
DuckDB write, and the texts that are wanted of them: want.csv, or NAME.want.csv where a
writer has its own; from the Python values, never by reading a fixture back.

    python make_writers.py

pandas 3.1.1 with zstandard, pyarrow 26.0.1, fastparquet 2026.9.0, polars 2.1.0,
duckdb 2.0.1.
"""

import shutil

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

import frame
from frame import HERE, want

data = frame.columns()
types = {
    "label": pa.int64(), "champion": pa.float64(), "challenger": pa.float64(), "half": pa.float32(),
    "small": pa.uint8(), "churned": pa.string(), "active": pa.bool_(), "note": pa.string(),
    "visits": pa.int64(), "day": pa.date32(), "price": pa.decimal128(9, 2),
}
table = pa.table({k: pa.array(v, types[k]) for k, v in data.items()})

want("want.csv")

# pyarrow: both versions of data pages, every compression, pages and row groups
# that end in the midst, dictionaries that give way to plain pages, and every
# encoding that can be asked for.
for codec in ("snappy", "gzip", "brotli", "zstd", "lz4", "none"):
    for version in ("1.0", "2.0"):
        name = f"pyarrow-{codec}-v{version[0]}.parquet"
        pq.write_table(table, HERE / name, compression=codec, data_page_version=version, row_group_size=70,
                       data_page_size=64, write_batch_size=8, dictionary_pagesize_limit=128, write_statistics=False)
for version in ("1.0", "2.0"):
    name = f"pyarrow-delta-v{version[0]}.parquet"
    pq.write_table(table, HERE / name, compression="zstd", data_page_version=version, use_dictionary=False,
                   column_encoding={
                       "label": "DELTA_BINARY_PACKED", "visits": "DELTA_BINARY_PACKED", "small": "DELTA_BINARY_PACKED",
                       "champion": "BYTE_STREAM_SPLIT", "challenger": "BYTE_STREAM_SPLIT", "half": "BYTE_STREAM_SPLIT",
                       "churned": "DELTA_LENGTH_BYTE_ARRAY", "note": "DELTA_BYTE_ARRAY", "active": "RLE",
                       "day": "DELTA_BINARY_PACKED", "price": "DELTA_BYTE_ARRAY"})
categories = table.set_column(5, "churned", table["churned"].dictionary_encode()).set_column(
    7, "note", table["note"].dictionary_encode())
pq.write_table(categories, HERE / "pyarrow-categories.parquet")
required = pa.schema([pa.field(k, t, nullable=None in data[k]) for k, t in types.items()])
pq.write_table(table.cast(required), HERE / "pyarrow-required.parquet", row_group_size=50)
pyarrow.csv.write_csv(table, HERE / "pyarrow.csv")
yes = table.set_column(0, "label", pa.array([y == 1 for y in data["label"]])).set_column(
    1, "champion", table["champion"].cast(pa.float32())).set_column(
    2, "challenger", table["challenger"].cast(pa.float32()))
import numpy as np  # noqa: E402: of the shortest digits of a float32 alone

short = {k: [str(np.float32(x)) for x in data[k]] for k in ("champion", "challenger")}
pq.write_table(yes, HERE / "pyarrow-bool-float32.parquet")
want("pyarrow-bool-float32.parquet.want.csv", label=[str(y == 1).lower() for y in data["label"]], **short)

# pandas: to_parquet and to_csv as people call them.
df = table.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}.get)
df.to_parquet(HERE / "pandas.parquet", index=False)
df.assign(churned=df.churned.astype("category")).to_parquet(HERE / "pandas-category-zstd.parquet", index=False, compression="zstd")
# The fastest way of old files: nullable columns of a library that is not Arrow.
plain = df.drop(columns=["price", "day"]).astype({"visits": "Int64"})
plain.to_parquet(HERE / "fastparquet.parquet", engine="fastparquet", index=False, compression="snappy", row_group_offsets=50)
want("fastparquet.parquet.want.csv", names=set(plain.columns))
python_bools = [str(v) if v is not None else "" for v in data["active"]]
for name, options in {
    "pandas.csv": {}, "pandas.csv.gz": {}, "pandas.csv.zst": {},
    "pandas-windows.csv": {"lineterminator": "\r\n", "encoding": "utf-8-sig", "quoting": 1},
}.items():
    df.to_csv(HERE / name, index=False, **options)
    want(f"{name}.want.csv", active=python_bools)

# RFC 4180 by hand: byte order mark, quoted header, CRLF, blank lines, no line
# break at the end.
(HERE / "rfc4180.csv").write_bytes(
    b'\xef\xbb\xbf"label","champion","challenger","a ""name"", quoted"\r\n'
    b'1,0.75,0.5,"x, ""y""\r\nz"\r\n\r\n"0",0.25,"1e-1",\r\n   \r\n\r\n0,1,.5,"\xc3\xbc"\r\n1,"0.5",0.625,""')
with open(HERE / "rfc4180.csv.want.csv", "w") as f:
    # encoding/csv, the reference, has one line feed for a CRLF inside quotes.
    f.write('label,champion,challenger,"a ""name"", quoted"\n1,0.75,0.5,"x, ""y""\nz"\n'
            '0,0.25,1e-1,""\n0,1,.5,"ü"\n1,0.5,0.625,""\n')

# polars: its own writer, with its statistics and row groups.
p = pl.from_arrow(table)
for codec in ("zstd", "snappy", "lz4", "gzip", "brotli", "uncompressed"):
    name = f"polars-{codec}.parquet"
    p.write_parquet(HERE / name, compression=codec, row_group_size=50, data_page_size=256)
p.with_columns(pl.col("churned").cast(pl.Categorical), pl.col("note").cast(pl.Enum(p["note"].drop_nulls().unique(maintain_order=True)))).write_parquet(
    HERE / "polars-categories.parquet")
p.write_csv(HERE / "polars.csv")
p.write_csv(HERE / "polars-windows.csv", include_bom=True, line_terminator="\r\n")

# DuckDB: one file, and a folder with one file for each thread.
db = duckdb.connect()
db.execute("set threads = 2")
db.register("arrow", table)
db.execute("create table t as select * from arrow")
for codec in ("snappy", "zstd", "gzip", "brotli", "lz4_raw", "uncompressed"):
    name = f"duckdb-{codec}.parquet"
    db.execute(f"copy t to '{HERE / name}' (format parquet, compression {codec})")
db.execute(f"copy t to '{HERE / 'duckdb-v2.parquet'}' (format parquet, parquet_version v2)")
halves = [HERE / "half-0.parquet", HERE / "half-1.parquet"]
pq.write_table(table[:60], halves[0])
pq.write_table(table[60:], halves[1])
for format in ("parquet", "csv"):
    name = HERE / f"duckdb-threads-{format}"
    while True:  # which thread takes which half is chance
        shutil.rmtree(name, ignore_errors=True)
        db.execute(f"copy (from read_parquet({[str(h) for h in halves]})) to '{name}' (format {format}, per_thread_output true)")
        if len(list(name.iterdir())) == 2 and db.sql(f"select champion from '{name}/data_0.{format}' limit 1").fetchall()[0][0] == data["champion"][0]:
            break
for half in halves:
    half.unlink()
db.execute(f"copy t to '{HERE / 'duckdb.csv'}' (header true)")
db.execute(f"copy t to '{HERE / 'duckdb.csv.gz'}' (header true, compression gzip)")
