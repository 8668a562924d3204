"""What is shipped for projects: what one begins with, and templates."""

from importlib.resources import files


def shipped(name: str) -> bytes:
    """Return a file that is shipped.

    Args:
        name: Its path: `starter/package.json`, `templates/index.md.jinja`.
    """
    return (files("pond_pipeline.observable") / name).read_bytes()


def shipped_template(name: str) -> str:
    """Return the text of a template."""
    return shipped(f"templates/{name}").decode()
