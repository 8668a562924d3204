"""The parts of pages that are made of the code: commands of the parser, keys of the JSON Schema.

Such a part stands between two comments, of which the first one says what it is made of:
`<!-- make reference: pond ls -->`, or, with the title of the first column of its table,
`<!-- make reference: Device: key of a device -->`. This module, run by `make reference`, writes all
of them anew, and the JSON Schema beside them.
"""

import re
import textwrap
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import click

from pond_pipeline.cli.command import PondCommand
from pond_pipeline.cli.entry import pond
from pond_pipeline.cli.render import json_text
from pond_pipeline.config import resources_schema

DOCS = Path(__file__).parent
SCHEMA = DOCS / "resources.schema.json"
ENVELOPE = "Envelope"
"""What the JSON Schema itself is called here; the others are named as in its `$defs`."""

PART = re.compile(
    r"(?P<begin><!-- make reference: (?P<of>.*?) -->\n).*?(?P<end><!-- end -->\n)", re.DOTALL
)
_CODE = re.compile(r"`[^`]*`")
_BOUND = re.compile(r"x(>=?)(\d+)")
_LEAST = {">=": "At least", ">": "More than"}
_HELD = "\x00"  # a space within code, at which no line ends
_WIDTH = 140

Shape = Mapping[str, Any]
"""A part of the JSON Schema."""


def renewed(page: str) -> str:
    """Return a page with the parts that are made of the code as the code has them."""
    return PART.sub(lambda found: f"{found['begin']}\n{_part(found['of'])}\n\n{found['end']}", page)


def _part(of: str) -> str:
    names, is_table, title = of.partition(": ")
    if is_table:
        return _keys(names.split(), title)
    return _command(next(each for each in commands() if each.command_path == of))


def commands(context: click.Context | None = None) -> Iterator[click.Context]:
    """Yield the command `pond`, or another one, and all those below it, as they are called."""
    context = context or click.Context(pond, info_name="pond")
    yield context
    for below in _below(context):
        yield from commands(below)


def _below(context: click.Context) -> Iterator[click.Context]:
    group = context.command
    if not isinstance(group, click.Group):
        return
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is not None:
            yield click.Context(command, info_name=name, parent=context)


def _command(context: click.Context) -> str:
    """Return how a command is called, an example, and what can be said to it."""
    command = context.command
    usage = f"`{' '.join([context.command_path, *command.collect_usage_pieces(context)])}`"
    lines = [f"Usage: {usage}", ""]
    if isinstance(command, PondCommand):
        lines = [f"Usage: {usage}, for example", "", f"    {command.example}", ""]
    lines += [_parameter(each, context) for each in command.params]
    for each in _below(context):
        link = f"[`{each.command_path}`](#{each.command_path.replace(' ', '-')})"
        lines.append(_item(link, each.command.get_short_help_str(_WIDTH)))
    return "\n".join(lines).rstrip()


def _parameter(parameter: click.Parameter, context: click.Context) -> str:
    names, _ = parameter.get_help_record(context) or ("", "")
    shown = ", ".join(f"`{each}`" for each in re.split(r", | / ", names))
    said = [parameter.help or ""]
    if isinstance(parameter, click.Option):
        extra = parameter.get_help_extra(context)
        shown += "".join(f" (or `{name}`)" for name in extra.get("envvars", ()))
        if "default" in extra:
            said.append(f"`{extra['default']}` if left out.")
        bound = _BOUND.fullmatch(extra.get("range", ""))
        if bound and bound[0] != "x>=0":
            said.append(f"{_LEAST[bound[1]]} {bound[2]}.")
    return _item(shown, " ".join(said))


def _item(name: str, what: str) -> str:
    """Return an item of a list, wrapped."""
    held = _CODE.sub(lambda code: code[0].replace(" ", _HELD), f"- {name}: {what}")
    lines = textwrap.wrap(held, _WIDTH, subsequent_indent="  ", break_on_hyphens=False)
    return "\n".join(lines).replace(_HELD, " ")


@cache
def definitions() -> Mapping[str, Shape]:
    """Return the JSON Schema of each model of `resources.yaml`, by its name."""
    schema: dict[str, Any] = resources_schema()
    return {ENVELOPE: schema, **schema["$defs"]}


def _keys(models: list[str], title: str) -> str:
    """Return a table of the keys of models; one that several of them have stands there once."""
    rows: dict[str, str] = {}
    for model in map(definitions().__getitem__, models):
        for key, shape in model["properties"].items():
            if not shape.get("deprecated"):
                cells = (f"`{key}`", _type(shape), _default(key, model), shape["description"])
                rows.setdefault(key, f"| {' | '.join(cells)} |")
    return "\n".join(
        [f"| {title} | type | default | meaning |", "|---|---|---|---|", *rows.values()]
    )


def _type(shape: Shape) -> str:
    """Return the word for a type, which the page explains."""
    match shape:
        case {"title": str(word)}:
            return word
        case {"anyOf": [*choices]}:
            return " or ".join(_type(each) for each in choices if each != {"type": "null"})
        case {"$ref": str(name)}:
            return _type(definitions()[name.rpartition("/")[2]])
        case {"type": "array", "items": items}:
            return f"list of {_type(items)}s"
        case {"additionalProperties": {} as values}:
            return f"{_type(values)}s by text"
        case _:
            return _scalar_type(shape)


def _scalar_type(shape: Shape) -> str:
    match shape:
        case {"enum": [*values]}:
            return _either([f"`{each}`" for each in values])
        case {"format": "uuid"}:
            return "UUID"
        case {"minimum": least, "maximum": most}:
            return f"number, {least:g} to {most:g}"
        case {"minimum": 0}:
            return "whole number, 0 or more"
        case {"exclusiveMinimum": bound}:
            return f"number, more than {bound:g}"
        case _:
            return _WORDS[shape["type"]]


_WORDS = {
    "boolean": "true, false",
    "integer": "whole number",
    "number": "number",
    "object": "mapping",
    "string": "text",
}


def _default(key: str, model: Shape) -> str:
    """Return what a key is when it is left out, or that it cannot be."""
    properties = model["properties"]
    one_of = [each["required"][0] for each in model.get("oneOf", ())]
    others = [
        f"`{each}`" for each in one_of if not (each == key or properties[each].get("deprecated"))
    ]
    if key in one_of and others:
        return f"this, or {_either(others)}"
    if key in one_of or key in model.get("required", ()):
        return "required"
    match properties[key]:
        case {"default": default}:
            return _value(default)
        case {"type": "object", "additionalProperties": _}:
            return "empty"
        case {"$ref": _}:
            return "as below"
        case _:
            return "none"


def _value(default: object) -> str:
    match default:
        case []:
            return "empty"
        case {}:
            return (
                ", ".join(f"`{key}: {_plain(each)}`" for key, each in default.items()) or "as below"
            )
        case [*values]:
            return ", ".join(f"`{_plain(each)}`" for each in values)
        case _:
            return f"`{_plain(default)}`"


def _plain(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case float():
            return f"{value:g}"
        case _:
            return str(value).removesuffix("T00:00:00Z")


def _either(words: list[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last


def main() -> None:
    """Write the parts of all pages, and the JSON Schema."""
    for page in sorted(DOCS.glob("*.md")):
        page.write_text(renewed(page.read_text(encoding="utf-8")), encoding="utf-8")
    SCHEMA.write_text(json_text(resources_schema(), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
