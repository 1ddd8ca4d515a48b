"""Fetches what model versions say of the environment that they were logged in.

    requirements.py --folder DIR --out FILE [--without SCHEME]...
                    --uri models:/churn/7 --uri models:/churn/8

Runs where there is mlflow (mlflow-skinny does) and, for stores that need one,
their client library. OUT is JSON, one object for each version:

    uri           as it was given
    store         scheme of the URI under which the model is kept: s3
    python        Python's version when it was logged, "" where that is unknown
    mlflow        MLflow's, likewise
    requirements  the path of its requirements.txt, below DIR
    text          what stands in it
    extras        digest of the files that it refers to, by name: constraints, wheels

The store of --without cannot be read here. Where a version is kept in one, only
uri and store are there, of every version: the caller has to come back with the
library.

Exit status 0: OUT is written. 3: a version has no requirements, or cannot be
read; stderr ends with a line `scorer: ...` for each, followed by what to do
about it. Anything else is a crash.
"""

import argparse
import hashlib
import json
import os
import re
import sys
import traceback
import urllib.parse

OWN = "let python name an interpreter that has mlflow and the model's packages"


class Problem(Exception):
    """What is wrong with a version, and what to do about it."""

    def __init__(self, what, hint):
        super().__init__(what)
        self.hint = hint


def main(argv):
    args = arguments(argv)
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    models, problems = each(args.uri, store)
    if not problems and not {m["store"] for m in models} & set(args.without):
        models, problems = each(enumerate(models), lambda m: {**m[1], **logged(m[1]["uri"], os.path.join(args.folder, str(m[0])))})
    if problems:
        for p in problems:
            print(scrub(f"scorer: {p}\n{p.hint}"), file=sys.stderr, flush=True)
        return 3
    with open(args.out, "w", encoding="utf-8") as f:
        json.dump(models, f)
    return 0


def arguments(argv):
    parser = argparse.ArgumentParser(prog="requirements.py")
    for name in ("folder", "out"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--uri", action="append", required=True)
    parser.add_argument("--without", action="append", default=[])
    return parser.parse_args(argv)


def each(items, answer):
    """The answers, and the problems of those that have none: all at once."""
    answers, problems = [], []
    for item in items:
        try:
            answers.append(answer(item))
        except Problem as e:
            problems.append(e)
    return answers, problems


def scrub(text):
    return re.sub(r"://[^/\s@]+@", "://***@", text)


def unreadable(uri, e):
    """The problem of a registry or a store that does not answer; the traceback goes to the log."""
    print(scrub("".join(traceback.format_exception(e))), file=sys.stderr)
    words = " ".join(str(e).split())
    return Problem(f"reading the requirements of {uri}: {type(e).__name__}: {words[:200]}",
                   "check MLFLOW_TRACKING_URI and the credentials, those of the artifact store too: they must be in the job's environment")


def store(uri):
    import mlflow

    name, _, version = uri.removeprefix("models:/").rpartition("/")
    try:
        place = mlflow.MlflowClient().get_model_version_download_uri(name, version)
    except Exception as e:
        raise unreadable(uri, e)
    return {"uri": uri, "store": urllib.parse.urlsplit(place).scheme}


def logged(uri, folder):
    """What is kept beside the model, once that is in the folder."""
    try:
        here = files(uri, folder)
    except Exception as e:
        raise unreadable(uri, e)
    path = here.get("requirements.txt")
    if not path:
        raise Problem(f"{uri} was logged without a requirements.txt; beside the model there is {', '.join(sorted(here)) or 'nothing'}",
                      f"{OWN} (install it in setup-command), or log the model with pip_requirements")
    with open(path, encoding="utf-8") as f:
        text = f.read()
    info = document(here.get("MLmodel"))
    return {
        "requirements": local(path, text, folder),
        "text": text,
        "python": str(document(here.get("python_env.yaml")).get("python")
                      or info.get("flavors", {}).get("python_function", {}).get("python_version") or ""),
        "mlflow": str(info.get("mlflow_version") or ""),
        "extras": {name: digest(path) for name, path in here.items() if name not in ("MLmodel", "python_env.yaml", "requirements.txt")},
    }


def files(uri, folder):
    """The paths of the files that describe the environment, by name; of the model itself none."""
    import mlflow

    os.makedirs(folder)
    here = {}
    for file in mlflow.artifacts.list_artifacts(artifact_uri=uri):
        name = file.path.rsplit("/", 1)[-1]
        if name in ("MLmodel", "requirements.txt", "python_env.yaml", "constraints.txt", "wheels"):
            here[name] = mlflow.artifacts.download_artifacts(artifact_uri=f"{uri}/{name}", dst_path=folder)
    wheels = here.pop("wheels", None)
    for name in os.listdir(wheels) if wheels else ():
        here["wheels/" + name] = os.path.join(wheels, name)
    return here


def document(path):
    import yaml

    if not path:
        return {}
    with open(path, encoding="utf-8") as f:
        return yaml.safe_load(f) or {}


def local(path, text, folder):
    """Makes the paths of wheels absolute: an installer takes them from where it runs."""
    with open(path, "w", encoding="utf-8") as f:
        f.write(re.sub(r"^(?=wheels/)", lambda _: os.path.join(folder, ""), text, flags=re.MULTILINE))
    return path


def digest(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Exception:
        print(scrub(traceback.format_exc()), file=sys.stderr)
        sys.exit(1)
