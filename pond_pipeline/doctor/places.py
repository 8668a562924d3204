"""Where a pond and its backups are, and who gives readings: tried as they will be used."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from pond_core import NotAPondError, Overview, StorageError, from_us, prove
from pond_pipeline.account import KEY, lacks_account
from pond_pipeline.backups import backups_of
from pond_pipeline.doctor.exam import Answer
from pond_pipeline.doctor.machine import existing
from pond_pipeline.hydrovu import HydroVuClient
from pond_pipeline.plan import Backup, Copy, HydroVuSource
from pond_pipeline.wording import count_text, duration_text

_SKEW = timedelta(seconds=10)
"""What two clocks may differ by: FAT keeps times to two seconds, a file server waits a little."""

_REFUSED = "it refuses to create what is there: of two writers one is told"


def pond(place: str | Path) -> Answer:
    """Open the pond."""
    try:
        found = Overview(place)
    except NotAPondError as exc:
        if isinstance(place, Path) and (place / "oplog").exists():
            raise  # there was one
        return Answer(str(exc), hint=exc.hint)
    return Answer(f"{found.label} opens, format {found.format}, txn {found.txn}")


def pond_place(place: str | Path) -> Answer:
    """Try whether a pond can be written where it is, or will be."""
    if isinstance(place, str):
        prove(place)
        return Answer(f"{place} can be written, and {_REFUSED}")
    there = existing(place.absolute() / "tmp")
    ahead = timedelta(microseconds=prove(there) or 0)
    if abs(ahead) > _SKEW:
        told = f"its clock is {duration_text(ahead)} ahead of this machine's"
        return Answer(f"{place}: {told}", hint="set both clocks: files seem older than they are")
    return Answer(f"{place} can be written; hard links and locks keep a second writer out")


def clock(place: str | Path, *, now: datetime) -> Answer:
    """Compare the clock with the newest transaction."""
    try:
        newest = Overview(place).newest
    except NotAPondError:
        newest = None
    if newest is None:
        return Answer("nothing was committed yet to compare the clock with")
    ahead = from_us(newest.ts_us) - now
    if ahead > _SKEW:
        msg = f"txn {newest.txn} committed {duration_text(ahead)} in the future of this clock"
        raise StorageError(msg, hint="set the clock: chrony or systemd-timesyncd keep it right")
    return Answer(f"the newest transaction committed {duration_text(-ahead)} ago")


def backup(service: Backup, environ: Mapping[str, str]) -> Answer:
    """Try whether a backup could be pushed now."""
    backups = backups_of(service, environ)
    backups.prove()
    proven = f"and {_REFUSED}" if service.place.folder is None else "and locked"
    return Answer(f"{backups.label} can be written, {proven}")


def copy(service: Copy, environ: Mapping[str, str]) -> Answer:
    """Look whether the backup of a copy can be read."""
    backups = backups_of(service, environ)
    ponds = backups.ponds()
    if not ponds:
        return Answer(f"{backups.label} can be read, and is empty", hint="push a pond there first")
    return Answer(f"{backups.label} can be read, and has {count_text(len(ponds), 'pond')}")


def hydrovu(source: HydroVuSource, environ: Mapping[str, str]) -> Answer:
    """Ask the API for a token, and for what is smallest."""
    if lacks_account(source, environ):
        hint = f"put {KEY} and the secret into .env beside resources.yaml"
        return Answer("nobody gave an account: `pond up` asks its simulator", hint=hint)
    url, key, secret = (
        each.resolve(environ) for each in (source.base_url, source.key, source.secret)
    )
    with HydroVuClient(url, key, secret, attempts=1) as client:
        names = client.names()
    return Answer(f"{url} gave a token and {len(names.parameters)} names of parameters")
