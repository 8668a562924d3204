"""Whether a step has ended, as Dagster's log tells it."""

import dagster as dg
from dagster._grpc.types import ExecuteStepArgs

_ENDS = {
    dg.DagsterEventType.STEP_SUCCESS,
    dg.DagsterEventType.STEP_FAILURE,
    dg.DagsterEventType.STEP_UP_FOR_RETRY,
}


def attempts_before(step: ExecuteStepArgs) -> int:
    """Return how often a step was tried before this time."""
    if step.known_state is None:
        return 0
    return step.known_state.get_retry_state().get_attempt_count(step_key(step))


def has_ended(instance: dg.DagsterInstance, step: ExecuteStepArgs) -> bool:
    """Say whether a step has ended, well or not, as often as it was begun."""
    key = step_key(step)
    ends = [
        each
        for each in instance.all_logs(step.run_id, of_type=_ENDS)
        if each.dagster_event is not None and each.dagster_event.step_key == key
    ]
    return len(ends) > attempts_before(step)


def step_key(step: ExecuteStepArgs) -> str:
    """Return the key of the one step that is asked for."""
    [key] = step.step_keys_to_execute or []
    return key
