"""Units of measurement: one quantity has one column, whatever the instrument or the export says.

Pure: no orchestrator, no file, no network.
"""

from pond_pipeline.units.conversion import convert
from pond_pipeline.units.standard import annotate
from pond_pipeline.units.table import convert_table
from pond_pipeline.units.unit import UNITS, Unit, checked_unit, find_unit

__all__ = ["UNITS", "Unit", "annotate", "checked_unit", "convert", "convert_table", "find_unit"]
