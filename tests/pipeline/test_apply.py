from pathlib import Path
from uuid import UUID

import pytest

from pond_core import NotFoundError, Pond
from pond_pipeline.apply import Applied, applied_documents, apply_resources
from pond_pipeline.config import load_documents, read_documents
from pond_pipeline.errors import ConfigError
from pond_pipeline.resources import Change, document_json

TEXT = """
kind: HydroVu
name: noyo
desc: Noyo Harbor
metadata: {owner: lab}
spec:
  key: ${env:HYDROVU_KEY}
  secret: ${env:HYDROVU_SECRET}
  base_url: ${env:HYDROVU_URL:-http://127.0.0.1:8765}
  start: 2024-03-01
  overlap: 36h
  devices:
    - {name: AT500, id: 1234567890123456, scope: Surface, interval: 15m, clock: America/Los_Angeles}
---
kind: Combine
name: noyo
spec:
  scopes:
    - name: Field
      latitude: 39.42
      series: [{pattern: /normalized/noyo/*, begin: 2024-04-01T12:30Z, rename: {DO.mg/L: Oxygen}}]
---
kind: Reduce
name: sites
spec:
  collections:
    - name: hourly
      resolutions: [1h, 24h]
      datasets: [{in_pattern: "/combined/noyo/*", out_pattern: "$0", aggregates: [avg]}]
"""
SHIPPED = Path(__file__).parents[2] / "resources.yaml"
NOYO = "/sys/resources/by-name/HydroVu.noyo"


def test_a_resource_is_recorded_under_its_uuid_and_its_name(tmp_path: Path) -> None:
    applied = _apply(tmp_path, TEXT)
    first = applied.resources[0]
    assert UUID(first.id).version == 4
    snapshot = Pond.open(tmp_path / "pond").snapshot()
    assert snapshot.readlink(NOYO) == f"../{first.id}"
    assert snapshot.read_data(NOYO) == snapshot.read_data(f"/sys/resources/{first.id}")


def test_all_resources_are_recorded_in_one_transaction(tmp_path: Path) -> None:
    applied = _apply(tmp_path, TEXT)
    assert (applied.txn, len(applied.resources)) == (1, 3)


def test_nothing_is_written_when_nothing_changed(tmp_path: Path) -> None:
    first, second = _apply(tmp_path, TEXT), _apply(tmp_path, f"# a comment\n{TEXT}")
    assert second.txn is None
    assert {each.change for each in second.resources} == {Change.UNCHANGED}
    assert [each.id for each in second.resources] == [each.id for each in first.resources]
    assert len(Pond.open(tmp_path / "pond").log()) == 1


def test_a_resource_that_changed_keeps_its_uuid(tmp_path: Path) -> None:
    first = _apply(tmp_path, TEXT)
    second = _apply(tmp_path, TEXT.replace("overlap: 36h", "overlap: 5d"))
    assert [each.change for each in second.resources] == [
        Change.UPDATED,
        Change.UNCHANGED,
        Change.UNCHANGED,
    ]
    assert second.resources[0].id == first.resources[0].id
    assert b'"5d"' in Pond.open(tmp_path / "pond").snapshot().read_data(NOYO)


@pytest.mark.parametrize(
    "text", [TEXT, SHIPPED.read_text().replace(":-demo}", "}")], ids=["ours", "shipped"]
)
def test_what_is_recorded_reads_back_as_the_same_resource(text: str) -> None:
    for document in load_documents(text):
        (again,) = load_documents(document_json(document))
        facts = [(d.kind, d.name, d.desc, d.metadata, d.spec) for d in (document, again)]
        assert facts[0] == facts[1]


def test_a_secret_in_the_clear_is_not_recorded(tmp_path: Path) -> None:
    clear = TEXT.replace("${env:HYDROVU_SECRET}", "swordfish")
    clear = clear.replace("HYDROVU_KEY}", "HYDROVU_KEY:-swordfish}")
    _apply(tmp_path, clear)
    recorded = Pond.open(tmp_path / "pond").snapshot().read_data(NOYO)
    assert b"swordfish" not in recorded
    assert b"${env:HYDROVU_KEY:-***}" in recorded


def test_a_file_that_is_wrong_records_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="matches nothing"):
        _apply(tmp_path, TEXT.replace("/normalized/noyo/*", "/normalized/other/*"))
    assert not (tmp_path / "pond").exists()


def test_a_resource_that_is_taken_out_of_the_file_stays(tmp_path: Path) -> None:
    _apply(tmp_path, TEXT)
    applied = _apply(tmp_path, TEXT.partition("---")[0])
    snapshot = Pond.open(tmp_path / "pond").snapshot()
    assert snapshot.exists("/sys/resources/by-name/Reduce.sites")
    assert applied.txn == 2  # the list of those that are in the file


def test_what_was_applied_last_is_known_in_its_order(tmp_path: Path) -> None:
    _apply(tmp_path, TEXT)
    assert _names(tmp_path) == ["HydroVu.noyo", "Combine.noyo", "Reduce.sites"]
    _apply(tmp_path, TEXT.partition("---")[0])
    assert _names(tmp_path) == ["HydroVu.noyo"]


def test_a_pond_in_which_nothing_was_applied_knows_that(tmp_path: Path) -> None:
    assert applied_documents(Pond.init(tmp_path / "pond").snapshot()) is None


def test_what_is_recorded_says_who_did_it(tmp_path: Path) -> None:
    (tmp_path / "resources.yaml").write_text(TEXT)
    apply_resources(tmp_path / "resources.yaml", pond=tmp_path / "pond", author="pond run")
    assert Pond.open(tmp_path / "pond").log()[0].provenance.author == "pond run"


def test_before_the_first_apply_nothing_is_recorded(tmp_path: Path) -> None:
    _apply(tmp_path, TEXT)
    with pytest.raises(NotFoundError):
        Pond.open(tmp_path / "pond").snapshot(0).ls("/sys")


def test_the_shipped_file_can_be_applied(tmp_path: Path) -> None:
    applied = apply_resources(SHIPPED, pond=tmp_path / "pond")
    assert len(applied.resources) == len(read_documents(SHIPPED))


def _names(tmp_path: Path) -> list[str]:
    documents = applied_documents(Pond.open(tmp_path / "pond").snapshot()) or []
    return [f"{each.kind}.{each.name}" for each in documents]


def _apply(tmp_path: Path, text: str) -> Applied:
    file = tmp_path / "resources.yaml"
    file.write_text(text)
    return apply_resources(file, pond=tmp_path / "pond")
