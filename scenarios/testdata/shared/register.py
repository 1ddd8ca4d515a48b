"""Stands in for a training: starts a run, registers a version, in 30 ms.

Does with plain REST calls what mlflow.start_run() and log_model(
registered_model_name=...) do: the run gets the tags of MLFLOW_RUN_CONTEXT,
the version gets the run's id.

    python3 register.py             one version
    python3 register.py --times 2   two versions, each of a run of its own
    python3 register.py --untagged  as a resumed run would: without the context
    python3 register.py --trained-on data/window.csv   logs that as mlflow.log_input does
"""

import argparse
import json
import os
import urllib.error
import urllib.parse
import urllib.request
import zlib

uri = urllib.parse.urlsplit(os.environ["MLFLOW_TRACKING_URI"])
server = f"{uri.scheme}://{uri.hostname}:{uri.port}"


def call(path, body):
    request = urllib.request.Request(
        server + "/api/2.0/mlflow/" + path,
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def register(model, context, trained_on):
    tags = [{"key": key, "value": value} for key, value in context.items()]
    run = call("runs/create", {"experiment_id": "0", "tags": tags})["run"]["info"]["run_id"]
    if trained_on:
        source = json.dumps({"uri": trained_on})
        call("runs/log-inputs", {"run_id": run, "datasets": [{
            "tags": [{"key": "mlflow.data.context", "value": "training"}],
            "dataset": {"name": "window", "digest": f"{zlib.crc32(open(trained_on, 'rb').read()):08x}", "source_type": "local", "source": source}}]})
    try:
        call("registered-models/create", {"name": model})
    except urllib.error.HTTPError as error:
        if error.code != 400:  # RESOURCE_ALREADY_EXISTS
            raise
    version = call("model-versions/create", {"name": model, "source": f"runs:/{run}/model", "run_id": run})
    print("registered", model, "version", version["model_version"]["version"])


parser = argparse.ArgumentParser()
parser.add_argument("--times", type=int, default=1)
parser.add_argument("--untagged", action="store_true")
parser.add_argument("--trained-on")
arguments = parser.parse_args()
context = {} if arguments.untagged else json.loads(os.environ.get("MLFLOW_RUN_CONTEXT", "{}"))
for _ in range(arguments.times):
    register(os.environ["CT_MODEL_NAME"], context, arguments.trained_on)
