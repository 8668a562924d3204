from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typing_extensions import override

from pond_pipeline.config import load_documents
from pond_pipeline.simulator import Location, Simulator
from tests.pipeline.cli.shell import Shell
from tests.pipeline.cli.test_documented import _check_shape, _documented
from tests.pipeline.steps.station import LOCATION, Ledger

RESOURCES = """
kind: HydroVu
name: bay
spec:
  key: demo
  secret: demo
  base_url: ${{env:HYDROVU_URL}}
  start: 2025-01-01
  devices: [{{name: Pier, id: {location}}}]
"""


class Account(Ledger):
    """An account whose locations are called whatever people like."""

    @override
    def locations(self) -> Sequence[Location]:
        named = ["Pier", "pier", "Dock (old) / µS\n", "100", "$!", "a" * 300]
        return [
            Location(LOCATION + i, name, "by the crane" if i == 1 else "", 39.4, -123.8)
            for i, name in enumerate(named)
        ]


@pytest.fixture(scope="module")
def account() -> Account:
    return Account()


@pytest.fixture(scope="module")
def server(account: Account) -> Iterator[Simulator]:
    with Simulator(account) as running:
        yield running


@pytest.fixture
def there(nowhere: Shell, server: Simulator, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A prompt in a folder whose environment has an account."""
    monkeypatch.chdir(nowhere.directory)
    monkeypatch.setenv("HYDROVU_URL", server.base_url)
    return nowhere


def test_the_account_of_the_environment_is_asked_where_there_are_no_resources(
    there: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYDROVU_KEY", "demo")
    Path(".env").write_text("HYDROVU_SECRET=demo\n")
    Path(".env").chmod(0o600)
    found = there.rows("hydrovu", "locations")
    assert [each["id"] for each in found] == [LOCATION + i for i in range(6)]
    assert {each["declared"] for each in found} == {None}


def test_without_an_account_it_says_what_to_set(there: Shell) -> None:
    result = there.run("hydrovu", "locations")
    assert (result.exit_code, "HYDROVU_KEY is not set" in result.stderr) == (2, True)


@pytest.mark.parametrize("template", ["noyo", "well"])
def test_what_the_simulator_prints_for_env_is_all_that_a_template_needs(
    there: Shell, template: str
) -> None:
    there.out("init", "--template", template)
    Path(".env").write_text("HYDROVU_KEY=demo\nHYDROVU_SECRET=demo\n")
    Path(".env").chmod(0o600)
    assert len(there.rows("hydrovu", "locations")) == 6


def test_what_is_declared_is_told_by_its_path(there: Shell) -> None:
    _declare(LOCATION)
    result = there.run("hydrovu", "locations")
    assert f"{LOCATION}  Pier" in result.stdout
    assert "/raw/bay/Pier\n" in result.stdout
    assert "5 of 6 are not declared" in result.stderr


def test_what_the_account_does_not_see_is_warned_about(there: Shell) -> None:
    _declare(17)
    assert "warning: bay declares Pier, but the account sees no 17" in (
        there.run("hydrovu", "locations").stderr
    )


def test_the_lines_of_what_is_not_declared_are_ready_to_paste(there: Shell) -> None:
    _declare(LOCATION)
    lines = there.out("hydrovu", "locations", "--yaml")
    assert f"- {{name: pier_2, id: {LOCATION + 1}, comment: pier - by the crane}}\n" in lines
    indented = "".join(f"  {line}" for line in lines.splitlines(keepends=True))
    [document] = load_documents(
        f"kind: HydroVu\nname: x\nspec:\n  key: k\n  secret: s\n  start: 2025-01-01\n{indented}"
    )
    names = [device.name for device in document.spec.devices]  # type: ignore[union-attr]
    assert names == ["pier_2", "Dock_old_µS", "100", f"instrument_{LOCATION + 4}", "a" * 60]


def test_the_newest_reading_is_asked_for_on_demand(there: Shell, account: Account) -> None:
    _declare(LOCATION)
    now = datetime.now(UTC).replace(microsecond=0)
    late, ahead = now - timedelta(hours=3), now + timedelta(days=400)
    account.write(late.isoformat(), ahead.isoformat())
    newest = there.rows("hydrovu", "locations", "--newest")[0]["newest"]
    assert newest == late.isoformat().replace("+00:00", "Z")
    assert there.rows("hydrovu", "locations")[0]["newest"] is None


def test_a_source_is_named_where_there_are_several(there: Shell) -> None:
    text = RESOURCES.format(location=LOCATION)
    Path("resources.yaml").write_text(f"{text}---{text.replace('bay', 'cove')}")
    assert "name one of them: --source bay" in there.run("hydrovu", "locations").stderr
    assert len(there.rows("hydrovu", "locations", "--source", "cove")) == 6
    wrong = there.run("hydrovu", "locations", "--source", "bya")
    assert (wrong.exit_code, "did you mean" in wrong.stderr) == (2, True)


def test_a_refused_account_is_an_error_without_its_secret(
    there: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYDROVU_KEY", "demo")
    monkeypatch.setenv("HYDROVU_SECRET", "s3cret-of-mine")
    result = there.run("hydrovu", "locations")
    assert (result.exit_code, "s3cret-of-mine" in result.output) == (1, False)


def test_json_has_the_documented_shape(there: Shell) -> None:
    _declare(LOCATION)
    _check_shape(_documented("hydrovu"), there.value("hydrovu", "locations"))


def _declare(location: int) -> None:
    Path("resources.yaml").write_text(RESOURCES.format(location=location))
