"""`resources.yaml` as typed documents: every error at once, each with its file, line and key.

Loading reads no environment, no network and no pond. References between documents are not looked
at here: that is the plan's business.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from pond_core import near_miss_hint
from pond_pipeline.config.field import NOT_TEXT, OURS
from pond_pipeline.config.kind import SPECS, Envelope, Kind, Spec
from pond_pipeline.config.problem import (
    FORMER_KEYS,
    REFUSED_KEYS,
    Keys,
    Location,
    Problems,
)
from pond_pipeline.config.tree import Tree, parse_trees
from pond_pipeline.errors import ConfigError

_ModelT = TypeVar("_ModelT", bound=BaseModel)

# What pydantic calls an input of the wrong shape, and what we expected.
_SHAPES = {
    NOT_TEXT: "text",
    "model_type": "a mapping",
    "dict_type": "a mapping",
    "tuple_type": "a list",
    "bool_type": "true or false",
    "float_type": "a number",
    "int_type": "a whole number",
}


@dataclass(frozen=True, slots=True)
class Document:
    """One resource as its YAML document describes it.

    Attributes:
        kind: What it is.
        name: Its name, unique among its kind.
        desc: For people; may be empty.
        metadata: Labels; `renamedFrom` is the name it had before.
        spec: What it asks for; of the type that belongs to `kind`.
        location: Where it is written.
    """

    kind: Kind
    name: str
    desc: str
    metadata: Mapping[str, str]
    spec: Spec
    location: Location


def read_documents(path: Path, *, variables: Mapping[str, str] | None = None) -> list[Document]:
    """Read a file of resources; see `load_documents`.

    Raises:
        ConfigError: The file cannot be read, is not UTF-8, or something in it is wrong.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as exc:
        # Python's own error quotes the bytes, and the file may hold a secret: it is not chained.
        line = exc.object.count(b"\n", 0, exc.start) + 1
        msg = f"{path}:{line}: not UTF-8"
        raise ConfigError(msg, hint="save it as UTF-8") from None
    except OSError as exc:
        hint = "" if path.exists() else _where_else(path)
        raise ConfigError(f"{path}: {exc.strerror}", hint=hint) from exc
    return load_documents(text, file=path.name, variables=variables)


def _where_else(path: Path) -> str:
    """Return what to do where there is no such file: often one is in a folder above."""
    for folder in path.absolute().parent.parents:
        if (folder / path.name).is_file():
            return f"there is one in {folder}: go there first"
    return (
        "go to the folder that holds it, or name it: -f FILE; or begin: pond init --template well"
    )


def load_documents(
    text: str, *, file: str = "resources.yaml", variables: Mapping[str, str] | None = None
) -> list[Document]:
    """Return the resources that a YAML text describes, in its order; none for an empty text.

    Args:
        text: YAML, several documents apart by `---`.
        file: Its name, for errors.
        variables: What `{{ name }}` stands for in text.

    Raises:
        ConfigError: The text is no YAML, or values are wrong; one line for each, such as
            `resources.yaml:14: spec.devices[2].id: ...`. No value of `key` or `secret` is shown.
    """
    problems = Problems()
    trees = parse_trees(text, file=file, variables=variables or {}, problems=problems)
    documents = [_document(tree, problems) for tree in trees]
    problems.raise_if_any()
    return [document for document in documents if document is not None]


def _document(tree: Tree, problems: Problems) -> Document | None:
    content = tree.value if isinstance(tree.value, dict) else {}
    model = SPECS.get(str(content.get("kind")))
    envelope = _validated(Envelope, tree.value, (), tree.location, problems, spec=model)
    if model is None or "spec" not in content:
        return None
    spec = _validated(model, content["spec"], ("spec",), tree.location, problems)
    if envelope is None or spec is None:
        return None
    return Document(
        envelope.kind,
        envelope.name,
        envelope.desc or "",
        envelope.metadata or {},
        spec,
        tree.location,
    )


def _validated(
    model: type[_ModelT],
    value: object,
    keys: Keys,
    location: Location,
    problems: Problems,
    *,
    spec: type[BaseModel] | None = None,
) -> _ModelT | None:
    """Return a value as a model; what is wrong with it goes to `problems`.

    Args:
        model: What it shall be.
        value: What is written.
        keys: Where.
        location: In which document.
        problems: Added to.
        spec: Of a whole document, the model of its `spec`, whose keys may stand too far left.
    """
    try:
        return model.model_validate(value)
    except ValidationError as exc:
        for error in exc.errors(include_url=False):
            if error["type"] == "too_short" and error["input"]:
                continue  # pydantic counts valid items only, and those others are told of already
            what, hint = _explained(error, model, spec)
            problems.add(location, (*keys, *error["loc"]), what, hint=hint)
        return None


def _explained(
    error: ErrorDetails, model: type[BaseModel], spec: type[BaseModel] | None
) -> tuple[str, str]:
    """Return what is wrong and what to do about it; never the value, which may be a secret."""
    kind, context = error["type"], error.get("ctx", {})
    if kind == OURS:
        return str(context["what"]), str(context["hint"])
    if kind == "missing":
        return "is missing", f"add {error['loc'][-1]!s}: ..."
    if kind == "extra_forbidden":
        return _unknown_key(error["loc"], model, spec)
    if kind == "too_short":
        return "must not be empty", ""
    if kind in _SHAPES:
        found = _shape(error["input"])
        hint = "write it in quotes" if kind == NOT_TEXT and found in _SCALARS else ""
        if not error["loc"] and model is Envelope:
            hint = "begin it with the keys kind, name and spec; `pond init --template` writes one"
        return f"expected {_SHAPES[kind]}, found {found}", hint
    return error["msg"].removeprefix("Input "), ""


def _unknown_key(
    keys: Keys, model: type[BaseModel], spec: type[BaseModel] | None
) -> tuple[str, str]:
    known, key = _keys_beside(keys, model), str(keys[-1])
    if spec is not None and key in _fields(spec):
        return "is no known key here", "it belongs into `spec`: indent it by two more spaces"
    hint = near_miss_hint(key, known, otherwise=f"known: {', '.join(known)}")
    return "is no known key", REFUSED_KEYS.get(key, hint)


_SCALARS = ("a number", "true or false")


def _shape(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case _:
            return "a mapping"


def _keys_beside(keys: Keys, model: type[BaseModel]) -> list[str]:
    """Return the keys that the model around the last of `keys` knows, in their order."""
    ours = {former: key for key, former in FORMER_KEYS.items()}
    for key in map(str, keys[:-1]):
        inner = _fields(model).get(ours.get(key, key))
        model = inner if inner is not None else model
    return list(_fields(model))


def _fields(model: type[BaseModel]) -> dict[str, type[BaseModel] | None]:
    """Return the keys of a model, and the model inside each that holds one or a list of them."""
    return {
        info.alias or name: _model_inside(info.annotation)
        for name, info in model.model_fields.items()
    }


def _model_inside(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model_inside, get_args(annotation))), None)
