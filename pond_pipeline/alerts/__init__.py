"""Alerts: what they watch, the course of incidents, and how people are told. No Dagster.

`channel` and `watch` talk to servers, and are imported by themselves: `pond metrics` does without.
"""

from pond_pipeline.alerts.book import Book, Shelf
from pond_pipeline.alerts.failure import FailedCheck, FailedRun
from pond_pipeline.alerts.incident import Observed, Ongoing
from pond_pipeline.alerts.notice import Notice, State

__all__ = [
    "Book",
    "FailedCheck",
    "FailedRun",
    "Notice",
    "Observed",
    "Ongoing",
    "Shelf",
    "State",
]
