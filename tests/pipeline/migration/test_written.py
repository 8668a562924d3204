"""The resources of an original pond as ours read them, and no secret in them."""

import json
import stat
from pathlib import Path

import pytest
from dotenv import dotenv_values
from hypothesis import given
from hypothesis import strategies as st

from pond_pipeline.cli.render import json_text
from pond_pipeline.config import CombineSpec, DeriveSpec, HydroVuSpec, read_documents
from pond_pipeline.errors import ConfigError
from pond_pipeline.migration import Grade
from pond_pipeline.migration.resource import OldResource
from pond_pipeline.migration.secret import Secrets
from pond_pipeline.plan import compile_plan
from tests.pipeline.migration.harbor import (
    DOCK_DEVICE,
    KEY,
    NOW,
    SECRET,
    Place,
    account,
    dictionary,
    harbor,
    told,
)
from tests.pipeline.migration.original import DATA, Original

S3 = {
    "bucket": "reef",
    "region": "us-west-2",
    "key": "AKIA-5511",
    "secret": "s3-hush-hush",
    "endpoint": "https://s3-hush-hush@s3.example.com",
}
SQL = """SELECT epoch(taken::TIMESTAMPTZ)::BIGINT AS "Timestamp", level FROM read_csv('$1')"""


def whole() -> Original:
    """Return a pond with every kind."""
    pond = harbor()
    pond.apply("Backup", "offsite", S3)
    pond.apply("Copy", "twin", {**S3, "backup_uuid": "x"})
    pond.apply("Scribble", "junk", {"count_min": 1, "count_max": 2, "probs": [("a", 0.5)]})
    files = pond.apply("Inbox", "levels", {"pattern": "/data/levels/*.csv"})
    files.add("b.csv", DATA, b"taken,level\n2019-07-04T00:00:00Z,1.5\n")
    collections = [{"name": "wells", "pattern": "/Inbox/levels/*.csv", "query": SQL}]
    pond.apply("Derive", "wells", {"collections": collections})
    series = [{"pattern": "/HydroVu/noyo/data/Dock*"}, {"pattern": "/Derive/wells/wells/*"}]
    scopes = [{"name": "Harbor", "series": series, "columns": ["x"]}]
    pond.apply("Combine", "noyo", {"scopes": scopes}, metadata={"owner": "team:reef"})
    datasets = [{"in_pattern": "/Combine/noyo/*/combine", "out_pattern": "$0", "columns": None}]
    reduce = {"collections": [{"name": "d", "resolutions": ["1h", "24h"], "datasets": datasets}]}
    pond.apply("Reduce", "noyo", reduce)
    return pond


def test_our_own_compiler_takes_what_is_written(place: Place) -> None:
    whole().write(place.old)
    migrated = place.migrate()
    assert told(migrated, Grade.FAILED) == []
    documents = read_documents(place.file)
    assert [f"{each.kind}/{each.name}" for each in documents] == [*migrated.resources.resources]
    outputs = [path for s in compile_plan(documents, root=place.folder).steps for path in s.outputs]
    assert {"/raw/noyo/Dock", "/combined/noyo/Harbor", "/derived/wells/wells"} <= set(outputs)


def test_patterns_of_the_original_become_ours(place: Place) -> None:
    whole().write(place.old)
    place.migrate()
    [site] = next(
        each.spec.sites for each in read_documents(place.file) if isinstance(each.spec, CombineSpec)
    )
    assert [each.pattern for each in site.inputs] == [
        "/normalized/noyo/Dock*",
        "/derived/wells/wells/*",
    ]
    text = place.file.read_text()
    assert "/HydroVu/" not in text
    assert "scopes:" not in text


def test_descriptions_and_labels_are_kept(place: Place) -> None:
    whole().write(place.old)
    place.migrate()
    documents = {f"{each.kind}/{each.name}": each for each in read_documents(place.file)}
    assert documents["HydroVu/noyo"].desc == "Noyo Harbor"
    assert documents["Combine/noyo"].metadata == {"owner": "team:reef"}


def test_a_derive_starts_with_the_first_reading_that_it_makes(place: Place) -> None:
    whole().write(place.old)
    place.migrate()
    specs = [each.spec for each in read_documents(place.file)]
    [derive] = [spec for spec in specs if isinstance(spec, DeriveSpec)]
    [hydrovu] = [spec for spec in specs if isinstance(spec, HydroVuSpec)]
    assert f"{derive.start:%Y-%m-%d}" == "2019-07-01"
    assert f"{hydrovu.start:%Y-%m-%d}" == "2024-03-01"


def test_what_has_no_place_here_is_told_in_the_file_as_well(place: Place) -> None:
    whole().write(place.old)
    migrated = place.migrate()
    assert told(migrated, Grade.LEFT) == [
        ("backup", "/Backup/offsite"),
        ("copy", "/Copy/twin"),
        ("test data", "/Scribble/junk"),
    ]
    text = place.file.read_text()
    assert "# The Backup 'offsite' went to the bucket 'reef'" in text
    assert "kind: Backup" not in text.replace("#     kind: Backup", "")


def test_a_resource_that_is_wrong_here_is_told_with_its_line(place: Place) -> None:
    pond = harbor()
    scopes = [{"name": "Harbor", "series": [{"pattern": "/HydroVu/noyo/data/Gone*"}]}]
    pond.apply("Combine", "noyo", {"scopes": scopes})
    pond.write(place.old)
    [remark] = place.migrate().remarks
    assert remark.what == "resources to be corrected"
    assert "resources.yaml:" in remark.detail
    assert place.file.exists()


def test_without_readings_somebody_is_asked_to_say_when_it_began(place: Place) -> None:
    pond = Original()
    pond.hydrovu("noyo", account(DOCK_DEVICE))
    dictionary(pond)
    pond.write(place.old)
    assert told(place.migrate()) == [("start not known", "/HydroVu/noyo")]
    assert f"start: {NOW:%Y-%m}-01" in place.file.read_text()


def test_a_place_that_is_not_there_is_refused_before_anything_is_done(place: Place) -> None:
    harbor().write(place.old)
    with pytest.raises(ConfigError, match="no such directory"):
        place.migrate(secrets=place.folder / "gone" / ".env")
    assert not (place.folder / "pond").exists()


def test_a_file_that_is_there_is_kept(place: Place) -> None:
    harbor().write(place.old)
    place.file.write_text("mine")
    migrated = place.migrate()
    assert migrated.resources.state == "kept"
    assert told(migrated, Grade.FAILED) == [("resources not written", str(place.file))]
    assert place.file.read_text() == "mine"
    assert migrated.series[0].added


def test_a_file_that_is_there_is_replaced_by_force(place: Place) -> None:
    harbor().write(place.old)
    place.file.write_text("mine")
    assert place.migrate(force=True).resources.state == "written"
    assert read_documents(place.file)


# Secrets


def everything(folder: Path) -> bytes:
    """Return all bytes of all files below a folder."""
    return b"\n".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("dry_run", [False, True])
def test_no_secret_reaches_the_pond_the_file_or_the_report(place: Place, *, dry_run: bool) -> None:
    pond = whole()
    spec = account({**DOCK_DEVICE, "comment": f"key {KEY}"})
    former = {**spec, "secret": "former-sesame"}
    pond.hydrovu("noyo", former)
    pond.hydrovu("noyo", spec)
    pond.apply("Inbox", "x", {"pattern": "/former-sesame/*"}, desc=f"not {SECRET}")
    pond.root.trees["HydroVu"].links["ghost"] = S3["secret"]
    pond.write(place.old)
    migrated = place.migrate(dry_run=dry_run)
    place.old.rename(place.folder.with_name(place.folder.name + "-old"))
    shown = json_text(migrated).encode() + everything(place.folder)
    for secret in (KEY, SECRET, "former-sesame", S3["key"], S3["secret"]):
        assert secret.encode() not in shown
        assert json.dumps(secret)[1:-1].encode() not in shown


def test_one_account_asks_for_the_variables_that_all_docs_name(place: Place) -> None:
    harbor().write(place.old)
    assert place.migrate().resources.variables == ("HYDROVU_KEY", "HYDROVU_SECRET")
    text = place.file.read_text()
    assert "key: ${env:HYDROVU_KEY}" in text
    assert "#     HYDROVU_SECRET=" in text


def test_several_accounts_have_variables_of_their_own(place: Place) -> None:
    pond = harbor()
    for name in ("b\u00e4y 1", "b.y-1", "\u6e2f"):
        pond.hydrovu(name, account())
    pond.write(place.old)
    variables = place.migrate().resources.variables
    assert variables[:4] == (
        "HYDROVU_NOYO_KEY",
        "HYDROVU_NOYO_SECRET",
        "HYDROVU_B_Y_1_KEY",
        "HYDROVU_B_Y_1_SECRET",
    )
    assert variables[4:] == (
        "HYDROVU_B_Y_1_KEY_2",
        "HYDROVU_B_Y_1_SECRET_2",
        "HYDROVU_ACCOUNT_KEY",
        "HYDROVU_ACCOUNT_SECRET",
    )
    assert len(read_documents(place.file)) == 5


def test_secrets_are_written_where_one_asks_for_it_for_the_owner_alone(place: Place) -> None:
    harbor().write(place.old)
    file = place.folder / ".env"
    place.migrate(secrets=file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    values = dotenv_values(file, interpolate=False)
    assert values == {"HYDROVU_KEY": KEY, "HYDROVU_SECRET": SECRET}
    place.migrate(secrets=file)


def test_a_file_of_secrets_that_is_there_is_not_touched(place: Place) -> None:
    harbor().write(place.old)
    file = place.folder / ".env"
    file.write_text("MINE=1\n")
    with pytest.raises(ConfigError, match="it is there already"):
        place.migrate(secrets=file)
    assert file.read_text() == "MINE=1\n"
    assert not (place.folder / "pond").exists()


TEXT = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1)


@given(value=TEXT)
def test_any_secret_comes_out_of_the_file_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, value: str
) -> None:
    spec = {"key": value, "secret": value[::-1]}
    resource = OldResource("HydroVu", "a", "u", "", {}, spec, (), None)
    file = tmp_path_factory.mktemp("secrets") / "file"
    Secrets([resource]).write(file)
    read = dotenv_values(file, interpolate=False)
    assert read == {"HYDROVU_KEY": value, "HYDROVU_SECRET": value[::-1]}
