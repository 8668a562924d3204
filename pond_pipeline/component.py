"""The compiler as a Dagster component: for a project of one's own that has more than a pond.

    type: pond_pipeline.component.PondComponent
    attributes:
      resources: resources.yaml
      pond: .pond

A code location has one pond, and so one of these.
"""

from typing import Literal

import dagster as dg
from typing_extensions import override

from pond_pipeline.location import load_location
from pond_pipeline.reach import reached
from pond_pipeline.runs.executor import executor_named


class PondComponent(dg.Component, dg.Resolvable, dg.Model):
    """The assets, jobs, schedules and sensors of a `resources.yaml`, and the pond they live in.

    Attributes:
        resources: The YAML file; counts from the project's folder.
        pond: The pond's directory, which counts from the project's folder, or its URL. Nothing need
            be there.
        executor: How all runs of the code location are carried out: `in_process`,
            `multiprocess` or `dask`; None: as the project says elsewhere.
        own_s3: Whether the project has an `S3Resource` of its own, by the key `s3`, from which
            backups shall take their credentials.
    """

    resources: str = "resources.yaml"
    pond: str = ".pond"
    executor: Literal["in_process", "multiprocess", "dask"] | None = "in_process"
    own_s3: bool = False

    @override
    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        """Compile the resources into assets."""
        file = context.project_root / self.resources
        pond = self.pond if "://" in self.pond else context.project_root / self.pond
        return load_location(
            file,
            pond=reached(pond, folder=file.parent),
            executor=None if self.executor is None else executor_named(self.executor),
            own_s3=self.own_s3,
        )
