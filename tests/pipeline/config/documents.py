"""Resources as text, and what is said of wrong ones."""

import pytest

from pond_pipeline.config import load_documents
from pond_pipeline.errors import ConfigError

HYDROVU = """\
apiVersion: duckpond/v1
kind: HydroVu
name: noyo
spec:
  key: ${env:HYDROVU_KEY}
  secret: ${env:HYDROVU_SECRET}
  start: 2024-03-01
"""

LAKETECH = "kind: LakeTech\nname: fb\nspec:\n  pattern: x/*.htm\n  start: 2024-01-01\n"

COMBINE = "kind: Combine\nname: c\nspec:\n  sites:\n    - name: s\n      inputs:\n"

REDUCE = "kind: Reduce\nname: r\nspec:\n  collections:\n    - name: c\n"


def refused(text: str) -> str:
    """Return the error of a text with its hint."""
    with pytest.raises(ConfigError) as caught:
        load_documents(text)
    return f"{caught.value}; {caught.value.hint}"
