"""What each kind of step does, in one table: how it is made, and what of it is behind."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pond_core import EntryType, ReadFS
from pond_pipeline.hydrovu import RAW_KEY, HydroVuClient, shared_auth, shared_outage
from pond_pipeline.periods import Period
from pond_pipeline.plan import (
    CombineStep,
    DeriveStep,
    DictionariesStep,
    ExportStep,
    FilesStep,
    HydroVuSource,
    InboxStep,
    NormalizeStep,
    PivotStep,
    PullStep,
    ReduceStep,
    ScribbleStep,
    Step,
    TemplateStep,
    WebsiteStep,
)
from pond_pipeline.record import SeriesUpdate, Slice
from pond_pipeline.steps.combine import combine, combine_due
from pond_pipeline.steps.derive import derive, derive_is_due
from pond_pipeline.steps.derived import Due
from pond_pipeline.steps.dictionaries import dictionaries
from pond_pipeline.steps.export import export, export_due
from pond_pipeline.steps.files import collect
from pond_pipeline.steps.normalize import normalize, normalize_due
from pond_pipeline.steps.pivot import pivot, pivot_due
from pond_pipeline.steps.pull import pull, pull_due
from pond_pipeline.steps.reduce import reduce, reduce_due
from pond_pipeline.steps.request import Request
from pond_pipeline.steps.scribble import scribble, scribble_due
from pond_pipeline.steps.template import template, template_is_due
from pond_pipeline.steps.website import website, website_is_due

Made = Mapping[str, object]
"""By pond path, what shall be stored: what the IO manager takes. An update may still be lazy."""


@dataclass(frozen=True, slots=True)
class Lag:
    """One partition that is behind.

    Attributes:
        period: Which; None for what has no partitions.
        has_reason: Whether it was made before, or there is something to make it from: else it
            would be empty.
    """

    period: Period | None
    has_reason: bool = True


Behind = list[Lag]
"""What of a step is behind."""


@dataclass(frozen=True, slots=True)
class Craft:
    """What one kind of step does.

    Attributes:
        make: From the step, the pond, the partitions and the request to what shall be stored.
        behind: From the step, the pond, the candidates and the request to what is behind.
    """

    make: Callable[[Any, ReadFS, Sequence[Period], Request], Made]
    behind: Callable[[Any, ReadFS, Sequence[Period], Request], Behind]


def make(step: Step, fs: ReadFS, periods: Sequence[Period], request: Request) -> Made:
    """Do a step's work.

    Args:
        step: What to make.
        fs: The pond now.
        periods: The partitions; none for a step without.
        request: How the run was asked for.
    """
    return _CRAFTS[type(step)].make(step, fs, periods, request)


def behind(step: Step, fs: ReadFS, periods: Sequence[Period], request: Request) -> Behind:
    """Return what a step has never made, or made from other inputs than are there now.

    A pull is also behind where readings may still come. What only the outside knows of is never
    behind: files, and dictionaries that are there.
    """
    return _CRAFTS[type(step)].behind(step, fs, periods, request)


@contextmanager
def open_client(source: HydroVuSource, request: Request) -> Iterator[HydroVuClient]:
    """Open a session with an account; its credentials are read here, when a run needs them."""
    environ = request.environ()
    base_url, key, secret = (
        text.resolve(environ) for text in (source.base_url, source.key, source.secret)
    )
    # Of 200 instruments each is a step of its own: a token for each were half of all requests.
    auth = shared_auth(base_url, key, secret)
    outage = shared_outage(base_url)
    with HydroVuClient(base_url, key, secret, auth=auth, outage=outage) as client:
        yield client


def _pulled(
    step: PullStep, fs: ReadFS, periods: Sequence[Period], request: Request
) -> SeriesUpdate:
    """Return an update whose session is open while its batches are taken."""

    def batches() -> Iterator[Sequence[Slice]]:
        with open_client(step.source, request) as client:
            yield from pull(step, fs, client, periods, request).batches

    return SeriesUpdate(batches(), key=RAW_KEY, fingerprint=step.fingerprint)


def _dictionaries(
    step: DictionariesStep, fs: ReadFS, _periods: Sequence[Period], request: Request
) -> Made:
    with open_client(step.source, request) as client:
        return dict(dictionaries(step, fs, client))


def _dictionaries_due(
    step: DictionariesStep, fs: ReadFS, _periods: Sequence[Period], _request: Request
) -> Behind:
    """Return whether readings are there whose names nobody ever asked for."""
    if all(fs.exists(path) for path in step.outputs):
        return []
    folder = step.outputs[0].rpartition("/")[0]
    siblings = fs.ls(folder) if fs.exists(folder) else []
    return [Lag(None)] if any(each.entry_type is EntryType.SERIES for each in siblings) else []


def _never(_step: Step, _fs: ReadFS, _periods: Sequence[Period], _request: Request) -> Behind:
    return []


def _lags_of(due: Sequence[Due]) -> Behind:
    return [Lag(each.period, has_reason=each.has_reason) for each in due]


def _lags(periods: Sequence[Period]) -> Behind:
    return [Lag(period) for period in periods]


def _whole(*, is_due: bool) -> Behind:
    return [Lag(None)] if is_due else []


_CRAFTS: Mapping[type[Step], Craft] = {
    DictionariesStep: Craft(_dictionaries, _dictionaries_due),
    PullStep: Craft(
        lambda step, fs, periods, how: {step.outputs[0]: _pulled(step, fs, periods, how)},
        lambda step, fs, periods, _how: _lags(pull_due(step, fs, periods)),
    ),
    FilesStep: Craft(
        lambda step, fs, _periods, how: {step.outputs[0]: collect(step, fs, how)},
        _never,
    ),
    InboxStep: Craft(
        lambda step, fs, _periods, how: {step.outputs[0]: collect(step, fs, how)},
        _never,
    ),
    NormalizeStep: Craft(
        lambda step, fs, periods, how: {
            step.outputs[0]: normalize(step, fs, periods, now=how.now, again=how.reprocess)
        },
        lambda step, fs, periods, _how: _lags_of(normalize_due(step, fs, periods)),
    ),
    ExportStep: Craft(
        lambda step, fs, periods, how: {
            step.outputs[0]: export(step, fs, periods, again=how.reprocess)
        },
        lambda step, fs, periods, _how: _lags_of(export_due(step, fs, periods)),
    ),
    ScribbleStep: Craft(
        lambda step, fs, periods, how: {
            step.outputs[0]: scribble(step, fs, periods, now=how.now, again=how.reprocess)
        },
        lambda step, fs, periods, how: _lags(scribble_due(step, fs, periods, now=how.now)),
    ),
    DeriveStep: Craft(
        lambda step, fs, _periods, how: {step.outputs[0]: derive(step, fs, again=how.reprocess)},
        lambda step, fs, _periods, _how: _whole(is_due=derive_is_due(step, fs)),
    ),
    CombineStep: Craft(
        lambda step, fs, periods, how: {
            step.outputs[0]: combine(step, fs, periods, again=how.reprocess)
        },
        lambda step, fs, periods, _how: _lags_of(combine_due(step, fs, periods)),
    ),
    PivotStep: Craft(
        lambda step, fs, periods, how: {
            step.outputs[0]: pivot(step, fs, periods, again=how.reprocess)
        },
        lambda step, fs, periods, _how: _lags_of(pivot_due(step, fs, periods)),
    ),
    ReduceStep: Craft(
        lambda step, fs, periods, how: dict(reduce(step, fs, periods, again=how.reprocess)),
        lambda step, fs, periods, _how: _lags_of(reduce_due(step, fs, periods)),
    ),
    TemplateStep: Craft(
        lambda step, fs, _periods, _how: {step.outputs[0]: template(step, fs)},
        lambda step, fs, _periods, _how: _whole(is_due=template_is_due(step, fs)),
    ),
    WebsiteStep: Craft(
        lambda step, fs, _periods, _how: {step.outputs[0]: website(step, fs)},
        lambda step, fs, _periods, _how: _whole(is_due=website_is_due(step, fs)),
    ),
}
