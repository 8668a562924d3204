"""`pond schema`: what editors check the file with."""

from pathlib import Path

from tests.pipeline.cli.shell import Shell

COMMITTED = Path(__file__).parents[3] / "docs" / "resources.schema.json"


def test_the_schema_is_printed_as_it_is_committed(nowhere: Shell) -> None:
    assert nowhere.out("schema") == COMMITTED.read_text()
