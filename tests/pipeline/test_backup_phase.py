"""The fourth phase of a resource's life: what was applied, loaded and run is backed up."""

from pathlib import Path

import dagster as dg

from pond_core import Backups, Pond
from pond_pipeline.apply import apply_resources
from pond_pipeline.build import build_definitions
from pond_pipeline.config import read_documents
from pond_pipeline.plan import compile_plan
from tests.golden.make import told
from tests.pipeline.services import RESOURCES, plug_in


def test_what_was_applied_loaded_and_run_is_backed_up_and_restored(tmp_path: Path) -> None:
    file, pond = tmp_path / "resources.yaml", tmp_path / "pond"
    file.write_text(RESOURCES)
    plug_in(tmp_path)
    apply_resources(file, pond=pond, variables={})

    plan = compile_plan(read_documents(file), root=tmp_path)
    definitions = build_definitions(plan, root=tmp_path, pond=pond)

    with dg.DagsterInstance.ephemeral() as instance:
        made = definitions.resolve_implicit_global_asset_job_def().execute_in_process(
            instance=instance,
            asset_selection=[dg.AssetKey(["raw", "made", "A"])],
            partition_key="2026-01",
        )
        assert made.success
        sensor = definitions.resolve_sensor_def("safe_after_changes")
        context = dg.build_sensor_context(
            instance=instance, repository_def=definitions.get_repository_def()
        )
        [_] = sensor.evaluate_tick(context).run_requests or ()
        job = definitions.resolve_job_def("safe_backup")
        assert job.execute_in_process(instance=instance).success

    Backups(tmp_path / "stick" / "backup").restore(tmp_path / "restored")
    restored = Pond.open(tmp_path / "restored").snapshot()
    assert told(restored).keys() == told(Pond.open(pond).snapshot()).keys()
    assert restored.read_series("/raw/made/A").num_rows == 31
    assert restored.exists("/sys/resources/by-name/Backup.safe")
