"""The JSON bodies of the API (its shapes are those of the vendor's OpenAPI document)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from pond_pipeline.simulator.world import Location, Names, Readings


def locations_body(locations: Sequence[Location]) -> str:
    """Return a page of the location list."""
    return json.dumps(
        [
            {
                "id": location.id,
                "name": location.name,
                "description": location.description,
                "gps": {"latitude": location.latitude, "longitude": location.longitude},
            }
            for location in locations
        ],
        ensure_ascii=False,
    )


def names_body(names: Names) -> str:
    """Return the friendly names."""
    return json.dumps(
        {"parameters": dict(names.parameters), "units": dict(names.units)}, ensure_ascii=False
    )


@dataclass(frozen=True, slots=True)
class ReadingsBody:
    """How a page of readings is written.

    Attributes:
        rotate: The list of parameters starts with this one: clients must not rely on an order.
        repeat_last: The last reading of each parameter comes twice.
    """

    location_id: int
    rotate: int = 0
    repeat_last: bool = False

    def write(self, readings: Readings) -> str:
        """Return the page.

        The text of the readings is joined by hand: a dict for each of a million readings and
        `json.dumps` over them take four times as long. `repr` of a float is exact.
        """
        items = list(readings.items())
        shift = self.rotate % len(items) if items else 0
        parameters = []
        for key, frame in items[shift:] + items[:shift]:
            stamps, values = frame["timestamp"].to_list(), frame["value"].to_list()
            if self.repeat_last:
                stamps, values = stamps + stamps[-1:], values + values[-1:]
            listed = ",".join(
                [
                    f'{{"timestamp":{stamp},"value":{value!r}}}'
                    for stamp, value in zip(stamps, values, strict=True)
                ]
            )
            parameters.append(
                f'{{"parameterId":{json.dumps(key.parameter_id)},"unitId":{json.dumps(key.unit_id)},'
                f'"customParameter":{json.dumps(key.custom)},"readings":[{listed}]}}'
            )
        return f'{{"locationId":{self.location_id},"parameters":[{",".join(parameters)}]}}'
