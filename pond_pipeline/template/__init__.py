"""Pages made of templates, one for each input. Knows no orchestrator, no pond and no YAML."""

from pond_pipeline.template.function import slugify
from pond_pipeline.template.page import Page
from pond_pipeline.template.rendering import check_template, render_page, render_text

__all__ = ["Page", "check_template", "render_page", "render_text", "slugify"]
