"""What runs without anybody pressing a button, and the jobs that it and people start."""

from pond_pipeline.automation.catch_up import build_catch_up
from pond_pipeline.automation.jobs import build_jobs
from pond_pipeline.automation.prompt import build_condition_sensors
from pond_pipeline.automation.schedules import build_schedules

__all__ = [
    "build_catch_up",
    "build_condition_sensors",
    "build_jobs",
    "build_schedules",
]
