"""Logs versions of the model churn with the scikit-learn that is installed.

    log_release.py DIRECTORY MODEL [REQUIREMENT]

Of MODEL, at MLFLOW_TRACKING_URI: a version that refuses to answer under any
other release of scikit-learn, and one of the sklearn flavour. Both have the
requirements that are installed, the second one only REQUIREMENT where that is
given (it need not exist). With REQUIREMENT there are two more: the first one
again, with constraints and a wheel of its own, and that without requirements.
DIRECTORY gets the holdout in two shapes, labels.json, and
VERSION.json for each version: what the model answers here.
"""

import importlib.metadata
import json
import os
import sys
import zipfile

import mlflow
import numpy as np
import pandas as pd
import sklearn
from mlflow.models import infer_signature
from sklearn.linear_model import LogisticRegression

home, name = sys.argv[1:3]
installed = [f"{p}=={importlib.metadata.version(p)}" for p in ("mlflow", "numpy", "pandas", "scikit-learn", "scipy")]
rng = np.random.default_rng(7)


def customers(n):
    frame = pd.DataFrame({"tenure": rng.integers(0, 72, n).astype(float), "charges": rng.uniform(18, 118, n)})
    return frame, (rng.uniform(size=n) < 1 / (1 + np.exp(frame.tenure / 20 - 1.5))).astype(int)


class Release(mlflow.pyfunc.PythonModel):
    """Answers under the scikit-learn that it was made with, and no other."""

    def __init__(self, model):
        self.model, self.release = model, sklearn.__version__

    def predict(self, context, model_input, params=None):
        import sklearn

        if sklearn.__version__ != self.release:
            raise AttributeError(f"made with scikit-learn {self.release}, loaded with {sklearn.__version__}")
        return self.model.predict_proba(model_input)[:, 1]


def register(flavor, requirements, **options):
    with mlflow.start_run():
        model_info = getattr(mlflow, flavor).log_model(name="model", registered_model_name=name, pip_requirements=requirements,
                                                   signature=infer_signature(X, y), **options)
    expect(model_info.registered_model_version)
    return model_info.model_uri


def expect(version):
    with open(os.path.join(home, f"{version}.json"), "w") as f:
        json.dump([float(p) for p in model.predict_proba(holdout)[:, 1]], f)


def register_files(folder):
    """Registers what is in the folder, as nobody's log_model would."""
    with mlflow.start_run() as run:
        mlflow.log_artifacts(folder, "model")
    expect(mlflow.MlflowClient().create_model_version(name, run.info.artifact_uri + "/model", run.info.run_id).version)


def add_wheel(folder):
    os.makedirs(os.path.join(folder, "wheels"))
    about = "nothing-1.0.dist-info/"
    with zipfile.ZipFile(os.path.join(folder, "wheels", "nothing-1.0-py3-none-any.whl"), "w") as f:
        f.writestr(about + "METADATA", "Metadata-Version: 2.1\nName: nothing\nVersion: 1.0\n")
        f.writestr(about + "WHEEL", "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        f.writestr(about + "RECORD", f"{about}METADATA,,\n{about}WHEEL,,\n{about}RECORD,,\n")
    with open(os.path.join(folder, "requirements.txt"), "a") as f:
        f.write("\nwheels/nothing-1.0-py3-none-any.whl\n-c constraints.txt\n")
    with open(os.path.join(folder, "constraints.txt"), "w") as f:
        f.write("numpy<1000\n")


X, y = customers(400)
holdout, truth = customers(60)
model = LogisticRegression().fit(X, y)
mlflow.set_experiment(name)
release = register("pyfunc", installed, python_model=Release(model))
register("sklearn", sys.argv[3:] or installed, sk_model=model, serialization_format="cloudpickle")
if sys.argv[3:]:
    folder = mlflow.artifacts.download_artifacts(artifact_uri=release)
    add_wheel(folder)
    register_files(folder)
    os.remove(os.path.join(folder, "requirements.txt"))
    register_files(folder)

frame = holdout.assign(churned=truth)
frame.to_csv(os.path.join(home, "holdout.csv"), index=False)
frame.to_parquet(os.path.join(home, "holdout.parquet"))
with open(os.path.join(home, "labels.json"), "w") as f:
    json.dump([str(v) for v in truth], f)
