"""Groups findings whose evidence was offered and is known to be unreliable, which withholds their pass.

`agent/judge/verdict.py` marks them. Those withheld for one reason at one device are one item: the others name the first
as cause. It is no event either (`agent/judge/memory/debounce.py`): stricter checks are no news at a healthy site.
"""

from dataclasses import replace
from typing import Final

from agent.judge.verdict import DOUBTS
from agent.model.finding import Finding, Json, Message
from agent.observe.footage.days import recorder_of
from agent.site.config.site import Site

OF_FOOTAGE: Final = ("retention-days", "recording-completeness", "retention-excess", "bare-footage-kept")
"""The checks whose cameras belong to what records them; those of all others belong to the device they are read from."""


def is_held(finding: Finding) -> bool:
    """Tell whether a finding would pass but for a doubt."""
    return finding.status == "unknown" and DOUBTS in finding.evidence


def as_one(site: Site, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Attribute what is withheld for one reason at one device to the first such finding, and count the others there."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for one in findings:
        if is_held(one) and not one.caused_by:
            groups.setdefault((place_of(site, one), one.reason), []).append(one)
    changed: dict[str, Finding] = {}
    for (place, _), (first, *others) in groups.items():
        if others:
            changed[first.key] = _with_others(first, others, place)
            changed |= {one.key: replace(one, caused_by=first.key) for one in others}
    return tuple(changed.get(one.key, one) for one in findings)


def _with_others(first: Finding, others: list[Finding], place: str) -> Finding:
    subjects: list[Json] = list(dict.fromkeys(one.subject for one in (first, *others)))
    if len(subjects) == 1:
        return first
    message = Message(
        "{what}; so it is with {count} more of {device}",
        {"what": first.message, "count": len(subjects) - 1, "device": place.partition(":")[2]},
    )
    return replace(first, evidence={**first.evidence, "subjects": subjects}, message=message)


def place_of(site: Site, finding: Finding) -> str:
    """Return the subject under which what is withheld of a finding is one item: its device, its store, or the site."""
    kind, _, name = finding.subject.partition(":")
    camera = next((one for one in site.cameras if one.camera.id == name), None) if kind == "camera" else None
    if camera is None:
        return finding.subject
    return recorder_of(camera) if finding.check in OF_FOOTAGE else f"device:{camera.camera.device}"
