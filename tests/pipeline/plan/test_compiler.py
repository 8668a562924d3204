from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pond_pipeline.config import load_documents
from pond_pipeline.errors import ConfigError
from pond_pipeline.plan import Plan, compile_plan, explain

HARBOR = """\
apiVersion: duckpond/v1
kind: HydroVu
name: noyo
desc: Noyo Harbor instruments
spec:
  key: ${env:HYDROVU_KEY}            # OAuth2 client id
  secret: ${env:HYDROVU_SECRET}
  base_url: https://www.hydrovu.com  # default
  start: 2024-03-01                  # required: the first partition
  clock_floor: 2000-01-01            # default; earlier readings are impossible
  overlap: 3d                        # default; asked again on each pull
  schedule: "*/15 * * * *"
  devices:
    - {name: AT500_1, id: 6154708427603968, scope: AT500_Surface, interval: 1h}
---
kind: LakeTech
name: fb
spec:
  pattern: inbox/laketech/*.htm
  start: 2024-01-15
  locations: [{name: FB-Surface, match: "FB-Surface-*", scope: AT500_Surface}]
---
kind: Combine
name: noyo
spec:
  sites:
    - name: FieldStation
      latitude: 39.42
      longitude: -123.80
      timezone: America/Los_Angeles
      inputs:
        - {pattern: /normalized/fb/FB-Surface, scope: AT500_Surface, end: 2025-10-16T21:00Z}
        - {pattern: /normalized/noyo/AT500_1, begin: 2025-10-16T21:00Z}
---
kind: Reduce
name: sites
spec:
  collections:
    - name: hourly_and_up
      resolutions: [1h, 2h, 4h, 12h, 24h]
      datasets: [{in_pattern: "/combined/noyo/*", out_pattern: "$0"}]
"""

ACCOUNT = "kind: HydroVu\nname: {name}\nspec:\n  key: k\n  secret: s\n  start: {start}\n"
EXPORTS = "kind: LakeTech\nname: {name}\nspec:\n  pattern: x/*.htm\n  start: {start}\n"


def compiled(text: str) -> Plan:
    return compile_plan(load_documents(text), root=Path("/pond"))


def account(*devices: str, name: str = "n", start: str = "2024-03-01") -> str:
    listed = "".join(f"    - {device}\n" for device in devices)
    return ACCOUNT.format(name=name, start=start) + (f"  devices:\n{listed}" if listed else "")


def sites(name: str, **inputs: str) -> str:
    """Return a Combine: the inputs of each site as a list in YAML."""
    listed = "".join(f"    - name: {site}\n      inputs: {each}\n" for site, each in inputs.items())
    return f"---\nkind: Combine\nname: {name}\nspec:\n  sites:\n{listed}"


def refused(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        compiled(text)
    return f"{caught.value}; {caught.value.hint}"


def test_a_harbor_compiles_to_these_steps_in_this_order() -> None:
    steps = [(step.kind, step.group, step.outputs, step.inputs) for step in compiled(HARBOR).steps]

    assert steps == [
        (
            "dictionaries",
            "noyo",
            ("/raw/noyo/units", "/raw/noyo/parameters", "/raw/noyo/locations"),
            (),
        ),
        ("pull", "noyo", ("/raw/noyo/AT500_1",), ()),
        ("files", "fb", ("/raw/fb/files", "/quarantine/fb/files"), ()),
        (
            "normalize",
            "noyo",
            ("/normalized/noyo/AT500_1", "/quarantine/noyo/AT500_1"),
            ("/raw/noyo/AT500_1", "/raw/noyo/units", "/raw/noyo/parameters"),
        ),
        ("export", "fb", ("/normalized/fb/FB-Surface",), ("/raw/fb/files",)),
        (
            "combine",
            "noyo",
            ("/combined/noyo/FieldStation",),
            ("/normalized/fb/FB-Surface", "/normalized/noyo/AT500_1"),
        ),
        (
            "reduce",
            "sites",
            tuple(
                f"/reduced/sites/hourly_and_up/FieldStation/res={width}"
                for width in ("1h", "2h", "4h", "12h", "24h")
            ),
            ("/combined/noyo/FieldStation",),
        ),
    ]


def test_a_plan_begins_in_the_month_of_its_earliest_source() -> None:
    plan = compiled(HARBOR)

    assert plan.start == date(2024, 1, 1)
    assert [source.name for source in plan.sources] == ["noyo", "fb"]


def test_only_what_has_no_time_is_not_partitioned() -> None:
    whole = {step.kind for step in compiled(HARBOR).steps if not step.cadence}

    assert whole == {"dictionaries", "files"}


def test_no_resources_are_an_empty_plan() -> None:
    assert compiled("") == Plan(None, (), ())


def test_each_path_is_explained() -> None:
    explained = {each.path: (each.kind, each.inputs) for each in explain(compiled(HARBOR))}

    assert explained["/raw/noyo/units"] == ("dictionaries", ())
    assert explained["/reduced/sites/hourly_and_up/FieldStation/res=1h"] == (
        "reduce",
        ("/combined/noyo/FieldStation",),
    )
    assert len(explained) == 15


def test_compiling_twice_gives_the_same_plan() -> None:
    assert compiled(HARBOR) == compiled(HARBOR)


def test_resources_may_stand_in_any_order() -> None:
    backwards = "---\n".join(reversed(HARBOR.split("---\n")))

    def work(plan: Plan) -> set[tuple[tuple[str, ...], str]]:
        return {(step.outputs, step.fingerprint) for step in plan.steps}

    assert work(compiled(backwards)) == work(compiled(HARBOR))


def test_two_resources_of_a_kind_cannot_have_one_name() -> None:
    text = sites("c", a="[{pattern: /normalized/n/A}]") + sites("c", b="[{pattern: /combined/c/a}]")

    assert refused(account("{name: A, id: 1}") + text) == (
        "resources.yaml:18: name: the Combine in line 11 is named 'c' already; "
        "give one of them another name"
    )


def test_two_sources_cannot_have_one_name_since_they_share_their_paths() -> None:
    text = account() + "---\n" + EXPORTS.format(name="n", start="2024-01-01")

    assert refused(text) == (
        "resources.yaml:9: name: the HydroVu in line 2 is named 'n' already; "
        "give one of them another name"
    )


def test_a_source_and_its_sites_may_have_one_name() -> None:
    plan = compiled(account("{name: A, id: 1}") + sites("n", a="[{pattern: /normalized/n/A}]"))

    assert {step.group for step in plan.steps} == {"n"}


def test_two_instruments_cannot_have_one_name() -> None:
    assert refused(account("{name: A, id: 1}", "{name: A, id: 2}")) == (
        "resources.yaml:9: spec.devices[1].name: /raw/n/A is made in line 8 already; "
        "give one of them another name"
    )


@pytest.mark.parametrize("name", ["units", "parameters", "locations"])
def test_an_instrument_cannot_have_the_name_of_a_dictionary(name: str) -> None:
    assert refused(account(f"{{name: {name}, id: 1}}")) == (
        f"resources.yaml:8: spec.devices[0].name: /raw/n/{name} is made in line 2 already; "
        "give one of them another name"
    )


def test_sites_that_read_each_other_in_a_circle_are_an_error() -> None:
    text = sites("c", a="[{pattern: /combined/c/b}]", b="[{pattern: /combined/c/a}]")

    assert refused(text) == (
        "resources.yaml:6: spec.sites[0].name: these read each other in a circle: "
        "/combined/c/a -> /combined/c/b -> /combined/c/a; remove one of these inputs"
    )


def test_a_site_that_reads_itself_is_an_error() -> None:
    assert "in a circle: /combined/c/a -> /combined/c/a" in refused(
        sites("c", a="[{pattern: /combined/c/a}]")
    )


def test_all_that_is_wrong_in_a_plan_is_told_at_once() -> None:
    text = account("{name: A, id: 1}", "{name: A, id: 2}") + sites(
        "c", a="[{pattern: /combined/x}]"
    )

    assert [line.partition(": ")[0] for line in refused(text).splitlines()] == [
        "resources.yaml:9",
        "resources.yaml:16",
    ]


names = st.text(
    st.characters(whitelist_categories=["L", "N"], max_codepoint=0x2FF), min_size=1, max_size=5
)


@st.composite
def resource_sets(draw: st.DrawFn) -> str:
    """Return a valid set of resources, their documents in any order."""
    devices = draw(
        st.lists(names.map(lambda name: f"d_{name}"), min_size=1, max_size=4, unique=True)
    )
    places = draw(
        st.lists(names.map(lambda name: f"s_{name}"), min_size=1, max_size=4, unique=True)
    )
    readable = [f"/normalized/n/{device}" for device in devices]
    numbered = (f'{{name: "{device}", id: {n}}}' for n, device in enumerate(devices, start=1))
    documents = [account(*numbered)]
    for number, place in enumerate(places):
        paths = draw(st.lists(st.sampled_from(readable), min_size=1, unique=True))
        inputs = ", ".join(f'{{pattern: "{path}"}}' for path in paths)
        documents.append(sites(f"c{number}", **{f'"{place}"': f"[{inputs}]"}).removeprefix("---\n"))
        readable.append(f"/combined/c{number}/{place}")
    documents.append(
        "kind: Reduce\nname: r\nspec:\n  collections:\n    - name: c\n"
        "      resolutions: [1h, 24h]\n"
        "      datasets: [{in_pattern: '/combined/*/*', out_pattern: '$0 $1'}]\n"
    )
    return "---\n".join(draw(st.permutations(documents)))


@given(resource_sets())
def test_every_step_comes_after_what_it_reads(text: str) -> None:
    made: set[str] = set()
    for step in compiled(text).steps:
        assert made.issuperset(step.inputs)
        assert made.isdisjoint(step.outputs)
        made.update(step.outputs)
