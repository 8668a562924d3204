"""Whether anybody has a HydroVu account: where nobody does, the bundled simulator answers."""

from collections.abc import Mapping

from pond_pipeline.plan import HydroVuSource, Source

URL = "HYDROVU_URL"
"""The variable that says where the API is."""

KEY = "HYDROVU_KEY"
"""The variable with the client id."""


def lacks_account(source: Source, environ: Mapping[str, str]) -> bool:
    """Say whether a source asks the bundled simulator, since nobody has an account.

    It takes its address from a variable that nobody has set, nor a key; and it needs none, since
    key and secret have defaults.
    """
    return (
        isinstance(source, HydroVuSource)
        and URL in source.base_url.template
        and not (environ.get(URL) or environ.get(KEY))
        and not (source.key.missing(environ) or source.secret.missing(environ))
    )
