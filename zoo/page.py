"""docs/compatibility-models.md, as a run of the zoo writes it."""

import collections
import importlib.metadata
import re
import sys

import cells
import models

PACKAGES = ("mlflow", "pandas", "pyarrow", "numpy", "scikit-learn", "xgboost-cpu", "lightgbm", "catboost", "tensorflow-cpu", "keras",
            "torch", "skl2onnx", "onnxruntime", "statsmodels", "imbalanced-learn", "flaml", "pyspark")
HEAD = """# Models that were tried

After this page you know which models the embedded scorer scores, on which labels
and files, and what it says about the others.

`make zoo` writes it: real models of the libraries below, each trained, logged and
scored on holdouts of {held} rows. **✓** (right) is what the very object in memory had
answered for the same rows, within 1e-12; within 1e-6 for Keras, torch and ONNX,
whose float32 sums depend on how the rows are batched. A number is a refusal: exit
status 1, nothing promoted, and the message of that number [below](#refusals).
**✗** is anything else: another number, a crash, a message that quotes the holdout.

{counts}

Where a cell is refused and MLflow's own scoring server (`mlflow models serve`, its
code on the same rows) answers, the number has a star. It answers labels, other
columns' scores and shifted features too: an answer is not a right one.

Python {python}; {versions}.
{lacking}
"""


def page(results, lacking):
    refusals = {}
    for r in results:
        if r["verdict"] == "refused":
            refusals.setdefault(plain(r["why"]), len(refusals) + 1)
    parts = [HEAD.format(held=300, counts=counts(results), python=".".join(map(str, sys.version_info[:2])), versions=versions(),
                         lacking="".join(f"\nNot here: {n} ({' '.join(w.split())[:200]})." for n, w in lacking.items()) + untried(results))]
    binary = [x.name for x in cells.BINARY]
    parts.append("## Labels\n\nA column is how two classes are spelled, and which of them counts; `Yes is 0` and\n`ok/fail` are encoded so that the positive "
                 "class is code 0 where a library takes codes\nalone.\n\n" + table(results, binary, "labels", refusals))
    parts.append("## Holdouts\n\n" + table([r for r in results if r["labels"] in binary], [f.name for f in cells.FORMATS], "format", refusals))
    rest = [x.name for x in cells.THREE + cells.NUMBER]
    parts.append("## Several classes, and numbers\n\n" + table([r for r in results if r["labels"] in rest], rest, "labels", refusals))
    parts.append("## Refusals\n\nWhat is said, with version numbers left out, then what to do about it, and how often.\n\n" + refused(results, refusals))
    return "\n".join(parts)


def counts(results):
    by = collections.Counter(r["verdict"] for r in results)
    return (f"**{len(results)} cells of {len(list(cells.design(models.MODELS)))}: {by['right']} right, {by['refused']} refused, "
            f"{by['wrong']} wrong.**")


def untried(results):
    """The models of which this run has no cell."""
    names = [m.name for m in models.MODELS if m.name not in {r["model"] for r in results}]
    return f"\nNot tried in this run: {', '.join(names)}." if names else ""


def versions():
    known = []
    for name in PACKAGES:
        try:
            known.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            pass
    return ", ".join(known)


def table(results, columns, key, refusals):
    rows = [f"| model | {' | '.join(columns)} |", "|:--|" + ":-:|" * len(columns)]
    for name in dict.fromkeys(m.name for m in models.MODELS):
        mine = [r for r in results if r["model"] == name and r[key] in columns]
        if mine:
            rows.append(f"| {name} | " + " | ".join(mark([r for r in mine if r[key] == c], refusals) for c in columns) + " |")
    return "\n".join(rows) + "\n"


def mark(found, refusals):
    """A cell of the page: the worst of what was found."""
    if any(r["verdict"] == "wrong" for r in found):
        return "✗"
    refused = sorted({(refusals[plain(r["why"])], r["server"] == "answers") for r in found if r["verdict"] == "refused"})
    words = ["✓"] if any(r["verdict"] == "right" for r in found) else []
    if not found:
        return ""
    return " ".join(words + [f"{number}{'*' if served else ''}" for number, served in refused])


def plain(why):
    """A message without what differs from run to run."""
    why = re.sub(r"models:/zoo/\d+", "models:/m/V", why.removeprefix("scorer: "))
    why = re.sub(r"/\S*/holdout-\d+\.(csv|parquet)", r"holdout.\1", why)
    return re.sub(r"0x[0-9a-f]+", "0x…", why)


def refused(results, refusals):
    often = collections.Counter(plain(r["why"]) for r in results if r["verdict"] == "refused")
    lines = []
    for why, number in refusals.items():
        what, _, hint = why.partition(" / ")
        lines.append(f"{number}. `{what.replace('`', chr(39))}` {hint.replace('<', '&lt;').replace('|', chr(92) + '|')} ({often[why]}×)")
    return "\n".join(lines) + "\n"
