"""The `pond` command: the terminal's way to a pond.

Commands parse, make one call and hand its value to a renderer; nothing below this package prints,
reads the environment or exits. Each is imported when it is asked for: `pond ls` loads no Dagster.
"""

from pond_pipeline.cli.entry import main

__all__ = ["main"]
