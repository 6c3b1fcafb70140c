"""Pipelines: which stages each has, and what becomes of a deal's stage when it changes to another (CRM-5). A stage is a choice that
says within which pipeline it stands; one that says nothing stands in the first one that ships."""

from __future__ import annotations

from collections.abc import Mapping

from core.field.choices import Option, home

FIRST = "sales"  # what Deal.pipeline begins with


def pipeline_of(stages: Mapping[str, Option], stage: str) -> str:
    """The pipeline a stage stands in; empty for a stage that is no more."""
    return home(stages[stage], FIRST) if stage in stages else ""


def same_stage(stages: Mapping[str, Option], stage: str, pipeline: str) -> str:
    """The stage of `pipeline` that is called as `stage` is; empty if there is none."""
    wanted = stages.get(stage)
    names = {name for name in ((wanted.en, wanted.ja) if wanted else ()) if name}
    return next((one.value for one in stages.values() if one.active and home(one, FIRST) == pipeline and {one.en, one.ja} & names), "")


def nearest(stages: Mapping[str, Option], stage: str, pipeline: str) -> str:
    """Where a deal that stands in `stage` stands in another pipeline: in the stage of the same name, else in one of the same
    kind (open, won, lost) whose probability is nearest. A pipeline without any stage leaves it where it is."""
    if found := same_stage(stages, stage, pipeline):
        return found
    held = stages[stage].more if stage in stages else {}
    kind, probability = held.get("type", "open"), held.get("probability", 0)
    there = [one for one in stages.values() if home(one, FIRST) == pipeline and one.active]
    alike = [one for one in there if one.more.get("type", "open") == kind] or there
    return min(alike, key=lambda one: abs(one.more.get("probability", 0) - probability)).value if alike else stage
