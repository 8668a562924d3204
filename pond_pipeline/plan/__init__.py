"""Documents compiled into a plan: what to make, out of what, in which order. No Dagster."""

from pond_pipeline.plan.compiler import compile_plan
from pond_pipeline.plan.step import (
    CombineInput,
    CombineStep,
    DictionariesStep,
    Explanation,
    ExportStep,
    FilesStep,
    HydroVuSource,
    LakeTechSource,
    NormalizeStep,
    Plan,
    PullStep,
    ReduceStep,
    Source,
    Step,
    explain,
)

__all__ = [
    "CombineInput",
    "CombineStep",
    "DictionariesStep",
    "Explanation",
    "ExportStep",
    "FilesStep",
    "HydroVuSource",
    "LakeTechSource",
    "NormalizeStep",
    "Plan",
    "PullStep",
    "ReduceStep",
    "Source",
    "Step",
    "compile_plan",
    "explain",
]
