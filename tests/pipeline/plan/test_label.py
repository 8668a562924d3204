"""Whose an asset is: what the file says, and what Dagster takes."""

from pathlib import Path

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pond_pipeline.assets import build_assets
from pond_pipeline.config import Document, load_documents
from pond_pipeline.plan import compile_plan
from pond_pipeline.plan.label import described, owners_of

TEXT = "kind: Inbox\nname: in\ndesc: Files\nmetadata: {owner: OWNER}\nspec: {pattern: x}\n"


def document(owner: str) -> Document:
    quoted = owner.replace("'", "''")
    (found,) = load_documents(TEXT.replace("OWNER", f"'{quoted}'"))
    return found


@pytest.mark.parametrize(
    ("owner", "owners"),
    [
        ("lab", ("team:lab",)),
        ("team:lab", ("team:lab",)),
        ("team: lab", ("team:lab",)),
        ("me@example.com", ("me@example.com",)),
        ("me@example.com, lab,, lab", ("me@example.com", "team:lab")),
        ("me@localhost", ("team:me@localhost",)),
        ("Me <me@example.com>", ("team:Me <me@example.com>",)),
        ("@", ("team:@",)),
        ("team:", ()),
        ("", ()),
        (" , ", ()),
    ],
)
def test_an_owner_is_an_address_or_a_team(owner: str, owners: tuple[str, ...]) -> None:
    assert owners_of(document(owner)) == owners


def test_a_resource_without_owner_has_none() -> None:
    (found,) = load_documents(TEXT.replace("metadata: {owner: OWNER}\n", ""))

    assert owners_of(found) == ()


@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=20))
def test_dagster_takes_whatever_owner_the_file_says(owner: str) -> None:
    plan = compile_plan([document(owner)], root=Path("/pond"))
    (asset,) = build_assets(plan, root=Path("/pond"))
    (spec,) = asset.specs

    assert isinstance(asset, dg.AssetsDefinition)
    assert list(spec.owners) == list(owners_of(document(owner)))


def test_an_asset_tells_what_it_is_then_what_its_resource_says() -> None:
    assert described("It is.", document("lab"), "At the dock.") == "It is.\n\nFiles\n\nAt the dock."
