"""Makes the models, holdouts and expected scores of the scorer's tests.

    make_models.py DIRECTORY

In DIRECTORY: a registry on SQLite (no server), a holdout in several shapes, and
cases.json, {case: {"task", "holdout", "positive", "uris", "labels", "scores"}},
where scores are what the library itself answers, by column, and "problem" words what
is wrong with a version. XGBoost and CatBoost join when they are installed.
"""

import importlib.util
import json
import os
import sys

home = os.path.abspath(sys.argv[1])
os.makedirs(home, exist_ok=True)
os.chdir(home)

import mlflow
import numpy as np
import pandas as pd
from mlflow.models import infer_signature
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC

NUMBERS = ["tenure", "monthly_charges"]
COLUMNS = ["plan", "zip", *NUMBERS]
rng = np.random.default_rng(7)


def customers(n):
    frame = pd.DataFrame({
        "plan": rng.choice(["basic", "plus"], n),
        "zip": rng.choice(["01234", "00501"], n),  # numbers to a careless reader
        "tenure": rng.integers(0, 72, n).astype(float),
        "monthly_charges": rng.uniform(18, 118, n),
    })
    odds = 1.5 - frame.tenure / 20 + (frame.plan == "basic") + (frame.zip == "00501")
    return frame, (rng.uniform(size=n) < 1 / (1 + np.exp(-odds))).astype(int)


X, y = customers(400)
holdout, truth = customers(60)
words = np.where(y == 1, "Yes", "No")

mlflow.set_tracking_uri("sqlite:///registry.db")
mlflow.set_registry_uri("sqlite:///registry.db")
mlflow.set_experiment(experiment_id=mlflow.create_experiment("train", artifact_location="file://" + home + "/artifacts"))
place = "name" if mlflow.__version__ >= "3" else "artifact_path"
pickled = {"serialization_format": "cloudpickle"}  # skops, the default of 3.17, wants every type trusted by name


argument = {"sklearn": "sk_model", "lightgbm": "lgb_model", "xgboost": "xgb_model", "catboost": "cb_model",
            "pyfunc": "python_model"}


def register(flavor, model, **options):
    with mlflow.start_run():  # requirements are given, since inferring them takes seconds a model
        getattr(mlflow, flavor).log_model(**{argument[flavor]: model, place: "model"}, pip_requirements=["mlflow"],
                                          registered_model_name="churn", **options)
    newest = max(int(v.version) for v in mlflow.MlflowClient().search_model_versions("name='churn'"))
    return str(newest)


def pipeline():
    encode = make_column_transformer((OneHotEncoder(), ["plan", "zip"]), (StandardScaler(), NUMBERS))
    return make_pipeline(encode, LogisticRegression())


def positives(model, frame, column=1):
    return [float(p) for p in model.predict_proba(frame)[:, column]]


def case(name, file, positive, labels, scores=None, problems=None, task="binary"):
    versions = list(dict.fromkeys(column.split("_")[0] for column in [*(scores or {}), *(problems or {})]))
    cases[name] = {"task": task, "holdout": file, "positive": positive, "labels": [str(v) for v in labels],
                   "uris": ["models:/churn/" + v for v in versions],
                   "scores": scores or {}, "problems": problems or {}}


cases = {}
signed = {"signature": infer_signature(X[COLUMNS], y)}

# Labels 0 and 1, in a CSV file with a column that no model knows.
logistic = pipeline().fit(X, y)
forest = RandomForestClassifier(20, random_state=7).fit(X[NUMBERS], y)
good = {
    register("sklearn", logistic, **pickled, **signed): positives(logistic, holdout),
    register("sklearn", forest, **pickled, signature=infer_signature(X[NUMBERS], y)): positives(forest, holdout[NUMBERS]),
}
from lightgbm import LGBMClassifier

numbers_only = {"signature": infer_signature(X[NUMBERS], y)}
trees = trees_of_numbers = LGBMClassifier(n_estimators=10, verbose=-1).fit(X[NUMBERS], y)
good[register("lightgbm", trees, **numbers_only)] = positives(trees, holdout[NUMBERS])
good[register("lightgbm", trees.booster_, **numbers_only)] = positives(trees, holdout[NUMBERS])
if importlib.util.find_spec("xgboost"):
    from xgboost import XGBClassifier

    trees = XGBClassifier(n_estimators=10).fit(X[NUMBERS], y)
    good[register("xgboost", trees, **numbers_only)] = positives(trees, holdout[NUMBERS])
    good[register("xgboost", trees.get_booster(), **numbers_only)] = positives(trees, holdout[NUMBERS])
if importlib.util.find_spec("catboost"):
    from catboost import CatBoostClassifier

    trees = CatBoostClassifier(iterations=10, verbose=False, allow_writing_files=False).fit(X[NUMBERS], y)
    good[register("catboost", trees, **numbers_only)] = positives(trees, holdout[NUMBERS])


class Tenure(mlflow.pyfunc.PythonModel):
    """Answers a score that depends on one column, in one of several shapes."""

    def __init__(self, shape):
        self.shape = shape

    def predict(self, context, model_input, params=None):
        p = 1 - model_input["tenure"].to_numpy() / 100
        return {"column": p, "labels": (p > 0.5).astype(int), "words": np.where(p > 0.5, "Yes", "No"),
                "table": pd.DataFrame({"0": 1 - p, "1": p}), "nameless": np.column_stack([1 - p, p])}[self.shape]


class Answer(mlflow.pyfunc.PythonModel):
    """Answers what can be taken for something else."""

    def __init__(self, shape, model=None):
        self.shape, self.model = shape, model

    def predict(self, context, model_input, params=None):
        if self.model:
            answer = self.model.predict_proba(model_input)
            return answer if self.shape == "array" else answer[:, 0]
        p = 1 - model_input["tenure"] / 100
        if self.shape == "regrouped":
            return pd.concat([p[model_input.plan == plan] for plan in ("plus", "basic")])
        return {"P(No)": pd.DataFrame({"P(No)": 1 - p}), "index": p.set_axis([f"row {i}" for i in range(len(p))])}[self.shape]


class Honest(mlflow.pyfunc.PythonModel):
    """Has no signature, takes what comes, and refuses to be told the answer."""

    def predict(self, context, model_input, params=None):
        if "churned" in model_input.columns or "customer" not in model_input.columns:
            raise ValueError(f"got {list(model_input.columns)}")
        return 1 - model_input["tenure"].to_numpy() / 100


tenure = [float(p) for p in 1 - holdout.tenure.to_numpy() / 100]
good[register("pyfunc", Tenure("column"), **signed)] = tenure
good[register("pyfunc", Tenure("table"), **signed)] = tenure
good[register("pyfunc", Tenure("nameless"), **signed)] = tenure
honest = register("pyfunc", Honest())
good[honest] = tenure

# Two versions that bring modules of the same name.
for value in (0.25, 0.75):
    os.makedirs(f"code{value}/churncode", exist_ok=True)
    with open(f"code{value}/churncode/__init__.py", "w") as f:
        f.write("import mlflow\n\n\nclass Own(mlflow.pyfunc.PythonModel):\n"
                f"    def predict(self, context, model_input, params=None):\n        return [{value}] * len(model_input)\n")
    sys.path.insert(0, f"code{value}")
    own = importlib.import_module("churncode").Own()
    good[register("pyfunc", own, code_paths=[f"code{value}/churncode"], **signed)] = [value] * len(holdout)
    sys.path.pop(0)
    del sys.modules["churncode"]

frame = holdout.assign(customer=range(len(holdout)), churned=truth)
frame.to_csv("numbers.csv", index=False)
first = next(iter(good))
case("numbers", "numbers.csv", "1", truth, good)
cases["numbers"]["uris"].append("models:/churn/" + first)  # judged against itself

# Labels Yes and No, in a Parquet file.
words_model = pipeline().fit(X, words)
frame.assign(churned=np.where(truth == 1, "Yes", "No")).to_parquet("words.parquet")
words_version = register("sklearn", words_model, **pickled, **signed)
case("words", "words.parquet", "Yes", np.where(truth == 1, "Yes", "No"), {
    words_version: positives(words_model, holdout),
    first: positives(logistic, holdout),  # classes 0 and 1
    honest: tenure,
})
case("negative", "words.parquet", "No", np.where(truth == 1, "Yes", "No"), {
    register("sklearn", words_model, **pickled): positives(words_model, holdout, 0),
})

# Labels 1.0 and 0.0 for a model that knows 0 and 1, others that must arrive as
# they stand, and a file as a spreadsheet writes it.
odd = ["", " NA ", "nan", 'a, "b"\nc', *(str(float(v)) for v in truth[4:])]
frame.assign(churned=odd)[["churned", *COLUMNS]].to_csv("odd.csv", index=False, encoding="utf-8-sig", lineterminator="\r\n")
case("odd", "odd.csv", "1", odd, {first: positives(logistic, holdout)})

# A number to predict, and three classes, spelled 0.0, 1.0 and 2.0 in the labels.
charges = LinearRegression().fit(X[["tenure"]], X.monthly_charges)
signed_tenure = {"signature": infer_signature(X[["tenure"]], X.monthly_charges)}
frame.assign(churned=holdout.monthly_charges).drop(columns="monthly_charges").to_csv("charges.csv", index=False)
case("continuous", "charges.csv", "1", holdout.monthly_charges,
     {register("sklearn", charges, **pickled, **signed_tenure): [float(v) for v in charges.predict(holdout[["tenure"]])]},
     task="continuous")
case("continuous-of-a-classifier", "odd.csv", "1", odd, {}, {first: "is a classifier of two classes"}, task="continuous")
terms = LogisticRegression().fit(X[NUMBERS], X.tenure // 24)
thirds = (holdout.tenure // 24).astype(float)
frame.assign(churned=thirds).to_csv("terms.csv", index=False)
terms_version = register("sklearn", terms, **pickled, **numbers_only)
case("multiclass", "terms.csv", "1", thirds,
     {f"{terms_version}_{c}": positives(terms, holdout[NUMBERS], i) for i, c in enumerate(["0.0", "1.0", "2.0"])},
     task="multiclass")
case("multiclass-one-column", "terms.csv", "1", thirds, {}, {honest: "answers 1 columns for the classes 0"}, task="multiclass")

# Labels that the training encoded: 1 and 2 less one; Lost as 0, as a LabelEncoder
# has it, and as 1.
ones = pipeline().fit(X, np.where(y == 1, 0, 1))
less_one = register("sklearn", ones, **pickled, **signed)
twos = np.where(truth == 1, 1, 2)
frame.assign(churned=twos).to_csv("twos.csv", index=False)
case("twos", "twos.csv", "1", twos, {
    less_one: positives(ones, holdout, 0),
    register("pyfunc", Answer("array", ones), **signed): positives(ones, holdout, 0),
})
tossed = register("sklearn", pipeline().fit(X, rng.permutation(y)), **pickled, **signed)
lost = np.where(truth == 1, "Lost", "Stays")
frame.assign(churned=lost).to_csv("inverted.csv", index=False)
case("encoded", "inverted.csv", "Lost", lost, {less_one: positives(ones, holdout, 0)})
case("encoded-as-1", "inverted.csv", "Lost", lost, {first: positives(logistic, holdout)})
case("inverted", "inverted.csv", "Lost", lost, {}, {
    words_version: "knows the classes No, Yes, not Lost",
    tossed: "its classes 0, 1 are not the labels Lost, Stays, and the labels do not tell which of them is Lost",
})

# Classes 0 to 2 that were a to c, all of them in the holdout or not.
letters = np.array(["a", "b", "c"])[holdout.tenure.astype(int) // 24]
letter_models = RandomForestClassifier(20, random_state=7).fit(X[NUMBERS], X.tenure.astype(int) // 24)
letter = register("sklearn", letter_models, **pickled, **numbers_only)
frame.assign(churned=letters).to_csv("letters.csv", index=False)
frame.assign(churned=letters)[letters != "c"].to_csv("two-letters.csv", index=False)
digits = holdout.tenure.astype(int) // 24
frame.assign(churned=digits + 1)[digits < 2].to_csv("lacks-3.csv", index=False)
frame.assign(churned=digits)[digits < 2].to_csv("lacks-2.csv", index=False)
case("multiclass-encoded", "letters.csv", "1", letters,
     {f"{letter}_{c}": positives(letter_models, holdout[NUMBERS], i) for i, c in enumerate("abc")}, task="multiclass")
case("multiclass-lacks-2", "lacks-2.csv", "1", digits[digits < 2],
     {f"{letter}_{i}": positives(letter_models, holdout[NUMBERS][digits < 2], i) for i in range(3)}, task="multiclass")
for name in ("two-letters", "lacks-3"):
    case("multiclass-" + name, name + ".csv", "1", truth, {}, {letter: "its classes 0, 1, 2 are not the labels"}, task="multiclass")

# Features that have names, in another order, and those that have none.
case("names", "numbers.csv", "1", truth, {
    register("sklearn", forest, **pickled): positives(forest, holdout[NUMBERS]),
    register("lightgbm", trees_of_numbers, signature=infer_signature(X[NUMBERS[::-1]], y)):
        positives(trees_of_numbers, holdout[NUMBERS]),
})
by_place = RandomForestClassifier(20, random_state=7).fit(X[NUMBERS].to_numpy(), y)
example = X[NUMBERS].to_numpy()[:20]
placed = register("sklearn", by_place, **pickled)
shown = register("sklearn", by_place, **pickled, input_example=example)
frame[["churned", *NUMBERS]].to_csv("in-order.csv", index=False)
frame[["churned", *NUMBERS[::-1]]].to_csv("reversed.csv", index=False)
frame[["churned", *NUMBERS]].set_axis(["churned", "f0", "f1"], axis=1).to_csv("placed.csv", index=False)
place_scores = positives(by_place, holdout[NUMBERS].to_numpy())
case("numbered", "placed.csv", "1", truth, {placed: place_scores})
case("example", "in-order.csv", "1", truth, {shown: place_scores})
unknown = "knows its features by their place alone, and nothing says that the columns of holdout"
case("reversed", "reversed.csv", "1", truth, {}, {placed: unknown, shown: unknown})
case("number", "numbers.csv", "1", truth, {}, {placed: "takes 2 features by their place alone, and holdout", shown: "has 5 columns beside churned"})

# Cells as the signature has them: a text NA, and what is not of its type.
typed = customers(60)[0].assign(plan=rng.choice(["basic", "NA"], 60), tenure=rng.integers(0, 72, 60))
typed.assign(churned=truth).to_csv("typed.csv", index=False)
known = X.assign(plan=X.plan.replace("plus", "NA"))
with_text = make_pipeline(make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["plan", "zip"]),
                                                  (StandardScaler(), NUMBERS)), LogisticRegression()).fit(known, y)
without = make_pipeline(make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["plan", "zip"]),
                                                (StandardScaler(), NUMBERS)), LogisticRegression())
gaps = known.assign(plan=known.plan.replace("NA", np.nan))
without.fit(gaps, y)
case("typed", "typed.csv", "1", truth, {
    register("sklearn", with_text, **pickled, **signed): positives(with_text, typed),
    register("sklearn", without, **pickled, **signed): positives(without, typed.assign(plan=typed.plan.replace("NA", np.nan))),
    register("pyfunc", Tenure("column"), **signed): [float(p) for p in 1 - typed.tenure.to_numpy(dtype=float) / 100],
})
typed.assign(churned=truth, tenure=typed.tenure.astype(str).where(typed.tenure < 60, "secret")).to_csv("untyped.csv", index=False)
secrets = int((typed.tenure >= 60).sum())
case("untyped", "untyped.csv", "1", truth, {}, {first: f"column tenure: {secrets} of 60 rows are not double, as its signature says"})

# Answers: rows in another order, of another class, and class labels.
case("regrouped", "numbers.csv", "1", truth, {register("pyfunc", Answer("regrouped"), **signed): tenure})
for shape, words in {"P(No)": "answers the column P(No), which names the class No, not Yes",
                     "other": "answers one score without saying of which class, and rows of Yes score lower",
                     "index": "answers rows under an index that is not the holdout's"}.items():
    case("answer-" + shape, "words.parquet", "Yes", truth, {}, {register("pyfunc", Answer(shape, logistic if shape == "other" else None), **signed): words})
svm = LinearSVC().fit(X[NUMBERS], y)
case("problems", "numbers.csv", "1", truth, {}, {
    register("pyfunc", Tenure("labels"), **signed): "(pyfunc) answers only 0 and 1: class labels",
    register("pyfunc", Tenure("words"), **signed): "answers str, expected a probability",
    register("sklearn", svm, **pickled, **numbers_only): "(sklearn) answers only 0 and 1: class labels",
    register("sklearn", LinearSVC().fit(X[NUMBERS], 2 * y - 1), **pickled, **numbers_only): "(sklearn) answers only -1 and 1: class labels",
    "99": "downloading models:/churn/99: ",
})
case("contradicted", "words.parquet", "Yes", truth, {}, {
    less_one: "taking its class 1 for Yes, rows labelled otherwise score higher"})
with open("ragged.csv", "w") as f:
    f.write("churned,tenure\n1,20\n0,30,40\n")
case("ragged", "ragged.csv", "1", [0], {}, {"": "ragged.csv: ValueError: line 3 has 3 fields, expected 2"})
frame.assign(churned=lost).drop(columns="zip").to_csv("short.csv", index=False)
case("short", "short.csv", "Lost", truth, {}, {first: f"needs columns that holdout {home}/short.csv does not have: zip"})

with open("cases.json", "w") as f:
    json.dump(cases, f)
