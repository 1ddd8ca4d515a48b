"""What a person does in the MLflow UI: moves an alias."""

import json
import os
import sys
import urllib.request

alias, version = sys.argv[1:]
urllib.request.urlopen(
    urllib.request.Request(
        os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/registered-models/alias",
        json.dumps({"name": os.environ["CT_MODEL_NAME"], "alias": alias, "version": version}).encode(),
        {"Content-Type": "application/json"},
    )
).close()
