"""Checking and rendering templates; what goes wrong is told with the line and a remedy."""

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType

from jinja2 import TemplateError as JinjaError
from jinja2 import TemplateSyntaxError, meta, nodes

from pond_core import near_miss_hint
from pond_pipeline.errors import TemplateError
from pond_pipeline.template.environment import FILE, Environment
from pond_pipeline.template.page import NAMES, Page

_MOST_CHARACTERS = 16_000_000
"""Of a page: more than a browser shows."""

_OTHER_FILES = (nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)

_FAILURES = (
    JinjaError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What the expressions of a template raise: any that Python's operators and methods do."""

_UNDEFINED = re.compile(r"'(?P<name>\w+)' is undefined$")

_REMEDIES = (
    (r"tag 'set_global'", "{% set ns = namespace(x=0) %}, and then {% set ns.x = 1 %}"),
    (r"'(now|get_env|get_random)'", "a page is made of its input alone; `last` is its newest time"),
    (r"'__tera_context'", "write {{ schema | json_encode }}, or any other name"),
    (r"filter named 'group_by'", 'write group(by="name", in=schema.fields)'),
    (r"filter named '(get|nth)'", "write x.key, x[key] or x[0]"),
    (r"filter named 'concat'", "write x + [y]"),
    (r"filter named 'as_str'", "write x | string"),
    (r"filter named 'split'", 'write x.split(",")'),
    (r"filter named 'starting_with'|test named 'starting_with'", 'write x.startswith("a")'),
    (r"test named 'ending_with'", 'write x.endswith("a")'),
    (r"test named 'containing'", "write y in x"),
    (r"test named 'object'", "write x is mapping"),
    (
        r"(unexpected keyword|multiple values for) argument",
        'Jinja calls the arguments of its filters otherwise: x | default("-"), x | join(", ")',
    ),
    (r"unexpected char '`'", "put texts in double or single quotes"),
    (r"steps$", "loop over less: a page is meant to be read"),
)
"""What to do, by what Jinja says: mostly what Tera writes otherwise."""


def check_template(text: str, *, name: str = "page.md") -> None:
    """Make sure of a template what can be known without an input.

    Args:
        text: The template, in Jinja, or in Tera as far as they agree.
        name: What errors call it.

    Raises:
        TemplateError: Its syntax is wrong, it names a filter, a test or a value that there is not,
            or it includes another file. The line is named.
    """
    with _located(name, NAMES):
        environment = Environment(name=name)
        tree = environment.parse(text, filename=FILE)
        for other in tree.find_all(_OTHER_FILES):
            words = "a template stands alone: it includes, imports and extends no other"
            raise TemplateSyntaxError(words, other.lineno, filename=FILE)
        unknown = meta.find_undeclared_variables(tree) - NAMES - set(environment.globals)
        for named in tree.find_all(nodes.Name):
            if named.name in unknown:
                words = f"{named.name!r} is undefined"
                raise TemplateSyntaxError(words, named.lineno, filename=FILE)
        # Only the compiler looks filters and tests up.
        environment.compile(text, filename=FILE)


def render_page(text: str, page: Page) -> str:
    """Return a page.

    The same page and template give the same text each time. In a page called `.html`, `.htm`,
    `.xhtml`, `.xml` or `.svg` what is printed is escaped; in others it is not.

    Args:
        text: The template.
        page: What it is told.

    Raises:
        TemplateError: As `check_template`, or something that it asks of its input is not there, or
            the page or its loops have no end. The page and the line are named.
    """
    return render_text(text, name=page.name, known=page.known)


def render_text(text: str, *, name: str, known: Mapping[str, object]) -> str:
    """Return text with what its tags stand for, as `render_page` does.

    Args:
        text: The template.
        name: What errors call it; its end decides about escaping.
        known: What it may name.
    """
    with _located(name, known):
        environment = Environment(name=name)
        code = environment.compile(text, filename=FILE)
        template = environment.template_class.from_code(environment, code, environment.globals)
        pieces: list[str] = []
        room = _MOST_CHARACTERS
        for piece in template.generate(known):
            room -= len(piece)
            if room < 0:
                raise ValueError(f"the page has more than {_MOST_CHARACTERS} characters")
            pieces.append(piece)
        return "".join(pieces)


@contextlib.contextmanager
def _located(name: str, known: Iterable[str]) -> Iterator[None]:
    """Turn what a template raises into `TemplateError`, with its line.

    Args:
        name: What errors call the template.
        known: What it may name without setting it.
    """
    try:
        yield
    except _FAILURES as exc:
        syntax = exc.lineno if isinstance(exc, TemplateSyntaxError) else None
        line = syntax or _line(exc.__traceback__)
        words = exc.message if isinstance(exc, JinjaError) else str(exc)
        words = words or type(exc).__name__
        hint = next((remedy for sign, remedy in _REMEDIES if re.search(sign, words)), "")
        if not hint and (undefined := _UNDEFINED.match(words)):
            otherwise = f"a page knows {', '.join(sorted(known))}, and what it sets"
            hint = near_miss_hint(undefined["name"], known, otherwise=otherwise)
        place = f"{name}, line {line}" if line else name
        raise TemplateError(f"{place}: {words}", hint=hint) from exc


def _line(traceback: TracebackType | None) -> int | None:
    """Return the innermost line of the template in a traceback, which Jinja has rewritten."""
    line = None
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == FILE:
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line
