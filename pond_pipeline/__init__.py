"""DuckPond's pipeline: YAML resources compiled into Dagster assets that live in a pond.

Importing this package costs nothing; `pond_pipeline.definitions` is what Dagster loads.
"""
