from pathlib import Path

import dagster as dg

from pond_core import Pond
from pond_pipeline.assets import IO_MANAGER, POND
from pond_pipeline.build import PondResource
from pond_pipeline.io_manager import PondIOManager
from tests.pipeline.harbor import definitions_of, harbor_plan


def test_definitions_hold_an_asset_for_each_output_of_the_plan(tmp_path: Path) -> None:
    definitions = definitions_of(harbor_plan(), tmp_path)
    paths = {"/" + spec.key.to_user_string() for spec in definitions.resolve_all_asset_specs()}
    outputs = {path for step in harbor_plan().steps for path in step.outputs}
    assert outputs - paths == {path for path in outputs if path.startswith("/quarantine/")}
    assert paths <= outputs


def test_every_asset_goes_through_the_pond(tmp_path: Path) -> None:
    definitions = definitions_of(harbor_plan(), tmp_path)
    resources = definitions.resources or {}
    manager = resources[IO_MANAGER]
    assert isinstance(manager, PondIOManager)
    assert manager.path == str(tmp_path / "pond")
    makers = [each for each in definitions.resolve_asset_graph().assets_defs if each.keys]
    for asset in makers:
        outputs = [asset.op.output_def_named(name) for name in asset.keys_by_output_name]
        assert {out.io_manager_key for out in outputs} == {IO_MANAGER}


def test_definitions_are_loadable(tmp_path: Path) -> None:
    dg.Definitions.validate_loadable(definitions_of(harbor_plan(), tmp_path))


def test_building_definitions_makes_no_pond(tmp_path: Path) -> None:
    definitions_of(harbor_plan(), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_steps_run_one_after_another_in_one_process(tmp_path: Path) -> None:
    assert definitions_of(harbor_plan(), tmp_path).executor is dg.in_process_executor


def test_the_pond_is_made_when_a_run_needs_it(tmp_path: Path) -> None:
    @dg.op(required_resource_keys={POND})
    def look(context: dg.OpExecutionContext) -> str:
        pond: Pond = context.resources.pond
        return pond.id

    @dg.job(resource_defs={POND: PondResource(path=str(tmp_path / "pond"))})
    def job() -> None:
        look()

    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(instance=instance)
    assert result.output_for_node("look") == Pond.open(tmp_path / "pond").id
