"""How far backups, copies and what a pond follows are behind, as this machine knows it.

Nobody is asked: what is told is what was noted when a backup was last spoken to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pond_core import Contact, Contacts, Lag, Overview, PondError, from_us
from pond_pipeline.backups import label_of, place_text
from pond_pipeline.concern import Concern
from pond_pipeline.errors import ConfigError
from pond_pipeline.plan import Backup, Copy, Service
from pond_pipeline.wording import count_text, duration_text, instant_text

_US_PER_S = 1_000_000

_CALLED = {"push": "the push to", "pull": "the pull from", "copy": "the update of"}


@dataclass(frozen=True, slots=True)
class Standing:
    """How a backup, a copy of one, or what the pond follows stands.

    Attributes:
        place: The folder or the bucket's URL; of a copy the directory of its pond.
        resource: The resource of `resources.yaml` that names it; None if none does.
        way: `push`: this pond is backed up there. `pull`: it follows what is there. `copy`: a pond
            that is made of a backup.
        txn: The newest transaction that is known to be there; None if none is.
        committed: When that committed.
        done: When that was last found to be so; of a copy, when it last was brought up to date.
        tried: When it was last tried.
        behind_txns: How many transactions are lacking: there, and of `pull` here. None where that
            is not known.
        behind_s: How much later than `committed` the newest one committed, seconds.
        waiting_s: How long the first one that is lacking has been there, seconds.
        error: Why the newest try failed; empty if it did not.
    """

    place: str
    resource: str | None
    way: str
    txn: int | None = None
    committed: datetime | None = None
    done: datetime | None = None
    tried: datetime | None = None
    behind_txns: int | None = None
    behind_s: float | None = None
    waiting_s: float | None = None
    error: str = ""


def standings(
    overview: Overview, services: Sequence[Service], environ: Mapping[str, str], *, now: datetime
) -> list[Standing]:
    """Return how all that is known of stands: what resources name first, in their order.

    Args:
        overview: The pond.
        services: What resources say.
        environ: What the places of resources are named with.
        now: The present, aware.
    """
    contacts: dict[tuple[str, str], Contact] = {
        (each.place, each.way): each
        for each in overview.contacts
        # What was promoted follows nobody any more.
        if each.way == "push" or overview.is_replica
    }
    found: list[Standing] = []
    # What resources say is about the pond that a replica follows.
    for service in () if overview.is_replica else services:
        match service:
            case Backup():
                found.append(_of_backup(overview, service, environ, contacts, now))
            case Copy():
                found.append(_of_copy(overview, service, environ, now))
            case _:
                pass  # an alert holds nothing
    return [*found, *(_of_contact(overview, each, None, now) for each in contacts.values())]


def concerns_about(
    overview: Overview, each: Standing, *, behind: timedelta, now: datetime
) -> list[Concern]:
    """Return what somebody should do about one.

    Args:
        overview: The pond.
        each: How it stands.
        behind: How long something may be lacking.
        now: The present, aware.
    """
    hint = _what_to_do(overview, each)
    waited = timedelta(seconds=each.waiting_s or 0)
    silent = timedelta() if each.way == "push" or each.done is None else now - each.done
    if each.error and each.way == "push" and each.resource is None and each.done is None:
        return []  # a place that somebody got wrong, and where nothing ever was
    if each.error:
        when = "" if each.tried is None else f" ({instant_text(each.tried)})"
        what = f"{_CALLED[each.way]} {each.place} failed{when}: {each.error}"
    elif each.txn is None:
        what = f"nothing is known to be in {each.place}"
    elif each.behind_txns and waited > behind:
        lacking = count_text(each.behind_txns, "transaction")
        what = f"{each.place} lacks {lacking}, the first of {duration_text(waited)} ago"
    elif silent > behind:
        what = f"{_CALLED[each.way]} {each.place} was last done {duration_text(silent)} ago"
    else:
        return []
    return [Concern(what, hint)]


def _what_to_do(overview: Overview, each: Standing) -> str:
    match each:
        case Standing(way="push", resource=None):
            kept = Contacts(overview.path).file(each.place, "push")
            again = f"`pond backup push --to {each.place}` says more"
            return f"{again}; if nobody backs up there any more, delete {kept}"
        case Standing(way="push"):
            return f"`pond backup push --name {each.resource}` says more"
        case Standing(way="copy"):
            return f"materialize backup/{each.resource} in the UI, which says more"
        case _:
            again = f"`pond --pond {overview.label} backup pull --from {each.place}` says more"
            return f"{again}; or see how the pond is that this one follows"


def _of_backup(
    overview: Overview,
    service: Backup,
    environ: Mapping[str, str],
    contacts: dict[tuple[str, str], Contact],
    now: datetime,
) -> Standing:
    """Return how a backup stands that a resource names; its contact is taken out of `contacts`."""
    try:
        place = label_of(service, environ)
    except ConfigError as exc:
        return Standing(place_text(service), service.name, "push", error=str(exc))
    contact = contacts.pop((place, "push"), None)
    if contact is None:
        return Standing(place, service.name, "push")
    return _of_contact(overview, contact, service.name, now)


def _of_contact(
    overview: Overview, contact: Contact, resource: str | None, now: datetime
) -> Standing:
    told = Standing(
        place=contact.place,
        resource=resource,
        way=contact.way,
        txn=contact.txn,
        committed=_instant(contact.ts_us),
        done=_instant(contact.done_us),
        tried=_instant(contact.tried_us),
        error=contact.error,
    )
    if contact.txn is None or contact.ts_us is None:
        return told
    if contact.way == "push":
        return _behind(told, overview.lag(contact.txn), now)
    here_us = overview.committed_us(overview.txn) or contact.ts_us
    txns, ahead_us = contact.txn - overview.txn, contact.ts_us - here_us
    return _behind(told, Lag(max(txns, 0), max(ahead_us, 0), None), now)


def _of_copy(
    overview: Overview, service: Copy, environ: Mapping[str, str], now: datetime
) -> Standing:
    """Return how the pond of a copy stands: it is on this disk, and looked at."""
    told = Standing(str(service.to), service.name, "copy")
    try:
        place = (service.root / service.to.resolve(environ)).absolute()
        told = replace(told, place=str(place))
        if not place.exists():
            return told
        copy = Overview(place)
    except PondError as exc:
        return replace(told, error=str(exc))
    if not copy.is_replica:
        return replace(told, error="a pond of its own is there, and no copy")
    told = replace(told, txn=copy.txn, committed=_instant(copy.committed_us(copy.txn)))
    pulls = [each for each in copy.contacts if each.way == "pull"]
    pulled = max(pulls, key=lambda each: each.tried_us, default=None)
    if pulled is not None:
        done, tried = _instant(pulled.done_us), _instant(pulled.tried_us)
        told = replace(told, done=done, tried=tried, error=pulled.error)
    return _behind(told, overview.lag(copy.txn), now) if copy.id == overview.id else told


def _behind(told: Standing, lag: Lag, now: datetime) -> Standing:
    return replace(
        told,
        behind_txns=lag.txns,
        behind_s=None if lag.ahead_us is None else lag.ahead_us / _US_PER_S,
        waiting_s=None if lag.since_us is None else (now - from_us(lag.since_us)).total_seconds(),
    )


def _instant(instant_us: int | None) -> datetime | None:
    return None if instant_us is None else from_us(instant_us)
