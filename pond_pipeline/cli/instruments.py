"""What a HydroVu account can see, beside what resources declare of it."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow.compute as pc
import yaml

from pond_core import Window, near_miss_hint
from pond_pipeline.account import KEY, URL
from pond_pipeline.config import Document, EnvText, HydroVuSpec
from pond_pipeline.errors import ConfigError
from pond_pipeline.hydrovu import BASE_URL, HydroVuClient, Location
from pond_pipeline.quality import AHEAD

_SECRET = "HYDROVU_SECRET"  # noqa: S105 -- the variable's name
_RECENT = timedelta(days=2)
"""About one page of readings: a request or two for each instrument."""

_UNFIT = re.compile(r"[^\w.-]+")
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Account:
    """Whose instruments are asked for.

    Attributes:
        source: The name of the `HydroVu` resource; None where there is none.
        base_url: The server.
        key: The client id.
        secret: The client secret.
    """

    source: str | None
    base_url: EnvText
    key: EnvText
    secret: EnvText


@dataclass(frozen=True, slots=True)
class Instrument:
    """One location of an account.

    Attributes:
        id: HydroVu's location id.
        name: As HydroVu has it.
        description: Often empty.
        latitude: Degrees north; None where nobody said.
        longitude: Degrees east; None where nobody said.
        newest: The newest reading of the last two days; None without one, or where nobody asked.
        declared: The path of its readings; None where no resource declares it.
    """

    id: int
    name: str
    description: str
    latitude: float | None
    longitude: float | None
    newest: datetime | None
    declared: str | None


def account_of(documents: Sequence[Document], source: str | None) -> Account:
    """Return the account of a `HydroVu` resource, of the only one, or of the environment.

    Raises:
        ConfigError: There is no such resource, or there are several and none is named.
    """
    specs = {each.name: each.spec for each in documents if isinstance(each.spec, HydroVuSpec)}
    if source is None and len(specs) > 1:
        msg = f"there are several HydroVu resources: {', '.join(specs)}"
        raise ConfigError(msg, hint=f"name one of them: --source {next(iter(specs))}")
    if source is not None and source not in specs:
        otherwise = f"there are {', '.join(specs)}" if specs else "the file has none"
        hint = near_miss_hint(source, specs, otherwise=otherwise)
        raise ConfigError(f"there is no HydroVu resource named {source!r}", hint=hint)
    for name, spec in specs.items():
        if source in (None, name):
            return Account(name, spec.base_url, spec.key, spec.secret)
    key, secret = (EnvText(f"${{env:{name}}}", secret=True) for name in (KEY, _SECRET))
    return Account(None, EnvText(f"${{env:{URL}:-{BASE_URL}}}"), key, secret)


def look(
    client: HydroVuClient, documents: Sequence[Document], *, newest: bool, now: datetime
) -> list[Instrument]:
    """Ask an account for its locations, and say which are declared.

    Args:
        client: A session with it.
        documents: The resources.
        newest: Whether to ask each for its newest reading as well.
        now: The present, aware.

    Raises:
        HydroVuError: The API refused, failed, or answered nonsense.
    """
    declared = _declared(documents)
    return [
        Instrument(
            id=each.id,
            name=each.name,
            description=each.description,
            latitude=each.latitude,
            longitude=each.longitude,
            newest=_newest(client, each, now) if newest else None,
            declared=declared.get(each.id),
        )
        for each in client.locations()
    ]


def unseen(
    documents: Sequence[Document], account: Account, seen: Iterable[Instrument]
) -> list[tuple[str, int]]:
    """Return the name and id of each device of a resource that its account does not see."""
    ids = {each.id for each in seen}
    return [
        (device.name, device.id)
        for document in documents
        if isinstance(document.spec, HydroVuSpec) and document.name == account.source
        for device in document.spec.devices
        if device.id not in ids
    ]


def device_lines(instruments: Sequence[Instrument], documents: Sequence[Document]) -> str:
    """Return the instruments that are not declared as `devices:` of a resource; empty without."""
    taken = {path.rpartition("/")[2].casefold() for path in _declared(documents).values()}
    lines = []
    for each in instruments:
        if each.declared is None:
            said = " - ".join(filter(None, (each.name.strip(), each.description.strip())))
            name = _name(each, taken)
            device = {"name": name, "id": each.id, "comment": said if said != name else ""}
            text = yaml.safe_dump(
                {key: value for key, value in device.items() if value},
                default_flow_style=True,
                sort_keys=False,
                allow_unicode=True,
                width=2**20,
            )
            lines.append(f"  - {text}")
    return "".join(["devices:\n", *lines]) if lines else ""


def _declared(documents: Sequence[Document]) -> dict[int, str]:
    return {
        device.id: f"/raw/{document.name}/{device.name}"
        for document in documents
        if isinstance(document.spec, HydroVuSpec)
        for device in document.spec.devices
    }


def _newest(client: HydroVuClient, location: Location, now: datetime) -> datetime | None:
    """Return the newest reading of late, but for those that a wrong clock stamped."""
    window = Window.of(now - _RECENT, now + AHEAD)
    found = [
        newest
        for page in client.readings(location.id, window)
        if (newest := pc.max(page.readings["timestamp"]).as_py()) is not None
    ]
    return max((each for each in found if each <= now + AHEAD), default=None)


def _name(instrument: Instrument, taken: set[str]) -> str:
    """Return a name for a pond path, and take it."""
    text = unicodedata.normalize("NFC", instrument.name)
    base = _UNFIT.sub("_", text).strip("._-")[:_LONGEST] or f"instrument_{instrument.id}"
    name, number = base, 1
    while name.casefold() in taken:
        number += 1
        name = f"{base}_{number}"
    taken.add(name.casefold())
    return name
