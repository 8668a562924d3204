"""YAML text as plain values with the line of each: what no YAML reader keeps.

Text stays text: dates are parsed once, by the models. A repeated key is an error, since YAML
readers silently drop the first. `{{ name }}` in text is replaced by a variable here, where the
line is known; `metadata` and the text of a `template` are kept as they are written.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import yaml
from typing_extensions import override

from pond_pipeline.config.problem import Keys, Location, Problems
from pond_pipeline.errors import ConfigError

_MAX_VALUES = 100_000
"""A document this large is a bomb of nested aliases; thousands of devices need a tenth of it."""

_MAX_CHARACTERS = 4_000_000
"""A longer text is no file of resources: it would be read for half a minute and be refused."""

_TAG = "tag:yaml.org,2002:"
_SCALAR_TAGS = frozenset(_TAG + kind for kind in ("str", "int", "float", "bool", "null"))
_VARIABLE = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")


class _Loader(yaml.SafeLoader):
    """A safe loader to which a date is text."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - the parent declares it so
        first: [(tag, regexp) for tag, regexp in resolvers if not tag.endswith(":timestamp")]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    @override
    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Put what `<<` merges into a mapping, as long as that does not explode."""
        super().flatten_mapping(node)
        if len(node.value) > _MAX_VALUES:
            raise yaml.constructor.ConstructorError(
                None, None, "merged mappings hold too many values", node.start_mark
            )


@dataclass(frozen=True, slots=True)
class Tree:
    """One YAML document.

    Attributes:
        value: Mappings with text keys, lists, text, numbers, booleans and None.
        location: The line of each value.
    """

    value: object
    location: Location


def parse_trees(
    text: str, *, file: str, variables: Mapping[str, str], problems: Problems
) -> list[Tree]:
    """Return the YAML documents of a text, in order; empty ones are left out.

    Args:
        text: The YAML text.
        file: Its name, for errors.
        variables: What `{{ name }}` stands for.
        problems: Where repeated keys and unknown variables are noted; their document is returned
            all the same, so that the rest of it can be looked at.

    Raises:
        ConfigError: The text is no YAML, or a value is none that can be read; the line is named.
    """
    if len(text) > _MAX_CHARACTERS:
        msg = f"{file}: {len(text):,} characters; {_MAX_CHARACTERS:,} are the most"
        raise ConfigError(msg, hint="is it a file of resources?")
    try:
        loader = _Loader(text)
        nodes = []
        while loader.check_node():
            nodes.append(loader.get_node())
        written = [node for node in nodes if node is not None and node.tag != _TAG + "null"]
        return [_Reader(loader, file, variables, problems).tree(node) for node in written]
    except yaml.YAMLError as exc:
        # YAML's own error quotes the line, and the line may hold a secret: it is not chained.
        raise _syntax_error(exc, text, file) from None
    except RecursionError:
        msg = f"{file}: nested too deeply"
        raise ConfigError(msg, hint="resources need five or six levels") from None


@dataclass(slots=True)
class _Reader:
    """Turns the nodes of one document into values."""

    loader: _Loader
    file: str
    variables: Mapping[str, str]
    problems: Problems
    lines: dict[Keys, int] = field(default_factory=dict)
    flattened: set[int] = field(default_factory=set)

    @property
    def location(self) -> Location:
        return Location(self.file, self.lines)

    def tree(self, node: yaml.Node) -> Tree:
        self.lines[()] = _line(node)
        return Tree(self.read(node, (), outer=frozenset()), self.location)

    def read(self, node: yaml.Node, keys: Keys, *, outer: frozenset[int]) -> object:
        """Return the value of a node; `outer` are the nodes around it, to see an endless one."""
        if len(self.lines) > _MAX_VALUES:
            raise self.error(node, "the document holds too many values; are its aliases nested?")
        if id(node) in outer:
            raise self.error(node, "an alias leads back to what it stands in")
        inner = outer | {id(node)}
        if isinstance(node, yaml.MappingNode) and node.tag == _TAG + "map":
            return self.mapping(node, keys, outer=inner)
        if isinstance(node, yaml.SequenceNode) and node.tag == _TAG + "seq":
            return self.sequence(node, keys, outer=inner)
        if isinstance(node, yaml.ScalarNode) and node.tag in _SCALAR_TAGS:
            return self.scalar(node, keys)
        # Not the tag itself: a secret without quotes may begin with `!`.
        hint = "a text that begins with '!' is written in quotes"
        raise self.error(node, "a YAML tag means nothing here", hint=hint)

    def mapping(
        self, node: yaml.MappingNode, keys: Keys, *, outer: frozenset[int]
    ) -> dict[str, object]:
        if id(node) not in self.flattened:  # an alias brings the same node again
            self.flattened.add(id(node))
            self.refuse_repeated(node, keys)
            self.loader.flatten_mapping(node)  # puts what `<<` merges first, so that own keys win
        result = {}
        for key_node, value in node.value:
            key = self.key(key_node)
            self.refuse_glued(key_node, value)
            self.lines[*keys, key] = _line(key_node)
            result[key] = self.read(value, (*keys, key), outer=outer)
        return result

    def sequence(
        self, node: yaml.SequenceNode, keys: Keys, *, outer: frozenset[int]
    ) -> list[object]:
        result = []
        for index, item in enumerate(node.value):
            self.lines[*keys, index] = _line(item)
            result.append(self.read(item, (*keys, index), outer=outer))
        return result

    def refuse_repeated(self, node: yaml.MappingNode, keys: Keys) -> None:
        seen: dict[str, int] = {}
        for key_node, _ in node.value:
            key = self.key(key_node)
            if key in seen:
                self.lines[*keys, key] = _line(key_node)
                what = f"is given twice; first in line {seen[key]}"
                self.problems.add(self.location, (*keys, key), what, hint="remove one of them")
            seen.setdefault(key, _line(key_node))

    def refuse_glued(self, key: yaml.Node, value: yaml.Node) -> None:
        """Refuse `{secret:abc}`, which is one key to YAML: an error about it would show it."""
        is_nothing = isinstance(value, yaml.ScalarNode) and value.value == "" and not value.style
        if is_nothing and isinstance(key, yaml.ScalarNode) and not key.style and ":" in key.value:
            raise self.error(key, "a key without a value", hint="write a blank after the ':'")

    def key(self, node: yaml.Node) -> str:
        """Return a key as it is written: `on` and `1` are text here."""
        if isinstance(node, yaml.ScalarNode):
            return str(node.value)
        raise self.error(
            node, "a key must be text", hint='a variable is written in quotes: "{{ name }}"'
        )

    def scalar(self, node: yaml.ScalarNode, keys: Keys) -> object:
        try:
            value: object = self.loader.construct_object(node)
        except (ValueError, KeyError):  # e.g. `!!bool maybe`, or a number of 5,000 digits
            raise self.error(node, f"cannot be read as {node.tag.removeprefix(_TAG)}") from None
        if not isinstance(value, str) or keys[:1] == ("metadata",) or keys[-1:] == ("template",):
            return value
        return self.substituted(value, keys)

    def substituted(self, text: str, keys: Keys) -> str:
        """Return a text with its variables replaced."""
        for name in _VARIABLE.findall(text):
            if name not in self.variables:
                what, hint = f"the variable {name!r} has no value", f"give it: -v {name}=..."
                self.problems.add(self.location, keys, what, hint=hint)
        if "{{" in _VARIABLE.sub("", text):
            what, hint = "'{{' begins no variable", "a variable is written {{ name }}"
            self.problems.add(self.location, keys, what, hint=hint)
        return _VARIABLE.sub(lambda found: self.variables.get(found[1], found[0]), text)

    def error(self, node: yaml.Node, what: str, *, hint: str = "") -> ConfigError:
        return ConfigError(f"{self.file}:{_line(node)}: {what}", hint=hint)


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


_SYNTAX = "look there and just above: indentation, brackets, quotes, the ':' behind a key"


def _syntax_error(exc: yaml.YAMLError, text: str, file: str) -> ConfigError:
    """Translate YAML's error, without the line that it quotes."""
    if isinstance(exc, yaml.reader.ReaderError):
        line = text.count("\n", 0, exc.position) + 1
        return ConfigError(f"{file}:{line}: a character that YAML does not allow")
    mark = exc.problem_mark if isinstance(exc, yaml.MarkedYAMLError) else None
    where = f"{file}:{mark.line + 1}" if mark is not None else file
    if isinstance(exc, yaml.composer.ComposerError):
        # It quotes the alias, and a secret without quotes may begin with `*`.
        hint = "a text that begins with '*' or '&' is written in quotes"
        return ConfigError(f"{where}: an alias without its anchor, or an anchor twice", hint=hint)
    what = exc.problem if isinstance(exc, yaml.MarkedYAMLError) else "no YAML"
    is_tab = "'\\t'" in (what or "")
    hint = "YAML indents with spaces, never with tabs" if is_tab else _SYNTAX
    return ConfigError(f"{where}: {what}", hint=hint)
