"""The JSON Schema of a resource: what editors complete and check `resources.yaml` with.

It is made of the models, its words of their docstrings. A document that the schema refuses is
refused here as well; some that it takes are not, since it knows no zones, no units and no pond.
"""

import re
from collections.abc import Iterator, Mapping
from inspect import cleandoc
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema
from typing_extensions import override

from pond_pipeline.config.kind import SPECS, Envelope
from pond_pipeline.config.problem import FORMER_KEYS
from pond_pipeline.config.written import written

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_ATTRIBUTE = re.compile(r"^ {4}(\w+): ((?:.|\n {8})+)", re.MULTILINE)


class _Generator(GenerateJsonSchema):
    """Pydantic's generator, with defaults as the file has them; titles are the words for types."""

    @override
    def encode_default(self, dft: Any) -> Any:
        return written(dft)

    @override
    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def resources_schema() -> dict[str, object]:
    """Return the JSON Schema of one YAML document of `resources.yaml`."""
    definitions: dict[str, dict[str, object]] = {}
    kinds: list[object] = []
    for kind, model in SPECS.items():
        made = _schema_of(model)
        definitions |= made.pop("$defs", {})
        definitions[model.__name__] = made
        spec = {"properties": {"spec": {"$ref": f"#/$defs/{model.__name__}"}}}
        is_meant = {"properties": {"kind": {"const": str(kind)}}, "required": ["kind"]}
        kinds.append({"if": is_meant, "then": spec})
    envelope = _schema_of(Envelope)
    envelope.pop("$defs", None)
    properties = envelope["properties"]
    properties["kind"] |= {"title": "kind", "enum": [str(kind) for kind in SPECS], "type": "string"}
    properties["kind"].pop("$ref", None)
    properties["spec"]["type"] = "object"
    head = {"$schema": _DIALECT, "title": "A resource of DuckPond"}
    for each in definitions.values():
        each.pop("title", None)
    return {**head, **envelope, "allOf": kinds, "$defs": dict(sorted(definitions.items()))}


def _schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """Return the schema of a model and, below `$defs`, of those inside it."""
    made = model.model_json_schema(by_alias=True, schema_generator=_Generator)
    for each in {model, *_inside(model)}:
        schema = made if each is model else made.get("$defs", {}).get(each.__name__)
        if schema is not None:
            _describe(schema, each)
    return made


def _inside(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for info in model.model_fields.values():
        for each in _models(info.annotation):
            yield each
            yield from _inside(each)


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def _describe(schema: dict[str, Any], model: type[BaseModel]) -> None:
    """Put the words of a model's docstring to its keys, and the original tool's keys beside."""
    schema["description"] = cleandoc(model.__doc__ or "").partition("\n\nAttributes:")[0]
    schema.pop("title", None)
    properties = schema["properties"]
    told = _told(model)
    for name, info in model.model_fields.items():
        key = info.alias or name
        if key in properties:
            properties[key]["description"] = told[name]
            if info.default is None:
                properties[key].pop("default", None)  # to leave it out is what people do
    for key, former in FORMER_KEYS.items():
        if key in properties:
            properties[former] = {
                **properties[key],
                "deprecated": True,
                "description": f"The original tool's word for `{key}`.",
            }
            schema["required"].remove(key)
            schema["oneOf"] = [{"required": [key]}, {"required": [former]}]


def _told(model: type[BaseModel]) -> Mapping[str, str]:
    """Return what the docstrings of a model, and of those that it extends, say of its fields."""
    told: dict[str, str] = {}
    for each in reversed(model.__mro__):
        section = cleandoc(each.__doc__ or "").partition("\nAttributes:\n")[2]
        told |= {name: " ".join(text.split()) for name, text in _ATTRIBUTE.findall(section)}
    return told
