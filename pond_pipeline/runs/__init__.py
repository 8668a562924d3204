"""Runs of Dagster: how they are launched, carried out and named, and what becomes of them."""
