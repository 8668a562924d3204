"""A client of the HydroVu API, from HTTP to Arrow; knows neither ponds nor Dagster."""

from pond_pipeline.hydrovu.client import BASE_URL, HydroVuClient, shared_auth
from pond_pipeline.hydrovu.columns import Column
from pond_pipeline.hydrovu.normalize import QUARANTINE_SCHEMA, Normalized, normalize
from pond_pipeline.hydrovu.outage import Outage, shared_outage
from pond_pipeline.hydrovu.page import PAGE_SCHEMA, Page, decode, read_readings
from pond_pipeline.hydrovu.rate import RateLimit
from pond_pipeline.hydrovu.records import Location, Names
from pond_pipeline.hydrovu.table import RAW_KEY, RAW_SCHEMA, raw_table

__all__ = [
    "BASE_URL",
    "PAGE_SCHEMA",
    "QUARANTINE_SCHEMA",
    "RAW_KEY",
    "RAW_SCHEMA",
    "Column",
    "HydroVuClient",
    "Location",
    "Names",
    "Normalized",
    "Outage",
    "Page",
    "RateLimit",
    "decode",
    "normalize",
    "raw_table",
    "read_readings",
    "shared_auth",
    "shared_outage",
]
