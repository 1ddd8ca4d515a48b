"""The tick as a plain Python script: the peer that ct-action is timed against.

Age of the champion, share of drifted features, rolling AUC of the labelled
predictions; prints the reasons to retrain.
"""

import json
import time
from pathlib import Path

import mlflow
import pandas as pd
from sklearn.metrics import roc_auc_score

MODEL = "churn-classifier"
MAX_AGE_DAYS = 30
MAX_DRIFT_SHARE = 0.3
AUC_FLOOR = 0.80
MIN_ROWS = 500


def schedule(client):
    champion = client.get_model_version_by_alias(MODEL, "champion")
    age = int((time.time() - champion.creation_timestamp / 1000) // 86400)
    if age >= MAX_AGE_DAYS:
        return f"schedule: champion v{champion.version} is {age}d old (max {MAX_AGE_DAYS}d)"


def drift(path):
    if not path.exists():
        return None
    share = json.loads(path.read_text())["share_drifted_features"]
    if share > MAX_DRIFT_SHARE:
        return f"drift: {share:.0%} of features drifted (threshold {MAX_DRIFT_SHARE:.0%})"


def performance(path):
    if not path.exists():
        return None
    matured = pd.read_csv(path).dropna(subset=["label"])
    if len(matured) < MIN_ROWS or matured["label"].nunique() < 2:
        return None
    auc = roc_auc_score(matured["label"] == "Yes", matured["predicted_proba"])
    if auc < AUC_FLOOR:
        return f"performance: rolling AUC {auc:.3f} < floor {AUC_FLOOR} (n={len(matured)})"


def main():
    found = [
        schedule(mlflow.MlflowClient()),
        drift(Path("monitoring/drift_summary.json")),
        performance(Path("monitoring/labeled_predictions.csv")),
    ]
    reasons = [reason for reason in found if reason]
    print("\n".join(["retraining because:", *reasons] if reasons else ["no trigger fired; nothing to do"]))


if __name__ == "__main__":
    main()
