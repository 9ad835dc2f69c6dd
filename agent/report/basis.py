"""Determines the basis of each finding in a report: level of evidence, and age of the oldest evidence. Pure.

Levels come from the table of `agent/judge/checks/known.py`. An age is known only from an observation, remembered state,
or the finding's evidence. A declaration has a day in its evidence, and no age.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

from agent.judge.checks.known import KNOWN, EvidenceRule, level_of
from agent.judge.checks.pictures.quality import COVERED
from agent.model.finding import NOTHING_KNOWN, Basis, Finding, Json, Level
from agent.observe.facts.facts import Facts
from agent.observe.footage.days import CameraFootage, floor_of, recorder_of, zone_of
from agent.observe.pictures.turns import REMEMBERED
from agent.site.config.site import CameraConfig, Site
from drivers.model import Observation, Value
from drivers.picture import RECORDED, PathFramed, PictureSeen, PresetSeen, ZoneVerdict
from drivers.spans import day_of
from masking.view.model import QualitySeen, ViewSeen

_PICTURES: Final = (PictureSeen, ZoneVerdict, PresetSeen, PathFramed, ViewSeen, QualitySeen)


def bases(site: Site, facts: Facts, findings: Iterable[Finding], now: datetime) -> dict[str, Basis]:
    """Return the basis of each finding of one look, by its key; `facts` are those the findings were made of."""
    cameras = {f"camera:{one.camera.id}": one for one in site.cameras}
    return {one.key: _basis(site, facts, one, cameras.get(one.subject), now) for one in findings}


def _basis(site: Site, facts: Facts, finding: Finding, camera: CameraConfig | None, now: datetime) -> Basis:
    level = level_of(finding)
    if level is None:
        return NOTHING_KNOWN
    row = KNOWN[finding.check]
    seen = (
        *_observed_at(facts, finding.subject, camera, row, level),
        *(_remembered_at(site, facts, camera, row, level, now) if camera is not None else ()),
        *_evidence_times(finding.evidence, row.dated),
    )
    # Facts are read while a look goes on, and are not from the future for that.
    return Basis(level, max(0, int((now - min(seen)).total_seconds())) if seen else None)


def _observed_at(
    facts: Facts, subject: str, camera: CameraConfig | None, row: EvidenceRule, level: Level
) -> Iterator[datetime]:
    """Yield when the observations were made: of the subject, of a camera's device and recorder, or all for the site."""
    if level == "declared" or not row.kinds:
        return
    kinds = tuple(kind for kind in row.kinds if level != "told" or kind not in _PICTURES)
    for name in facts.by_subject if subject == "site" else _subjects(subject, camera):
        for one in facts.by_subject.get(name, ()):
            if isinstance(one.value, kinds) and _is_on_path(one, row) and not _is_fresh_playback(one):
                yield one.taken_at


def _subjects(subject: str, camera: CameraConfig | None) -> Iterable[str]:
    return dict.fromkeys((subject, f"device:{camera.camera.device}", recorder_of(camera)) if camera else (subject,))


def _is_fresh_playback(one: Observation) -> bool:
    """Tell whether footage was played in this look: the time is then the recorded moment, and no age of evidence."""
    value: Value = one.value
    return isinstance(value, PictureSeen | ZoneVerdict) and value.path in RECORDED and one.method != REMEMBERED


def _is_on_path(one: Observation, row: EvidenceRule) -> bool:
    value: Value = one.value
    return not row.paths or not isinstance(value, PictureSeen | ZoneVerdict) or value.path in row.paths


def _remembered_at(
    site: Site, facts: Facts, camera: CameraConfig, row: EvidenceRule, level: Level, now: datetime
) -> Iterator[datetime]:
    name = camera.camera.id
    if row.left == "listed-days":
        known = facts.footage.get(name)
        yield from _listed_at(site, camera, known, now) if known is not None else ()
    elif row.left == "view" and level != "told":
        view = facts.remembered.views.get(name)
        yield from (view.held_at,) if view is not None and view.held_at is not None else ()
    elif row.left in ("quality", "covered") and level != "told":
        known_quality = facts.remembered.quality.get(name)
        marks = known_quality.marks if known_quality is not None else ()
        yield from (one.at for one in marks if row.left == "quality" or one.indicator == COVERED)


def _listed_at(site: Site, camera: CameraConfig, known: CameraFootage, now: datetime) -> Iterator[datetime]:
    first = day_of(known.there(now) - floor_of(site, camera), zone_of(site, camera))
    yield from (one.read_at for one in known.days if one.read_at is not None and one.day >= first)


def _evidence_times(value: Json, names: Iterable[str]) -> Iterator[datetime]:
    """Yield the times in members of these names, at any depth of the evidence."""
    if not names:
        return
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if name in names and isinstance(inner, str) and (at := _aware_time(inner)) is not None:
                yield at
            yield from _evidence_times(inner, names)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _evidence_times(inner, names)


def _aware_time(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None
