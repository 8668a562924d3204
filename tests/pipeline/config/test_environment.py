from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pond_pipeline.config import EnvText, read_environment
from pond_pipeline.errors import ConfigError


def test_text_without_a_reference_is_itself() -> None:
    text = EnvText("https://www.hydrovu.com")

    assert text.is_literal
    assert text.resolve({}) == "https://www.hydrovu.com"


def test_references_are_replaced_wherever_they_stand() -> None:
    text = EnvText("${env:A}/x/${env:B:-b}")

    assert not text.is_literal
    assert text.resolve({"A": "1"}) == "1/x/b"
    assert text.resolve({"A": "1", "B": "2"}) == "1/x/2"


def test_a_variable_set_to_nothing_counts_as_not_set() -> None:
    assert EnvText("${env:A:-a}").resolve({"A": ""}) == "a"


def test_a_default_may_be_empty() -> None:
    assert EnvText("${env:A:-}").resolve({}) == ""


def test_a_value_that_looks_like_a_reference_is_not_replaced_again() -> None:
    assert EnvText("${env:A}").resolve({"A": "${env:B}"}) == "${env:B}"


def test_a_missing_variable_is_an_error_that_names_it_and_says_where_to_set_it() -> None:
    with pytest.raises(ConfigError) as caught:
        EnvText("${env:HYDROVU_KEY}", secret=True).resolve({"OTHER": "hunter2"})

    assert str(caught.value) == "the environment variable HYDROVU_KEY is not set"
    assert caught.value.hint == "add a line to .env beside resources.yaml: HYDROVU_KEY=..."


def test_a_variable_that_is_set_to_nothing_is_told_so() -> None:
    with pytest.raises(ConfigError, match="HYDROVU_KEY is set to nothing"):
        EnvText("${env:HYDROVU_KEY}").resolve({"HYDROVU_KEY": ""})


@pytest.mark.parametrize("text", ["${env:A", "${env}", "${A}", "${env:1A}", "x ${env: A} y", "${"])
def test_what_only_looks_like_a_reference_is_an_error(text: str) -> None:
    with pytest.raises(ConfigError, match="begins no reference to the environment"):
        EnvText(text)


def test_text_shows_its_template() -> None:
    text = EnvText("${env:A:-x}/b")

    assert str(text) == "${env:A:-x}/b"
    assert repr(text) == "EnvText('${env:A:-x}/b')"


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ("hunter2", "***"),
        ("${env:KEY}", "${env:KEY}"),
        ("${env:KEY:-hunter2}", "${env:KEY:-***}"),
        ("hunter2-${env:KEY}", "***${env:KEY}"),
    ],
)
def test_a_secret_shows_only_the_names_of_its_variables(template: str, shown: str) -> None:
    secret = EnvText(template, secret=True)

    assert str(secret) == shown
    assert repr(secret) == f"EnvText({shown!r})"


@pytest.mark.parametrize("template", ["***", "***${env:KEY}", "${env:OTHER:-***}"])
def test_a_secret_that_was_left_out_where_it_was_recorded_is_not_made_up(template: str) -> None:
    secret = EnvText(template, secret=True)

    assert secret.is_withheld
    with pytest.raises(ConfigError, match="in the clear is not recorded"):
        secret.resolve({"KEY": "a"})


def test_a_secret_whose_default_was_left_out_is_what_the_environment_says() -> None:
    assert EnvText("${env:KEY:-***}", secret=True).resolve({"KEY": "a***"}) == "a***"


@given(st.text(alphabet=st.characters(blacklist_characters="$"), min_size=1))
def test_text_without_a_dollar_resolves_to_itself(text: str) -> None:
    assert EnvText(text).resolve({}) == text


def test_the_process_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("A=file\nB='from file'\n")

    values = read_environment(tmp_path, environ={"A": "process"}).values

    assert values == {"A": "process", "B": "from file"}


def test_a_dollar_in_the_file_is_kept(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("A=1\nB=${A}$\n")

    assert read_environment(tmp_path, environ={}).values["B"] == "${A}$"


def test_a_name_without_a_value_in_the_file_is_not_set(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("A\n")

    assert read_environment(tmp_path, environ={}).values == {}


def test_no_file_is_no_problem(tmp_path: Path) -> None:
    environment = read_environment(tmp_path, environ={"A": "1"})

    assert environment.values == {"A": "1"}
    assert environment.warnings == ()


def test_a_file_for_its_owner_alone_gives_no_warning(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("A=1\n")
    file.chmod(0o600)

    assert read_environment(tmp_path, environ={}).warnings == ()


def test_a_malformed_line_gives_a_warning_that_names_it_and_keeps_its_text(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("KEY=1\n# fine\nmy s3cret stands alone\nOTHER=2\n")
    file.chmod(0o600)
    found = read_environment(tmp_path, environ={})
    assert found.values == {"KEY": "1", "OTHER": "2"}
    (warning,) = found.warnings
    assert warning.startswith(f"{file}:3 is left out, it is no NAME=value; write it so")
    assert "s3cret" not in warning


def test_a_file_that_others_can_read_gives_a_warning_with_the_remedy(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("A=hunter2\n")
    file.chmod(0o644)

    (warning,) = read_environment(tmp_path, environ={}).warnings

    assert warning == f"{file} can be read by others; run: chmod 600 {file}"


def test_a_file_that_is_not_utf_8_is_an_error_that_does_not_quote_it(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"A=hunter2\xff\n")

    with pytest.raises(ConfigError, match=r"\.env: byte 9 is not UTF-8") as caught:
        read_environment(tmp_path, environ={})

    assert caught.value.__cause__ is None


def test_values_are_not_shown(tmp_path: Path) -> None:
    assert "hunter2" not in repr(read_environment(tmp_path, environ={"A": "hunter2"}))
