"""Steps carried out by the workers of a Dask cluster, on this machine or on others.

Dagster's own loop decides what is due, counts pools and retries; Dask finds a worker for it.
`docs/decisions/030-steps-go-to-dask-one-by-one.md` says why it is not `dagster-dask`.
"""

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
from dagster._core.execution.context.system import PlanOrchestrationContext
from dagster._core.execution.plan.plan import ExecutionPlan
from dagster._core.execution.retries import RetryMode
from dagster._core.executor.step_delegating import (
    CheckStepHealthResult,
    StepDelegatingExecutor,
    StepHandler,
    StepHandlerContext,
)
from typing_extensions import override

from pond_pipeline.errors import ConfigError
from pond_pipeline.runs.step_end import attempts_before, has_ended, step_key
from pond_pipeline.runs.worker import carry_out

if TYPE_CHECKING:
    from distributed import Client, Future

SCHEDULER = "POND_DASK_SCHEDULER"
"""The variable that says where the scheduler is: `tcp://host:8786`."""

_PASSED_ON = ("POND", "POND_RESOURCES", "DAGSTER_HOME")
"""Variables that a worker takes from the run: all of them work on one pond."""

_LOOK_S = 0.5
_HEALTH_S = 5


def check_installed() -> None:
    """Refuse where Dask is not installed.

    Raises:
        ConfigError: It is not.
    """
    if importlib.util.find_spec("distributed") is None:
        msg = "runs cannot be carried out by Dask: it is not installed"
        raise ConfigError(msg, hint="pip install 'duckpond[workers]', here and at the workers")


@dg.executor(
    name="dask",
    config_schema={
        "scheduler": dg.Field(
            dg.StringSource,
            is_required=False,
            description=f"Where the scheduler is, tcp://host:8786; else what {SCHEDULER} says.",
        ),
        "max_concurrent": dg.Field(
            dg.Noneable(int),
            default_value=None,
            description="How many steps of a run are with the workers at once.",
        ),
    },
    requirements=dg.multiple_process_executor_requirements(),
)
def dask_executor(context: dg.InitExecutorContext) -> dg.Executor:
    """Steps carried out by the workers of a Dask cluster."""
    address = context.executor_config.get("scheduler") or os.environ.get(SCHEDULER)
    if not isinstance(address, str):
        msg = "nobody says where the Dask scheduler is"
        raise ConfigError(msg, hint=f"set {SCHEDULER} to its address, say tcp://127.0.0.1:8786")
    limit = context.executor_config["max_concurrent"]
    return DaskExecutor(
        DaskSteps(address), max_concurrent=limit if isinstance(limit, int) else None
    )


class DaskExecutor(StepDelegatingExecutor):
    """Dagster's loop over the steps of a run; the scheduler is left when the loop ends.

    Args:
        steps: Sends steps to the scheduler.
        max_concurrent: How many steps of a run are with the workers at once; None is as many as
            are due.
    """

    def __init__(self, steps: "DaskSteps", *, max_concurrent: int | None) -> None:
        super().__init__(
            steps,
            retries=RetryMode.ENABLED,
            sleep_seconds=_LOOK_S,
            check_step_health_interval_seconds=_HEALTH_S,
            max_concurrent=max_concurrent,
        )
        self._steps = steps

    @override
    def execute(
        self, plan_context: PlanOrchestrationContext, execution_plan: ExecutionPlan
    ) -> Iterator[dg.DagsterEvent]:
        try:
            yield from super().execute(plan_context, execution_plan)
        finally:
            self._steps.close()


class DaskSteps(StepHandler):
    """Sends steps to a scheduler, and asks it what became of them.

    Args:
        address: Where the scheduler is.
    """

    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = address
        self._connected: Client | None = None
        self._futures: dict[str, Future[None]] = {}

    @property
    @override
    def name(self) -> str:
        return "Dask"

    @override
    def launch_step(self, step_handler_context: StepHandlerContext) -> Iterator[dg.DagsterEvent]:
        step = step_handler_context.execute_step_args
        task = _task(step_handler_context)
        yield dg.DagsterEvent.step_worker_starting(
            step_handler_context.get_step_context(step_key(step)),
            message=f"Sent to the Dask scheduler {self._address}.",
            metadata={"task": dg.MetadataValue.text(task)},
        )
        environ = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        self._futures[task] = self._client.submit(
            carry_out,
            task,
            dg.serialize_value(step),
            folder=str(Path.cwd()),
            environ=environ,
            key=task,
            pure=False,
        )

    @override
    def check_step_health(self, step_handler_context: StepHandlerContext) -> CheckStepHealthResult:
        future = self._futures.get(_task(step_handler_context))
        status = "lost" if future is None else future.status
        # The log is read before and after: the step may have ended in between.
        if status == "pending" or has_ended(
            step_handler_context.instance, step_handler_context.execute_step_args
        ):
            return CheckStepHealthResult.healthy()
        reason = f"Dask says that it is {status}"
        if future is not None and status == "error":
            reason = f"{reason}: {future.exception()}"  # type: ignore[no-untyped-call]  # Dask's
        return CheckStepHealthResult.unhealthy(reason)

    @override
    def terminate_step(self, step_handler_context: StepHandlerContext) -> Iterator[dg.DagsterEvent]:
        future = self._futures.get(_task(step_handler_context))
        if future is not None:
            self._client.cancel([future], force=True)  # type: ignore[no-untyped-call]  # Dask's
        yield from ()

    def close(self) -> None:
        """Leave the scheduler, which ends what is still with a worker."""
        if self._connected is not None:
            self._connected.close()  # type: ignore[no-untyped-call]  # Dask's
            self._connected = None
            self._futures.clear()

    @property
    def _client(self) -> "Client":
        # Lazy: an optional extra. The executor is made wherever the code location is looked at.
        from distributed import Client  # noqa: PLC0415

        if self._connected is None:
            self._connected = Client(self._address, set_as_default=False)  # type: ignore[no-untyped-call]  # Dask's
        return self._connected


def _task(context: StepHandlerContext) -> str:
    """Return the name that a try of a step has for Dask, which does what has one name only once."""
    step = context.execute_step_args
    return f"{step.run_id}/{step_key(step)}/{attempts_before(step)}"
