"""The loop under Prefect 3: trigger, train, gate, deploy, verify, with retries for each.

    prefect gcl create ct-churn --limit 1
    PYTHONPATH=examples/orchestrators python examples/orchestrators/prefect/flow.py

serves one deployment for each project of CT_PROJECTS, daily, and answers the button
Run in the UI. How a run of the flow ends:

| state | type | means |
|:--|:--|:--|
| Quiet | COMPLETED | no trigger fired, or the cooldown is not over |
| Promoted | COMPLETED | a new champion, deployed and verified |
| Rolled back | COMPLETED | an interrupted rollback was finished, deployed and verified |
| Flagged | COMPLETED | the champion stays; an alert says why |
| Failed | FAILED | a step failed after its retries; an alert says which |

The attempt follows from the flow run, so that a run that is retried finds what it has
trained. `attempt=` names another one, to take up a run by hand.
"""

import os
from datetime import timedelta
from typing import Any

from prefect import flow, get_run_logger, serve, task
from prefect.concurrency.sync import concurrency
from prefect.runtime import flow_run
from prefect.states import Completed, Failed, State

import ct_action

RETRY_SECONDS = float(os.environ.get("CT_RETRY_SECONDS", "60"))


def worth_a_retry(task: Any, task_run: Any, state: State) -> bool:
    """Invalid inputs stay invalid."""
    return getattr(state.result(raise_on_failure=False), "retry", True)


def tell(flow: Any, flow_run: Any, state: State) -> None:
    """Alerts where a person should look."""
    if state.name == "Flagged" or not state.is_completed():
        ct_action.alert(f"{flow_run.name}: {state.name}: {state.message}", log=get_run_logger().warning)


step = task(retries=2, retry_delay_seconds=RETRY_SECONDS, retry_condition_fn=worth_a_retry, persist_result=False)


@step
def trigger(project: ct_action.Project, attempt: str, force: bool) -> dict[str, Any]:
    return ct_action.trigger(project, attempt, force, get_run_logger().info)


@step
def train(project: ct_action.Project, asked: dict[str, Any]) -> None:
    ct_action.train(project, asked, get_run_logger().info)


@step
def gate(project: ct_action.Project, attempt: str) -> State:
    result = ct_action.gate(project, attempt, get_run_logger().info)
    if result.flagged and not result.moved:
        return Completed(name="Flagged", message=result.line, data=result)
    return Completed(message=result.line, data=result)


@step
def deploy(project: ct_action.Project) -> str:
    return ct_action.deploy(project, get_run_logger().info)


@step
def verify(project: ct_action.Project) -> str:
    return ct_action.verify(project, get_run_logger().info).line


@flow(
    name="continuous-training",
    flow_run_name="ct-{name}",
    on_completion=[tell],
    on_failure=[tell],
    on_crashed=[tell],
    on_cancellation=[tell],
)
def continuous_training(name: str, force: bool = False, attempt: str | None = None) -> State:
    """One run of one model's loop. The limit ct-<name> keeps a second one waiting."""
    project = ct_action.projects()[name]
    with concurrency(f"ct-{name}", strict=True):
        return loop(project, attempt or ct_action.attempt_id("prefect", str(flow_run.id)), force)


def loop(project: ct_action.Project, attempt: str, force: bool) -> State:
    asked = trigger(project, attempt, force)
    if not asked["retrain"]:
        return Completed(name="Quiet", message="nothing to train")
    train(project, asked)
    judged = gate(project, attempt, return_state=True)
    found = judged.result(raise_on_failure=False)
    if found.moved:
        # Whatever else the gate said: a champion that has moved must be served.
        deploy(project)
        verify(project)
    if judged.is_failed():
        return Failed(message=str(found))
    if judged.name == "Flagged":
        return Completed(name="Flagged", message=found.line)
    rolled_back = found.outputs.get("outcome") == "rolled-back"
    return Completed(name="Rolled back" if rolled_back else "Promoted", message=found.line)


@flow(name="continuous-training-all")
def all_models(force: bool = False) -> State:
    """The loops of all projects, one after the other; a flag or a failure of one stops no other."""
    states = {name: continuous_training(name, force, return_state=True) for name in ct_action.projects()}
    story = ", ".join(f"{name}: {state.name}" for name, state in states.items())
    return Completed(message=story) if all(s.is_completed() for s in states.values()) else Failed(message=story)


if __name__ == "__main__":
    serve(
        *(
            continuous_training.to_deployment(name, parameters={"name": name}, interval=timedelta(days=1))
            for name in ct_action.projects()
        )
    )
