"""What is recorded of a resource reads back as the same resource."""

import pytest
import yaml

from pond_pipeline.config import load_documents
from pond_pipeline.resources import document_json, document_yaml
from tests.pipeline.config import original
from tests.pipeline.test_lifecycle import EVERY_KIND

JUDGED = """\
kind: HydroVu
name: n
metadata: {owner: lab}
spec:
  key: ${env:KEY}
  secret: ${env:SECRET}
  start: 2024-03-01
  cadence: yearly
  units: {Depth: m}
  quality:
    - parameter: Depth
      unit: m
      gross_range: {suspect: [0, null]}
      flat_line: {tolerance: 0.1, fail_after: 90m}
    - {column: a, spike: {suspect: 1, method: differential}, rate_of_change: {fail: 2, per: 1d}}
  checks: {order: {severity: warn, blocking: no}, battery: {voltage: 11.5}, freshness: {within: 2d}}
  devices: [{name: A, id: 7, interval: 15m, columns: [Depth.m]}]
---
kind: Combine
name: c
spec:
  sites:
    - name: s
      latitude: 39.42
      inputs:
        - pattern: /normalized/n/A
          rename: {a: b}
          corrections: [{column: b, from: 2024-05-01T08:00-08:00, until: 2024-06-01, drift: 0.1}]
---
kind: Reduce
name: r
spec:
  collections:
    - name: c
      resolutions: [15m, 1w, 1mo]
      datasets:
        - in_pattern: /combined/c/s
          out_pattern: s
          aggregates: [sum]
          exclude_flags: [3, 4]
          timezone: America/Los_Angeles
---
kind: Alert
name: a
spec:
  conditions:
    - {when: threshold, path: /combined/c/s, column: b, above: 1.5}
    - {when: stale, after: 2h}
  channels: [{ntfy: "${env:TOPIC}"}, {email: me@example.com}]
  grace: 1h
"""


@pytest.mark.parametrize(
    "text",
    [EVERY_KIND, JUDGED, "---\n".join(original.CONVERTED)],
    ids=["every kind", "judged", "original"],
)
def test_what_is_recorded_is_the_resource(text: str) -> None:
    for document in load_documents(text, variables=original.VARIABLES):
        for written in (document_json(document), document_yaml(document_json(document))):
            (again,) = load_documents(written)
            assert (again.kind, again.name, again.desc) == (
                document.kind,
                document.name,
                document.desc,
            )
            assert again.spec == document.spec


def test_a_record_is_yaml_in_the_order_of_the_file() -> None:
    (document, *_) = load_documents(JUDGED)
    keys = yaml.safe_load(document_yaml(document_json(document)))

    assert list(keys) == ["apiVersion", "kind", "name", "desc", "metadata", "spec"]
    assert keys["spec"]["quality"][0]["flat_line"] == {"tolerance": 0.1, "fail_after": "90m"}


@pytest.mark.parametrize(
    "character", ["\x07", "\x7f", "\x85", "\x9f", "\u2028", "\ufffe", "\U0001f30a"]
)
def test_any_character_reads_back_as_itself(character: str) -> None:
    spec = "{start: 2024-11-01, series: [n]}"
    text = f'kind: Scribble\nname: n\ndesc: "\\U{ord(character):08x}"\nspec: {spec}\n'
    (document,) = load_documents(text)
    (again,) = load_documents(document_json(document))

    assert again.desc == document.desc == character
