"""The models of the zoo: how each is trained, what it answers by itself, and how it is logged.

Functions take the frame of features and the labels or their codes; what a
model answers by itself is a table with a column for each class, in the order in
which its library counts them, or the values of a regression.
"""

import functools
import os
from dataclasses import dataclass, replace
from typing import Callable

import numpy as np
import pandas as pd

import cells

PYFUNC = "python_model"


@dataclass(frozen=True)
class Model:
    name: str
    library: str             # the module that it needs
    flavor: str              # of mlflow
    argument: str            # of that flavour's log_model
    fit: Callable            # (X, y, task) → the object
    own: Callable            # (object, X) → its answer
    how: str = "signature"   # signature, tensor signature, input example, or "" for nothing
    array: bool = False      # trained on X.to_numpy()
    words: bool = False      # takes text
    category: bool = False   # takes text as pandas categories
    dates: bool = False
    missing: bool = False
    encoded: bool = False    # takes codes, not labels
    tasks: tuple = ("binary",)
    tolerance: float = 1e-12
    options: Callable = lambda model, X, labels: {}
    wrap: Callable = lambda model, X, labels: model  # what is logged in the object's place

    def features(self, form):
        dates = cells.DATES if self.dates and form.variant == "dates" else []
        return cells.NUMBERS + (cells.WORDS if self.words or self.category else []) + dates

    def frame(self, everything, form):
        """Its features as it is trained on them."""
        X = everything[self.features(form)]
        if self.category:
            X = X.astype({"plan": pd.CategoricalDtype(["NA", "basic", "plus", "team"]),
                          "region": pd.CategoricalDtype(["01234", "north", "south"])})
        return X.to_numpy(dtype=float) if self.array else X

    def log(self, model, X, labels):
        """Keyword arguments of mlflow's log_model."""
        from mlflow.models import infer_signature

        options = {self.argument: self.wrap(model, X, labels), **self.options(model, X, labels)}
        if self.how == "signature":
            options["signature"] = infer_signature(X.astype(np.float32) if self.library == "skl2onnx" else X)
        if self.how == "tensor signature":
            options["signature"] = infer_signature(np.asarray(X, dtype=np.float32 if self.tolerance > 1e-9 else float))
        if self.how == "input example":
            options["input_example"] = np.float32(X[:3]) if self.array and self.tolerance > 1e-9 else X[:3]
        return options


def proba(model, X):
    return model.predict_proba(X)


def values(model, X):
    return np.asarray(model.predict(X), dtype=float)


def positive(scores):
    """A table out of the score of code 1 alone."""
    scores = np.asarray(scores, dtype=float).reshape(-1)
    return np.column_stack([1 - scores, scores])


def days(X):
    return X.apply(lambda c: (c - pd.Timestamp("2024-01-01")).dt.days)


# scikit-learn


def pipeline(X, y, task, last=None):
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LinearRegression, LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

    steps = [(make_pipeline(SimpleImputer(add_indicator=True), StandardScaler()), cells.NUMBERS)]
    if "plan" in X:
        steps.append((OneHotEncoder(), cells.WORDS))
    if "since" in X:
        steps.append((make_pipeline(FunctionTransformer(days), StandardScaler()), cells.DATES))
    last = last or (LinearRegression() if task == "continuous" else LogisticRegression())
    return make_pipeline(make_column_transformer(*steps), last).fit(X, y)


def hist(X, y, task):
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = HistGradientBoostingRegressor if task == "continuous" else HistGradientBoostingClassifier
    return kind(max_iter=20, categorical_features="from_dtype", random_state=1).fit(X, y)


def forest(X, y, task):
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    return (RandomForestRegressor if task == "continuous" else RandomForestClassifier)(20, random_state=1).fit(X, y)


def scaled(make):
    def fit(X, y, task):
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        return make_pipeline(StandardScaler(), make()).fit(X, y)

    return fit


def svc(probability=False):
    from sklearn.svm import SVC

    return SVC(probability=True, random_state=1) if probability else SVC()


def linear_svc():
    from sklearn.svm import LinearSVC

    return LinearSVC()


def calibrated():
    from sklearn.calibration import CalibratedClassifierCV

    return CalibratedClassifierCV(linear_svc())


def undersampled(X, y, task):
    from imblearn.pipeline import make_pipeline
    from imblearn.under_sampling import RandomUnderSampler
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), RandomUnderSampler(random_state=1), LogisticRegression()).fit(X, y)


def flaml(X, y, task):
    from flaml import AutoML

    automl = AutoML()
    kind = "regression" if task == "continuous" else "classification"
    automl.fit(X, np.asarray(y), task=kind, max_iter=2, time_budget=20, estimator_list=["lgbm"], verbose=0, seed=1, n_jobs=1)
    return automl


pickled = {"options": lambda model, X, labels: {"serialization_format": "cloudpickle"}}
sk = functools.partial(Model, library="sklearn", flavor="sklearn", argument="sk_model", own=proba, **pickled)
EVERY = ("binary", "multiclass", "continuous")


def sk_own(model, X):
    return proba(model, X) if hasattr(model, "predict_proba") else values(model, X)


SKLEARN = [
    sk("LogisticRegression pipeline", fit=pipeline, words=True, dates=True, missing=True, own=sk_own, tasks=EVERY),
    sk("LogisticRegression pipeline, no signature", fit=pipeline, how="", words=True, dates=True, missing=True, own=sk_own, tasks=EVERY),
    sk("LogisticRegression pipeline, input example", fit=pipeline, how="input example", words=True, missing=True),
    sk("HistGradientBoosting", fit=hist, missing=True, own=sk_own, tasks=EVERY),
    sk("HistGradientBoosting on categories", fit=hist, missing=True, category=True),
    sk("HistGradientBoosting on categories, no signature", fit=hist, how="", missing=True, category=True),
    sk("RandomForest", fit=forest),
    sk("RandomForest, no signature", fit=forest, how=""),
    sk("RandomForest on an array", fit=forest, how="tensor signature", array=True),
    sk("RandomForest on an array, no signature", fit=forest, how="", array=True, own=sk_own, tasks=EVERY),
    sk("RandomForest on an array, input example", fit=forest, how="input example", array=True),
    sk("SVC", fit=scaled(svc), own=lambda model, X: positive(model.decision_function(X))),
    sk("SVC with probability", fit=scaled(lambda: svc(True))),
    sk("LinearSVC", fit=scaled(linear_svc), own=lambda model, X: positive(model.decision_function(X))),
    sk("CalibratedClassifierCV", fit=scaled(calibrated)),
    replace(sk("imbalanced-learn pipeline", fit=undersampled), library="imblearn"),
    replace(sk("FLAML AutoML", fit=flaml, missing=True, encoded=True), library="flaml"),
    replace(sk("FLAML AutoML, no signature", fit=flaml, how="", missing=True, encoded=True), library="flaml"),
]

# XGBoost, LightGBM, CatBoost


def xgb(X, y, task):
    from xgboost import XGBClassifier, XGBRegressor

    return (XGBRegressor if task == "continuous" else XGBClassifier)(n_estimators=15, enable_categorical=True, n_jobs=1).fit(X, y)


def xgb_native(X, y, task):
    import xgboost

    objective = {"binary": {"objective": "binary:logistic"}, "continuous": {},
                 "multiclass": {"objective": "multi:softprob", "num_class": 3}}[task]
    return xgboost.train({**objective, "nthread": 1}, xgboost.DMatrix(X, y, enable_categorical=True), 15)


def xgb_scores(model, X):
    import xgboost

    answer = model.predict(xgboost.DMatrix(X, enable_categorical=True))
    binary = '"binary:logistic"' in model.save_config()
    return positive(answer) if binary else np.asarray(answer, dtype=float)


def lgb(X, y, task):
    from lightgbm import LGBMClassifier, LGBMRegressor

    return (LGBMRegressor if task == "continuous" else LGBMClassifier)(n_estimators=15, verbose=-1, n_jobs=1).fit(X, y)


def lgb_native(X, y, task):
    import lightgbm

    objective = {"binary": {"objective": "binary"}, "continuous": {"objective": "regression"},
                 "multiclass": {"objective": "multiclass", "num_class": 3}}[task]
    return lightgbm.train({**objective, "verbose": -1, "num_threads": 1}, lightgbm.Dataset(X, y), 15)


def lgb_scores(model, X):
    answer = np.asarray(model.predict(X), dtype=float)
    return positive(answer) if model.params.get("objective") == "binary" else answer


def cat(X, y, task):
    from catboost import CatBoostClassifier, CatBoostRegressor

    words = cells.WORDS if isinstance(X, pd.DataFrame) and "plan" in X else None
    kind = CatBoostRegressor if task == "continuous" else CatBoostClassifier
    return kind(iterations=15, verbose=False, allow_writing_files=False, thread_count=1, cat_features=words).fit(X, y)


xg = functools.partial(Model, library="xgboost", flavor="xgboost", argument="xgb_model", missing=True, encoded=True)
lg = functools.partial(Model, library="lightgbm", flavor="lightgbm", argument="lgb_model", missing=True)
cb = functools.partial(Model, library="catboost", flavor="catboost", argument="cb_model", missing=True, fit=cat)
BOOSTERS = [
    xg("XGBClassifier", fit=xgb, own=sk_own, tasks=EVERY),
    xg("XGBClassifier, no signature", fit=xgb, own=proba, how=""),
    xg("XGBClassifier on categories", fit=xgb, own=proba, category=True),
    xg("XGBClassifier on an array", fit=xgb, own=proba, how="tensor signature", array=True),
    xg("XGBClassifier on an array, no signature", fit=xgb, own=sk_own, how="", array=True, tasks=EVERY),
    xg("XGBoost Booster", fit=xgb_native, own=xgb_scores, tasks=EVERY),
    xg("XGBoost Booster, input example", fit=xgb_native, own=xgb_scores, how="input example"),
    xg("XGBoost Booster, no signature", fit=xgb_native, own=xgb_scores, how=""),
    xg("XGBoost Booster on an array, no signature", fit=xgb_native, own=xgb_scores, how="", array=True),
    lg("LGBMClassifier", fit=lgb, own=sk_own, tasks=EVERY),
    lg("LGBMClassifier, no signature", fit=lgb, own=proba, how=""),
    lg("LGBMClassifier on categories", fit=lgb, own=proba, category=True),
    lg("LGBMClassifier on categories, no signature", fit=lgb, own=proba, category=True, how=""),
    lg("LGBMClassifier on an array, no signature", fit=lgb, own=proba, how="", array=True),
    lg("LightGBM Booster", fit=lgb_native, own=lgb_scores, encoded=True, tasks=EVERY),
    lg("LightGBM Booster, no signature", fit=lgb_native, own=lgb_scores, encoded=True, how=""),
    lg("LightGBM Booster on an array, no signature", fit=lgb_native, own=lgb_scores, encoded=True, how="", array=True),
    cb("CatBoost", own=sk_own, tasks=EVERY),
    cb("CatBoost, no signature", own=proba, how=""),
    cb("CatBoost on categories", own=proba, words=True),
    cb("CatBoost on an array", own=proba, how="tensor signature", array=True),
    cb("CatBoost on an array, no signature", own=proba, how="", array=True),
]

# Networks, in float32: sums of a batch come in another order than those of another batch


def tensors(X):
    return np.asarray(X, dtype=np.float32)


def keras(X, y, task, two=False):
    import keras

    keras.utils.set_random_seed(1)
    norm = keras.layers.Normalization()
    norm.adapt(tensors(X))
    outputs = {"multiclass": 3, "continuous": 1}.get(task, 2 if two else 1)
    last = {1: "sigmoid" if task == "binary" else None}.get(outputs, "softmax")
    model = keras.Sequential([keras.Input((X.shape[1],)), norm, keras.layers.Dense(outputs, activation=last)])
    loss = {"continuous": "mse", "binary": "sparse_categorical_crossentropy" if two else "binary_crossentropy"}
    model.compile(keras.optimizers.Adam(0.1), loss.get(task, "sparse_categorical_crossentropy"))
    model.fit(tensors(X), np.asarray(y), epochs=8, verbose=0)
    return model


def keras_scores(model, X):
    answer = np.asarray(model.predict(tensors(X), verbose=0), dtype=float)
    if answer.shape[1] > 1:
        return answer
    return answer[:, 0] if model.loss == "mse" else positive(answer)


def torch_net(X, y, task):
    import torch

    torch.manual_seed(1)
    x, outputs = torch.from_numpy(tensors(X)), 3 if task == "multiclass" else 1
    last = torch.nn.Linear(X.shape[1], outputs)
    layers = [torch.nn.BatchNorm1d(X.shape[1]), last]
    layers += {"binary": [torch.nn.Sigmoid()], "multiclass": [torch.nn.Softmax(dim=1)]}.get(task, [])
    model = torch.nn.Sequential(*layers)
    goal = np.asarray(y)
    goal = torch.from_numpy(goal.astype(np.int64 if task == "multiclass" else np.float32))
    loss = {"binary": lambda p: torch.nn.functional.binary_cross_entropy(p[:, 0], goal),
            "multiclass": lambda p: torch.nn.functional.nll_loss(torch.log(p), goal),
            "continuous": lambda p: torch.nn.functional.mse_loss(p[:, 0], goal)}[task]
    steps = torch.optim.Adam(model.parameters(), 0.1)
    for _ in range(60):
        steps.zero_grad()
        loss(model(x)).backward()
        steps.step()
    model.task = task
    return model.eval()


def torch_scores(model, X):
    import torch

    with torch.no_grad():
        answer = model(torch.from_numpy(tensors(X))).numpy().astype(float)
    if answer.shape[1] > 1:
        return answer
    return positive(answer) if model.task == "binary" else answer[:, 0]


def plain_torch(model, X, labels):
    import copy

    model = copy.deepcopy(model)
    del model.task
    return model


def torch_pickled(model, X, labels):
    return {"serialization_format": "pickle"}  # the default of 3.17 wants a traced graph


NETWORKS = [
    Model("Keras", "tensorflow", "tensorflow", "model", keras, keras_scores, "tensor signature", array=True, encoded=True,
          tolerance=1e-6, tasks=EVERY),
    # MLflow logs no Keras model with a signature of columns.
    Model("Keras, input example", "tensorflow", "tensorflow", "model", keras, keras_scores, "input example", array=True, encoded=True,
          tolerance=1e-6),
    Model("Keras, no signature", "tensorflow", "tensorflow", "model", keras, keras_scores, "", array=True, encoded=True, tolerance=1e-6),
    Model("Keras, two outputs", "tensorflow", "tensorflow", "model", functools.partial(keras, two=True), keras_scores,
          "tensor signature", array=True, encoded=True, tolerance=1e-6),
    Model("torch", "torch", "pytorch", "pytorch_model", torch_net, torch_scores, "tensor signature", array=True, encoded=True,
          tolerance=1e-6, wrap=plain_torch, options=torch_pickled, tasks=EVERY),
    Model("torch, signature of columns", "torch", "pytorch", "pytorch_model", torch_net, torch_scores, encoded=True,
          tolerance=1e-6, wrap=plain_torch, options=torch_pickled),
    Model("torch, no signature", "torch", "pytorch", "pytorch_model", torch_net, torch_scores, "", array=True, encoded=True,
          tolerance=1e-6, wrap=plain_torch, options=torch_pickled),
]

# ONNX


def logistic(X, y, task):
    from sklearn.linear_model import LinearRegression, LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LinearRegression() if task == "continuous" else LogisticRegression()).fit(X, y)


def to_onnx(model, X, labels):
    """One tensor in, labels and a tensor of probabilities out."""
    from skl2onnx import to_onnx

    options = {} if labels.task == "continuous" else {"zipmap": False}
    return to_onnx(model, tensors(X)[:1], options=options)


def onnx_scores(model, X):
    """Of the converted model, whose float32 is its own."""
    import onnxruntime

    class labels:
        task = "binary" if hasattr(model, "predict_proba") else "continuous"

    session = onnxruntime.InferenceSession(to_onnx(model, X, labels).SerializeToString())
    answer = session.run(None, {session.get_inputs()[0].name: tensors(X)})
    return np.asarray(answer[-1], dtype=float) if labels.task == "binary" else np.asarray(answer[0], dtype=float)[:, 0]


def onnx_columns(model, X, labels):
    """A tensor for each column, and the probabilities alone out."""
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import FloatTensorType
    from skl2onnx.helpers.onnx_helper import select_model_inputs_outputs
    from sklearn.compose import make_column_transformer
    from sklearn.pipeline import make_pipeline

    whole = make_pipeline(make_column_transformer((model[0], list(X.columns))), model[1])
    whole[0].fit(X)
    names = [(c, FloatTensorType([None, 1])) for c in X.columns]
    made = convert_sklearn(whole, initial_types=names, options={"zipmap": False})
    return select_model_inputs_outputs(made, [made.graph.output[-1].name])


ONNX = [
    Model("ONNX of scikit-learn", "skl2onnx", "onnx", "onnx_model", logistic, onnx_scores, "tensor signature", array=True,
          encoded=True, tolerance=1e-6, wrap=to_onnx),
    Model("ONNX of scikit-learn, no signature", "skl2onnx", "onnx", "onnx_model", logistic, onnx_scores, "", array=True,
          encoded=True, tolerance=1e-6, wrap=to_onnx),
    Model("ONNX with an input for each column", "skl2onnx", "onnx", "onnx_model", logistic, onnx_scores, encoded=True,
          tolerance=1e-6, wrap=onnx_columns),
]

# statsmodels


def logit(X, y, task):
    import statsmodels.api

    return statsmodels.api.Logit(np.asarray(y), X).fit(disp=0)


def formula(X, y, task):
    import statsmodels.formula.api

    return statsmodels.formula.api.logit("y ~ " + " + ".join(X.columns), X.assign(y=np.asarray(y))).fit(disp=0)


def one_score(model, X):
    return positive(model.predict(X))


sm = functools.partial(Model, library="statsmodels", flavor="statsmodels", argument="statsmodels_model", own=one_score, encoded=True)
STATSMODELS = [
    sm("statsmodels Logit", fit=logit),
    sm("statsmodels Logit, no signature", fit=logit, how=""),
    sm("statsmodels Logit on an array, no signature", fit=logit, how="", array=True),
    sm("statsmodels formula, no signature", fit=formula, how=""),
]

# Python models of one's own


def answers(shape):
    def wrap(model, X, labels):
        import answers

        return answers.Answers(model, shape, [str(c) for c in labels.classes], labels.codes)

    return wrap


def as_code(model, X, labels):
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), "as_code.py")


def as_code_options(model, X, labels):
    import tempfile

    import cloudpickle

    path = os.path.join(tempfile.mkdtemp(dir=os.getcwd()), "model.pkl")
    with open(path, "wb") as f:
        cloudpickle.dump(model, f)
    return {"artifacts": {"model": path}}


own = functools.partial(Model, library="sklearn", flavor="pyfunc", argument=PYFUNC, fit=pipeline, own=sk_own, encoded=True,
                        words=True, missing=True, dates=True)
PYTHON = [
    own("class, one column", wrap=answers("one column")),
    own("class, one column, no signature", wrap=answers("one column"), how=""),
    own("class, one column, input example", wrap=answers("one column"), how="input example", dates=False),
    own("class, a column for each class", wrap=answers("classes")),
    own("class, a column for each code", wrap=answers("codes")),
    own("class, rows regrouped", wrap=answers("regrouped")),
    own("class, a column P(the other class)", wrap=answers("other")),
    own("class, labels", wrap=answers("labels")),
    own("class, numbers", wrap=answers("values"), tasks=("continuous",)),
    own("code, one column", wrap=as_code, options=as_code_options),
    own("code, one column, no signature", wrap=as_code, options=as_code_options, how=""),
    replace(own("class around XGBClassifier, codes", wrap=answers("codes")), library="xgboost", fit=xgb, own=proba,
            words=False, dates=False),
    replace(own("class around XGBClassifier on an array", wrap=answers("array"), how=""), library="xgboost", fit=xgb, own=proba,
            words=False, dates=False, array=True),
]

# Spark


@functools.lru_cache
def spark():
    from pyspark.sql import SparkSession

    return (SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
            .config("spark.sql.shuffle.partitions", "1").config("spark.driver.host", "127.0.0.1").getOrCreate())


def spark_pipeline(X, y, task, scores=False):
    from pyspark.ml import Pipeline
    from pyspark.ml.classification import LogisticRegression
    from pyspark.ml.feature import VectorAssembler
    from pyspark.ml.regression import GeneralizedLinearRegression, LinearRegression

    data = spark().createDataFrame(X.astype(float).assign(y=np.asarray(y, dtype=float)))
    last = GeneralizedLinearRegression(labelCol="y", family="binomial") if scores else LogisticRegression(labelCol="y")
    if task == "continuous":
        last = LinearRegression(labelCol="y")
    stages = [VectorAssembler(inputCols=list(X.columns), outputCol="features"), last]
    return Pipeline(stages=stages).fit(data)


def spark_scores(model, X):
    from pyspark.ml.functions import vector_to_array

    answer = model.transform(spark().createDataFrame(X.astype(float)))
    if "probability" in answer.columns:
        return np.array([r[0] for r in answer.select(vector_to_array("probability")).collect()])
    answer = np.array([r[0] for r in answer.select("prediction").collect()])
    return positive(answer) if model.stages[-1].hasParam("family") else answer


SPARK = [
    Model("Spark pipeline", "pyspark", "spark", "spark_model", spark_pipeline, spark_scores, encoded=True,
          tasks=("binary", "continuous")),
    Model("Spark pipeline that predicts a probability", "pyspark", "spark", "spark_model",
          functools.partial(spark_pipeline, scores=True), spark_scores, encoded=True),
]

MODELS = [*SKLEARN, *BOOSTERS, *NETWORKS, *ONNX, *STATSMODELS, *PYTHON, *SPARK]
