"""Scores a holdout with registered model versions: the embedded scorer.

    scorer.py --holdout FILE --target COLUMN --positive-class CLASS --out FILE
              --uri models:/churn/7 --uri models:/churn/8
              [--task continuous|multiclass] [--own-requirements]

A score is the probability of the positive class. Where it comes from:

1. Models that MLflow knows as sklearn, xgboost, lightgbm or catboost are loaded
   as such. With predict_proba, the score is the column of classes_ that equals
   the positive class as text or as number; true and false are 1 and 0. Where
   none does and there are two classes, the second is taken
     - when the positive class is 1 (classes No and Yes), and
     - when the classes are 0 and 1 (positive class Yes: encoded in training).
   Such a guess must not contradict the labels: a higher mean score for the
   other class is an error.
   Without predict_proba, the score is what predict answers, as below; that of
   a native Booster or CatBoost must lie within [0, 1].
2. All others are loaded as pyfunc. Their answer is one column of scores, or a
   table with exactly one column named (or, unnamed, numbered from 0) like the
   positive class. Nothing but 0 and 1 are labels, not scores: an error.

Task continuous: a score is the number that predict answers. Task multiclass:
there is one score a class, predict_proba's, or a table of pyfunc's with one
column a class; OUT then has columns 7_CLASS, spelled as the holdout's labels
spell the class.

Columns: the target never reaches a model. A model with a signature gets the
columns that it names, text columns unparsed; one without gets all the others.

--own-requirements says that this interpreter has what the versions were logged
with, and nothing that anybody installed: what to do about a problem differs.

Exit status 0: OUT is written. 3: a model or the data cannot be scored; stderr
ends with a line `scorer: ...` for each problem, followed by what to do about
it. 4: the same, and all that is wrong is that this interpreter's packages do not
load a version. Anything else is a crash.
"""

import argparse
import csv
import functools
import importlib
import math
import os
import re
import sys
import tempfile
import time
import traceback

FLAVORS = ("sklearn", "xgboost", "lightgbm", "catboost")
SCORE_COMMAND = "give a score-command that writes the probability of the positive class"


class Problem(Exception):
    """What is wrong with a model or the data, and what to do about it."""

    def __init__(self, what, hint):
        super().__init__(what)
        self.hint = hint


class Unloadable(Problem):
    """A version that this interpreter's packages do not load."""


def main(argv):
    args = arguments(argv)
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    try:
        import mlflow  # noqa: F401
        import pandas  # noqa: F401
    except ModuleNotFoundError as e:
        return report([Problem(f"{e.name} is not installed for {sys.executable}",
                               "install it in setup-command, or let python name the interpreter that has it")])
    # Where `python -m` would look for modules: models logged from a checkout
    # need it to unpickle. Only now, so that no folder there hides a package.
    sys.path.insert(0, os.getcwd())
    try:
        holdout = Holdout(args.holdout, args.target, args.positive_class, args.task)
    except Problem as e:
        return report([e])

    scores, problems = {}, []
    for uri in dict.fromkeys(args.uri):
        try:
            version = uri.rsplit("/", 1)[-1]
            for suffix, column in score(uri, holdout, args.own_requirements).items():
                scores[version + suffix] = column
        except Problem as e:
            problems.append(e)
    if problems:
        return report(problems)
    write(args.out, holdout.labels, scores)
    return 0


def arguments(argv):
    parser = argparse.ArgumentParser(prog="scorer.py")
    for name in ("holdout", "target", "positive-class", "out"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--uri", action="append", required=True)
    parser.add_argument("--task", choices=["binary", "continuous", "multiclass"], default="binary")
    parser.add_argument("--own-requirements", action="store_true")
    return parser.parse_args(argv)


def report(problems):
    for p in problems:
        print(scrub(f"scorer: {p}\n{p.hint}"), file=sys.stderr, flush=True)
    return 4 if all(isinstance(p, Unloadable) for p in problems) else 3


def scrub(text):
    return re.sub(r"://[^/\s@]+@", "://***@", text)


def cause(e):
    """An exception in a few words; the traceback goes to the log."""
    print(scrub("".join(traceback.format_exception(e))), file=sys.stderr)
    words = " ".join(str(e).split())
    return f"{type(e).__name__}: {words[:200]}"


def some(names):
    """Names, as many as one line holds."""
    names = [str(n) for n in names]
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")


# The holdout


class Holdout:
    """The rows to score: their labels as text, and their features as a model wants them."""

    def __init__(self, path, target, positive, task="binary"):
        self.path, self.target, self.positive, self.task = path, target, positive, task
        try:
            with open(path, "rb") as f:
                self.parquet = f.read(4) == b"PAR1"
            self.labels = self.read_labels()
            rows = len(self.parsed((), ()))
            if rows != len(self.labels):
                raise ValueError(f"{rows} rows, but {len(self.labels)} labels")
        except (OSError, ValueError, csv.Error) as e:
            raise Problem(f"reading holdout {path}: {cause(e)}",
                          "expected CSV with a header, or Parquet, with one row per customer (or whatever is scored)")
        if not self.labels:
            raise Problem(f"holdout {path} has no rows", "expected one labelled row per customer (or whatever is scored)")

    def read_labels(self):
        if self.parquet:
            import pyarrow.parquet

            table = pyarrow.parquet.ParquetFile(self.path)
            self.require_target(table.schema_arrow.names)
            return [text(v) for v in table.read(columns=[self.target]).column(0).to_pylist()]
        with open(self.path, newline="", encoding="utf-8-sig") as f:
            rows = csv.reader(f)
            header = next(rows, [])
            self.require_target(header)
            at = header.index(self.target)
            labels = []
            for row in filter(None, rows):
                if len(row) != len(header):
                    raise ValueError(f"line {rows.line_num} has {len(row)} fields, expected {len(header)}")
                labels.append(row[at])
            return labels

    def require_target(self, columns):
        if self.target not in columns:
            raise Problem(f"holdout {self.path} has no column {self.target}; it has {some(columns) or 'no header'}",
                          "target-column names the column that holds the labels")

    @functools.lru_cache(maxsize=2)
    def parsed(self, as_text, as_time):
        """All columns but the target, those named in as_text unparsed."""
        import pandas

        if self.parquet:
            return pandas.read_parquet(self.path).drop(columns=[self.target])
        return pandas.read_csv(self.path, usecols=lambda c: c != self.target,
                               dtype=dict.fromkeys(as_text, str), parse_dates=list(as_time))

    def features(self, uri, signature):
        columns = [c for c in signature.inputs.inputs if c.name is not None] if signature and signature.inputs else []
        columns = [c for c in columns if c.name != self.target]
        every = self.parsed((), ())
        missing = [c.name for c in columns if getattr(c, "required", True) and c.name not in every.columns]
        if missing:
            raise Problem(f"{uri} needs columns that holdout {self.path} does not have: {some(missing)}",
                          "add them to the holdout (which makes it a new one: see holdout-sha256), or retrain without them")
        columns = [c for c in columns if c.name in every.columns]
        if not columns:
            return every.copy()

        def of(kind):
            return tuple(c.name for c in columns if getattr(c.type, "name", "") == kind)

        return self.parsed(of("string"), of("datetime"))[[c.name for c in columns]]

    def contradicts(self, scores):
        """Whether rows of the positive class score lower, on average, than the others."""
        sides = {True: [], False: []}
        for label, s in zip(self.labels, scores):
            if label and math.isfinite(s):
                sides[equal(label, self.positive)].append(s)
        means = [sum(side) / len(side) for side in sides.values() if side]
        return len(means) == 2 and means[0] < means[1]


def text(value):
    """A value out of Parquet as it would stand in a CSV file."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def equal(a, b):
    """Whether a class and a class as the user wrote it are the same, as text or as number."""
    a, b = spell(a), spell(b)
    if a == b:
        return True
    try:
        return float(a) == float(b)
    except ValueError:
        return False


def spell(value):
    value = str(value).strip()
    return {"true": "1", "false": "0"}.get(value.lower(), value)


# The models


def score(uri, holdout, own):
    """The scores of every row as lists of float, by what follows the version in a column's name."""
    import mlflow
    from mlflow.models import Model

    began, modules, path = time.monotonic(), set(sys.modules), list(sys.path)
    # Beside this program, which whoever wrote it here removes, also after a kill.
    with tempfile.TemporaryDirectory(dir=os.path.dirname(os.path.abspath(__file__))) as folder:
        try:
            local = mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=folder)
            info = Model.load(local)
        except Exception as e:
            raise Problem(f"downloading {uri}: {cause(e)}",
                          "check MLFLOW_TRACKING_URI and the credentials: the same download must work from a shell here")
        flavor = next((f for f in FLAVORS if f in info.flavors), "pyfunc")
        features = holdout.features(uri, info.signature)
        try:
            scores = predict(uri, load(uri, flavor, local, own), flavor, features, holdout)
        finally:
            forget(modules, path, folder)
    if not isinstance(scores, dict):
        scores = {"": scores}
    rows = len(next(iter(scores.values()), []))
    if rows != len(holdout.labels):
        raise Problem(f"{uri} answers {rows} rows for the {len(holdout.labels)} of the holdout", SCORE_COMMAND)
    print(f"scoring {uri} ({flavor}) … {rows} rows in {time.monotonic() - began:.1f} s", flush=True)
    return scores


def load(uri, flavor, local, own):
    import mlflow

    try:
        return importlib.import_module("mlflow." + flavor).load_model(local)
    except ModuleNotFoundError as e:
        cause(e)
        raise Unloadable(f"{uri} needs the Python module {e.name}, which {sys.executable} does not find",
                         ("log the model again with its package among extra_pip_requirements; " if own else
                          "install its package in setup-command; ") + "for code of your own, log the model with code_paths "
                         "or set working-directory to where it was trained")
    except Exception as e:
        raise Unloadable(f"loading {uri} (mlflow {mlflow.__version__}): {cause(e)}",
                         "its requirements.txt does not describe what it was trained with: log it again with pip_requirements, "
                         "or install that in setup-command and let python name the interpreter" if own else
                         "install in setup-command the package versions that it was logged with (its requirements.txt)")


def forget(modules, path, folder):
    """Unloads code that came with a model or from the checkout.

    The next version brings its own under the same module names, and must not
    be judged with this one's.
    """
    roots = (os.path.join(folder, ""), os.path.join(os.getcwd(), ""))
    for name in set(sys.modules) - modules:
        file = getattr(sys.modules[name], "__file__", None) or next(iter(getattr(sys.modules[name], "__path__", [])), "")
        file = os.path.abspath(file) if file else ""
        if file.startswith(roots) and "site-packages" not in file and not file.startswith(os.path.join(sys.prefix, "")):
            del sys.modules[name]
    sys.path[:] = path


def predict(uri, model, flavor, features, holdout):
    try:
        if hasattr(model, "predict_proba") and holdout.task != "continuous":
            answer, proba = model.predict_proba(features), True
        elif flavor == "xgboost" and type(model).__name__ == "Booster":
            import xgboost

            answer, proba = model.predict(xgboost.DMatrix(features, enable_categorical=True)), False
        else:
            answer, proba = model.predict(features), False
    except Exception as e:
        # A model made with another release of its library often loads, and
        # lacks an attribute when it is asked.
        kind = Unloadable if isinstance(e, (AttributeError, ImportError)) else Problem
        raise kind(f"{uri} cannot score holdout {holdout.path}: {cause(e)}",
                   "the holdout must have the columns and types that the model was trained on; "
                   "log the model with a signature to have them chosen by name")
    if holdout.task == "multiclass":
        return of_classes(uri, answer, getattr(model, "classes_", None) if proba else None, holdout)
    if holdout.task == "continuous":
        return of_answer(uri, answer, holdout)
    if proba:
        return of_class(uri, answer, getattr(model, "classes_", None), holdout)
    scores = of_answer(uri, answer, holdout)
    if type(model).__name__ in ("Booster", "CatBoost") and not all(0 <= s <= 1 for s in scores):
        raise Problem(f"{uri}: the native model answers values outside [0, 1], not probabilities",
                      "train it with a binary objective, or " + SCORE_COMMAND)
    if set(scores) <= {0.0, 1.0}:
        raise Problem(f"{uri} ({flavor}) answers only 0 and 1: class labels, not probabilities", SCORE_COMMAND)
    return scores


def of_class(uri, answer, classes, holdout):
    """The column of predict_proba's answer that is the positive class."""
    import numpy

    table = numpy.asarray(answer)
    if table.ndim != 2:
        raise Problem(f"{uri}: predict_proba answers {table.ndim} dimensions, expected rows and classes", SCORE_COMMAND)
    classes = list(range(table.shape[1])) if classes is None else list(numpy.asarray(classes).ravel())
    hits = [i for i, c in enumerate(classes) if equal(c, holdout.positive)]
    guess = not hits and len(classes) == 2 and (
        equal(holdout.positive, 1) or (equal(classes[0], 0) and equal(classes[1], 1)))
    if guess:
        hits = [1]
    if len(hits) != 1 or len(classes) != table.shape[1]:
        raise Problem(f"{uri} knows the classes {some(classes)}, not {holdout.positive}",
                      "positive-class is the class whose probability counts, as the model and the target column spell it")
    scores = [float(s) for s in table[:, hits[0]]]
    if guess and holdout.contradicts(scores):
        raise Problem(f"{uri}: taking its class {classes[1]} for {holdout.positive}, rows labelled otherwise score higher",
                      f"name the class as the model does, train on the labels as they stand, or {SCORE_COMMAND}")
    return scores


def of_classes(uri, answer, classes, holdout):
    """Every column of the answer, by the class as the labels spell it."""
    import pandas

    table = pandas.DataFrame(answer)
    classes = list(table.columns) if classes is None else list(classes)
    if table.shape[1] < 2 or len(classes) != table.shape[1]:
        raise Problem(f"{uri} answers {table.shape[1]} columns for the classes {some(classes)}, expected a probability for each",
                      "give a score-command that writes a column score_CLASS for each class")
    spelled = {c: next((label for label in dict.fromkeys(holdout.labels) if label and equal(c, label)), str(c)) for c in classes}
    return {"_" + spelled[c].strip(): [float(s) for s in table.iloc[:, i]] for i, c in enumerate(classes)}


def of_answer(uri, answer, holdout):
    """The scores in what predict answers: its one column, or the one named like the positive class."""
    import pandas

    try:
        table = pandas.DataFrame(answer)
    except Exception as e:
        raise Problem(f"{uri} answers what is no table: {cause(e)}", SCORE_COMMAND)
    columns = [i for i, c in enumerate(table.columns) if table.shape[1] == 1 or equal(c, holdout.positive)]
    if len(columns) != 1:
        raise Problem(f"{uri} answers the columns {some(table.columns)}, expected one of scores, or one named "
                      f"{holdout.positive}", SCORE_COMMAND)
    try:
        return [float(s) for s in table.iloc[:, columns[0]]]
    except (TypeError, ValueError):
        value = str(table.iloc[0, columns[0]])[:40]
        raise Problem(f"{uri} answers {value!r}, expected a probability", SCORE_COMMAND)


# The result


def write(path, labels, scores):
    with open(path, "w", newline="", encoding="utf-8") as f:
        rows = csv.writer(f, lineterminator="\n")
        rows.writerow(["label", *scores])
        for label, *row in zip(labels, *scores.values()):
            rows.writerow([label, *map(repr, row)])


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Exception:
        print(scrub(traceback.format_exc()), file=sys.stderr)
        sys.exit(1)
