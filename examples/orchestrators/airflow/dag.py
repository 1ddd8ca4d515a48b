"""The loop under Airflow 3: trigger, train, gate, deploy, verify, with retries for each.

One DAG for each project of CT_PROJECTS, called ct_<name>. Put this file into the DAGs
folder and ct_action.py and train_once.py onto PYTHONPATH, on every worker.

- A flag skips the gate and what follows it, and alerts; the run of the DAG is green.
- A failure is tried again twice, unless the inputs are invalid. Then it alerts, and
  the run is red: the task watcher sees to that where deploy was done all the same.
- The attempt follows from the DAG and the logical date: a run that is cleared, or made
  again by a backfill, trains nothing again.
- One task of each kind runs at a time, also where a backfill runs beside the schedule:
  max_active_runs alone does not count a backfill's runs.
"""

import os
from datetime import datetime, timedelta, timezone
from typing import Any

from airflow.sdk import DAG, Param, TriggerRule, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

import ct_action

RETRY_SECONDS = float(os.environ.get("CT_RETRY_SECONDS", "60"))


def say(line: str) -> None:
    print(line, flush=True)


def tell_failed(context: Any) -> None:
    ct_action.alert(f"{place(context)}: failed: {ct_action.one_line(str(context.get('exception')))}", say)


def tell_flagged(context: Any) -> None:
    ct_action.alert(f"{place(context)}: {context['ti'].xcom_pull(task_ids='gate', key='line')}", say)


def place(context: Any) -> str:
    ti = context["ti"]
    return f"{ti.dag_id}.{ti.task_id} of {ti.run_id}"


def in_task(step: Any, *arguments: Any) -> Any:
    """Runs a step with the task's log; what is not worth a retry gets none."""
    try:
        return step(*arguments, say)
    except ct_action.Failed as err:
        raise (AirflowException if err.retry else AirflowFailException)(str(err)) from err


def attempt() -> str:
    """The attempt of this run: a run without a logical date goes by its id."""
    run: Any = get_current_context()["dag_run"]
    when = run.logical_date.strftime("%Y%m%dT%H%M%S") if run.logical_date else run.run_id
    return ct_action.attempt_id("airflow", run.dag_id, when)


def continuous_training(name: str, project: ct_action.Project) -> DAG:
    """The DAG of one model."""

    @dag(
        dag_id=f"ct_{name}",
        schedule="17 3 * * *",
        start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
        catchup=False,
        max_active_runs=1,
        params={"force": Param(False, type="boolean", description="retrain whatever the triggers say")},
        default_args={
            "retries": 2,
            "retry_delay": timedelta(seconds=RETRY_SECONDS),
            "max_active_tis_per_dag": 1,
            "on_failure_callback": tell_failed,
        },
        tags=["continuous-training"],
    )
    def loop() -> None:
        @task
        def trigger() -> dict[str, Any]:
            asked = in_task(ct_action.trigger, project, attempt(), get_current_context()["params"]["force"])
            if not asked["retrain"]:
                raise AirflowSkipException("nothing to train")
            return asked

        @task
        def train(asked: dict[str, Any]) -> None:
            in_task(ct_action.train, project, asked)

        @task(on_skipped_callback=tell_flagged)
        def gate() -> None:
            ti = get_current_context()["ti"]
            try:
                result = ct_action.gate(project, attempt(), say)
            except ct_action.Failed as err:
                ti.xcom_push("moved", err.moved)
                raise (AirflowException if err.retry else AirflowFailException)(str(err)) from err
            ti.xcom_push("moved", result.moved)
            ti.xcom_push("line", result.line)
            if result.flagged and not result.moved:
                raise AirflowSkipException(result.line)

        # Whatever the gate said: a champion that has moved must be served.
        @task(trigger_rule=TriggerRule.ALL_DONE)
        def deploy() -> str:
            if not get_current_context()["ti"].xcom_pull(task_ids="gate", key="moved"):
                raise AirflowSkipException("the champion has not moved")
            return in_task(ct_action.deploy, project)

        @task
        def verify() -> str:
            return in_task(ct_action.verify, project).line

        # The state of a run is that of its leaves, and deploy hides a failed gate.
        @task(trigger_rule=TriggerRule.ONE_FAILED, retries=0, on_failure_callback=None)
        def watcher() -> None:
            raise AirflowFailException("a step failed: its own task says why")

        steps = [trigger()]
        steps += [train(steps[0]), gate(), deploy(), verify()]
        for before, after in zip(steps[1:], steps[2:]):
            before >> after
        steps >> watcher()

    return loop()


DAGS = {name: continuous_training(name, project) for name, project in ct_action.projects().items()}
globals().update({f"ct_{name}": made for name, made in DAGS.items()})
