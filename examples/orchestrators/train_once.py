"""Runs a training script, unless its attempt has registered a version already.

    MLFLOW_RUN_CONTEXT=... python train_once.py churn-classifier src/train.py --data data/window-fresh.csv

The attempt is the tag ct.attempt in MLFLOW_RUN_CONTEXT, as `ct-action trigger` gives
it. A task that is tried again, or a run that is cleared, trains nothing then: the
gate finds the version of the first try by the same attempt. Run it with the Python
of the training, which has MLflow.
"""

import json
import os
import sys

from mlflow import MlflowClient


def registered(model: str, attempt: str) -> list[str]:
    """The versions of the model that the runs of the attempt have registered."""
    client = MlflowClient()
    experiments = [e.experiment_id for e in client.search_experiments()]
    runs = client.search_runs(experiments, f"tags.\"ct.attempt\" = '{attempt}'")
    return [
        v.version for run in runs for v in client.search_model_versions(f"name = '{model}' and run_id = '{run.info.run_id}'")
    ]


def main() -> None:
    if len(sys.argv) < 3:
        sys.exit("usage: train_once.py MODEL SCRIPT [ARGUMENT]...")
    model, *command = sys.argv[1:]
    attempt = json.loads(os.environ.get("MLFLOW_RUN_CONTEXT") or "{}").get("ct.attempt")
    if not attempt:
        sys.exit("MLFLOW_RUN_CONTEXT names no ct.attempt: nothing would find the version; pass on what trigger gave")
    if versions := registered(model, attempt):
        print(f"attempt {attempt} has registered {model} v{', v'.join(map(str, versions))}: nothing is trained")
        return
    os.execv(sys.executable, [sys.executable, *command])


if __name__ == "__main__":
    main()
