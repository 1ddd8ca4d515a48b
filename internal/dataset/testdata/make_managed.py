"""Makes the tables in managed/ whose files are more than their rows: those of Delta
after a delete and after a compaction with a checkpoint, and one of Iceberg after an
overwrite.

    python make_managed.py

deltalake 1.6.6, pyiceberg 0.12.0 with SQLAlchemy, pandas 3.1.1.
"""

import os
import shutil
from pathlib import Path

import pandas as pd
import pyarrow as pa
from deltalake import DeltaTable, write_deltalake
from pyiceberg.catalog.sql import SqlCatalog

HERE = Path(__file__).parent / "managed"
shutil.rmtree(HERE, ignore_errors=True)
HERE.mkdir()
rows = pd.DataFrame({"label": [1, 0, 1, 0], "champion": [.9, .1, .8, .2], "challenger": [.6, .4, .3, .7], "day": ["a", "b", "a", "b"]})
worse = rows.assign(challenger=rows.champion)


def delta(name, **options):
    write_deltalake(str(HERE / name), rows, **options)
    return DeltaTable(str(HERE / name))


delta("delta-delete").delete("champion < 0.15")
delta("delta-partitions", partition_by=["day"])
compacted = delta("delta-compacted")
write_deltalake(str(HERE / "delta-compacted"), worse, mode="append")
compacted.update_incremental()
compacted.optimize.compact()
compacted.create_checkpoint()
warehouse = "/tmp/warehouse"
shutil.rmtree(warehouse, ignore_errors=True)
os.makedirs(warehouse)
catalog = SqlCatalog("c", uri=f"sqlite:///{warehouse}/c.db", warehouse=f"file://{warehouse}")
catalog.create_namespace("n")
table = pa.Table.from_pandas(rows.drop(columns="day"))
iceberg = catalog.create_table("n.t", schema=table.schema)
iceberg.append(table)
iceberg.overwrite(pa.Table.from_pandas(worse.drop(columns="day")))
shutil.copytree(f"{warehouse}/n/t", HERE / "iceberg")
