from datetime import UTC, datetime
from pathlib import Path

import pytest

from pond_core import ALWAYS, Window
from pond_pipeline.config import load_documents
from pond_pipeline.errors import ConfigError
from pond_pipeline.plan import CombineInput, CombineStep, Plan, ReduceStep, compile_plan

SOURCE = """\
kind: HydroVu
name: n
spec:
  key: k
  secret: s
  start: 2024-03-01
  devices:
    - {name: A1, id: 1, scope: S}
    - {name: A2, id: 2}
    - {name: "B[1]", id: 3}
"""

WANTED = "name a series or a directory of series"


def compiled(text: str) -> Plan:
    return compile_plan(load_documents(SOURCE + text), root=Path("/pond"))


def refused(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        compiled(text)
    return f"{caught.value}; {caught.value.hint}"


def site(*inputs: str) -> str:
    listed = "".join(f"        - {{{each}}}\n" for each in inputs)
    return f"---\nkind: Combine\nname: c\nspec:\n  sites:\n    - name: x\n      inputs:\n{listed}"


def parts(*inputs: str) -> tuple[CombineInput, ...]:
    (step,) = (step for step in compiled(site(*inputs)).steps if isinstance(step, CombineStep))
    return step.parts


def dataset(*datasets: str, resolutions: str = "1h") -> str:
    listed = "".join(f"        - {{{each}}}\n" for each in datasets)
    return (
        "---\nkind: Reduce\nname: r\nspec:\n  collections:\n    - name: c\n"
        f"      resolutions: [{resolutions}]\n      datasets:\n{listed}"
    )


def reduced(text: str) -> list[ReduceStep]:
    return [step for step in compiled(text).steps if isinstance(step, ReduceStep)]


def test_an_input_has_the_scope_of_the_instrument_that_it_names() -> None:
    assert parts("pattern: /normalized/n/A1") == (
        CombineInput(path="/normalized/n/A1", asset="/normalized/n/A1", scope="S"),
    )


def test_an_input_s_own_scope_wins() -> None:
    assert parts("pattern: /normalized/n/A1, scope: T")[0].scope == "T"


def test_an_input_without_any_scope_has_none() -> None:
    (part,) = parts("pattern: /normalized/n/A2")

    assert part.scope is None
    assert part.window == ALWAYS


def test_an_input_keeps_its_range_its_names_and_its_priority() -> None:
    (part,) = parts(
        "pattern: /normalized/n/A1, begin: 2024-04-01, end: 2024-05-01, "
        "rename: {DO.mg/L: Oxygen.mg/L}, priority: 2"
    )

    assert part.window == Window.of(
        datetime(2024, 4, 1, tzinfo=UTC), datetime(2024, 5, 1, tzinfo=UTC)
    )
    assert part.rename == {"DO.mg/L": "Oxygen.mg/L"}
    assert part.priority == 2


def test_a_pattern_may_mean_several_series() -> None:
    found = parts("pattern: /normalized/n/A*, begin: 2024-04-01")

    assert [(part.path, part.scope) for part in found] == [
        ("/normalized/n/A1", "S"),
        ("/normalized/n/A2", None),
    ]


def test_a_path_means_itself_whatever_characters_its_name_has() -> None:
    assert [part.path for part in parts('pattern: "/normalized/n/B[1]"')] == ["/normalized/n/B[1]"]


def test_a_wildcard_leaves_out_what_cannot_be_combined() -> None:
    assert {part.path for part in parts("pattern: /*/n/A1")} == {"/normalized/n/A1"}


def test_a_site_may_be_an_input() -> None:
    text = site("pattern: /combined/d/y") + (
        "---\nkind: Combine\nname: d\nspec:\n  sites:\n"
        "    - {name: y, inputs: [{pattern: /normalized/n/A1}]}\n"
    )

    assert [step.outputs for step in compiled(text).steps if isinstance(step, CombineStep)] == [
        ("/combined/d/y",),
        ("/combined/c/x",),
    ]


def test_one_series_may_come_twice_at_times_apart() -> None:
    found = parts(
        "pattern: /normalized/n/A1, end: 2024-05-01", "pattern: /normalized/n/A1, begin: 2024-05-01"
    )

    assert [part.path for part in found] == ["/normalized/n/A1"] * 2


def test_one_series_may_come_twice_under_two_scopes() -> None:
    assert len(parts("pattern: /normalized/n/A1", "pattern: /normalized/n/A1, scope: T")) == 2


def test_one_series_twice_at_a_time_under_one_scope_is_an_error() -> None:
    text = site("pattern: /normalized/n/A*", "pattern: /normalized/n/A1, begin: 2024-05-01")

    assert refused(text) == (
        "resources.yaml:19: spec.sites[0].inputs[1]: /normalized/n/A1 is inputs[0] already, "
        "at a time that overlaps; set begin and end apart, or give one of them another scope"
    )


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        (
            "/normalized/n/A_1",
            "'/normalized/n/A_1' matches nothing; did you mean '/normalized/n/A1'?",
        ),
        (
            "/x",
            "'/x' matches nothing; declare the device, location or site that it means",
        ),
        (
            "/raw/n/A1",
            (
                "/raw/n/A1 cannot be read here: it is raw readings; "
                "name /normalized/n/A1, which is made of it"
            ),
        ),
        (
            "/raw/n/*",
            (
                "/raw/n/A1 cannot be read here: it is raw readings; "
                "name /normalized/n/*, which is made of it"
            ),
        ),
        ("/quarantine/n/A1", "/quarantine/n/A1 cannot be read here: it is raw readings; " + WANTED),
        (
            "/quarantine/n/none",
            (
                "'/quarantine/n/none' matches nothing; declare the device, location or site that "
                "it means"
            ),
        ),
    ],
)
def test_an_input_that_means_no_series_is_an_error(pattern: str, message: str) -> None:
    where = "resources.yaml:18: spec.sites[0].inputs[0].pattern: "

    assert refused(site(f"pattern: {pattern}")) == where + message


def test_each_match_of_a_pattern_is_a_dataset_named_by_its_captures() -> None:
    steps = reduced(
        dataset("in_pattern: /normalized/*/A*, out_pattern: $0-$1", resolutions="1h, 1d")
    )

    assert [(step.dataset, step.inputs, step.outputs) for step in steps] == [
        (
            f"n-{number}",
            (f"/normalized/n/A{number}",),
            (f"/reduced/r/c/n-{number}/res=1h", f"/reduced/r/c/n-{number}/res=1d"),
        )
        for number in ("1", "2")
    ]


def test_a_dataset_keeps_its_columns_and_aggregates() -> None:
    (step,) = reduced(
        dataset(
            "in_pattern: /normalized/n/A1, out_pattern: a, columns: [DO.mg/L], aggregates: [sum]"
        )
    )

    assert (step.columns, step.aggregates) == (("DO.mg/L",), ("sum",))
    assert [width.text for width in step.resolutions] == ["1h"]


def test_two_series_that_become_one_dataset_are_an_error() -> None:
    assert refused(dataset("in_pattern: '/normalized/n/A?', out_pattern: a")) == (
        "resources.yaml:19: spec.collections[0].datasets[0].out_pattern: "
        "/reduced/r/c/a/res=1h is made in line 19 already; give one of them another name"
    )


def test_a_downsample_of_a_downsample_is_an_error() -> None:
    text = dataset(
        "in_pattern: /normalized/n/A1, out_pattern: a",
        "in_pattern: /reduced/r/c/a/*, out_pattern: b",
    )

    assert refused(text) == (
        "resources.yaml:20: spec.collections[0].datasets[1].in_pattern: "
        "/reduced/r/c/a/res=1h cannot be read here: it is a downsampled or pivoted series; "
        + WANTED
    )


def test_a_name_of_a_dataset_that_asks_for_a_missing_capture_is_an_error() -> None:
    message = refused(dataset("in_pattern: /normalized/n/A1, out_pattern: $0"))

    assert message.startswith(
        "resources.yaml:19: spec.collections[0].datasets[0].out_pattern: for /normalized/n/A1: "
    )


def test_a_name_of_a_dataset_that_is_no_name_is_an_error() -> None:
    assert "the name 'normalized/n' holds a '/'" in refused(
        dataset("in_pattern: /**/A1, out_pattern: $0")
    )


@pytest.mark.parametrize("change", ["scope: T", "end: 2025-01-01", "rename: {a: b}", "priority: 1"])
def test_a_site_s_fingerprint_follows_its_inputs(change: str) -> None:
    before = compiled(site("pattern: /normalized/n/A1")).steps[-1]
    after = compiled(site(f"pattern: /normalized/n/A1, {change}")).steps[-1]

    assert before.outputs == after.outputs
    assert before.fingerprint != after.fingerprint


def test_a_site_s_fingerprint_follows_the_scope_of_its_instrument() -> None:
    text = SOURCE + site("pattern: /normalized/n/A1")
    before, after = (
        compile_plan(load_documents(each), root=Path("/pond")).steps[-1]
        for each in (text, text.replace("scope: S", "scope: T"))
    )

    assert before.fingerprint != after.fingerprint


def test_a_dataset_s_fingerprint_follows_what_is_computed() -> None:
    one = "in_pattern: /normalized/n/A1, out_pattern: a"
    texts = [
        dataset(one),
        dataset(one, resolutions="1h, 2h"),
        dataset(one + ", columns: [x]"),
        dataset(one + ", aggregates: [avg]"),
        dataset(one + ", timezone: America/Los_Angeles"),
        dataset(one + ", exclude_flags: [4]"),
    ]

    assert len({reduced(text)[0].fingerprint for text in texts}) == len(texts)
