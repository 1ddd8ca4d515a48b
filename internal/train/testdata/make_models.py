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
words = {"text": np.where(y == 1, "Yes", "No"), "inverted": np.where(y == 1, "Lost", "Stays")}

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
trees = LGBMClassifier(n_estimators=10, verbose=-1).fit(X[NUMBERS], y)
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
words_model = pipeline().fit(X, words["text"])
frame.assign(churned=np.where(truth == 1, "Yes", "No")).to_parquet("words.parquet")
case("words", "words.parquet", "Yes", np.where(truth == 1, "Yes", "No"), {
    register("sklearn", words_model, **pickled, **signed): positives(words_model, holdout),
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
terms = LogisticRegression().fit(X[NUMBERS], X.tenure // 24)
thirds = (holdout.tenure // 24).astype(float)
frame.assign(churned=thirds).to_csv("terms.csv", index=False)
terms_version = register("sklearn", terms, **pickled, **numbers_only)
case("multiclass", "terms.csv", "1", thirds,
     {f"{terms_version}_{c}": positives(terms, holdout[NUMBERS], i) for i, c in enumerate(["0.0", "1.0", "2.0"])},
     task="multiclass")
case("multiclass-one-column", "terms.csv", "1", thirds, {}, {honest: "answers 1 columns for the classes 0"}, task="multiclass")

# What cannot be scored. Classes in alphabetic order put Stays at 1.
svm = LinearSVC().fit(X[NUMBERS], y)
encoded = pipeline().fit(X, (words["inverted"] == "Stays").astype(int))
frame.assign(churned=np.where(truth == 1, "Lost", "Stays")).drop(columns="zip").to_csv("short.csv", index=False)
frame.assign(churned=np.where(truth == 1, "Lost", "Stays")).to_csv("inverted.csv", index=False)
case("problems", "numbers.csv", "1", truth, {}, {
    register("pyfunc", Tenure("labels"), **signed): "(pyfunc) answers only 0 and 1: class labels",
    register("pyfunc", Tenure("words"), **signed): "expected a probability",
    register("sklearn", svm, **pickled, **numbers_only): "(sklearn) answers only 0 and 1: class labels",
    "99": "downloading models:/churn/99: ",
})
with open("ragged.csv", "w") as f:
    f.write("churned,tenure\n1,20\n0,30,40\n")
case("ragged", "ragged.csv", "1", [0], {}, {"": "ragged.csv: ValueError: line 3 has 3 fields, expected 2"})
case("short", "short.csv", "Lost", truth, {}, {first: f"needs columns that holdout {home}/short.csv does not have: zip"})
case("inverted", "inverted.csv", "Lost", truth, {}, {
    register("sklearn", encoded, **pickled, **signed): "taking its class 1 for Lost, rows labelled otherwise score higher",
    register("sklearn", words_model, **pickled, **signed): "knows the classes No, Yes, not Lost",
})

with open("cases.json", "w") as f:
    json.dump(cases, f)
