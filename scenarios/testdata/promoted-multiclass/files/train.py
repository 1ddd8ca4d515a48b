"""Trains on the first N features, and registers what it made."""

import os
import sys

import mlflow
import pandas as pd
from mlflow.models import infer_signature
from sklearn.naive_bayes import GaussianNB

window = pd.read_csv("data/train.csv")
target = window.pop("grape")
features = window.iloc[:, : int(sys.argv[1])]
model = GaussianNB().fit(features, target)
with mlflow.start_run():
    mlflow.sklearn.log_model(
        model,
        name="model",
        registered_model_name=os.environ["CT_MODEL_NAME"],
        signature=infer_signature(features, model.predict(features)),
        pip_requirements=["mlflow", "scikit-learn", "pandas"],
    )
