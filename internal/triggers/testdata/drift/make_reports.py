"""Makes the reports of <case>/report.json with the real Evidently packages.

    python make_reports.py            every version, each in a venv of its own (needs uv)
    python make_reports.py --here     those of the version that is installed

The files are what Evidently wrote, untouched; own.json beside one names what
drifted by Evidently's own verdicts, which are asked for apart from the file.
The cases without a version in their names (share…) are written by hand.
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import warnings

HERE = pathlib.Path(__file__).parent
VERSIONS = ["0.4.40", "0.6.0", "0.6.3", "0.6.7", "0.7.0", "0.7.15", "0.7.23"]
PINS = ["pandas==2.2.3", "scikit-learn==1.5.2", "numpy==2.0.2"]


def everywhere():
    for version in VERSIONS:
        with tempfile.TemporaryDirectory() as venv:
            python = f"{venv}/bin/python"
            subprocess.run(["uv", "venv", "-q", venv], check=True)
            subprocess.run(["uv", "pip", "install", "-q", "--python", python, f"evidently=={version}", *PINS], check=True)
            subprocess.run([python, __file__, "--here"], check=True)


def frames():
    """60 customers before and after: age and plan drift, fee and tenure do not."""
    import pandas as pd

    def frame(age, plans):
        rows = range(60)
        return pd.DataFrame({
            "age": [age + i * 37 % 23 for i in rows],
            "fee": [20 + i * 53 % 41 for i in rows],
            "tenure": [float(i * 17 % 29) for i in rows],
            "plan": [plans[i % len(plans)] for i in rows],
        })

    return frame(30, "aabb"), frame(48, "aaab")


def wide():
    """With a target, a prediction, a text and three embedding columns, which drift too."""
    def more(frame, after):
        rows = range(len(frame))
        frame["target"] = [int(i % (5 if after else 2) == 0) for i in rows]
        frame["prediction"] = [i * 17 % 29 / 60 + after / 2 for i in rows]
        frame["note"] = [f"late {i % 7} bad" if after else f"good {i % 5} fine" for i in rows]
        for k in range(3):
            frame[f"e{k}"] = [i * (k + 2) % 11 / 11 + 3 * after for i in rows]
        return frame

    before, after = frames()
    return more(before, 0), more(after, 1)


def write(case, save, own=None):
    folder = HERE / case
    folder.mkdir(exist_ok=True)
    save(str(folder / "report.json"))
    if own is not None:
        (folder / "own.json").write_text(json.dumps(sorted(own)) + "\n")
    print(case, (folder / "report.json").stat().st_size)


def legacy(prefix, package):
    """Reports and test suites in the shape of 0.4, which 0.7 still writes."""
    from importlib import import_module
    part = lambda name: import_module(package + name)
    metrics, tests = part(".metrics"), part(".tests")
    before, after = frames()

    def run(kind, **parts):
        suite = kind(**parts)
        suite.run(reference_data=before, current_data=after)
        return suite

    report, suite = part(".report").Report, part(".test_suite").TestSuite
    write(prefix + "-report", run(report, metrics=[part(".metric_preset").DataDriftPreset(columns=["age", "fee", "plan"])]).save_json)
    write(prefix + "-report-several", run(report, metrics=[
        metrics.DatasetDriftMetric(columns=["fee", "tenure", "plan"], drift_share=0.9),
        metrics.DatasetDriftMetric(columns=["age", "fee"])]).save_json)
    write(prefix + "-report-columns", run(report, metrics=[
        metrics.ColumnDriftMetric("age"), metrics.ColumnDriftMetric("fee", stattest="psi"),
        metrics.ColumnDriftMetric("age", stattest="wasserstein")]).save_json)
    write(prefix + "-report-no-drift", run(report, metrics=[metrics.DatasetMissingValuesMetric()]).save_json)
    write(prefix + "-suite", run(suite, tests=[part(".test_preset").DataDriftTestPreset(columns=["age", "fee", "plan"])]).save_json)
    write(prefix + "-suite-columns", run(suite, tests=[
        tests.TestColumnDrift("age"), tests.TestColumnDrift("fee"), tests.TestColumnDrift("tenure")]).save_json)
    write(prefix + "-suite-number", run(suite, tests=[tests.TestNumberOfDriftedColumns(lt=1, columns=["fee", "tenure"])]).save_json)
    write(prefix + "-suite-error", run(suite, tests=[
        tests.TestColumnDrift("age"), tests.TestColumnDrift("nowhere")]).save_json)
    write(prefix + "-suite-no-drift", run(suite, tests=[tests.TestNumberOfRows(gte=1)]).save_json)
    write(prefix + "-snapshot", run(report, metrics=[metrics.DatasetDriftMetric(columns=["age", "fee"])]).save)


def legacy_parts(prefix, package):
    """Reports with more in them than columns, and what drifted by Evidently's own word."""
    from importlib import import_module
    part = lambda name: import_module(package + name)
    metrics, tests = part(".metrics"), part(".tests")
    report, suite = part(".report").Report, part(".test_suite").TestSuite
    mapping = part(".pipeline.column_mapping").ColumnMapping(
        target="target", prediction="prediction", numerical_features=["age", "fee"], categorical_features=["plan"],
        text_features=["note"], embeddings={"emb": ["e0", "e1", "e2"]})
    textless = part(".pipeline.column_mapping").ColumnMapping(
        target="target", prediction="prediction", numerical_features=["age", "fee"], categorical_features=["plan"])
    mmd = part(".metrics.data_drift.embedding_drift_methods").mmd
    domain = part(".metrics.data_drift.text_domain_classifier_drift_metric").TextDomainClassifierDriftMetric
    custom = part(".metrics.custom_metric").CustomValueMetric
    before, after = wide()
    share = lambda: metrics.DatasetDriftMetric(columns=["fee"])

    def case(name, own, moved=True, **parts):
        kind = suite if "tests" in parts else report
        made = kind(**parts)
        made.run(reference_data=before, current_data=after if moved else before, column_mapping=textless if name == "-target" else mapping)
        write(prefix + name, made.save_json, own(made))

    def told(made):
        """What the metrics' own results say drifted."""
        results = [m.get_result() for m in made._inner_suite.context.metrics]
        flags = [(getattr(r, "embeddings_name", None) or getattr(r, "text_column_name", None) or getattr(r, "column_name", None),
                  getattr(r, "drift_detected", getattr(r, "content_drift", False))) for r in results]
        return {name for name, drifted in flags if name and drifted}

    case("-embeddings", told, metrics=[metrics.EmbeddingsDriftMetric("emb", drift_method=mmd()), share()])
    case("-embeddings-alone", told, metrics=[metrics.EmbeddingsDriftMetric("emb")])
    case("-embeddings-quiet", told, moved=False, metrics=[metrics.EmbeddingsDriftMetric("emb"), share()])
    case("-embeddings-preset", lambda made: told(made) | {"age", "plan", "target", "prediction", "note"},
         metrics=[part(".metric_preset").DataDriftPreset(embeddings=["emb"])])
    case("-target", told, metrics=[part(".metric_preset").TargetDriftPreset()])
    case("-target-share", told, metrics=[metrics.ColumnDriftMetric("target"), metrics.ColumnDriftMetric("prediction"), share()])
    case("-text", told, metrics=[domain("note"), share()])
    case("-descriptors", lambda made: set(), metrics=[metrics.TextDescriptorsDriftMetric(
        "note", descriptors={"length": part(".descriptors").TextLength()}), share()])
    case("-custom", lambda made: set(), metrics=[custom(func=lambda data: 0.9, title="my drift"), share()])
    case("-suite-embeddings", lambda made: {"emb"}, tests=[
        tests.TestEmbeddingsDrift("emb", is_critical=False), tests.TestShareOfDriftedColumns(columns=["fee"])])
    case("-suite-target", lambda made: {"target"}, tests=[tests.TestColumnDrift("target")])


def current_parts(prefix, package, evidently):
    """The same in the later shape, judged by tests and metrics that are not in the file."""
    from importlib import import_module
    part = lambda name: import_module(package + name)
    Report, Dataset = part(evidently[0]).Report, part(evidently[1]).Dataset
    metrics, group = part(".metrics"), part(".metrics.group_by").GroupBy
    definition = part(evidently[1]).DataDefinition(
        numerical_columns=["age", "fee", "prediction"], categorical_columns=["plan", "target"], text_columns=["note"])
    if hasattr(definition, "embeddings"):
        definition.embeddings = {"emb": ["e0", "e1", "e2"]}
    before, after = (Dataset.from_pandas(frame, data_definition=definition) for frame in wide())
    share = metrics.DriftedColumnsCount(columns=["fee"])

    def failed(items):
        tests = json.loads(Report(items, include_tests=True).run(after, before).json())["tests"]
        tests = tests.values() if isinstance(tests, dict) else tests
        of = "Value Drift for column "
        return {t["name"].removeprefix(of) for t in tests if t["name"].startswith(of) and t["status"] == "FAIL"}

    def case(name, items, own=None):
        try:
            result = Report(items).run(after, before)
            write(prefix + name, result.save_json, failed(items) if own is None else own())
        except Exception as problem:  # not every version runs every case
            print(prefix + name, "cannot be made:", type(problem).__name__, problem)

    value = metrics.ValueDrift
    case("-target", [value(column="target", method="z", threshold=0.05)])
    case("-target-share", [share, value(column="target"), value(column="prediction"), value(column="note")])
    try:
        embeddings = part(".metrics.embeddings").EmbeddingsDrift
    except ImportError:
        return  # nor does a group's metric say what it measured
    case("-group", [group(metrics.DriftedColumnsCount(columns=["age", "fee"]), "plan"), share], own=lambda: {"plan"})
    case("-group-columns", [group(value(column="age", method="psi", threshold=0.1), "plan"), share], own=lambda: {"age"})
    methods, legacy_metrics = part(".legacy.metrics.data_drift.embedding_drift_methods"), part(".legacy.metrics")

    def own(method):
        """The verdict of the metric of 0.4, which is what measures here too."""
        report = part(".legacy.report").Report(metrics=[legacy_metrics.EmbeddingsDriftMetric("emb", drift_method=method)])
        first, second = wide()
        report.run(reference_data=first, current_data=second, column_mapping=part(".legacy.pipeline.column_mapping").ColumnMapping(
            embeddings=definition.embeddings))
        return {"emb"} if report.as_dict()["metrics"][0]["result"]["drift_detected"] else set()

    for name in ["mmd", "ratio", "distance", "model"]:
        method = getattr(methods, name)()
        case("-embeddings-" + name, [embeddings(embeddings_name="emb", drift_method=method), share], own=lambda: own(method))
    far = methods.distance(threshold=99)
    case("-embeddings-quiet", [embeddings(embeddings_name="emb", drift_method=far), share], own=lambda: own(far))
    case("-embeddings-default", [embeddings(embeddings_name="emb"), share], own=lambda: own(None))
    case("-embeddings-bootstrap", [embeddings(embeddings_name="emb", drift_method=methods.mmd(bootstrap=True)), share],
         own=lambda: own(methods.mmd(bootstrap=True)))


def current(prefix, package, evidently):
    from importlib import import_module
    part = lambda name: import_module(package + name)
    Report, Dataset = part(evidently[0]).Report, part(evidently[1]).Dataset
    metrics, preset = part(".metrics"), part(".presets").DataDriftPreset

    def case(name, items, empty=(), **options):
        definition = part(evidently[1]).DataDefinition(
            numerical_columns=["age", "fee", "tenure", *empty], categorical_columns=["plan"])
        before, after = (Dataset.from_pandas(frame.assign(**dict.fromkeys(empty, float("nan"))), data_definition=definition)
                         for frame in frames())
        try:
            result = Report(items, **options).run(after, before)
        except Exception as problem:  # not every version runs every case
            print(prefix + name, "cannot be made:", type(problem).__name__, problem)
            return None
        write(prefix + name, result.save_json)
        return result

    case("-report", [preset()])
    case("-report-tests", [preset()], include_tests=True)
    values = [metrics.ValueDrift(column="age"), metrics.ValueDrift(column="fee", method="psi"),
              metrics.ValueDrift(column="tenure"), metrics.ValueDrift(column="plan", method="jensenshannon")]
    case("-report-columns", values)
    case("-report-columns-tests", values, include_tests=True)
    case("-report-nan", [metrics.MeanValue(column="empty"), metrics.DriftedColumnsCount(columns=["age", "fee"])], empty=["empty"])
    small = case("-report-no-drift", [metrics.RowCount()])
    if small is not None and hasattr(small, "dumps"):
        write(prefix + "-snapshot", lambda path: pathlib.Path(path).write_text(small.dumps()))


def here():
    warnings.filterwarnings("ignore")
    import evidently

    version = evidently.__version__
    release = tuple(map(int, version.split(".")))
    if release < (0, 6):
        legacy(f"evidently-{version}", "evidently")
        legacy_parts(f"evidently-{version}", "evidently")
        return
    of = ("evidently.future", (".report", ".datasets")) if release < (0, 7) else ("evidently", (".core.report", ".core.datasets"))
    current(f"evidently-{version}", *of)
    current_parts(f"evidently-{version}", *of)
    if version == VERSIONS[-1]:
        legacy(f"evidently-{version}-legacy", "evidently.legacy")
        legacy_parts(f"evidently-{version}-legacy", "evidently.legacy")


here() if "--here" in sys.argv else everywhere()
