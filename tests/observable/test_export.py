"""`pond export --observable`: what it writes of a pond, and what it refuses."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from pond_core import EntryType, Recipe, Window
from tests.observable.quay import (
    BEGIN,
    BOTH,
    END,
    HOSTILE_SERIES,
    HOURLY,
    HOURS,
    PAGE,
    WHARF,
    Quay,
    buckets,
    content,
    instants,
    newest,
    readings,
    times,
    told,
)


def test_a_project_is_all_that_framework_needs(quay: Quay) -> None:
    done = told(quay, *BOTH)
    assert sorted(content(quay.project)) == [
        ".duckpond-observable.json",
        ".duckpond-observable.lock",
        ".gitignore",
        "observablehq.config.js",
        "package-lock.json",
        "package.json",
        "series.md.jinja",
        "src/components/duckpond.js",
        "src/data/odd-units/rows.parquet",
        f"{HOURS}/2024.parquet",
        f"{HOURS}/2025.parquet",
        "src/data/reduced-quay-sites-wharf-res-24h/2024.parquet",
        "src/data/reduced-quay-sites-wharf-res-24h/2025.parquet",
        "src/index.md",
        "src/series/odd-units.md",
        PAGE,
        "src/series/reduced-quay-sites-wharf-res-24h.md",
    ]
    del done["bytes"]
    assert done == {
        "directory": str(quay.project),
        "txn": quay.pond.snapshot().txn,
        "series": 3,
        "pages": 4,
        "files": 15,
        "written": 15,
        "removed": 0,
        "left": [],
        "missing": [],
        "unlocked": [],
    }


def test_the_files_hold_all_rows_once(quay: Quay) -> None:
    quay.export(HOURLY)
    frame = pl.read_parquet(quay.project / HOURS / "*.parquet").sort("timestamp")
    assert frame.equals(pl.DataFrame(quay.pond.snapshot().read_series(HOURLY)))
    assert newest(quay.project / HOURS / "2024.parquet") < datetime(2025, 1, 1, tzinfo=UTC)


def test_files_are_of_the_months_of_the_clocks_that_are_named(quay: Quay) -> None:
    quay.export(HOURLY, "--by", "year,month", "--timezone", "America/Los_Angeles")
    names = sorted(each.name for each in (quay.project / HOURS).iterdir())
    assert names == ["2024-11.parquet", "2024-12.parquet", "2025-01.parquet"]
    assert pl.read_parquet(quay.project / HOURS / "2024-11.parquet").height == 8


def test_a_range_and_columns_can_be_chosen(quay: Quay) -> None:
    column = "Surface.Temperature.C.avg"
    line = ("--since", "2025-01-20", "--until", "2025-01-21", "--columns", column)
    quay.export(HOURLY, *line)
    [file] = (quay.project / HOURS).iterdir()
    frame = pl.read_parquet(file)
    assert (frame.columns, frame.height) == (["timestamp", column], 24)
    page = (quay.project / PAGE).read_text()
    assert "24 rows from 2025-01-20 00:00 to 2025-01-20 23:00 UTC." in page
    assert "Bottom" not in page


def test_what_is_computed_when_it_is_read_is_exported(quay: Quay) -> None:
    config = {"query": f'SELECT timestamp, 1.0 AS one FROM "{WHARF}/res=24h"'}  # noqa: S608
    with quay.pond.transaction() as tx:
        tx.write_recipe("/odd/days", Recipe(EntryType.SERIES, "sql", config))
        tx.write_recipe("/odd/first", Recipe(EntryType.TABLE, "sql", config))
    quay.export("/odd/days", "/odd/first")
    frame = pl.read_parquet(quay.project / "src/data/odd-days/*.parquet")
    assert frame.height == len(instants(step=timedelta(days=1)))
    assert pl.read_parquet(quay.project / "src/data/odd-first/rows.parquet").equals(frame)
    assert len(list((quay.project / "src/data/odd-days").iterdir())) == 2


def test_of_what_is_computed_another_range_is_exported_anew(quay: Quay) -> None:
    config = {"query": f'SELECT * FROM "{WHARF}/res=24h"'}  # noqa: S608
    with quay.pond.transaction() as tx:
        tx.write_recipe("/odd/days", Recipe(EntryType.SERIES, "sql", config))
    quay.export("/odd/days")
    quay.export("/odd/days", "--since", "2025-01-20")
    frame = pl.read_parquet(quay.project / "src/data/odd-days/*.parquet")
    assert frame["timestamp"].min() == datetime(2025, 1, 20, tzinfo=UTC)


def test_without_a_pattern_neither_raw_readings_nor_the_pond_s_own_are_shown(quay: Quay) -> None:
    with quay.pond.transaction() as tx:
        for path in ("/raw/quay", "/quarantine/quay", "/site"):
            tx.mkdir(path, parents=True)
            tx.write_window(f"{path}/Sonde", readings(instants(), "value", {}), Window())
    assert told(quay)["series"] == 4
    assert told(quay, "/raw/**")["series"] == 1


def test_an_earlier_state_can_be_exported(quay: Quay) -> None:
    txn = str(quay.pond.snapshot().txn)
    quay.more(END + timedelta(days=1))
    assert told(quay, HOURLY, "--as-of", txn)["txn"] == int(txn)
    assert newest(quay.project / HOURS / "2025.parquet") < END


def test_exported_again_nothing_is_written(quay: Quay) -> None:
    quay.export(*BOTH)
    before = times(quay.project)
    assert told(quay, *BOTH)["written"] == 0
    assert times(quay.project) == before


def test_later_readings_write_their_year_and_what_tells_of_them(quay: Quay) -> None:
    quay.export(*BOTH)
    before = times(quay.project)
    quay.more(END + timedelta(days=1))
    assert told(quay, *BOTH)["written"] == 3
    after = times(quay.project)
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {
        ".duckpond-observable.json",
        f"{HOURS}/2025.parquet",
        "src/index.md",
        PAGE,
    }


def test_readings_that_were_corrected_are_written(quay: Quay) -> None:
    quay.export(HOURLY)
    with quay.pond.transaction() as tx:
        tx.write_window(HOURLY, buckets(instants()[1:]), Window.of(BEGIN, END))
    quay.export(HOURLY)
    frame = pl.read_parquet(quay.project / HOURS / "2024.parquet")
    assert frame.height == 31 * 24 - 1


def test_what_is_gone_from_the_pond_goes_and_its_folders(quay: Quay) -> None:
    quay.export("/reduced/**", "/odd/**")
    with quay.pond.transaction() as tx:
        tx.remove("/odd", recursive=True)
    assert told(quay, "/reduced/**")["removed"] == 5
    assert [each.name for each in (quay.project / "src/data").iterdir() if "odd" in each.name] == []
    assert "odd" not in (quay.project / "src/index.md").read_text()


def test_a_template_s_page_takes_the_place_of_the_series_page(quay: Quay) -> None:
    quay.export("/reduced/quay/sites/*/*", "/rendered/**")
    assert not (quay.project / PAGE).exists()
    page = (quay.project / "src/rendered/pages/sites/wharf.md").read_text()
    assert "- res&#61;24h: 2 files from 2024-01-01" in page
    assert f'FileAttachment("/{HOURS.removeprefix("src/")}/2025.parquet").arrayBuffer()' in page


def test_without_captures_a_page_still_knows_the_files_of_its_input(quay: Quay) -> None:
    quay.export(HOURLY, "/rendered/**")
    page = (quay.project / "src/rendered/pages/sites/wharf.md").read_text()
    assert "files from" not in page
    assert "2025.parquet" in page


def test_a_page_of_a_template_tells_what_was_exported(quay: Quay) -> None:
    column = "Surface.Temperature.C.avg"
    quay.export(HOURLY, "/rendered/**", "--since", "2025-01-20", "--columns", column)
    page = (quay.project / "src/rendered/pages/sites/wharf.md").read_text()
    assert "Temperature" in page
    assert "Surface.Temperature.C.max" not in page


def test_a_page_that_no_template_makes_is_taken_as_it_is(quay: Quay) -> None:
    with quay.pond.transaction() as tx:
        tx.mkdir("/rendered/by hand")
        tx.write_data("/rendered/by hand/A [b].md", "# Ä\n".encode())
    quay.export("/rendered/by hand/*")
    page = quay.project / "src/rendered/by-hand/a-b.md"
    assert page.read_text() == "# Ä\n"


def test_pages_that_differ_by_capitals_alone_are_apart_on_any_disk(quay: Quay) -> None:
    names = ("notes/Tide.md", "notes/tide.md", "Notes/tide.md", "Notes/tide/x.md")
    with quay.pond.transaction() as tx:
        for name in names:
            tx.mkdir(f"/rendered/{name}/..", parents=True, exist_ok=True)
            tx.write_data(f"/rendered/{name}", name.encode())
    quay.export("/rendered/[nN]otes/**")
    files = content(quay.project / "src/rendered")
    assert sorted(text.decode() for text in files.values()) == sorted(names)
    folded = {each.casefold() for name in files for each in (name, str(Path(name).parent))}
    assert folded == {each for name in files for each in (name, str(Path(name).parent))}


def test_a_page_whose_name_gets_capitals_keeps_its_file(quay: Quay) -> None:
    with quay.pond.transaction() as tx:
        tx.write_data("/rendered/tide.md", b"low")
    quay.export("/rendered/*")
    with quay.pond.transaction() as tx:
        tx.rename("/rendered/tide.md", "/rendered/Tide.md")
        tx.write_data("/rendered/Tide.md", b"high")
    assert told(quay, "/rendered/*")["removed"] == 0
    assert content(quay.project / "src/rendered") == {"tide.md": b"high"}


def test_a_template_that_cannot_be_rendered_is_told_and_changes_nothing(quay: Quay) -> None:
    (quay.folder / "site.md.jinja").write_text("{{ files[7].file }}")
    quay.command("apply", "-f", quay.folder / "resources.yaml")
    result = quay.command("export", quay.project, "--observable")
    assert result.exit_code == 1
    assert "Wharf.md, line 1" in result.stderr
    assert not (quay.project / "src").exists()


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (("--format", "csv"), "its pages read no csv"),
        (("--by", "year,month,day,hour"), "--by year, year,month or year,month,day"),
        (("--timezone", "Mars/Olympus"), "Mars/Olympus"),
    ],
)
def test_what_pages_cannot_have_is_refused(quay: Quay, line: tuple[str, ...], problem: str) -> None:
    result = quay.command("export", quay.project, "--observable", *line)
    assert result.exit_code in (1, 2)
    assert problem in result.stderr
    assert not quay.project.exists()


def test_a_path_of_the_pond_alone_is_no_folder(quay: Quay) -> None:
    refused = quay.command("export", "--observable", WHARF)
    assert refused.exit_code == 2
    assert f"{WHARF} is in the pond: name the folder, too" in refused.stderr


def test_a_pattern_that_means_nothing_is_told(quay: Quay) -> None:
    result = quay.command("export", "/reduced/key/**", quay.project, "--observable")
    assert result.exit_code == 1
    assert "/reduced/key/** matches no table, no series and no page" in result.stderr


def test_two_series_of_nearly_one_name_have_a_page_each(quay: Quay) -> None:
    with quay.pond.transaction() as tx:
        for name in ("A-b", "A b", "a.b"):
            tx.write_window(f"/odd/{name}", readings(instants(), "value", {}), Window())
    quay.export("/odd/[aA]?b")
    assert len(list((quay.project / "src/series").iterdir())) == 3
    assert len(list((quay.project / "src/data").iterdir())) == 3


def test_a_hostile_name_is_in_no_file_s_name(quay: Quay) -> None:
    quay.export(HOSTILE_SERIES)
    names = [each.name for each in (quay.project / "src").rglob("*")]
    assert [name for name in names if set(name) & set(" <>`${}()[]'\"\\|&;")] == []


def test_the_template_in_the_docs_is_that_of_the_pages(quay: Quay) -> None:
    page = (Path(__file__).parents[2] / "docs" / "observable.md").read_text()
    quay.export("/odd/units")
    template = (quay.project / "series.md.jinja").read_text()
    assert f"````jinja\n{template}````\n" in page


def test_the_versions_of_packages_are_pinned_and_no_registry_is_named(quay: Quay) -> None:
    quay.export("/odd/units")
    lock = json.loads((quay.project / "package-lock.json").read_text())
    package = json.loads((quay.project / "package.json").read_text())
    packages = {name: each for name, each in lock["packages"].items() if name}
    assert all(each["version"] and each["integrity"] for each in packages.values())
    assert not any("resolved" in each for each in packages.values())
    assert package["dependencies"] == {
        name: packages[f"node_modules/{name}"]["version"] for name in package["dependencies"]
    }


def test_the_past_is_rendered_by_the_templates_of_then(quay: Quay) -> None:
    txn = str(quay.pond.snapshot().txn)
    (quay.folder / "site.md.jinja").write_text("# New page\n")
    quay.command("apply", "-f", quay.folder / "resources.yaml")
    page = quay.project / "src/rendered/pages/sites/wharf.md"
    quay.export("/rendered/**")
    assert page.read_text() == "# New page\n"
    quay.export("/rendered/**", "--as-of", txn)
    assert page.read_text().startswith("# Page of Wharf\n")


def test_what_to_do_next_is_told_until_the_packages_are_there(quay: Quay) -> None:
    line = f"cd {quay.project} && npm ci && npm run build"
    assert line in quay.export("/odd/units").stderr
    (quay.project / "node_modules").mkdir()
    assert line not in quay.export("/odd/units").stderr
