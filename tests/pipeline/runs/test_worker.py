"""What a worker does with a step before Dagster has a say in it."""

from pathlib import Path

import pytest

from pond_pipeline.errors import PipelineError
from pond_pipeline.runs.worker import carry_out


def test_a_worker_that_does_not_have_the_folder_of_the_run_says_so(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    with pytest.raises(PipelineError, match=r"was started in .*nowhere, which is not there on"):
        carry_out("task", "{}", folder=str(nowhere), environ={})
