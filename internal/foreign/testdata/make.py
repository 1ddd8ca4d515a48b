"""Writes the first 512 bytes of files that people hand over in place of a CSV or
a JSON, each by the library that writes them. want.txt says what each is, by hand.

    python make.py

pandas 3.1.1, pyarrow 26.0.1, fastavro, openpyxl, numpy.
"""

import gzip, io, json, pickle, sqlite3, tarfile, tempfile, zipfile  # noqa: E401
from pathlib import Path

import fastavro
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.orc
import pyarrow.parquet

HERE = Path(__file__).parent
df = pd.DataFrame({"label": [1, 0, 1], "champion": [.5, .25, .75], "challenger": [.5, .5, .6]})
table = pa.Table.from_pandas(df)
with tempfile.TemporaryDirectory() as folder:
    at = Path(folder)
    df.to_csv(at / "rows.csv", index=False)
    df.to_json(at / "rows.json", orient="records")
    df.to_json(at / "columns.json", indent=2)
    df.to_json(at / "rows.jsonl", orient="records", lines=True)
    df.to_pickle(at / "rows.pkl")
    (at / "protocol0.pkl").write_bytes(pickle.dumps(df, 0))
    pa.orc.write_table(table, at / "rows.orc")
    pa.feather.write_feather(table, at / "rows.feather")
    with pa.OSFile(str(at / "rows.arrows"), "wb") as f, pa.ipc.new_stream(f, table.schema) as w:
        w.write_table(table)
    pa.parquet.write_table(table, at / "rows.parquet")
    with open(at / "rows.avro", "wb") as f:
        fields = [{"name": c, "type": "double"} for c in df]
        fastavro.writer(f, fastavro.parse_schema({"type": "record", "name": "r", "fields": fields}), df.astype(float).to_dict("records"))
    df.to_excel(at / "rows.xlsx", index=False)
    with sqlite3.connect(at / "rows.db") as c:
        c.execute("create table t (a)")
    with zipfile.ZipFile(at / "rows.zip", "w") as z:
        z.write(at / "rows.csv", "rows.csv")
    with tarfile.open(at / "rows.tar", "w") as z:
        z.add(at / "rows.csv", "rows.csv")
    np.save(at / "rows.npy", df.values)
    np.savez(at / "rows.npz", a=df.values)
    for ending in ("gz", "bz2", "xz", "zst"):
        df.to_csv(at / f"rows.csv.{ending}", index=False)
    df.to_csv(at / "utf16.csv", index=False, encoding="utf-16")
    df.to_csv(at / "utf16-unmarked.csv", index=False, encoding="utf-16-le")
    df.to_csv(at / "semicolons.csv", index=False, sep=";", decimal=",")
    df.rename(columns={"label": "ORC", "champion": "[0]", "challenger": "{a}"}).to_csv(at / "odd-names.csv", index=False)
    for name, content in {
        "rows.xls": bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504), "rows.h5": b"\x89HDF\r\n\x1a\n" + bytes(88),
        "login.html": b"\n\n<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>", "denied.xml": b'<?xml version="1.0"?><Error/>',
        "lfs.csv": b"version https://git-lfs.github.com/spec/v1\noid sha256:4d\nsize 12\n",
        "rows.csv.dvc": b"outs:\n- md5: a304afb96060aad90176268345e10355\n  size: 3\n  hash: md5\n  path: rows.csv\n",
        "zeros.csv": bytes(600), "empty.csv": b"", "error.json": b'{"message":"Not Found"}', "marked.json": b"\xef\xbb\xbf{\n \"a\": 1}",
        "rows.rds": b"X\n\0\0\0\3", "yaml.yml": b"label: 1\n",
    }.items():
        (at / name).write_bytes(content)
    for f in sorted(at.iterdir()):
        (HERE / f.name).write_bytes(f.read_bytes()[:512])
