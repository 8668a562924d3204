"""Whether anybody has a HydroVu account: where nobody does, the bundled simulator answers."""

from collections.abc import Mapping

from pond_pipeline.plan import HydroVuSource, Source

URL = "HYDROVU_URL"
"""The variable that says where the API is."""

KEY = "HYDROVU_KEY"
"""The variable with the client id."""


def lacks_account(source: Source, environ: Mapping[str, str]) -> bool:
    """Say whether a source takes its address from a variable that nobody has set, nor a key."""
    asks = isinstance(source, HydroVuSource) and URL in source.base_url.template
    return asks and not (environ.get(URL) or environ.get(KEY))
