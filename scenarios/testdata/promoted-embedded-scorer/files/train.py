"""Trains a decision tree of the depth given, and registers it.

A tree's probabilities are shares of counts, so that the metrics are the same
on every machine.
"""

import os
import sys

import mlflow
import pandas as pd
from sklearn.tree import DecisionTreeClassifier

window = pd.read_csv("window.csv")
features = window[["tenure", "calls"]]
tree = DecisionTreeClassifier(max_depth=int(sys.argv[1]), random_state=0).fit(features, window.churned)
with mlflow.start_run():
    mlflow.sklearn.log_model(
        tree,
        name="model",
        registered_model_name=os.environ["CT_MODEL_NAME"],
        serialization_format="cloudpickle",
        input_example=features.head(2),
    )
