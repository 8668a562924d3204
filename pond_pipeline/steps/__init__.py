"""What each kind of step computes: plan and pond in, updates out. No Dagster.

A step asks what it needs of a filesystem (a snapshot) and returns what shall be stored; persisting
is `pond_pipeline.record`'s work. Months that were made by this version of the step from the inputs
that are there now are not computed again.
"""

from pond_pipeline.steps.behind import months_behind
from pond_pipeline.steps.combine import combine
from pond_pipeline.steps.dictionaries import dictionaries
from pond_pipeline.steps.export import export
from pond_pipeline.steps.files import CheckedFiles, Verdict, collect_files
from pond_pipeline.steps.normalize import normalize
from pond_pipeline.steps.pull import Request, pull
from pond_pipeline.steps.reduce import reduce

__all__ = [
    "CheckedFiles",
    "Request",
    "Verdict",
    "collect_files",
    "combine",
    "dictionaries",
    "export",
    "months_behind",
    "normalize",
    "pull",
    "reduce",
]
