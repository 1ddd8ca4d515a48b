"""Makes the reports of <case>/report.json with the real Evidently packages.

    python make_reports.py            every version, each in a venv of its own (needs uv)
    python make_reports.py --here     those of the version that is installed

The files are what Evidently wrote, untouched. The cases without a version in
their names (share…) are written by hand.
"""
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


def write(case, save):
    folder = HERE / case
    folder.mkdir(exist_ok=True)
    save(str(folder / "report.json"))
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
    elif release < (0, 7):
        current(f"evidently-{version}", "evidently.future", (".report", ".datasets"))
    else:
        current(f"evidently-{version}", "evidently", (".core.report", ".core.datasets"))
        if version == VERSIONS[-1]:
            legacy(f"evidently-{version}-legacy", "evidently.legacy")


here() if "--here" in sys.argv else everywhere()
