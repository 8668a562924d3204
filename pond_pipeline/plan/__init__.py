"""Documents compiled into a plan: what to make, out of what, in which order. No Dagster."""

from pond_pipeline.plan.compiler import compile_plan
from pond_pipeline.plan.origin import (
    Folder,
    HydroVuSource,
    InboxSource,
    LakeTechSource,
    ScribbleSource,
    Source,
)
from pond_pipeline.plan.part import CombineInput, PivotInput
from pond_pipeline.plan.place import Deployment, Instrument, Place
from pond_pipeline.plan.plan import Explanation, Plan, explain
from pond_pipeline.plan.service import Alert, Backup, Copy, Service
from pond_pipeline.plan.step import (
    CombineStep,
    DeriveStep,
    DictionariesStep,
    ExportStep,
    FilesStep,
    InboxStep,
    Judged,
    Judgement,
    NormalizeStep,
    PivotStep,
    PullStep,
    ReduceStep,
    ScribbleStep,
    Step,
    TemplateStep,
    Treatment,
    WebsiteStep,
)
from pond_pipeline.plan.text import page_name

__all__ = [
    "Alert",
    "Backup",
    "CombineInput",
    "CombineStep",
    "Copy",
    "Deployment",
    "DeriveStep",
    "DictionariesStep",
    "Explanation",
    "ExportStep",
    "FilesStep",
    "Folder",
    "HydroVuSource",
    "InboxSource",
    "InboxStep",
    "Instrument",
    "Judged",
    "Judgement",
    "LakeTechSource",
    "NormalizeStep",
    "PivotInput",
    "PivotStep",
    "Place",
    "Plan",
    "PullStep",
    "ReduceStep",
    "ScribbleSource",
    "ScribbleStep",
    "Service",
    "Source",
    "Step",
    "TemplateStep",
    "Treatment",
    "WebsiteStep",
    "compile_plan",
    "explain",
    "page_name",
]
