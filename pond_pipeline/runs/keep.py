"""How long runs stay in Dagster's storage."""

KEEP_RUNS = "POND_KEEP_RUNS"
"""The variable that says how many days runs are kept."""

KEEP_RUNS_DAYS = 90
"""How many they are unless somebody says otherwise."""
