"""What is made of readings: sites, downsampled datasets, and whatever SQL and templates say."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Self

from pydantic import AliasChoices, Field, ValidationInfo, field_validator, model_validator

from pond_core import STANDARD, Resolution
from pond_pipeline.config.clock import Duration, Instant, Zone, ZoneOrOffset
from pond_pipeline.config.field import (
    AggregateField,
    FlagField,
    Name,
    PondPattern,
    ResolutionField,
    SomeText,
    UnitField,
    wrong,
)
from pond_pipeline.config.judgement import Checks, Corrections, QualityRules
from pond_pipeline.config.problem import FORMER_KEYS
from pond_pipeline.config.shape import Model, each_once, exactly_one, is_after


class SiteInput(Model):
    """What one place of instruments gives to a site.

    Attributes:
        pattern: Which series: declared paths below `/normalized`, `/derived` or `/combined`, or
            those of a `Scribble`.
        scope: Put before its columns; that of the device or location if left out.
        begin: The first instant that counts.
        end: The end of that time, exclusive. After `begin`.
        rename: New names of columns, both without scope; in the site's `units` or as they come. No
            two may get one name.
        priority: Which of two values of one column at one instant wins: the higher one. Without it,
            two are an error.
        corrections: What is added to its columns, by date.
    """

    pattern: PondPattern
    scope: Name | None = None
    begin: Instant | None = None
    end: Instant | None = None
    rename: Mapping[SomeText, SomeText] = Field(default_factory=dict)
    priority: Annotated[int, Field(strict=True)] | None = None
    corrections: Corrections = ()

    @field_validator("end")
    @classmethod
    def _is_after_begin(cls, end: datetime | None, info: ValidationInfo) -> datetime | None:
        return is_after(end, info.data.get("begin"), name="begin")

    @field_validator("rename")
    @classmethod
    def _is_one_to_one(cls, rename: Mapping[str, str]) -> Mapping[str, str]:
        if len(set(rename.values())) < len(rename):
            raise wrong("two columns get one name")
        return rename


class Site(Model):
    """Instruments combined at a place.

    Attributes:
        name: The name of its asset.
        latitude: Degrees north, for the map of a website.
        longitude: Degrees east, for the map of a website.
        timezone: By whose clocks a website tells its times, and writes downloads; `UTC` if left
            out.
        units: In which unit each parameter shall be: `{Depth: m}`.
        quality: QARTOD tests of its columns.
        checks: How the series is judged.
        interval: How often it is expected to have a reading.
        columns: The columns that it is expected to have; a check tells of others.
        inputs: Its instruments. `series` is read too.
    """

    name: Name
    latitude: Annotated[float, Field(strict=True, ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(strict=True, ge=-180, le=180)] | None = None
    timezone: Zone | None = None
    units: Mapping[SomeText, UnitField] = Field(default_factory=dict)
    quality: QualityRules = ()
    checks: Checks = Field(default_factory=Checks)
    interval: Duration | None = None
    columns: tuple[SomeText, ...] | None = Field(default=None, min_length=1)
    inputs: tuple[SiteInput, ...] = Field(
        validation_alias=AliasChoices("inputs", FORMER_KEYS["inputs"]), min_length=1
    )


class CombineSpec(Model):
    """Sites and what is combined at each.

    Attributes:
        sites: The sites. `scopes` is read too.
    """

    sites: tuple[Site, ...] = Field(
        validation_alias=AliasChoices("sites", FORMER_KEYS["sites"]), min_length=1
    )


class ReduceDataset(Model):
    """What is downsampled.

    Attributes:
        in_pattern: Which series; one dataset for each match.
        out_pattern: The dataset's name. `$0`, `$1` are what the wildcards stood for, `$$` is a
            dollar sign.
        columns: Which columns, by their full names; all of them if left out.
        aggregates: What each bucket tells, each once.
        timezone: Where its days, weeks and months begin; `UTC` if left out. A website tells its
            times by it as well, where the site has none.
        exclude_flags: Values with these QARTOD flags are left out.
    """

    in_pattern: PondPattern
    out_pattern: SomeText
    columns: tuple[SomeText, ...] | None = Field(default=None, min_length=1)
    aggregates: tuple[AggregateField, ...] = Field(default=STANDARD, min_length=1)
    timezone: Zone | None = None
    exclude_flags: tuple[FlagField, ...] = ()

    @field_validator("columns", "aggregates")
    @classmethod
    def _has_each_once(cls, names: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return names if names is None else each_once(names)


class ReduceCollection(Model):
    """Datasets at the same resolutions.

    Attributes:
        name: Part of the path.
        resolutions: The widths of the buckets, each once.
        datasets: What is downsampled.
    """

    name: Name
    resolutions: tuple[ResolutionField, ...] = Field(min_length=1)
    datasets: tuple[ReduceDataset, ...] = Field(min_length=1)

    @field_validator("resolutions")
    @classmethod
    def _has_each_once(cls, resolutions: tuple[Resolution, ...]) -> tuple[Resolution, ...]:
        each_once([resolution.text for resolution in resolutions])
        return resolutions


class ReduceSpec(Model):
    """Collections of downsampled datasets.

    Attributes:
        collections: Datasets at the same resolutions.
    """

    collections: tuple[ReduceCollection, ...] = Field(min_length=1)


class PivotDataset(Model):
    """One parameter, or one column, across series.

    Attributes:
        name: The name of its asset.
        in_pattern: Which series; downsamples too.
        label: What each is called in the columns: `$0`, `$1` are what the wildcards stood for; the
            last name of its path if left out.
        parameter: The columns of this parameter.
        unit: Of these, those in this unit.
        aggregate: Of these, those of this aggregate.
        column: The one column of this name.
    """

    model_config = exactly_one("parameter", "column")

    name: Name
    in_pattern: PondPattern
    label: SomeText | None = None
    parameter: SomeText | None = None
    unit: SomeText | None = None
    aggregate: AggregateField | None = None
    column: SomeText | None = None

    @model_validator(mode="after")
    def _says_what(self) -> Self:
        if (self.parameter is None) == (self.column is None):
            raise wrong("either `parameter` or `column` says what is shown")
        return self


class PivotSpec(Model):
    """Parameters across sites.

    Attributes:
        datasets: What is shown side by side.
    """

    datasets: tuple[PivotDataset, ...] = Field(min_length=1)


class DeriveCollection(Model):
    """What SQL makes of every file, table or series that a pattern means.

    Attributes:
        name: The name of its asset; each result has its input's name below it.
        pattern: Which inputs.
        query: One SELECT of DuckDB's; `$1` is the input.
        timezone: Where times without a zone are; `UTC` if left out.
    """

    name: Name
    pattern: PondPattern
    query: SomeText
    timezone: ZoneOrOffset | None = None


class DeriveSpec(Model):
    """Collections of derived series.

    Attributes:
        start: When the first partition of what is made of it begins; needed where no source has a
            `start`.
        collections: What is derived.
    """

    start: Instant | None = None
    collections: tuple[DeriveCollection, ...] = Field(min_length=1)


class TemplateCollection(Model):
    """Text rendered for every file, table or series that a pattern means.

    Attributes:
        name: The name of its asset; the files are below it.
        in_pattern: Which inputs.
        out_pattern: What each file is called: a path below the collection, without `..`. `$0`, `$1`
            are what the wildcards stood for.
        template: The text, in Jinja.
        template_file: The file that holds it, relative to the folder of `resources.yaml`. It is
            part of it: a change of it is followed, and a damaged one is no plan.
    """

    model_config = exactly_one("template", "template_file")

    name: Name
    in_pattern: PondPattern
    out_pattern: SomeText
    template: SomeText | None = None
    template_file: SomeText | None = None

    @model_validator(mode="after")
    def _has_one_template(self) -> Self:
        if (self.template is None) == (self.template_file is None):
            raise wrong("either `template` or `template_file` says what is rendered")
        return self


class TemplateSpec(Model):
    """Collections of rendered files.

    Attributes:
        collections: What is rendered.
    """

    collections: tuple[TemplateCollection, ...] = Field(min_length=1)

    def with_texts(self, texts: Mapping[str, str]) -> Self:
        """Return it with the text of some collections, by name, in the place of their files."""
        collections = (
            each.model_copy(update={"template": texts[each.name], "template_file": None})
            if each.name in texts
            else each
            for each in self.collections
        )
        return self.model_copy(update={"collections": tuple(collections)})
