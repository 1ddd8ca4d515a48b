"""Registers models that go bad in production, each as one version.

    python faulty_models.py MODEL FAULT...

A version is a churn model that answers its input example, as the service asks
of it, and has one fault: `errors` raises for new customers, `latency` takes two
seconds, `scores` answers too high probabilities, `none` has none.
"""

import sys
import time

import mlflow
import numpy as np
import pandas as pd
from mlflow.models import infer_signature
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression


class Faulty(ClassifierMixin, BaseEstimator):
    def __init__(self, fault="none"):
        self.fault = fault

    def fit(self, x, y):
        self.model_ = LogisticRegression().fit(x, y)
        self.classes_ = self.model_.classes_
        return self

    def predict(self, x):
        return self.model_.predict(x)

    def predict_proba(self, x):
        scores = self.model_.predict_proba(x)
        if self.fault == "errors" and (x["tenure"] < 20).any():
            raise RuntimeError("no rate plan for a customer this new")
        if self.fault == "latency":
            time.sleep(2)
        if self.fault == "scores":
            scores[:, 1] **= 0.2
            scores[:, 0] = 1 - scores[:, 1]
        return scores


def main(name: str, faults: list[str]) -> None:
    rng = np.random.default_rng(1)
    x = pd.DataFrame({"tenure": rng.uniform(0, 70, 500)})
    y = (x["tenure"] + rng.normal(0, 20, 500) < 20).astype(int)
    mlflow.set_experiment(name)
    for fault in faults:
        model = Faulty(fault).fit(x, y)
        with mlflow.start_run():
            mlflow.sklearn.log_model(
                model,
                name="model",
                registered_model_name=name,
                signature=infer_signature(x, y),
                input_example=x[x["tenure"] > 30].head(2),
                serialization_format="cloudpickle",
                pip_requirements=["scikit-learn"],
            )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
