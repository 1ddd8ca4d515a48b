"""The prediction log: every answered prediction, as Parquet files by the hour.

Rows wait in memory and are written every few seconds, at the end of the hour
and when the service stops, to files such as 2026-11-30T14.5f0c9a1e77b2.parquet
(UTC). A file appears whole, under its name, or not at all. A prediction never
fails because its row cannot be written: while the disk refuses them the rows
wait, up to a limit. Those that are lost are counted in a metric.
"""

import logging
import os
import threading
import time
import uuid
from collections import defaultdict
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Callable

import pyarrow as pa
import pyarrow.parquet as pq

LOG = logging.getLogger(__name__)
COLUMNS = [
    ("request_id", pa.string()),
    ("time", pa.timestamp("ms", tz="UTC")),
    ("version", pa.string()),
    ("probability", pa.float64()),
]
FULL = 1_000  # rows, after which nobody waits for the clock
MOST = 200_000  # rows that wait while the disk refuses them; the oldest go first

Row = dict[str, Any]
Schema = tuple[tuple[str, pa.DataType], ...]


class PredictionLog:
    """Writes rows into a folder; None as folder writes nothing. Safe for threads."""

    def __init__(
        self,
        folder: str | None,
        every: float = 10.0,
        lost: Callable[[int], None] = lambda rows: None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.folder = Path(folder) if folder else None
        self.every = every
        self.lost = lost
        self.now = now
        self.waiting: list[tuple[Row, Schema]] = []
        self.lock = threading.Lock()  # of waiting
        self.writing = threading.Lock()  # of the folder
        self.due = threading.Event()
        self.closing = False
        self.thread: threading.Thread | None = None

    def start(self) -> None:
        """Begins to write in the background. Raises OSError where the folder cannot be made."""
        if self.folder is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        self.thread = threading.Thread(target=self._run, name="prediction-log", daemon=True)
        self.thread.start()

    def add(self, rows: list[Row], features: list[tuple[str, pa.DataType]]) -> None:
        """Takes rows with request_id, version, probability and the features."""
        if self.folder is None:
            return
        time_ = datetime.fromtimestamp(self.now(), timezone.utc)
        schema = tuple(features)
        with self.lock:
            self.waiting += [({"time": time_, **row}, schema) for row in rows]
            full = len(self.waiting) >= FULL
        if full:
            self.due.set()

    def flush(self) -> None:
        """Writes what waits, one file for each hour and form of the features."""
        if self.folder is None:
            return
        with self.writing:
            with self.lock:
                rows, self.waiting = self.waiting, []
            files: dict[tuple[str, Schema], list[Row]] = defaultdict(list)
            for row, schema in rows:
                files[row["time"].strftime("%Y-%m-%dT%H"), schema].append(row)
            for (hour, schema), part in files.items():
                try:
                    self._write(hour, schema, part)
                except OSError as err:
                    LOG.error("prediction log: writing %d rows into %s: %s", len(part), self.folder, err)
                    self._again(part, schema)
                except Exception:  # rows that Parquet has no form for; a further attempt would end alike
                    LOG.exception("prediction log: %d rows lost", len(part))
                    self.lost(len(part))

    def close(self) -> None:
        """Writes the rest and ends the background thread."""
        self.closing = True
        self.due.set()
        if self.thread is not None:
            self.thread.join()
        self.flush()

    def _run(self) -> None:
        while not self.closing:
            self.due.wait(self.every)
            self.due.clear()
            self.flush()

    def _again(self, rows: list[Row], schema: Schema) -> None:
        with self.lock:
            self.waiting = [(row, schema) for row in rows] + self.waiting
            over = len(self.waiting) - MOST
            if over > 0:
                self.waiting = self.waiting[over:]
                self.lost(over)

    def _write(self, hour: str, schema: Schema, rows: list[Row]) -> None:
        assert self.folder is not None
        # A feature may be named like a column of ours; ours keeps its name.
        names = {name for name, _ in COLUMNS}
        form = pa.schema(COLUMNS + [(name, kind) for name, kind in schema if name not in names])
        table = pa.Table.from_pylist(rows, schema=form)
        self.folder.mkdir(parents=True, exist_ok=True)
        # Another process of the service may write into the same folder.
        name = uuid.uuid4().hex[:12]
        unfinished = self.folder / f".{hour}.{name}.tmp"
        try:
            pq.write_table(table, unfinished)
            os.replace(unfinished, self.folder / f"{hour}.{name}.parquet")
        finally:
            unfinished.unlink(missing_ok=True)
