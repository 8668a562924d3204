"""A HydroVu simulator: a real HTTP server on loopback that speaks the vendor's API."""

from pond_pipeline.simulator.distortion import FACTORY_LOCATION, UNKNOWN_PARAMETER
from pond_pipeline.simulator.faults import Correction, Faults, UnitChange
from pond_pipeline.simulator.fleet import HARBOR, HARBOR_SITES, HARBOR_START
from pond_pipeline.simulator.harbor import harbor
from pond_pipeline.simulator.replay import replay
from pond_pipeline.simulator.server import Simulator
from pond_pipeline.simulator.world import Location, Names, Readings, SeriesKey, World

__all__ = [
    "FACTORY_LOCATION",
    "HARBOR",
    "HARBOR_SITES",
    "HARBOR_START",
    "UNKNOWN_PARAMETER",
    "Correction",
    "Faults",
    "Location",
    "Names",
    "Readings",
    "SeriesKey",
    "Simulator",
    "UnitChange",
    "World",
    "harbor",
    "replay",
]
