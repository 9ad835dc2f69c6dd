"""Compares findings of two looks: repaired, still open, new, or undecidable. Pure.

Nothing is called repaired that was only unknown before, or is unknown now. A finding that shares another's cause is
left to its cause, on both sides.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, get_args

from agent.judge.memory.episodes import WELL
from agent.model.finding import Finding
from agent.observe.footage.days import recorder_of
from agent.site.config.site import Discovery, Site

Outcome = Literal["still-open", "new", "cannot-be-told", "repaired", "well-now"]
"""`well-now`: it is well, and before it could not be told whether it was."""

OUTCOMES: Final[tuple[Outcome, ...]] = get_args(Outcome)
_BAD = frozenset({"fail", "warn"})


@dataclass(frozen=True, slots=True)
class Compared:
    """One finding in two looks; None where the look had none of this check and subject."""

    key: str
    before: Finding | None
    after: Finding | None
    outcome: Outcome


def compare(before: Iterable[Finding], after: Iterable[Finding]) -> tuple[Compared, ...]:
    """Compare two looks at the same subjects, what needs somebody first."""
    earlier, later = {one.key: one for one in before}, {one.key: one for one in after}
    found = []
    for key in dict.fromkeys([*earlier, *later]):
        outcome = outcome_of(earlier.get(key), later.get(key))
        if outcome is not None:
            found.append(Compared(key, earlier.get(key), later.get(key), outcome))
    return tuple(sorted(found, key=lambda one: OUTCOMES.index(one.outcome)))


def outcome_of(before: Finding | None, after: Finding | None) -> Outcome | None:
    """Return the outcome of one finding, None where it is well on both sides.

    `before` None counts as well, for a look may store only what was not; `after` None: it was not judged again.
    """
    was_own = before is not None and before.status not in WELL and not before.caused_by
    is_own = after is not None and after.status not in WELL and not after.caused_by
    if not was_own and not is_own:
        return None  # it is well, or was and is told by its cause
    was_bad = before is not None and before.status in _BAD
    if after is None or after.status in ("unknown", "not_applicable"):
        return "cannot-be-told"
    if after.status in _BAD:
        return "still-open" if was_bad else "new"
    return "repaired" if was_bad else "well-now"


def counts(compared: Iterable[Compared]) -> dict[Outcome, int]:
    """Count the findings of each outcome."""
    outcomes = [one.outcome for one in compared]
    return {outcome: outcomes.count(outcome) for outcome in OUTCOMES}


def to_look_at_again(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings for a second look: what failed, and what was unknown of a device or camera.

    An unknown of the whole site mostly waits for a declaration: it would make each second look a whole one.
    """
    own = (one for one in findings if one.status not in WELL and not one.caused_by)
    return tuple(one for one in own if one.status in _BAD or one.subject != "site")


def narrowed(site: Site, wanted: Iterable[Finding]) -> Site:
    """Return the part of a site that these findings are about, with what they depend on.

    A camera needs what it is read through and what records it; a device is judged together with its cameras. A finding
    on the whole site needs all of it. A part is not compared with other devices on the network.
    """
    return part_of(site, {one.subject for one in wanted})


def part_of(site: Site, subjects: set[str]) -> Site:
    """Return the part of a site that these subjects need, as `narrowed` does."""
    if "site" in subjects:
        return site
    cameras = tuple(
        one
        for one in site.cameras
        if not subjects.isdisjoint((f"camera:{one.camera.id}", f"device:{one.camera.device}", recorder_of(one)))
    )
    boxes = subjects | {f"device:{one.camera.device}" for one in cameras} | {recorder_of(one) for one in cameras}
    return replace(
        site,
        cameras=cameras,
        devices=tuple(one for one in site.devices if f"device:{one.id}" in boxes),
        stores=tuple(one for one in site.stores if f"device:{one.id}" in boxes),
        discovery=Discovery(),
    )


def about(wanted: Iterable[Finding], findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the comparable findings of a narrowed look: those on the requested subjects."""
    subjects: Mapping[str, None] = dict.fromkeys(one.subject for one in wanted)
    return tuple(one for one in findings if one.subject in subjects)
