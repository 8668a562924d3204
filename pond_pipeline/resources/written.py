"""A resource as text: as its file has it, but for secrets."""

import json
import re

import yaml

from pond_pipeline.config import Document, written

_UNPRINTABLE = re.compile(r"[\x7f-\x9f\ufffe\uffff]")
"""Characters that JSON takes as they are, and YAML only when they are escaped."""


def document_json(document: Document) -> str:
    """Return a resource as JSON text, as it is written in its file, without secrets.

    Read again, it gives the same document, but for secrets that were written in the clear.
    """
    facts = {
        "apiVersion": "duckpond/v1",
        "kind": document.kind,
        "name": document.name,
        "desc": document.desc,
        "metadata": document.metadata,
        "spec": document.spec,
    }
    text = json.dumps(written(facts), indent=2, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"


def document_yaml(recorded: str) -> str:
    """Return the YAML of a resource, from its JSON."""
    text: str = yaml.safe_dump(
        json.loads(recorded), sort_keys=False, allow_unicode=True, default_flow_style=False
    )
    return text
