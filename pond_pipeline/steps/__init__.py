"""What each kind of step computes: plan and pond in, updates out. No Dagster.

A step asks what it needs of a filesystem (a snapshot) and returns what shall be stored; persisting
is `pond_pipeline.record`'s work. What was made by this version of the step from the inputs that are
there now is not computed again.
"""

from pond_pipeline.steps.crafts import Behind, Lag, Made, behind, make
from pond_pipeline.steps.derive import SeriesFolder
from pond_pipeline.steps.files import Arrival, CheckedFiles, Outlook, foresee, list_source, read_as
from pond_pipeline.steps.folder import Listing
from pond_pipeline.steps.request import Request
from pond_pipeline.steps.template import RenderedFiles
from pond_pipeline.steps.verdict import Held, Verdict, stored_verdicts, versions_of
from pond_pipeline.steps.website import WebsiteUpdate

__all__ = [
    "Arrival",
    "Behind",
    "CheckedFiles",
    "Held",
    "Lag",
    "Listing",
    "Made",
    "Outlook",
    "RenderedFiles",
    "Request",
    "SeriesFolder",
    "Verdict",
    "WebsiteUpdate",
    "behind",
    "foresee",
    "list_source",
    "make",
    "read_as",
    "stored_verdicts",
    "versions_of",
]
