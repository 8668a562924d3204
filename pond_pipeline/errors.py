"""What can go wrong around the core, by who must act.

PondError
├── ConfigError               resources.yaml or the command line is wrong
├── SourceError               a source of readings cannot serve
│   ├── HydroVuError          … the HydroVu API refused, failed, or answered nonsense
│   ├── ExportError           … a file is no LakeTech export, or a damaged one
│   └── MigrationError        … something in a pond of the original tool is not as it should be
├── AlertError                somebody could not be told
├── TemplateError             a template is wrong, or asks for what its input does not have
├── WebsiteError              a website cannot be built
├── ObservableError           a project of Observable Framework cannot be written
└── PipelineError             a run failed; the assets and reasons are named
"""

from pond_core import PondError


class ConfigError(PondError):
    """`resources.yaml` or the command line is wrong."""


class SourceError(PondError):
    """A source of readings cannot serve."""


class HydroVuError(SourceError):
    """The HydroVu API refused, failed, or answered nonsense."""


class ExportError(SourceError):
    """A file is no LakeTech export, or a damaged one."""


class MigrationError(SourceError):
    """Something in a pond of the original tool is damaged, or not as its format says."""


class AlertError(PondError):
    """Somebody could not be told of what happened."""


class TemplateError(PondError):
    """A template is wrong, or asks for what its input does not have."""


class WebsiteError(PondError):
    """A website cannot be built, or its folder not be written."""


class ObservableError(PondError):
    """A project of Observable Framework cannot be written."""


class PipelineError(PondError):
    """A run failed; the assets and reasons are named."""
