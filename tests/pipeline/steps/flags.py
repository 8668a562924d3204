"""Readings with flags beside them, as an instrument with tests has them."""

from collections.abc import Mapping

import pyarrow as pa

from pond_pipeline.quality.flag import ROLL_UP, flag_field
from tests.pipeline.waters import COLUMN, INSTANT, at


def with_flags(values: Mapping[str, tuple[float, int]]) -> pa.Table:
    """Return a temperature and its roll-up, by instant."""
    field = pa.field(COLUMN, pa.float64(), metadata={"parameter": "Temperature", "unit": "C"})
    columns = [pa.array(each) for each in zip(*values.values(), strict=True)]
    flags = flag_field(COLUMN, test=None, standard_name=ROLL_UP)
    times = [at(each) for each in values]
    return pa.table([times, *columns], schema=pa.schema([INSTANT, field, flags]))
