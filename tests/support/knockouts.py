"""Takes evidence out of the facts of a healthy site, piece by piece: no pass that rests on a piece may stay.

Every kind of observation that a check claims (`KNOWN` of `agent/judge/checks/known.py`, written by hand) is taken away,
emptied, aged, made to come from the future, and swapped for that of another box, video source, profile and subject;
every memory that a check judges is emptied. Pure: the checks run on changed facts, no device is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from agent.judge.checks.known import KNOWN
from agent.judge.checks.table import run_checks
from agent.judge.claim import SEEN_BY_US
from agent.model.finding import Finding
from agent.observe.facts.facts import Facts
from agent.observe.remembered.value import EMPTY
from agent.site.config.site import PtzLock, Site
from drivers.details import Accounts, Host, Movable
from drivers.footage import Channels, Disks, Protocols
from drivers.model import Masks, Observation, Overlays, Recordings, Span, Value
from drivers.picture import FootageOpened, PictureSeen, Streams, ZoneVerdict
from masking.view.model import QualitySeen, ViewSeen

Change = Callable[[Facts, type[Value]], Facts]
Kind = type[Value]

EMPTIED: Mapping[Kind, str] = {
    Accounts: "accounts", Channels: "channels", Disks: "disks", Masks: "masks", Overlays: "texts",
    Protocols: "protocols", Recordings: "spans", Streams: "streams",
}  # fmt: skip
"""Which list of a value is emptied, of those whose empty list is no answer to what is asked."""

MEMORIES: Mapping[str, str] = {
    "camera-moved": "views", "camera-occluded": "views", "video-quality": "quality",
    "recording-completeness": "footage", "recording-tamper": "footage", "retention-forecast": "footage",
    "config-survives-reboot": "running", "camera-online-rate": "assessed", "camera-good-rate": "assessed",
}  # fmt: skip
"""The remembered area that a check judges."""

UNCLAIMED: Mapping[tuple[str, str], str] = {
    ("camera-online", "Channels"): "a picture of this look proves it; the recorder's word can only accuse",
    ("camera-online", "Identity"): "a picture of this look proves it; the identity says whether its recorder answers",
    ("retention-days", "RetentionLimits"): "the run of footage proves it; a limit can only accuse",
    ("stream-auth-required", "PictureSeen"): "what was asked without a login proves it; the picture only dates it",
    ("bare-footage-kept", "FootageOpened"): "live looks and the list prove it; footage that was opened can only accuse",
    (
        "retention-days",
        "FootageOpened",
    ): "within a day of the floor the oldest picture proves both; `test_opened_checks` takes it away beyond",
    ("privacy-mask-ptz", "Movable"): "the view proves it; that the device can turn it only says that it is asked",
    ("retention-days", "Schedule"): "the run of footage proves it; a plan can only accuse",
    (
        "audio-undeclared",
        "StreamSound",
    ): "what each profile tells proves it; the description of a stream can only accuse",
    ("privacy-mask-effective", "ObjectsTold"): "pictures prove it; metadata that was listened to can only accuse",
    ("privacy-mask-effective", "PictureTold"): "live pictures prove it; one that metadata brings or names only accuses",
    ("privacy-mask-drift", "ZoneVerdict"): "the device's list proves it; what a mask looks like can only accuse",
    ("inventory-drift", "Channels"): "of the box: its own identity; of a camera behind it: either (`ANY_OF`)",
}
"""Kinds that stand in the table of evidence, and that no pass of that check rests on; with the reason."""

ANY_OF: Mapping[str, tuple[str, ...]] = {"inventory-drift": ("Identity", "Channels")}
"""Kinds of which each alone proves the claim: they are knocked out together."""

NO_ANSWER: Mapping[tuple[str, str], str] = {
    ("recording-tamper", "Recordings"): "the days in memory have the listing of this look merged already",
    ("retention-excess", "Recordings"): "without footage nothing is kept too long",
}
"""Where an emptied listing is an answer, or comes after it was merged."""

UNCUT: Mapping[tuple[str, str], str] = {
    ("recording-tamper", "Recordings"): "the days in memory have the listing of this look merged already",
    ("retention-excess", "Recordings"): "the oldest footage proves it, whatever came after",
    ("bare-footage-kept", "Recordings"): "no stretch was bare; `test_bare_footage_checks` has lists that are cut",
    ("osd-label-unique", "Overlays"): "names that are told are compared; that one is missing, osd-compliant says",
}
"""Where a listing that was cut proves as much; with the reason."""

OF_PROFILE: frozenset[Kind] = frozenset({PictureSeen, ZoneVerdict})
"""What is seen of one profile of a camera."""

OF_PICTURES: frozenset[Kind] = frozenset({PictureSeen, ZoneVerdict, ViewSeen, QualitySeen})
"""What is true of the moment of a picture."""

LOOK_BEFORE = timedelta(minutes=15)
"""How long before this look the one before it was."""

OWN: frozenset[Kind] = frozenset({Host})
"""What this gateway observes of itself: it is of no other box."""


NO_PASS: Mapping[tuple[str, str], str] = {
    ("osd-compliant", "PictureSeen"): "its name is not read, so that it passes nowhere",
    ("osd-compliant", "Overlays"): "nobody reads the picture yet, so that it passes nowhere",
    ("privacy-mask-ptz", "PresetSeen"): "no camera of this site has presets (`tests/judge/checks/pictures`)",
    ("storage-health", "StoreIndex"): "no camera of this site records to a store (`tests/judge/checks/footage`)",
}
"""Kinds that no pass of this site rests on, so that there is nothing to knock out; with the reason."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One check, one kind of evidence, one operation; and the passes that stayed although they claim the kind."""

    check: str
    kind: str
    operation: str
    stayed: tuple[str, ...]


def _mapped(facts: Facts, kind: Kind, change: Callable[[Observation], tuple[Observation, ...]]) -> Facts:
    return replace(
        facts,
        by_subject={
            subject: tuple(new for one in observed for new in (change(one) if isinstance(one.value, kind) else (one,)))
            for subject, observed in facts.by_subject.items()
        },
    )


def drop(facts: Facts, kind: Kind) -> Facts:
    return _mapped(facts, kind, lambda one: ())


def empty(facts: Facts, kind: Kind) -> Facts:
    return _mapped(facts, kind, lambda one: (replace(one, value=replace(one.value, **{EMPTIED[kind]: ()})),))


def _moved(facts: Facts, kind: Kind, by: timedelta) -> Facts:
    def move(one: Observation) -> tuple[Observation, ...]:
        return () if _is_recorded(one) else (replace(one, taken_at=one.taken_at + by),)

    return _mapped(facts, kind, move)


def _is_recorded(one: Observation) -> bool:
    """Tell whether an observation is dated by the recording: its memory ends after a day."""
    return getattr(one.value, "path", None) == "playback" or isinstance(one.value, FootageOpened)


def age(facts: Facts, kind: Kind) -> Facts:
    return _moved(facts, kind, timedelta(days=-2))


def future(facts: Facts, kind: Kind) -> Facts:
    return _moved(facts, kind, timedelta(days=2))


def swap_box(facts: Facts, kind: Kind) -> Facts:
    return _mapped(facts, kind, lambda one: (replace(one, provenance=replace(one.provenance, box="another box")),))


def swap_source(facts: Facts, kind: Kind) -> Facts:
    return _mapped(
        facts, kind, lambda one: (replace(one, provenance=replace(one.provenance, source="another source")),)
    )


def swap_profile(facts: Facts, kind: Kind) -> Facts:
    return _mapped(
        facts, kind, lambda one: (replace(one, provenance=replace(one.provenance, profile="another profile")),)
    )


def swap_subject(facts: Facts, kind: Kind) -> Facts:
    """Give every subject the observations of this kind of the next one, with their provenance."""
    having = [name for name, observed in facts.by_subject.items() if any(isinstance(o.value, kind) for o in observed)]
    bare = drop(facts, kind).by_subject
    given = {
        name: tuple(
            replace(one, subject=name)
            for one in facts.by_subject[having[(number + 1) % len(having)]]
            if isinstance(one.value, kind)
        )
        for number, name in enumerate(having)
    }
    return replace(facts, by_subject={name: bare[name] + given.get(name, ()) for name in bare})


def truncate(facts: Facts, kind: Kind) -> Facts:
    """Cut every listing that names more than one thing: the last page of it never came."""

    def cut(one: Observation) -> tuple[Observation, ...]:
        if isinstance(one.value, Recordings):
            return (replace(one, value=replace(one.value, spans=_older_half(one.value.spans))),)
        listed = getattr(one.value, EMPTIED[kind])
        return (replace(one, value=replace(one.value, **{EMPTIED[kind]: listed[:-1] or listed})),)

    return _mapped(facts, kind, cut)


def _older_half(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    if not spans:
        return spans
    middle = spans[0].start_at + (spans[-1].end_at - spans[0].start_at) / 2
    return tuple(Span(one.start_at, min(one.end_at, middle)) for one in spans if one.start_at < middle)


def lower(facts: Facts, kind: Kind) -> Facts:
    """Let a device say what was seen by us."""
    return _mapped(facts, kind, lambda one: (replace(one, provenance=replace(one.provenance, level="told")),))


def last_look(facts: Facts, kind: Kind) -> Facts:
    """Put the look before in the place of this one, without a word that it is remembered."""

    def earlier(one: Observation) -> tuple[Observation, ...]:
        return () if _is_recorded(one) else (replace(one, taken_at=one.taken_at - LOOK_BEFORE, method="copied"),)

    return _mapped(facts, kind, earlier)


def shift_true_at(facts: Facts, kind: Kind) -> Facts:
    """Let what arrived now have been true two days ago."""

    def shift(one: Observation) -> tuple[Observation, ...]:
        at = one.provenance.true_at
        if _is_recorded(one) or at is None:
            return () if _is_recorded(one) else (one,)
        return (replace(one, provenance=replace(one.provenance, true_at=at - timedelta(days=2))),)

    return _mapped(facts, kind, shift)


OPERATIONS: tuple[Change, ...] = (
    drop, empty, truncate, age, future, shift_true_at, last_look, lower, swap_box, swap_source, swap_profile,
    swap_subject,
)  # fmt: skip


def furnished(site: Site, facts: Facts) -> tuple[Site, Facts]:
    """Return the healthy site with more to judge: the first camera turns and is locked, the last one is linked.

    And each main stream is as its design says.
    """
    first, *rest = site.cameras
    word = next(one for one in site.declarations if one.duty == "linked")
    last = (site.cameras[-1].camera.id,)
    linked = (replace(word, value=True, cameras=last), replace(word, duty="stream-design", value="H264 640x360 10"))
    moving = _mapped(facts, Movable, lambda one: (replace(one, value=Movable(True)),))
    lock = PtzLock(word.by, word.at.isoformat())
    return replace(
        site, cameras=(replace(first, ptz_lock=lock), *rest), declarations=(*site.declarations, *linked)
    ), moving


def coverage(tried: Iterable[Cell]) -> tuple[float, list[str]]:
    """Return the share of claimed kinds of evidence that were knocked out, and the others."""
    found = {(one.check, one.kind) for one in tried}
    claimed = {(check, kind.__name__) for check, row in KNOWN.items() for kind in row.kinds}
    claimed -= UNCLAIMED.keys() | NO_PASS.keys()
    missing = sorted(" ".join(one) for one in claimed - found)
    return 1 - len(missing) / len(claimed), missing


def cells(site: Site, facts: Facts, now: datetime) -> Iterator[Cell]:
    """Knock out every kind of evidence of every check that passes on these facts, in every way that concerns it."""
    before = {one.key: one for one in run_checks(site, facts, now) if one.status == "pass"}
    judged: dict[tuple[str, tuple[Kind, ...]], Mapping[str, Finding]] = {}
    for check, row in KNOWN.items():
        passes = [key for key, one in before.items() if one.check == check]
        for kind in row.kinds if passes else ():
            if (check, kind.__name__) in UNCLAIMED:
                continue
            group = tuple(one for one in row.kinds if one.__name__ in ANY_OF.get(check, ())) or (kind,)
            subjects = [name for name, seen in facts.by_subject.items() if any(isinstance(o.value, kind) for o in seen)]
            for operation in OPERATIONS:
                emptied = operation is empty and (check, kind.__name__) in NO_ANSWER
                recorded = operation is swap_profile and row.paths == ("playback",)  # footage is of no profile
                uncut = operation is truncate and (check, kind.__name__) in UNCUT
                if not subjects or emptied or uncut or recorded or not _concerns(operation, kind, subjects):
                    continue
                key = (operation.__name__, group)
                if key not in judged:
                    changed = facts
                    for one in group:
                        changed = operation(changed, one) if _concerns(operation, one, subjects) else drop(changed, one)
                    judged[key] = {one.key: one for one in run_checks(site, changed, now)}
                named = _cut(facts, kind) if operation is truncate else facts
                claiming = [one for one in passes if _claims(named, site, one, kind, row.of_site)]
                if not claiming:
                    continue
                stayed = tuple(
                    one for one in claiming if _still(judged[key], one, kind if operation is lower else None)
                )
                yield Cell(check, kind.__name__, operation.__name__, stayed)
        if passes and check in MEMORIES:
            area = MEMORIES[check]
            without = replace(facts, remembered=replace(facts.remembered, **{area: getattr(EMPTY, area)}))
            after = {one.key: one for one in run_checks(site, without, now)}
            yield Cell(check, area, "forget", tuple(one for one in passes if _still(after, one)))


def _concerns(operation: Change, kind: Kind, subjects: list[str]) -> bool:
    """Tell whether an operation changes anything that a reader could notice."""
    of_cameras = all(name.startswith("camera:") for name in subjects)
    if operation in (empty, truncate):
        return kind in EMPTIED
    if operation is lower:
        return kind in SEEN_BY_US
    if operation is shift_true_at:
        return kind in OF_PICTURES
    if operation is swap_source:
        return of_cameras
    if operation is swap_profile:
        return kind in OF_PROFILE
    if operation is swap_subject:
        return len(subjects) > 1
    return operation is not swap_box or kind not in OWN


def _claims(facts: Facts, site: Site, key: str, kind: Kind, of_site: str | None) -> bool:
    """Tell whether the pass of a subject rests on this kind: it, its device or its recorder was observed so."""
    subject = key.partition(" ")[2]
    if subject == "site" and of_site == "own":
        return False
    camera = next((one for one in site.cameras if f"camera:{one.camera.id}" == subject), None)
    names = {subject} if subject != "site" else set(facts.by_subject)
    names |= {f"device:{camera.camera.device}"} if camera else set()
    return any(isinstance(one.value, kind) for name in names for one in facts.by_subject.get(name, ()))


def _cut(facts: Facts, kind: Kind) -> Facts:
    """Return the facts with the observations of this kind alone that a cut listing changes."""
    whole = ((name, one) for name, seen in facts.by_subject.items() for one in seen)
    cut = {name: set(seen) for name, seen in truncate(facts, kind).by_subject.items()}
    changed: dict[str, tuple[Observation, ...]] = dict.fromkeys(facts.by_subject, ())
    for name, one in whole:
        if one not in cut[name]:
            changed[name] += (one,)
    return replace(facts, by_subject=changed)


def _still(after: Mapping[str, Finding], key: str, lowered: Kind | None = None) -> bool:
    """Tell whether a pass stayed. One that says of what was lowered that it is told is another, and may."""
    if key not in after or after[key].status != "pass":
        return False
    rests_on = [one for one in after[key].rests_on if lowered is not None and one.kind == lowered.__name__]
    return not rests_on or any(one.level != "told" for one in rests_on)
