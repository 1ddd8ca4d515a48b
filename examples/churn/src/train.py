"""Trains the churn model on one window and registers it as a new version.

    python src/train.py --data data/window-fresh.csv

The registry is the one of MLFLOW_TRACKING_URI, the registered model that of
--model-name or CT_MODEL_NAME (ct-action sets it). The script decides nothing
about deployment: a new version is a challenger until something moves an alias.
The holdout is not read here; it belongs to whoever judges the model.
"""

import argparse
import os
import time

import mlflow
import pandas as pd
import sklearn
from mlflow.models import infer_signature
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

TARGET = "churn"
POSITIVE = "Yes"
NUMERIC = ["tenure", "monthly_charges", "total_charges"]
FLAGS = ["female", "senior_citizen", "partner", "dependents", "phone_service", "paperless_billing"]
CATEGORICAL = [
    "multiple_lines",
    "internet_service",
    "online_security",
    "online_backup",
    "device_protection",
    "tech_support",
    "streaming_tv",
    "streaming_movies",
    "contract",
    "payment_method",
]


def load_training_window(path):
    """Reads a window and returns its features and its labels (1 = churned)."""
    window = pd.read_csv(path)
    features = window[NUMERIC + FLAGS + CATEGORICAL]
    # Floats throughout: an integer column of the signature could not take a
    # missing value at prediction time.
    features = features.astype({name: "float64" for name in NUMERIC + FLAGS})
    return features, (window[TARGET] == POSITIVE).astype(int)


def build_pipeline(seed=0):
    """Returns the unfitted model. It takes the columns by name, in any order.

    It is made of scikit-learn's own parts only, so that a logged model loads
    wherever scikit-learn is installed, without this file.
    """
    columns = ColumnTransformer(
        [
            # A customer in the first month has no total yet.
            ("numeric", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), NUMERIC),
            ("flags", "passthrough", FLAGS),
            # A kind of contract that the window lacks is no reason to fail.
            ("categorical", OneHotEncoder(handle_unknown="ignore"), CATEGORICAL),
        ]
    )
    return make_pipeline(columns, LogisticRegression(C=0.5, max_iter=2000, random_state=seed))


def validation_metrics(features, labels, seed):
    """Scores the recipe on a fifth of the window, as a look at its health."""
    fit_x, check_x, fit_y, check_y = train_test_split(
        features, labels, test_size=0.2, stratify=labels, random_state=seed
    )
    scores = build_pipeline(seed).fit(fit_x, fit_y).predict_proba(check_x)[:, 1]
    return {
        "validation_auc": roc_auc_score(check_y, scores),
        "validation_brier": brier_score_loss(check_y, scores),
    }


def train(data, model_name, seed):
    """Trains on the window, logs the run, and returns the version registered."""
    features, labels = load_training_window(data)
    mlflow.set_experiment(model_name)
    # The fluent start_run picks up MLFLOW_RUN_CONTEXT: that is how the run
    # gets its trigger_reasons, and how ct-action finds the new version.
    with mlflow.start_run():
        mlflow.log_params(
            {
                "window": os.path.basename(data),
                "rows": len(labels),
                "positive_rate": round(float(labels.mean()), 4),
                "seed": seed,
            }
        )
        mlflow.log_metrics(validation_metrics(features, labels, seed))
        started = time.monotonic()
        model = build_pipeline(seed).fit(features, labels)
        mlflow.log_metric("fit_seconds", time.monotonic() - started)
        logged = mlflow.sklearn.log_model(
            model,
            name="model",
            registered_model_name=model_name,
            # Of the whole window: a column with a missing value anywhere is
            # one that a customer may lack.
            signature=infer_signature(features, model.predict(features.head())),
            # What a service tries the model on before it serves it.
            input_example=features.head(),
            # The one type of this pipeline that skops does not trust by itself.
            # A model of other parts (a forest, a boosting) is written with
            # serialization_format="cloudpickle" instead.
            skops_trusted_types=["numpy.dtype"],
            # Given, because MLflow would load the model in another process
            # to find them out, which takes longer than the training.
            pip_requirements=[f"scikit-learn=={sklearn.__version__}", f"pandas=={pd.__version__}"],
        )
    return logged.registered_model_version


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="data/window-fresh.csv", help="training window (CSV)")
    parser.add_argument("--model-name", default=os.environ.get("CT_MODEL_NAME", "churn-classifier"))
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    version = train(args.data, args.model_name, args.seed)
    print(f"registered {args.model_name} v{version}, trained on {args.data}")


if __name__ == "__main__":
    main()
