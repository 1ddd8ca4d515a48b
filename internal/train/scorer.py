"""Scores a holdout with registered model versions: the embedded scorer.

    scorer.py --holdout FILE --target COLUMN --positive-class CLASS --out FILE
              --uri models:/churn/7 --uri models:/churn/8
              [--task continuous|multiclass] [--own-requirements]

A score is the probability of the positive class. What is not known for sure is
refused; every rule says what makes it known.

Models. Those that MLflow knows as sklearn, xgboost, lightgbm or catboost are
loaded as such, all others as pyfunc.

Features. The target never reaches a model. Columns are chosen by name where
names are known: from the signature, else from the model (feature_names_in_, the
booster's, CatBoost's). A model that knows its features by their place alone must
want as many as there are columns, and their order is proven
  - by a header that numbers them (0 1 2, V1 V2 V3), or
  - by the logged input example, each column of which lies within the range of
    the holdout's column in its place, and no other assignment does so too.
A model of which nothing is known gets all columns, and must answer the same
with the columns in another order.

Cells. A column is read as the type that the signature gives it, as MLflow's
scoring server reads it: whole numbers for double, 3.0 for long, true and false
for boolean, text columns unparsed, and category columns where a booster has
categories. A cell that is not of this type is an error. Where a text column of a
CSV holds NA, null or the like, it is a text to models that learned it as one; it
is missing to models that learned the column's other texts and not this one, as
pandas reads a CSV; of all other models, both readings must score the same, or
one of them must be impossible.

Classes. Where the model's classes are the labels', the score is the column of
predict_proba that equals the positive class as text or as number; true and
false are 1 and 0. Where they are two others, the labels were encoded in
training. Then the column is
  - the one that equals the positive class,
  - the second, where the positive class is 1 or the classes are 0 and 1, and
  - the one at the positive class's place among the sorted labels.
Where these say the same, it is that one, if the labels do not contradict it.
Where they do not, the labels have to prove one: an AUC above 1/2 beyond its
noise. Versions with the same classes get the same column.

Answers. Without predict_proba, an answer is one column of scores, or a table
whose columns are classes, as above, named like them or numbered from 0. A column
that is named for another class is refused, as is one without a class that the
labels contradict beyond noise. Whole numbers of at most two kinds, or which are
all labels, are class labels and no scores. A native Booster or CatBoost must
answer within [0, 1]. A pandas index that is that of the rows in another order is
put back in order; any other is refused.

Task continuous: a score is the number that predict answers. Task multiclass:
there is one score a class, predict_proba's, or a table of pyfunc's with one
column a class; OUT then has columns 7_CLASS, spelled as the holdout's labels
spell the class. Classes 0 to k-1 which are not all labels were perhaps encoded:
they are the sorted labels if there are k and each class scores highest in its
own rows, and they are the labels themselves if the labels fit them better than
one place further on or back.

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
AS_THEY_STAND = "train on the labels as they stand, or give a score-command or predictions"
NAMED = ("log it with a signature of named columns (infer_signature of a DataFrame; the model may still take the array) or, where its "
         "flavor has tensors alone, with training rows as input_example; or give a score-command or predictions")
TYPED = "correct the holdout, log the model with a signature of what it takes, or give a score-command or predictions"

BEYOND_NOISE = 3  # standard errors of an AUC without merit

# What pandas reads as missing in a CSV file, beside the empty field.
NOT_AVAILABLE = {"#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A",
                 "NA", "NULL", "NaN", "None", "n/a", "nan", "null"}


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
                               "install it in setup-command, or let python name the interpreter that has it" + venv())])
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


def cause(e, known=None):
    """An exception in a few words; the traceback goes to the log.

    The words go into summaries, where no cell of the holdout belongs: what they
    quote or print is left out but for names. MLflow prints the whole table first.
    """
    print(scrub("".join(traceback.format_exception(type(e), e, e.__traceback__))), file=sys.stderr)
    words = str(e)
    if known is not None:
        words = re.sub(r"(?s)^.*enforce schema of data .*\bError: ", "", words)
        words = re.sub(r"'([^']*)'|\"([^\"]*)\"", lambda q: q.group() if (q.group(1) or q.group(2)) in known else "'…'", words)
        words = re.sub(r"(?<![\w.])[-+]?(\d+\.\d+|\d{4,})(?![\w.])", "…", words)
    words = " ".join(words.split())
    return f"{type(e).__name__}: {words[:200]}"


def some(names):
    """Names, as many as one line holds."""
    names = [str(n) for n in names]
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")


def venv():
    """The interpreter of a project that keeps its packages, and perhaps itself, in one beside it."""
    for path in (".venv/bin/python", "venv/bin/python", ".venv/Scripts/python.exe"):
        if os.path.exists(path) and os.path.abspath(path) != os.path.abspath(sys.executable):
            folder = os.path.relpath(os.getcwd(), os.environ.get("GITHUB_WORKSPACE") or os.getcwd())
            return f" (python: {os.path.normpath(os.path.join(folder, path))})" if not folder.startswith("..") else ""
    return ""


# The holdout


class Holdout:
    """The rows to score: their labels as text, and their features as a model wants them."""

    def __init__(self, path, target, positive, task="binary"):
        self.path, self.target, self.positive, self.task = path, target, positive, task
        self.chosen = {}  # which column encoded classes got, by the classes
        try:
            with open(path, "rb") as f:
                self.parquet = f.read(4) == b"PAR1"
            self.labels = self.read_labels()
        except (OSError, ValueError, csv.Error) as e:
            raise self.unreadable(e)
        if not self.labels:
            raise Problem(f"holdout {path} has no rows", "expected one labelled row per customer (or whatever is scored)")
        keys = {key(label): label for label in dict.fromkeys(self.labels) if label.strip()}
        numbers = all(isinstance(k, float) for k in keys)
        self.classes = sorted(keys, key=None if numbers else str)  # as a LabelEncoder has them
        self.spelled = {k: keys[k].strip() for k in keys}

    def unreadable(self, e):
        return Problem(f"reading holdout {self.path}: {cause(e)}",
                       "expected CSV with a header, or Parquet, with one row per customer (or whatever is scored)")

    def read_labels(self):
        import pandas

        if self.parquet:
            import pyarrow.parquet

            table = pyarrow.parquet.ParquetFile(self.path)
            header = table.schema_arrow.names
            self.require_target(header)
            meta = table.schema_arrow.pandas_metadata or {}
            self.columns = [c for c in header if c != self.target and c not in meta.get("index_columns", [])]
            return [text(v) for v in table.read(columns=[self.target]).column(0).to_pylist()]
        with open(self.path, newline="", encoding="utf-8-sig") as f:
            rows = csv.reader(f)
            header = next(rows, [])
            self.require_target(header)
            at = header.index(self.target)
            self.columns = [c for c in pandas.read_csv(self.path, nrows=0).columns if c != self.target]  # blank ones named
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
    def parsed(self, as_text):
        """All columns but the target, those named in as_text unparsed."""
        import pandas

        try:
            if self.parquet:
                frame = pandas.read_parquet(self.path).drop(columns=[self.target]).reset_index(drop=True)
            else:
                # Before 3.1, pandas reads a number's last bit wrong unless it is told not to.
                frame = pandas.read_csv(
                    self.path, usecols=lambda c: c != self.target, dtype=dict.fromkeys(as_text, str), float_precision="round_trip"
                )
            if len(frame) != len(self.labels):
                raise ValueError(f"{len(frame)} rows, but {len(self.labels)} labels")
        except (OSError, ValueError) as e:
            raise self.unreadable(e)
        return frame

    def unclear(self, frame):
        """The columns of texts some of which pandas took for missing, with these as texts."""
        import pandas

        columns = [c for c in frame.columns if not self.parquet and frame[c].isna().any() and holds_text(frame[c])]
        if not columns:
            return {}
        texts = pandas.read_csv(self.path, usecols=lambda c: c in columns, dtype=str, keep_default_na=False, na_values=[""])
        return {c: texts[c] for c in columns if (frame[c].isna() & texts[c].notna()).any()}

    @functools.lru_cache(maxsize=1)
    def sides(self):
        """1 for each row of the positive class, 0 for the others, -1 where there is no label."""
        import numpy

        side = {label: -1 if not label else int(equal(label, self.positive)) for label in set(self.labels)}
        return numpy.array([side[label] for label in self.labels])

    def merit(self, scores):
        """By how many standard errors the AUC of scores lies above 1/2, or None where that is unknown."""
        import numpy
        import pandas

        scores = numpy.asarray(scores, dtype=float)
        sides = self.sides()
        counted = (sides >= 0) & numpy.isfinite(scores)
        ours = sides[counted] == 1
        p = int(ours.sum())
        n = len(ours) - p
        if not p or not n:
            return None
        ranks = pandas.Series(scores[counted]).rank().to_numpy()[ours].sum()
        return (ranks - p * (p + 1) / 2 - p * n / 2) / math.sqrt(p * n * (p + n + 1) / 12)

    def contradicts(self, scores):
        """Whether rows of the positive class score lower, on average, than the others."""
        import numpy

        scores, sides = numpy.asarray(scores, dtype=float), self.sides()
        ours, others = (scores[(sides == side) & numpy.isfinite(scores)] for side in (1, 0))
        return bool(len(ours) and len(others) and ours.mean() < others.mean())


def text(value):
    """A value out of Parquet as it would stand in a CSV file."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def holds_text(column):
    from pandas.api import types

    if types.is_bool_dtype(column) or types.is_datetime64_any_dtype(column):
        return False
    seen = column.dropna()
    return not len(seen) or not types.is_numeric_dtype(column) and not all(isinstance(v, bool) for v in seen)


def equal(a, b):
    """Whether a class and a class as the user wrote it are the same, as text or as number."""
    return key(a) == key(b)


def key(value):
    """What all spellings of a class have in common."""
    value = str(value).strip()
    value = {"true": "1", "false": "0"}.get(value.lower(), value)
    try:
        number = float(value)
    except ValueError:
        return value
    return value if math.isnan(number) else number


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
        try:
            model = load(uri, flavor, local, own)
            features = Features(uri, model, flavor, info, local, holdout)
            scores = settled(uri, features, holdout)
        finally:
            forget(modules, path, folder)
    if not isinstance(scores, dict):
        scores = {"": scores}
    print(f"scoring {uri} ({flavor}) … {len(holdout.labels)} rows in {time.monotonic() - began:.1f} s", flush=True)
    return scores


def load(uri, flavor, local, own):
    import mlflow

    try:
        return importlib.import_module("mlflow." + flavor).load_model(local)
    except ModuleNotFoundError as e:
        cause(e)
        raise Unloadable(f"{uri} needs the Python module {e.name}, which {sys.executable} does not find",
                         ("log the model again with its package among extra_pip_requirements; " if own else
                          "install its package in setup-command; ") + "for code of your own, log the model with code_paths, "
                         "set working-directory to where it was trained, or let python name the interpreter that has it" + venv())
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


def settled(uri, features, holdout):
    """The scores, where every text that may stand for a missing value is read as the training read it."""
    frame = features.read()
    texts = holdout.unclear(frame)
    learned = {c: learned_as_text(features.model, frame[c], texts[c]) for c in texts}
    frame = frame.assign(**{c: texts[c] for c in texts if learned[c]})
    open_ = [c for c in texts if learned[c] is None]
    if not open_:
        return predict(uri, features, frame, holdout)
    readings, problems = [], []
    for reading in (frame, frame.assign(**{c: texts[c] for c in open_})):
        try:
            readings.append(predict(uri, features, reading, holdout))
        except Problem as e:
            problems.append(e)
    if not readings:
        raise problems[0]
    if len(readings) == 2 and repr(readings[0]) != repr(readings[1]):
        words = sorted({v for c in open_ for v in set(texts[c].dropna()) & NOT_AVAILABLE})
        raise Problem(f"{uri}: column {open_[0]}: {some(words)} may be a text or a missing value, and the scores differ",
                      "give a Parquet holdout, where the two are told apart, leave the fields of missing values empty, "
                      "or give a score-command or predictions")
    return readings[0]


def learned_as_text(model, column, texts):
    """Whether the model knows the texts that pandas takes for missing, or None where it keeps no texts of the column."""
    own, doubtful = set(column.dropna()), set(texts[column.isna()].dropna())
    kept = [values for values in texts_in(model) if own & values]
    return any(doubtful & values for values in kept) if kept else None


def texts_in(model):
    """Every set of texts that a model holds on to: the categories of an encoder or a booster."""
    import numpy

    waiting, seen = [model], {}
    booster = model.get_booster() if hasattr(model, "get_booster") else model
    if hasattr(booster, "get_categories"):
        try:
            waiting += [v.to_pylist() for _, v in booster.get_categories(export_to_arrow=True).to_arrow() if v is not None]
        except Exception:  # of XGBoost alone, from 3.1
            pass
    while waiting and len(seen) < 100_000:
        value = waiting.pop()
        if id(value) in seen or isinstance(value, (str, bytes, int, float, type)):
            continue
        seen[id(value)] = value  # kept, so that no id is given twice
        if isinstance(value, numpy.ndarray):
            value = value.ravel().tolist() if value.dtype.kind in "OU" else []
        if isinstance(value, (dict, list, tuple, set)):
            texts = {v for v in value if isinstance(v, str)}
            if texts:
                yield texts
            waiting += value.values() if isinstance(value, dict) else value
            continue
        try:
            if hasattr(value, "categories") and hasattr(value, "ordered"):
                waiting.append(list(value.categories))
            elif hasattr(value, "__dict__"):
                waiting += vars(value).values()
        except Exception:  # objects raise what they like when they are asked for what they have not
            pass


# The features


class Features:
    """Which columns of the holdout a model gets, in which order and as what."""

    def __init__(self, uri, model, flavor, info, local, holdout):
        self.uri, self.model, self.flavor, self.holdout = uri, model, flavor, holdout
        self.info, self.local = info, local
        inputs = info.signature.inputs if info.signature else None
        self.specs = {s.name: s for s in (inputs.inputs if inputs else []) if s.name is not None and s.name != holdout.target}
        self.tensor = None  # the one tensor that takes all features
        if inputs and len(inputs.inputs) == 1 and len(getattr(inputs.inputs[0], "shape", ())) == 2:
            if inputs.inputs[0].name is None or inputs.inputs[0].shape[1] not in (-1, 1):
                self.tensor, self.specs = inputs.inputs[0], {}
        self.own, self.number = own_names(model), own_number(model)
        if self.tensor is not None and self.tensor.shape[1] > 0:
            self.number = self.tensor.shape[1]
        elif inputs and not self.specs and self.tensor is None:
            self.number = len(inputs.inputs)
        self.unproven = False
        self.names = self.choose()

    def choose(self):
        every = self.holdout.columns
        if self.specs:
            self.require([n for n, s in self.specs.items() if getattr(s, "required", True)])
            names = [n for n in self.specs if n in every]
            own = self.own and dict(zip(self.own, self.own))
            if own and self.flavor == "lightgbm":  # which blurs names, and never looks at them again
                own = {n.replace(" ", "_"): n for n in names}
                own = {n: own[n] for n in self.own if n in own}
            if own and len(own) == len(names) and set(own.values()) == set(names):
                return list(own.values())
            if not self.own and self.number not in (None, len(names)) and len(self.specs) == len(names):
                raise Problem(f"{self.uri} takes {self.number} features, and its signature names {len(names)} columns", NAMED)
            return names or every
        if self.own:
            spelled = {n.replace(" ", "_"): n for n in every} if self.flavor == "lightgbm" else {}
            names = [n if n in every else spelled.get(n, n) for n in self.own]
            self.require(names)
            return names
        if self.number is not None and self.number != len(every):
            raise Problem(f"{self.uri} takes {self.number} features by their place alone, and holdout {self.holdout.path} has "
                          f"{len(every)} columns beside {self.holdout.target}", NAMED)
        self.unproven = len(every) > 1 and not numbered(every)
        return every

    def require(self, names):
        missing = [n for n in names if n not in self.holdout.columns]
        if missing:
            raise Problem(f"{self.uri} needs columns that holdout {self.holdout.path} does not have: {some(missing)}",
                          "add them to the holdout (which makes it a new one: see holdout-sha256), or retrain without them")

    def read(self):
        """The columns as the signature types them."""
        kinds = {n: getattr(getattr(s, "type", None), "name", "") for n, s in self.specs.items()}
        as_text = tuple(n for n, kind in kinds.items() if kind in ("string", "datetime", "boolean"))
        frame = self.holdout.parsed(as_text)[self.names].copy()
        for n in self.names:
            if kinds.get(n):
                frame[n] = self.typed(n, frame[n], kinds[n])
        return frame

    def typed(self, name, column, kind):
        """A column as a type of MLflow's."""
        import pandas
        from pandas.api import types

        if str(column.dtype) == "category":
            if self.flavor != "pyfunc":
                return column
            column = column.astype(column.cat.categories.dtype)
        bad = values = None
        if kind in ("double", "float", "integer", "long"):
            values = column.astype(float) if types.is_bool_dtype(column) else pandas.to_numeric(column, errors="coerce")
            bad = values.isna() & column.notna()
            if types.is_extension_array_dtype(values) and not bad.any():
                values = pandas.Series(values.to_numpy(dtype=float, na_value=math.nan) if values.isna().any() else
                                       values.to_numpy(), index=column.index)
            if kind in ("integer", "long"):
                if not types.is_integer_dtype(values):
                    bad |= values.notna() & (values % 1 != 0)
                if not bad.any() and values.isna().any():
                    if self.flavor != "pyfunc":
                        return values  # as training has whole numbers with gaps
                    raise self.not_of(name, values.isna(), f"missing, which {kind} cannot be",
                                      "log the model with a signature where the column is double, " + TYPED)
            if not bad.any():
                values = values.astype({"double": "float64", "float": "float32", "integer": "int32", "long": "int64"}[kind])
        elif kind == "boolean" and not types.is_bool_dtype(column):
            words = {"true": True, "false": False, "1": True, "0": False, "1.0": True, "0.0": False}
            values = column.map(lambda v: words.get(str(v).strip().lower()), na_action="ignore")
            bad = values.isna() & column.notna()
            values = values.astype(bool if values.notna().all() else object)
        elif kind == "datetime" and not types.is_datetime64_any_dtype(column):
            values = pandas.to_datetime(column, errors="coerce")
            bad = values.isna() & column.notna()
        elif kind == "string" and (types.is_numeric_dtype(column) or types.is_datetime64_any_dtype(column)):
            bad = column.notna()
        if bad is not None and bad.any():
            raise self.not_of(name, bad, "not " + kind, TYPED)
        return column if values is None else values

    def not_of(self, name, rows, what, hint):
        return Problem(f"{self.uri}: column {name}: {int(rows.sum())} of {len(rows)} rows are {what}, as its signature says", hint)

    def fed(self, frame):
        """The frame as the model takes it."""
        if self.tensor is not None and self.flavor == "pyfunc":
            values = frame.to_numpy(dtype=self.tensor.type)
            return values if self.tensor.name is None else {self.tensor.name: values}
        booster = self.model.get_booster() if hasattr(self.model, "get_booster") else self.model
        if self.flavor in ("lightgbm", "xgboost"):
            kinds = getattr(booster, "feature_types", None) or []
            wanted = {n for n, kind in zip(frame.columns, kinds) if kind == "c"} if self.flavor == "xgboost" else None
            texts = [c for c in frame.columns if str(frame[c].dtype) in ("object", "str", "string")]
            for c in texts if wanted is None else [c for c in frame.columns if c in wanted and str(frame[c].dtype) != "category"]:
                frame = frame.assign(**{c: frame[c].astype("category")})
        if self.flavor == "xgboost" and booster is self.model:
            import xgboost

            return xgboost.DMatrix(frame, enable_categorical=True)
        return frame

    def ask(self, frame, proba):
        """What the model answers for a frame."""
        ask = self.model.predict_proba if proba else self.model.predict
        return ordered(self.uri, ask(self.fed(frame)), frame.index)

    def prove(self, frame, answer, proba):
        """Refuses a model that knows its features by a place that nothing proves to be right."""
        import numpy
        import pandas

        if not self.unproven or (self.number is not None and self.example_fits(frame)):
            return
        try:
            few = frame.iloc[:500]
            there, back = (numpy.asarray(pandas.DataFrame(a)) for a in
                           (self.ask(few, proba), self.ask(few[few.columns[::-1]], proba)))
            same = numpy.allclose(there.astype(float), back.astype(float), rtol=1e-9, atol=1e-12, equal_nan=True)
        except Exception:
            same = False
        if not same:
            raise Problem(f"{self.uri} knows its features by their place alone, and nothing says that the columns of holdout "
                          f"{self.holdout.path} are in the order of its training", NAMED)

    def example_fits(self, frame):
        """Whether the logged input example lies within the holdout's columns as they stand, and in no other order."""
        import numpy

        try:
            example = numpy.asarray(self.info.load_input_example(self.local), dtype=float)
            values = frame.to_numpy(dtype=float)
        except Exception:
            return False
        if example.ndim != 2 or example.shape[1] != values.shape[1]:
            return False
        with numpy.errstate(all="ignore"):
            low, high = numpy.nanmin(values, axis=0), numpy.nanmax(values, axis=0)
            room = (high - low) / 4  # other rows than the holdout's may lie somewhat further out
            fits = ((numpy.nanmin(example, axis=0)[:, None] >= low - room) &
                    (numpy.nanmax(example, axis=0)[:, None] <= high + room))
        if not fits.diagonal().all():
            return False
        # Another order would be a circle of columns, each of which fits the next
        # one's place. What leads nowhere is in none.
        numpy.fill_diagonal(fits, False)
        left = list(range(len(fits)))
        while left:
            ends = [i for i in left if not fits[i, left].any()]
            if not ends:
                return False
            left = [i for i in left if i not in ends]
        return True


def own_names(model):
    """The names that a model gives its features, or None where it numbers them."""
    for owner, name in ((model, "feature_names_in_"), (model, "feature_name_"), (model, "feature_name"),
                        (model, "feature_names_"), (model, "feature_names"), (model, "get_booster")):
        try:
            names = getattr(owner, name)
            names = names() if callable(names) else names
            names = names.feature_names if name == "get_booster" else names
        except Exception:  # libraries raise what they like where there are none
            continue
        if names is not None and len(names) and all(isinstance(n, str) for n in names):
            made_up = all(n in (f"Column_{i}", str(i)) for i, n in enumerate(names))
            return None if made_up else list(names)
    return None


def own_number(model):
    """How many features a model takes, or None."""
    for name in ("n_features_in_", "num_features", "num_feature"):
        try:
            number = getattr(model, name)
            number = int(number() if callable(number) else number)
        except Exception:
            continue
        if number:  # a CatBoost that was loaded says 0
            return number
    return len(model.feature_names_) if getattr(model, "feature_names_", None) else None


def numbered(names):
    """Whether names say the place of each column: 0 1 2, V1 V2 V3."""
    parts = [re.fullmatch(r"(.*?)(\d+)", n) for n in names]
    if not all(parts) or len({p.group(1) for p in parts}) > 1:
        return False
    return [int(p.group(2)) for p in parts] in (list(range(len(names))), list(range(1, len(names) + 1)))


# The answers


def predict(uri, features, frame, holdout):
    """The scores of a frame's rows."""
    import numpy
    import pandas

    model, flavor = features.model, features.flavor
    if holdout.task == "continuous" and len(getattr(model, "classes_", ())) == 2:
        raise Problem(f"{uri} is a classifier of two classes, and the checks of this configuration are a regression model's",
                      "give each model a configuration file of its own, which the input config names")
    proba = hasattr(model, "predict_proba") and holdout.task != "continuous"
    try:
        answer = features.ask(frame, proba)
    except Problem:
        raise
    except Exception as e:
        # A model made with another release of its library often loads, and
        # lacks an attribute when it is asked.
        kind = Unloadable if isinstance(e, (AttributeError, ImportError)) else Problem
        raise kind(f"{uri} cannot score holdout {holdout.path}: {cause(e, known={*frame.columns, *sys.modules})}",
                   "the holdout must have the columns and types that the model was trained on: log the model with a signature, "
                   "which names and types them, give a Parquet holdout where categories matter, or a score-command or predictions")
    features.prove(frame, answer, proba)
    try:
        table = pandas.DataFrame(answer)
    except Exception as e:
        raise Problem(f"{uri} answers what is no table: {cause(e, known=())}", SCORE_COMMAND)
    if len(table) != len(frame):
        raise Problem(f"{uri} answers {len(table)} rows for the {len(frame)} of the holdout", SCORE_COMMAND)
    classes = list(numpy.asarray(model.classes_).ravel()) if proba and getattr(model, "classes_", None) is not None else None
    if proba and numpy.ndim(answer) != 2:
        raise Problem(f"{uri}: predict_proba answers {numpy.ndim(answer)} dimensions, expected rows and classes", SCORE_COMMAND)
    if holdout.task == "multiclass":
        return of_classes(uri, table, classes, holdout)
    if proba:
        at = column_of(uri, table, classes or list(range(table.shape[1])), holdout)
        return [float(s) for s in table.iloc[:, at]]
    scores = of_answer(uri, table, holdout)
    if holdout.task == "continuous":
        return scores
    if type(model).__name__ in ("Booster", "CatBoost") and not all(0 <= s <= 1 for s in scores):
        raise Problem(f"{uri}: the native model answers values outside [0, 1], not probabilities",
                      "train it with a binary objective, or " + SCORE_COMMAND)
    whole = all(s.is_integer() for s in scores if math.isfinite(s))
    kinds = sorted({s for s in scores if math.isfinite(s)}) if whole else []
    if kinds and (len(kinds) <= 2 or set(kinds) <= set(holdout.classes)):
        raise Problem(f"{uri} ({flavor}) answers only {' and '.join(f'{s:g}' for s in kinds)}: class labels, not probabilities",
                      SCORE_COMMAND)
    return scores


def ordered(uri, answer, index):
    """The answer with its rows in the order that they were asked in."""
    import pandas

    own = getattr(answer, "index", None)
    if not isinstance(own, pandas.Index) or len(own) != len(index) or own.equals(index):
        return answer
    if own.is_unique and index.isin(own).all():
        return answer.loc[index]
    if isinstance(own, pandas.RangeIndex):
        return answer
    raise Problem(f"{uri} answers rows under an index that is not the holdout's", "keep the index of what predict is given, "
                  "answer an array in its order, or " + SCORE_COMMAND)


def column_of(uri, table, classes, holdout):
    """The place of the positive class among the columns of a table of classes."""
    keys, labels, positive = [key(c) for c in classes], holdout.classes, key(holdout.positive)
    if len(keys) != table.shape[1]:
        raise unknown(uri, classes, holdout)
    hits = [i for i, k in enumerate(keys) if k == positive]
    if len(keys) > 2 and hits and maybe_encoded(keys, labels):
        encoding(uri, table, classes, holdout)  # refuses what the labels do not bear out
    second = len(keys) == 2 and (positive == 1 or keys == [0, 1])
    two = len(keys) == 2 and len(labels) == 2 and set(keys) != set(labels)
    if hits and not (two and all(isinstance(k, float) for k in keys)):
        if len(hits) != 1:
            raise unknown(uri, classes, holdout)
        return hits[0]
    places = {*hits, *([1] if second else [])}
    if two and places and positive in labels:
        places.add(labels.index(positive))
    if not places:
        raise unknown(uri, classes, holdout)
    merits = {i: holdout.merit([float(s) for s in table.iloc[:, i]]) for i in places}
    if len(places) > 1:
        places = [i for i, m in merits.items() if m is not None and m >= BEYOND_NOISE]
        if not places:
            raise Problem(f"{uri}: its classes {some(classes)} are not the labels {some(holdout.spelled[k] for k in labels)}, "
                          f"and the labels do not tell which of them is {holdout.positive}", AS_THEY_STAND)
    at = next(iter(places))
    contradicted = holdout.contradicts([float(s) for s in table.iloc[:, at]]) if not hits else (merits[at] or 0) <= -BEYOND_NOISE
    if contradicted:
        raise Problem(f"{uri}: taking its class {classes[at]} for {holdout.positive}, rows labelled otherwise score higher",
                      f"name the class as the model does, {AS_THEY_STAND}")
    if holdout.chosen.setdefault(tuple(keys), at) != at:
        raise Problem(f"{uri}: its class {classes[at]} seems to be {holdout.positive}, and another version's class "
                      f"{classes[1 - at]}", AS_THEY_STAND)
    return at


def unknown(uri, classes, holdout):
    return Problem(f"{uri} knows the classes {some(classes)}, not {holdout.positive}",
                   "positive-class is the class whose probability counts, as the model and the target column spell it")


def maybe_encoded(keys, labels):
    """Whether classes are 0 to k-1, and the labels are not just these."""
    return keys == list(range(len(keys))) and set(keys) != set(labels)


def encoding(uri, table, classes, holdout):
    """The label of each of the classes 0 to k-1, which may be labels or their places among the sorted labels."""
    import numpy

    values = table.to_numpy(dtype=float)
    rows = {k: [i for i, label in enumerate(holdout.labels) if label.strip() and key(label) == k] for k in holdout.classes}
    mean = numpy.array([values[rows[k]].mean(axis=0) for k in holdout.classes])  # of each label's rows, each class's score
    if set(holdout.classes) <= set(range(len(classes))):
        count = [len(rows[k]) for k in holdout.classes]

        def fit(by):  # what the labels that a shift leaves among the classes score, on average
            at = [int(k) + by for k in holdout.classes]
            if min(at) < 0 or max(at) >= len(classes):
                return -math.inf
            return float(sum(n * mean[i, c] for i, (n, c) in enumerate(zip(count, at))))

        if all(fit(0) > fit(by) for by in range(-len(classes), len(classes)) if by):
            return {i: float(i) for i in range(len(classes))}
    elif len(holdout.classes) == len(classes) and (mean.argmax(axis=0) == numpy.arange(len(classes))).all():
        return dict(enumerate(holdout.classes))
    raise Problem(f"{uri}: its classes {some(classes)} are not the labels "
                  f"{some(holdout.spelled[k] for k in holdout.classes)}, and the labels do not tell which is which", AS_THEY_STAND)


def of_classes(uri, table, classes, holdout):
    """Every column of the answer, by the class as the labels spell it."""
    classes = [named(c, holdout) for c in table.columns] if classes is None else list(classes)
    if table.shape[1] < 2 or len(classes) != table.shape[1]:
        raise Problem(f"{uri} answers {table.shape[1]} columns for the classes {some(classes)}, expected a probability for each",
                      "give a score-command that writes a column score_CLASS for each class")
    keys = [key(c) for c in classes]
    if maybe_encoded(keys, holdout.classes):
        meant = encoding(uri, table, classes, holdout)
        keys = [meant[i] for i in range(len(keys))]
    return {"_" + holdout.spelled.get(k, str(c).strip()): [float(s) for s in table.iloc[:, i]]
            for i, (k, c) in enumerate(zip(keys, classes))}


def of_answer(uri, table, holdout):
    """The scores in what predict answers: its one column, or that of the positive class."""
    binary = holdout.task == "binary"
    classes = [named(c, holdout) for c in table.columns]
    if table.shape[1] == 1:
        at, name = 0, classes[0]
        says = isinstance(table.columns[0], str) and equal(name, holdout.positive)
        if binary and isinstance(table.columns[0], str) and key(name) in holdout.classes and not says:
            raise Problem(f"{uri} answers the column {table.columns[0]}, which names the class {name}, not {holdout.positive}",
                          f"let it answer the probability of {holdout.positive}, or set positive-class to {name}")
    elif binary and all(isinstance(key(c), float) for c in classes):
        at = column_of(uri, table, classes, holdout)
    else:
        hits = [i for i, c in enumerate(classes) if equal(c, holdout.positive)]
        if len(hits) != 1:
            raise Problem(f"{uri} answers the columns {some(table.columns)}, expected one of scores, or one named "
                          f"{holdout.positive}", SCORE_COMMAND)
        at = hits[0]
    try:
        scores = [float(s) for s in table.iloc[:, at]]
    except (TypeError, ValueError):
        raise Problem(f"{uri} answers {type(table.iloc[0, at]).__name__}, expected a probability", SCORE_COMMAND)
    if binary and table.shape[1] == 1 and not says:
        merit = holdout.merit(scores)
        if merit is not None and merit <= -BEYOND_NOISE:
            raise Problem(f"{uri} answers one score without saying of which class, and rows of {holdout.positive} score lower than "
                          "the others: it seems to be another class's",
                          f"let it answer the probability of {holdout.positive} (trained with this class as 1, or a column named "
                          "for each class), set positive-class, or give a score-command or predictions")
    return scores


def named(column, holdout):
    """The label that a column's name says it is of (P(No), prob_no, No), or the name."""
    if not isinstance(column, str) or key(column) in holdout.classes:
        return column

    def words(s):
        return " " + " ".join(re.findall(r"[^\W_]+", str(s).lower())) + " "

    bare = re.sub(r"^ (p|pr|prob|proba|probs|probability|probabilities|score|class)( of)? ", " ", words(column))
    found = [label for k, label in holdout.spelled.items() if words(label).strip() and
             (words(label) == bare if isinstance(k, float) else words(label) in words(column))]
    return max(found, key=len) if found else column


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
