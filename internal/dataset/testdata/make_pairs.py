"""Writes pairs.parquet: nullable columns as pandas has them, several row
groups, dictionary pages that give way to plain ones, pages that do not line up.

    python internal/dataset/testdata/make_pairs.py

Needs numpy and pyarrow.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

r = np.random.default_rng(5)
n = 12_000
a = r.random(n)
table = pa.table({
    "b": np.round(r.random(n), 3),
    "label": pa.array((r.random(n) < 0.3).astype(int)),
    "a": np.where(r.random(n) < 0.1, 0.5, a),
})
pq.write_table(table, Path(__file__).parent / "pairs.parquet", row_group_size=5000, data_page_size=4096, dictionary_pagesize_limit=16384)
