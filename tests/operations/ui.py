"""What the UI's pages ask of Dagster's GraphQL API, and what their buttons send."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import httpx

from tests.operations.waiting import until

_RANGE_START = "dagster/asset_partition_range_start"
_RANGE_END = "dagster/asset_partition_range_end"

_REPOSITORY = """{ repositoriesOrError { ... on RepositoryConnection { nodes {
    name location { name } assetNodes { assetKey { path } groupName } schedules { name } } } } }"""
_ERROR = "__typename ... on PythonError { message stack }"
_LAUNCHED = f"{{ {_ERROR} ... on LaunchRunSuccess {{ run {{ runId }} }} }}"
_LAUNCH = f"""mutation($params: ExecutionParams!) {{
    launchPipelineExecution(executionParams: $params) {_LAUNCHED} }}"""
_RERUN = f"""mutation($params: ReexecutionParams!) {{
    launchPipelineReexecution(reexecutionParams: $params) {_LAUNCHED} }}"""
_BACKFILL = f"""mutation($params: LaunchBackfillParams!) {{
    launchPartitionBackfill(backfillParams: $params) {{
        {_ERROR} ... on LaunchBackfillSuccess {{ backfillId }} }} }}"""
_RUN = """runId status jobName startTime tags { key value } assetSelection { path }"""
_RUNS_OF_BACKFILL = f"""query($id: String!) {{ partitionBackfillOrError(backfillId: $id) {{
    ... on PartitionBackfill {{ status runs(limit: 100) {{ {_RUN} }} }} }} }}"""
_RUNS = f"""{{ runsOrError {{ ... on Runs {{ results {{ {_RUN} }} }} }} }}"""
_STATUS = """query($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"""
_EVENTS = """query($id: ID!) { logsForRun(runId: $id) { ... on EventConnection { events {
    __typename ... on MessageEvent { message stepKey } } } } }"""
_MATERIALIZATIONS = """query($key: AssetKeyInput!, $months: [String!]) {
    assetNodeOrError(assetKey: $key) { ... on AssetNode {
        assetMaterializations(partitions: $months) { runId partition metadataEntries {
            label
            ... on IntMetadataEntry { intValue }
            ... on TextMetadataEntry { text }
            ... on TimestampMetadataEntry { timestamp } } } } } }"""
_CHECKS = """query($key: AssetKeyInput!) { assetNodeOrError(assetKey: $key) { ... on AssetNode {
    assetChecksOrError { ... on AssetChecks { checks { name
        executionForLatestMaterialization { status evaluation { description } } } } } } } }"""
_TICKS = """query($schedule: ScheduleSelector!) { scheduleOrError(scheduleSelector: $schedule) {
    ... on Schedule { scheduleState { status ticks { status runIds error { message } } } } } }"""
_SENSOR = """query($sensor: SensorSelector!) { sensorOrError(sensorSelector: $sensor) {
    ... on Sensor { sensorState { ticks(limit: 1) { skipReason } } } } }"""

_ENDS = {"SUCCESS", "FAILURE", "CANCELED"}
_BACKFILL_ENDS = {"COMPLETED_SUCCESS", "COMPLETED_FAILED", "COMPLETED", "FAILED", "CANCELED"}
_PID = re.compile(r"\(pid: (\d+)\)")


@dataclass(frozen=True, slots=True)
class Run:
    """A run as the page of runs shows it.

    Attributes:
        run_id: Its id.
        status: E.g. `SUCCESS`.
        job: What was run; what is materialized by hand is a job of Dagster's own.
        tags: What it is tagged with.
        paths: The assets that it was about.
    """

    run_id: str
    status: str
    job: str
    tags: Mapping[str, str]
    paths: tuple[str, ...]

    @property
    def span(self) -> tuple[str, str]:
        """The first and the last month; empty for what has none."""
        month = self.tags.get("dagster/partition", "")
        return self.tags.get(_RANGE_START, month), self.tags.get(_RANGE_END, month)


class Ui:
    """A Dagster webserver, asked as a browser asks it.

    Args:
        url: Where it is.
    """

    def __init__(self, url: str) -> None:
        self._url = f"{url}/graphql"
        self._http = httpx.Client(trust_env=False, timeout=60)

    def ask(self, query: str, **variables: object) -> dict[str, object]:
        body = {"query": query, "variables": variables}
        reply = self._http.post(self._url, json=body).json()
        assert "errors" not in reply, reply
        data: dict[str, object] = reply["data"]
        return data

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    def groups(self) -> dict[str, str]:
        """Return the group of each asset, by path."""
        nodes = _at(self._repository(), "assetNodes")
        return {_path(_at(node, "assetKey")): str(_at(node, "groupName")) for node in _list(nodes)}

    def launch(
        self,
        path: str,
        *months: str,
        also: Sequence[str] = (),
        tags: Mapping[str, str] | None = None,
    ) -> str:
        """Materialize assets; of several months, the range from the first to the last."""
        span = {"dagster/partition": months[0]} if months else {}
        if len(months) > 1:
            span = {_RANGE_START: months[0], _RANGE_END: months[-1]}
        params = {
            "mode": "default",
            "selector": {
                **self._selector(),
                "jobName": "__ASSET_JOB",
                "assetSelection": [*map(_key, (path, *also))],
            },
            "executionMetadata": {"tags": _tags({**span, **(tags or {})})},
        }
        launched = self.ask(_LAUNCH, params=params)
        return str(_at(launched, "launchPipelineExecution", "run", "runId"))

    def make(self, path: str, *months: str) -> str:
        """Materialize an asset as the UI's button does, and return what became of the run."""
        return self.end_of(self.launch(path, *months))

    def rerun_from_failure(self, run_id: str) -> str:
        """Press *Re-execute from failure*, and return the new run."""
        params = {"parentRunId": run_id, "strategy": "FROM_FAILURE"}
        launched = self.ask(_RERUN, params=params)
        return str(_at(launched, "launchPipelineReexecution", "run", "runId"))

    def end_of(self, run_id: str) -> str:
        """Wait for the end of a run, and return what became of it."""
        until(lambda: self.status(run_id) in _ENDS, f"end of run {run_id}")
        return self.status(run_id)

    def status(self, run_id: str) -> str:
        return str(_at(self.ask(_STATUS, id=run_id), "runOrError", "status"))

    def end_of_backfill(self, backfill_id: str) -> tuple[str, list[Run]]:
        """Wait for the end of a backfill; return what became of it, and its runs."""

        def state() -> object:
            return _at(self.ask(_RUNS_OF_BACKFILL, id=backfill_id), "partitionBackfillOrError")

        until(lambda: _at(state(), "status") in _BACKFILL_ENDS, f"end of backfill {backfill_id}")
        ended = state()
        return str(_at(ended, "status")), [_run(each) for each in _list(_at(ended, "runs"))]

    def runs(self) -> list[Run]:
        """Return all runs, newest first."""
        return [_run(each) for each in _list(_at(self.ask(_RUNS), "runsOrError", "results"))]

    def events(self, run_id: str) -> list[tuple[str, str]]:
        """Return the type and the message of each event of a run."""
        events = _list(_at(self.ask(_EVENTS, id=run_id), "logsForRun", "events"))
        return [(str(_at(each, "__typename")), str(_at(each, "message"))) for each in events]

    def worker(self, run_id: str) -> int:
        """Return the process that executes a run."""
        pids = [pid for _, message in self.events(run_id) for pid in _PID.findall(message)]
        return int(pids[-1])

    def materializations(self, path: str, *months: str) -> list[dict[str, object]]:
        """Return what an asset's page shows of some months: metadata by label, newest first."""
        asked = self.ask(_MATERIALIZATIONS, key=_key(path), months=list(months) or None)
        events = _list(_at(asked, "assetNodeOrError", "assetMaterializations"))
        return [
            {"run_id": _at(each, "runId"), "month": _at(each, "partition"), **_metadata(each)}
            for each in events
        ]

    def checks(self, path: str) -> dict[str, tuple[str, str]]:
        """Return the status and the description of each check of an asset, by name."""
        asked = self.ask(_CHECKS, key=_key(path))
        checks = _list(_at(asked, "assetNodeOrError", "assetChecksOrError", "checks"))
        return {str(_at(each, "name")): _verdict(each) for each in checks}

    def start_backfill(self, paths: Sequence[str], months: Sequence[str]) -> str:
        """Start a backfill of assets, and return its id."""
        params = {"assetSelection": [*map(_key, paths)], "partitionNames": months, "tags": []}
        launched = self.ask(_BACKFILL, params=params)
        return str(_at(launched, "launchPartitionBackfill", "backfillId"))

    def backfill_status(self, backfill_id: str) -> str:
        asked = self.ask(_RUNS_OF_BACKFILL, id=backfill_id)
        return str(_at(asked, "partitionBackfillOrError", "status"))

    def ticks(self, schedule: str) -> tuple[str, list[tuple[str, list[str]]]]:
        """Return whether a schedule runs, and its ticks, newest first: status and runs."""
        selector = {**self._selector(), "scheduleName": schedule}
        state = _at(self.ask(_TICKS, schedule=selector), "scheduleOrError", "scheduleState")
        ticks = _list(_at(state, "ticks"))
        told = [(str(_at(t, "status")), [str(r) for r in _list(_at(t, "runIds"))]) for t in ticks]
        return str(_at(state, "status")), told

    def said(self, sensor: str) -> str:
        """Return why a sensor asked for nothing at its last tick; empty where it did ask."""
        selector = {**self._selector(), "sensorName": sensor}
        state = _at(self.ask(_SENSOR, sensor=selector), "sensorOrError", "sensorState")
        return next((str(_at(each, "skipReason") or "") for each in _list(_at(state, "ticks"))), "")

    def _repository(self) -> object:
        return _at(self.ask(_REPOSITORY), "repositoriesOrError", "nodes", 0)

    def _selector(self) -> dict[str, object]:
        repository = self._repository()
        return {
            "repositoryLocationName": _at(repository, "location", "name"),
            "repositoryName": _at(repository, "name"),
        }


def _run(value: object) -> Run:
    tags = {str(_at(t, "key")): str(_at(t, "value")) for t in _list(_at(value, "tags"))}
    paths = tuple(_path(key) for key in _list(_at(value, "assetSelection") or []))
    run_id, status, job = (str(_at(value, key)) for key in ("runId", "status", "jobName"))
    return Run(run_id, status, job, tags, paths)


def _metadata(value: object) -> dict[str, object]:
    found: dict[str, object] = {}
    for entry in _list(_at(value, "metadataEntries")):
        assert isinstance(entry, dict)
        values = [entry[name] for name in ("intValue", "text", "timestamp") if name in entry]
        found[str(entry["label"])] = values[0] if values else None
    return found


def _verdict(check: object) -> tuple[str, str]:
    execution = _at(check, "executionForLatestMaterialization")
    if execution is None:
        return "NONE", ""
    evaluation = _at(execution, "evaluation")  # None while a run is at it
    description = None if evaluation is None else _at(evaluation, "description")
    return str(_at(execution, "status")), str(description or "")


def _key(path: str) -> dict[str, object]:
    return {"path": path.strip("/").split("/")}


def _path(key: object) -> str:
    return "/" + "/".join(str(each) for each in _list(_at(key, "path")))


def _tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in tags.items()]


def _list(value: object) -> list[object]:
    assert isinstance(value, list), value
    return value


def _at(value: object, *keys: str | int) -> object:
    """Return what lies in JSON under some keys."""
    for key in keys:
        assert isinstance(value, dict | list), value
        assert isinstance(value, list) or key in value, value
        value = value[key]  # type: ignore[index]  # an int into a list, a name into an object
    return value
