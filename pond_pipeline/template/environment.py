"""Jinja, sandboxed, with what the original's templates in Tera take for granted.

Tera is Jinja's sibling. What differs and can be had without harm is had: `for k, v in` over a map,
`break` and `continue`, `true` and nothing where Jinja prints `True` and `None`. A page depends on
its input alone, so there is neither chance nor a clock, and no other file.
"""

from collections.abc import Iterable, Mapping, Sized
from datetime import datetime
from typing import Any

from jinja2 import StrictUndefined, Undefined, nodes
from jinja2.exceptions import TemplateRuntimeError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup
from typing_extensions import override

from pond_pipeline.template.function import FILTERS, group

FILE = "<template>"
"""What stands for the template's file in tracebacks."""

MOST_STEPS = 1_000_000
"""Of all loops of a page together; they take about a second."""

_PAIR = 2
"""The names in `for k, v in`."""

_ESCAPED = (".htm", ".html", ".svg", ".xhtml", ".xml")
"""Ends of the names of pages in which text is escaped."""

_PRINTED = (str, int, float, list, tuple, dict, Markup)
"""What has a text of its own; a function or a generator has one that differs from run to run."""


class Environment(ImmutableSandboxedEnvironment):
    """The environment of one rendering, which counts its steps."""

    def __init__(self, *, name: str) -> None:
        super().__init__(
            autoescape=name.lower().endswith(_ESCAPED),
            # A template is a whole file, as Tera keeps it.
            keep_trailing_newline=True,
            undefined=StrictUndefined,
            finalize=_printed,
            extensions=["jinja2.ext.loopcontrols"],
        )
        self.filters.update(FILTERS)
        self.globals["group"] = group
        # Two that draw lots.
        del self.filters["random"], self.globals["lipsum"]
        self._steps = 0

    def steps(self, items: Iterable[Any], *, in_pairs: bool) -> Iterable[Any]:
        """Return what a loop goes through, and count it: templates do not call this.

        Raises:
            TemplateRuntimeError: The page has gone through more than it may.
        """
        if in_pairs and isinstance(items, Mapping):
            items = items.items()
        counted = items if isinstance(items, Sized) else list(items)
        self._steps += len(counted)
        if self._steps > MOST_STEPS:
            raise TemplateRuntimeError(f"the loops take more than {MOST_STEPS} steps")
        return counted

    @override
    def _generate(
        self,
        source: nodes.Template,
        name: str | None,
        filename: str | None,
        defer_init: bool = False,
    ) -> str:
        """Lead every loop through `steps`; this is Jinja's hook for changing what is compiled."""
        for loop in source.find_all(nodes.For):
            in_pairs = isinstance(loop.target, nodes.Tuple) and len(loop.target.items) == _PAIR
            arguments = [nodes.Keyword("in_pairs", nodes.Const(in_pairs))]
            steps = nodes.EnvironmentAttribute("steps")
            call = nodes.Call(steps, [loop.iter], arguments, None, None)
            loop.iter = call.set_lineno(loop.lineno).set_environment(self)
        return super()._generate(source, name, filename, defer_init)


def _printed(value: object) -> object:
    """Return what is printed for a value, or raise."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case Undefined():
            return value
        case _ if isinstance(value, _PRINTED):
            return value
        case _:
            raise TypeError(f"a {type(value).__name__} has no text")
