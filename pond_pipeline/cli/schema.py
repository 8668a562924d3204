"""The command `schema`."""

from pond_pipeline.cli.command import command
from pond_pipeline.cli.render import print_json
from pond_pipeline.config import resources_schema


@command(example="pond schema")
def schema() -> None:
    """Print the JSON Schema of resources.yaml.

    Editors complete and check the file with it.
    """
    print_json(resources_schema())
