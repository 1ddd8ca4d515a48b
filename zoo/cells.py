"""The cells of the zoo: people, label types, holdout formats, and which of them meet.

A cell is one model trained on one label type, and one holdout in one format.
Everything that a right score follows from is made here, in memory: the frame
that the model is trained on, the rows that it has to score, with the types that
it was trained on, and which of its classes means what.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

NUMBERS, WORDS, DATES = ["tenure", "visits", "charges"], ["plan", "region"], ["since"]
TARGET = "churned"
SECRET = "person-"  # begins every id: no message may quote one


def people(rows, seed, variant="plain", strength=1.0):
    """Features with the types of the training, and who churned."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({
        "tenure": rng.integers(0, 72, rows),
        "visits": rng.integers(0, 12, rows),
        "charges": rng.uniform(18, 118, rows).round(2),
        "plan": rng.choice(["basic", "plus", "team"], rows).astype(object),
        "region": rng.choice(["north", "south", "01234"], rows).astype(object),
        "since": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 700, rows), unit="D"),
    })
    odds = 1.0 - frame.tenure / 12 + frame.visits / 3 + (frame.charges - 68) / 25
    odds += 1.5 * (frame.plan == "basic") + (frame.region == "01234") + (frame.since - frame.since.min()).dt.days / 700
    if variant == "missing":
        gone = rng.uniform(size=rows) < 0.2
        odds += 2 * gone
        frame["visits"] = frame.visits.astype(float).mask(gone)
    if variant == "na":
        lacks = rng.uniform(size=rows) < 0.3
        odds += 4 * lacks - 1
        frame["plan"] = frame.plan.mask(lacks, "NA").astype(object)
    if variant == "whole":
        frame["charges"] = frame.charges.round()
    return frame, strength * odds.to_numpy(), rng.uniform(size=rows)


# Labels


@dataclass(frozen=True)
class Labels:
    """How the classes are spelled, which one is the positive class, and how a training encodes them.

    classes are the one that did not happen and the one that did; codes are what
    a training that cannot take them as they stand makes of each.
    """

    name: str
    classes: tuple
    positive: str
    codes: tuple = (0, 1)
    task: str = "binary"


BINARY = (
    Labels("0/1", (0, 1), "1"),
    Labels("Yes/No", ("No", "Yes"), "Yes"),
    Labels("True/False", (False, True), "True"),
    Labels("1/2, 1 is yes", (2, 1), "1", (1, 0)),  # y - 1
    Labels("1/2, 2 is yes", (1, 2), "2"),
    Labels("-1/1", (-1, 1), "1"),
    Labels("0/1, score 0", (0, 1), "0"),
    Labels("Yes/No, score No", ("No", "Yes"), "No"),
    Labels("Yes/No, Yes is 0", ("No", "Yes"), "Yes", (1, 0)),
    Labels("ok/fail", ("ok", "fail"), "fail", (1, 0)),  # as LabelEncoder counts: fail, ok
)
THREE = (
    Labels("three words", ("bronze", "gold", "silver"), "1", (0, 1, 2), "multiclass"),
    Labels("1, 2, 3", (1, 2, 3), "1", (0, 1, 2), "multiclass"),
    Labels("1, 2, 3, no 3 in the holdout", (1, 2, 3), "1", (0, 1, 2), "multiclass"),
)
NUMBER = (Labels("a number", (), "1", (), "continuous"),)


def truth(labels, odds, luck):
    """Each row's class, by its number in labels.classes, or its value."""
    if labels.task == "continuous":
        return odds + luck
    if labels.task == "multiclass":
        return np.digitize(odds + 2 * luck, np.quantile(odds + 2 * luck, [0.4, 0.75]))
    return (luck < 1 / (1 + np.exp(-odds))).astype(int)


# Formats


@dataclass(frozen=True)
class Format:
    """One way to hand a holdout over; variant is what is in its rows."""

    name: str
    variant: str = "plain"
    columns: str = "own"  # own, ids, extra, reordered
    parquet: str = ""     # pandas, arrow


FORMATS = (
    Format("CSV"),
    Format("an id in front", columns="ids"),
    Format("an index in front, extra columns", columns="extra"),
    Format("reordered", columns="reordered"),
    Format("whole numbers for floats", "whole"),
    Format("missing values", "missing"),
    Format("NA is a category", "na"),
    Format("dates", "dates"),
    Format("Parquet of pyarrow, reordered", columns="reordered", parquet="arrow"),
    Format("Parquet of pandas: categories, nullable integers, an index", parquet="pandas"),
)


def write(path, form, features, everything, labels):
    """Writes a holdout of the model's own columns, and of what the format has beside them."""
    table = everything[features].copy()
    beside = {"na": ["plan"], "dates": ["since"]}.get(form.variant, [])
    for name in beside:
        if name not in table:
            table[name] = everything[name]
    ids = [f"{SECRET}{i:05d}" for i in range(len(table))]
    if form.columns == "ids":
        table.insert(0, "id", range(90000, 90000 + len(table)))
    if form.columns == "extra":
        table.insert(1, "id", ids)
        table["shoe"] = np.arange(len(table)) % 7
        table["born"] = everything["since"]
    if form.columns == "reordered":
        table = table[table.columns[::-1]]
    table.insert(len(table.columns) // 2, TARGET, labels)
    if not form.parquet:
        table.to_csv(path, index=form.columns == "extra")
        return
    if form.parquet == "pandas":
        table = table.astype({**{c: "category" for c in WORDS if c in table}, "visits": "Int64"})
        table.index = np.arange(len(table))[::-1]
    if form.parquet == "arrow":
        import pyarrow
        import pyarrow.parquet

        plain = pyarrow.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(None)
        at = plain.schema.get_field_index("tenure")
        plain = plain.set_column(at, "tenure", plain.column("tenure").cast(pyarrow.int32()))
        pyarrow.parquet.write_table(plain, path)
        return
    table.to_parquet(path)


# Design


def design(models):
    """Cells such that every model meets every label type and every format that it has.

    The label types go round from model to model, so that together they cover
    most triples too.
    """
    for at, model in enumerate(models):
        for kinds in (BINARY, THREE, NUMBER):
            kinds = [k for k in kinds if k.task in model.tasks]
            if not kinds:
                continue
            every = FORMATS if kinds[0].task == "binary" else FORMATS[:1] + FORMATS[2:4] + FORMATS[8:9]
            for i in range(max(len(kinds), len(every))):
                yield model, kinds[(i + at) % len(kinds)], every[i % len(every)]
