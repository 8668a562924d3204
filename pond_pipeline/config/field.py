"""The types of the values in `resources.yaml`, each with a message of its own when it is wrong.

Each type parses plain YAML values once; what the models hold needs no second look.
"""

import re
import unicodedata
from collections.abc import Callable
from typing import Annotated, NoReturn
from urllib.parse import urlsplit

from pydantic import BeforeValidator, PlainValidator, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from pond_core import Aggregate, Pattern, PondError, Resolution
from pond_pipeline.config.environment import EnvText
from pond_pipeline.errors import ConfigError
from pond_pipeline.periods import Cadence
from pond_pipeline.units import checked_unit

OURS = "pond"
"""The type of the pydantic errors that carry our own `what` and `hint`."""

NOT_TEXT = "string_type"
"""Pydantic's type for an error about a value that is no text."""

API_VERSIONS = ("duckpond/v1", "www.hydrovu.com/v1", "github.com/jmacd/duckpond/v1")
"""What `apiVersion` may say: our own, and the original tool's two."""

_INT64_MAX = 2**63 - 1
_FLAGS = (1, 2, 3, 4, 9)
"""QARTOD's: pass, not evaluated, suspect, fail, missing."""

_GROUP_NAME = re.compile(r"\?P<\w+>")
_NAME_MAX_CHARACTERS = 100
_NAME_MAX_BYTES = 255  # of UTF-8: what the pond, and most file systems, allow

# Where the original tool kept what we keep elsewhere. Its HydroVu series carried the location id.
_FORMER_PATTERNS = (
    (re.compile(r"/HydroVu/([^/]+)/data/([^/]+?)(?:-\d{10,})?"), r"/normalized/\1/\2"),
    (re.compile(r"/HydroVu/([^/]+)/(units|locations)"), r"/raw/\1/\2"),
    (re.compile(r"/HydroVu/([^/]+)/params"), r"/raw/\1/parameters"),
    (re.compile(r"/Inbox/([^/]+(?:/.+)?)"), r"/raw/\1"),
    (re.compile(r"/Derive/([^/]+/[^/]+/[^/]+)"), r"/derived/\1"),
    (re.compile(r"/Combine/([^/]+/[^/]+)/combine"), r"/combined/\1"),
    (re.compile(r"/Reduce/([^/]+/[^/]+/.+)"), r"/reduced/\1"),
    (re.compile(r"/Template/([^/]+/[^/]+/.+)"), r"/rendered/\1"),
)


def wrong(what: str, *, hint: str = "") -> PydanticCustomError:
    """Return the error that a validator raises; `what` and `hint` reach the user as they are."""
    return PydanticCustomError(OURS, "{what}", {"what": what, "hint": hint})


def from_text(parse: Callable[[str], object]) -> PlainValidator:
    """Return the validator of a value that is written as text.

    Args:
        parse: Gives the value; what it raises as `PondError` becomes the problem.
    """

    def validate(value: object) -> object:
        if not isinstance(value, str):
            raise PydanticCustomError(NOT_TEXT, "expected text")
        try:
            return parse(value)
        except PondError as exc:
            raise wrong(str(exc), hint=exc.hint) from exc

    return PlainValidator(validate)


def as_json(*examples: str, **shape: object) -> WithJsonSchema:
    """Return what the JSON Schema says of a type that is written as text.

    Args:
        examples: Of its values.
        shape: More keywords, of which `title` is the word for it in `docs/resources-yaml.md`; a
            regular expression may be as Python has them.
    """
    pattern = shape.get("pattern")
    if isinstance(pattern, re.Pattern):
        shape["pattern"] = f"^{_GROUP_NAME.sub('', pattern.pattern)}$"  # JavaScript's are without
    return WithJsonSchema(
        {"type": "string", **shape, **({"examples": list(examples)} if examples else {})}
    )


def checked_name(text: str) -> str:
    """Return a name in NFC.

    Raises:
        ConfigError: It is no component of a path, is too long, or begins with `$`, with which the
            captures of an `out_pattern` and the references to the environment begin.
    """
    name = unicodedata.normalize("NFC", text)
    if name in ("", ".", ".."):
        raise ConfigError(f"{name!r} is no name", hint="give it a name such as AT500_1")
    if "/" in name or not name.isprintable():
        raise ConfigError(f"the name {name!r} holds a '/' or a character that cannot be printed")
    if name.startswith("$"):
        hint = "${env:...} is read in key, secret, base_url and pattern only" if "{" in name else ""
        raise ConfigError(f"the name {name!r} begins with '$'", hint=hint)
    if len(name) > _NAME_MAX_CHARACTERS or len(name.encode()) > _NAME_MAX_BYTES:
        what = f"the name has more than {_NAME_MAX_CHARACTERS} letters"
        raise ConfigError(what, hint="shorten it")
    return name


def _location_id(value: object) -> int:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,19}", value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        hint = "HydroVu shows it; `pond hydrovu locations` lists all"
        raise wrong("expected a location id, a whole number", hint=hint)
    if not 0 < value <= _INT64_MAX:
        raise wrong(f"a location id lies between 1 and {_INT64_MAX}")
    return value


def _pond_pattern(text: str) -> str:
    if not text.startswith("/"):
        raise ConfigError(
            f"{text!r} is no pond path",
            hint=f"begin it with '/': /{text.removeprefix('pond:').lstrip('/')}",
        )
    for former, ours in _FORMER_PATTERNS:
        found = former.fullmatch(text)
        if found is not None:
            return Pattern.parse(found.expand(ours)).text
    return Pattern.parse(text).text


def _not_empty(text: str) -> str:
    if not text:
        raise ConfigError("must not be empty")
    return text


def _api_version(text: str) -> str:
    if text not in API_VERSIONS:
        raise ConfigError(f"{text!r} is not known", hint=f"write one of {', '.join(API_VERSIONS)}")
    return text


def _aggregate(text: str) -> Aggregate:
    if text not in list(Aggregate):
        raise ConfigError(f"{text!r} is no aggregate", hint=f"write one of {', '.join(Aggregate)}")
    return Aggregate(text)


def _cadence(text: str) -> Cadence:
    if text not in list(Cadence):
        raise ConfigError(f"{text!r} is no cadence", hint=f"write one of {', '.join(Cadence)}")
    return Cadence(text)


def _flag(value: object) -> int:
    if isinstance(value, bool) or value not in _FLAGS:
        raise wrong("expected a QARTOD flag", hint="3 is suspect, 4 is fail; also 1, 2 and 9")
    return int(str(value))


def _secret(text: str) -> EnvText:
    return EnvText(text, secret=True)


def _base_url(text: str) -> EnvText:
    """Parse the address of a server, checked as far as it does not depend on the environment."""
    url = EnvText(text)
    try:
        split = urlsplit(text)
        is_server = split.scheme in ("http", "https") and bool(split.hostname)
    except ValueError:
        is_server = False
    if url.is_literal and not is_server:
        raise ConfigError("is no address of a server", hint="write it as https://www.hydrovu.com")
    if "@" in text:
        # An address is shown in logs and errors; what stands before an `@` must not be.
        raise ConfigError("holds a user or a password", hint="give them as key and secret")
    return url


def _refuse(_: object) -> NoReturn:
    hint = "remove it: to ignore it would give wrong data"
    raise wrong("is not supported by this version yet", hint=hint)


Text = Annotated[str, from_text(str), as_json(title="text")]
"""Any text."""

SomeText = Annotated[str, from_text(_not_empty), as_json(title="text", minLength=1)]
"""Any text but none."""

Name = Annotated[
    str,
    from_text(checked_name),
    as_json(
        title="name",
        minLength=1,
        maxLength=_NAME_MAX_CHARACTERS,
        pattern=r"^(?!\$)(?!\.{1,2}$)[^/]+$",
    ),
]
"""One component of a pond path, in NFC, of at most 100 letters."""

LocationId = Annotated[
    int,
    PlainValidator(_location_id),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 1, "maximum": _INT64_MAX},
                {"type": "string", "pattern": "^[0-9]{1,19}$"},
            ],
            "title": "whole number",
            "examples": [6154708427603968],
        }
    ),
]
"""A HydroVu location: a positive int64, as a number or as digits in quotes."""

PondPattern = Annotated[
    str, from_text(_pond_pattern), as_json("/normalized/noyo/*", title="path pattern", pattern="^/")
]
"""A glob over absolute pond paths; the original tool's paths are rewritten to ours."""

ResolutionField = Annotated[
    Resolution,
    from_text(Resolution.parse),
    as_json(
        "1h", "24h", "1w", "1mo", title="resolution", pattern="^[1-9][0-9]{0,9}(mo|[smhdwqy])$"
    ),
]
"""A bucket width, such as `1h`."""

AggregateField = Annotated[
    Aggregate, from_text(_aggregate), as_json(title="aggregate", enum=list(Aggregate))
]
"""The name of an aggregate."""

CadenceField = Annotated[Cadence, from_text(_cadence), as_json(title="cadence", enum=list(Cadence))]
"""How long partitions are: `daily`, `monthly` or `yearly`."""

UnitField = Annotated[
    str, from_text(checked_unit), as_json("m", "psi", "C", title="unit", minLength=1)
]
"""A unit of measurement, as instruments write it."""

FlagField = Annotated[
    int, PlainValidator(_flag), WithJsonSchema({"title": "flag", "enum": list(_FLAGS)})
]
"""A QARTOD flag: 1, 2, 3, 4 or 9."""

EnvTextField = Annotated[
    EnvText, from_text(EnvText), as_json("${env:NAME}", title="text, env", minLength=1)
]
"""Text that may refer to the environment."""

SecretField = Annotated[
    EnvText, from_text(_secret), as_json("${env:NAME}", title="text, env, secret", minLength=1)
]
"""Text that may refer to the environment and is never shown."""

BaseUrl = Annotated[
    EnvText,
    from_text(_base_url),
    as_json("https://www.hydrovu.com", title="address, env", pattern="^[^@]+$"),
]
"""The address of a server, without a user; it may refer to the environment."""

ApiVersion = Annotated[str, from_text(_api_version), as_json(title="text", enum=list(API_VERSIONS))]
"""What `apiVersion` may say."""

NotYet = Annotated[SkipJsonSchema[None], BeforeValidator(_refuse)]
"""A key that this version reads and refuses."""
