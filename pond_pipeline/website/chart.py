"""Charts as pages name them: figures that the page's script draws."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chart.

    Attributes:
        dataset: The dataset's id.
        column: The column's id.
        label: What it is called beside others.
    """

    dataset: str
    column: str
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart.

    Attributes:
        title: What it shows, without a unit.
        unit: In what; empty for nothing.
        lines: What is drawn.
        notes: The ids of the datasets whose notes are marked.
    """

    title: str
    unit: str
    lines: Sequence[Line]
    notes: Sequence[str] = field(default=())

    @property
    def caption(self) -> str:
        """Title and unit."""
        return f"{self.title} ({self.unit})" if self.unit else self.title

    @property
    def figure(self) -> Markup:
        """The element that stands for it in a page."""
        value = {
            "title": self.title,
            "unit": self.unit,
            "lines": [
                {"dataset": each.dataset, "column": each.column, "label": each.label}
                for each in self.lines
            ],
            "notes": list(self.notes),
        }
        return Markup(
            '<figure class="chart" data-chart="{}"><figcaption>{}</figcaption></figure>'
        ).format(json.dumps(value), self.caption)
