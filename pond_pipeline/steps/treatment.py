"""What is done to the columns of one instrument's wide table: units, and what others call them."""

import pyarrow as pa

from pond_pipeline.plan import Treatment
from pond_pipeline.units import annotate, convert_table


def treated(table: pa.Table, treatment: Treatment) -> pa.Table:
    """Return a table in the units that are asked for, with standard names and codes as metadata.

    Columns are in order of their names.

    Raises:
        ConfigError: A column measures something else than the unit that is asked for.
    """
    converted = annotate(convert_table(table, treatment.units))
    timestamp, *names = converted.column_names
    return converted.select([timestamp, *sorted(names)])
