"""Sensors: what asks for runs, or tells of them, without a clock."""

from pond_pipeline.sensors.alerts import build_alert_sensors
from pond_pipeline.sensors.changes import build_change_sensors
from pond_pipeline.sensors.failures import build_failure_sensors
from pond_pipeline.sensors.folder import build_folder_sensors

__all__ = [
    "build_alert_sensors",
    "build_change_sensors",
    "build_failure_sensors",
    "build_folder_sensors",
]
