"""Values as text and as JSON: what stdout gets to see.

Text is aligned columns: drawn by rich on a terminal, without color where `NO_COLOR` is set, and
plain in a pipe. JSON is one document, whose shapes `docs/cli.md` describes.
"""

import base64
import io
import json
import math
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time
from decimal import Decimal

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pond_pipeline.cli.terminal import escape, is_terminal, write
from pond_pipeline.periods import Period

_ABSENT = "-"
_NARROWEST = 12
"""Cells that a column of a table on a terminal has at least, if it needs so many."""

_GAP = "  "

# What a terminal would act upon, and JSON leaves as it is: controls, turns of direction, and lone
# surrogates, which UTF-8 cannot hold.
_UNSAFE = re.compile(r"[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def print_json(value: object) -> None:
    """Print a value as one JSON document."""
    write(json_text(value, indent=2) + "\n")


def print_rows(header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows in aligned columns below a header; None is a dash, numbers stand to the right.

    On a terminal that is too narrow for it, each row is a paragraph of its cells, a line each.
    """
    numeric = [all(_is_number(row[i]) for row in rows) for i in range(len(header))]
    cells = [[_cell(value) for value in row] for row in rows]
    names = [escape(name) for name in header]
    if not is_terminal():
        write(_plain_rows(names, cells, numeric))
    elif _fits(names, cells, width := shutil.get_terminal_size().columns):
        write(_drawn(names, cells, numeric, width))
    else:
        write("\n".join(_facts(dict(zip(names, row, strict=True))) for row in cells))


def print_facts(facts: Mapping[str, object]) -> None:
    """Print facts, a line each: its name, and its value beside it."""
    write(_facts({name: _cell(value) for name, value in facts.items()}))


def print_lines(lines: Sequence[str]) -> None:
    """Print texts, a line each."""
    write("".join(f"{escape(line)}\n" for line in lines))


def json_text(value: object, *, indent: int | None = None) -> str:
    """Return a value as JSON that no terminal acts upon."""
    text = json.dumps(plain(value), indent=indent, ensure_ascii=False, allow_nan=False)
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def plain(value: object) -> object:
    """Return a value as JSON has it.

    A dataclass becomes an object of its fields, a period its key, an instant ISO 8601 with `Z`,
    bytes base64; a number that JSON cannot hold (NaN, infinity) null.
    """
    match value:
        case None | bool() | int() | str():
            return value
        case float() | Decimal() if not math.isfinite(value):
            return None
        case float():
            return value
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case datetime() | date() | time():
            return value.isoformat().replace("+00:00", "Z")
        case _:
            return _plain_many(value)


def _plain_many(value: object) -> object:
    if isinstance(value, Period):
        return value.key
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if is_dataclass(value):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return str(value)


def _facts(facts: Mapping[str, str]) -> str:
    width = max(map(cell_len, facts))
    return "".join(
        f"{name}{' ' * (width - cell_len(name))}{_GAP}{value}\n" for name, value in facts.items()
    )


def _widths(names: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    """Return how many cells of a terminal each column needs."""
    lines = [names, *rows]
    return [max(cell_len(line[i]) for line in lines) for i in range(len(names))]


def _fits(names: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> bool:
    """Say whether a terminal is wide enough for columns whose texts can still be read."""
    least = [min(each, _NARROWEST) for each in _widths(names, rows)]
    return not rows or sum(least) + len(_GAP) * (len(least) - 1) <= width


def _drawn(
    names: Sequence[str], rows: Sequence[Sequence[str]], numeric: Sequence[bool], width: int
) -> str:
    """Return rows as rich draws them on a terminal."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, is_right in zip(names, numeric, strict=True):
        table.add_column(Text(name), justify="right" if is_right else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    page = io.StringIO()
    Console(file=page, force_terminal=True, width=width).print(table)
    return page.getvalue()


def _plain_rows(
    names: Sequence[str], rows: Sequence[Sequence[str]], numeric: Sequence[bool]
) -> str:
    widths = _widths(names, rows)
    return "".join(_aligned(line, widths, numeric) + "\n" for line in [names, *rows])


def _aligned(line: Sequence[str], widths: Sequence[int], numeric: Sequence[bool]) -> str:
    padded = []
    for text, width, is_right in zip(line, widths, numeric, strict=True):
        padding = " " * (width - cell_len(text))
        padded.append(padding + text if is_right else text + padding)
    return _GAP.join(padded).rstrip()


def _cell(value: object) -> str:
    match value:
        case None | "":
            return _ABSENT
        case list() | tuple():
            return ", ".join(map(_cell, value)) or _ABSENT
        case datetime() | date() | time():
            return str(plain(value))
        case _:
            return escape(str(value))


def _is_number(value: object) -> bool:
    return value is None or (
        isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    )
