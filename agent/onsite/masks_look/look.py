"""Looks at the cameras of a site before approval: several rounds of pictures, judged path by path.

Every enabled mask of a device counts as a zone here, beside the declared zones. The checks of
`agent/judge/checks/pictures/masks.py` judge the pictures; only live paths count, for old footage may be older than a
mask. Of a camera with presets the zones of its present preset count, which its pictures must show.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Final

from agent.judge.checks.pictures import masks
from agent.judge.checks.pictures.glass import LIKE_GLASS, may_be_glass_at
from agent.judge.verdict import DOUBTS
from agent.judge.zone_words import zone_words
from agent.model.finding import Finding, Status
from agent.observe.approvals.approvals import Approval, mask_zones, of_present_boxes
from agent.observe.facts.facts import Facts, gather
from agent.observe.inventory.owners import owners_now, proven_marks
from agent.observe.pictures.earlier_looks import EarlierLooks
from agent.observe.pictures.judge import Judge, Questions, judge_pictures
from agent.observe.pictures.preset_verdicts import Presets, positions, presets_after
from agent.observe.pictures.sensitivities import due_zones, updated
from agent.observe.pictures.studies import studied_path
from agent.observe.pictures.turns import camera_zones_digest
from agent.observe.probe.devices import probe
from agent.observe.probe.stores import read_stores
from agent.onsite.masks_look.seen import (
    CameraLook,
    Outcome,
    PathLook,
    View,
    descriptor_of,
    is_among,
    render_path,
    view_of,
)
from agent.service.cycle.environment import Environment
from agent.site.config.site import CameraConfig, PrivateZone, Site
from drivers.model import Masks, Observation, Observations, Picture, Unavailable
from drivers.picture import LIVE as LIVE_PATHS
from drivers.picture import RECORDED, PathName, PictureSeen, PresetSeen, Streams, ZoneSensitivity, ZoneVerdict
from masking.model import Polygon
from masking.worth.same_mask import Numbers, middle

ORDER: Final[tuple[PathName, ...]] = (*LIVE_PATHS, *RECORDED)
"""Paths as they are shown. All but the last are live."""

LIVE: Final = frozenset(LIVE_PATHS)
UNLISTED: Final = "unsupported"
"""Reason of findings on masks that a device does not list over its protocol: its pictures alone can tell."""

WORST: Final[tuple[Status, ...]] = ("fail", "unknown", "warn", "pass", "not_applicable")


@dataclass(slots=True)
class _Pictures:
    """The results so far: the newest picture of each camera and path, and descriptors of the view's path.

    `presets`: the results of each preset; `at`: each camera's preset on the view's path, newest round. `looks`: what
    each round has left for the next.
    """

    newest: dict[tuple[str, PathName], Picture] = field(default_factory=dict)
    views: dict[str, list[bytes]] = field(default_factory=dict)
    seen: list[Observation] = field(default_factory=list)
    presets: Presets = field(default_factory=dict)
    at: dict[str, str] = field(default_factory=dict)
    looks: EarlierLooks = field(default_factory=EarlierLooks)


def look_at(
    site: Site, approvals: Mapping[str, Approval], env: Environment, rounds: int = 1, apart_s: float = 0.0
) -> tuple[CameraLook, ...]:
    """Look at every camera of the site: what is declared, and only that (not `baselines.in_force`).

    `approvals` were given before. Live pictures are taken `rounds` times, `apart_s` apart, and judged together.
    """
    probed = probe(site, env.credentials, env.clock, env.progress)
    everything = {c.camera.id: frozenset(ORDER) for c in site.cameras}
    stored = read_stores(site, everything, env.clock(), env.progress)
    first = _Look(site, stored.observations + probed.observations, approvals)
    taken = _Pictures()
    _judge_round(taken, first.judged, first, stored.pictures + probed.pictures, env)
    answering = _answering(first.judged, taken)
    for _ in range(rounds - 1 if answering.devices else 0):
        env.wait(apart_s)
        live = {c.camera.id: LIVE for c in answering.cameras}
        again = probe(answering, env.credentials, env.clock, env.progress, live)
        _judge_round(taken, answering, first, again.pictures, env)
    return _looks(first, taken, env)


def look_again(
    site: Site,
    told: Observations,
    pictures: tuple[Picture, ...],
    approvals: Mapping[str, Approval],
    env: Environment,
) -> tuple[CameraLook, ...]:
    """Judge pictures that were taken before, and ask no device: one round, of what the site declares now."""
    look, taken = _Look(site, told, approvals), _Pictures()
    _judge_round(taken, look.judged, look, pictures, env)
    return _looks(look, taken, env)


class _Look:
    """What one look rests on: the site with the devices' masks as zones, what was told, the approvals that count."""

    def __init__(self, site: Site, told: Observations, approvals: Mapping[str, Approval]) -> None:
        self.site, self.told = site, told
        self.owners = owners_now(site, proven_marks(site, told), {})
        self.approvals, self.refused = of_present_boxes(approvals, self.owners), approvals
        self.judged, self.facts = _with_masks(site, told), gather(told)


def _looks(look: _Look, taken: _Pictures, env: Environment) -> tuple[CameraLook, ...]:
    facts, now = gather(look.told + _newest(taken.seen)), env.clock()
    pairs = zip(look.site.cameras, look.judged.cameras, strict=True)
    found = (
        _camera(look.site, declared, judged, facts, taken, look.approvals, env.judge, now) for declared, judged in pairs
    )
    return tuple(
        replace(one, owner=look.owners[one.id], was_another=one.id in look.refused and one.approved is None)
        for one in found
    )


def _with_masks(site: Site, told: Observations) -> Site:
    """Add each enabled mask of a device as a zone, unless a declared zone is the same."""
    facts = gather(told)

    def zones(camera: CameraConfig) -> tuple[PrivateZone, ...]:
        if camera.no_private_area is not None:
            return ()
        if camera.presets:  # A device does not say at which of its positions it draws a mask.
            return camera.zones
        listed = facts.one(f"camera:{camera.camera.id}", Masks)
        more = mask_zones(listed.masks) if listed else ()
        taken = {zone.name for zone in camera.zones}
        beside = (zone for zone in more if not is_among(zone.polygon, camera.zones))
        return (*camera.zones, *(replace(z, name=f"{z.name} (device)") if z.name in taken else z for z in beside))

    return replace(site, cameras=tuple(replace(c, zones=zones(c)) for c in site.cameras))


def _answering(site: Site, taken: _Pictures) -> Site:
    """Return the part of the site that gave a live picture: the rest would only cost its deadline again."""
    seen = {camera_id for camera_id, path in taken.newest if path in LIVE}
    cameras = tuple(c for c in site.cameras if c.camera.id in seen)
    devices = {c.camera.device for c in cameras}
    return replace(site, cameras=cameras, devices=tuple(d for d in site.devices if d.id in devices))


def _judge_round(
    taken: _Pictures,
    site: Site,
    look: _Look,
    pictures: tuple[Picture, ...],
    env: Environment,
) -> None:
    """Judge a round's pictures, and store no more of them than is shown."""
    approved = {name: one.presets for name, one in look.approvals.items() if one.presets}
    told, facts = look.told, look.facts
    cameras = {c.camera.id: c for c in site.cameras}
    places = positions(site, told, approved)
    tried = tuple(one for one in taken.seen if isinstance(one.value, ZoneSensitivity))
    known = updated(site, tried, {}, env.clock())
    asked = Questions(positions=places, calibrated=partial(due_zones, known, site, cameras, now=env.clock()))
    seen = judge_pictures(site, pictures, env.judge, env.progress, asked, earlier=taken.looks)
    taken.seen += seen
    taken.presets = {**taken.presets, **presets_after(site, told, seen, taken.presets, approved, env.clock())}
    for picture in pictures:
        taken.newest[picture.camera_id, picture.path] = picture
        if picture.path == studied_path(facts.one(f"camera:{picture.camera_id}", Streams)):
            camera = cameras[picture.camera_id]
            _note_preset(taken, camera, picture.path, seen)
            descriptor = descriptor_of(picture, _left_out(camera, facts, taken.at), env.judge)
            if descriptor:
                taken.views.setdefault(picture.camera_id, []).append(descriptor)
            env.progress()


def _note_preset(taken: _Pictures, camera: CameraConfig, path: PathName, seen: Observations) -> None:
    """Note a camera's preset; descriptors of another one are dropped from this view."""
    name, subject = camera.camera.id, f"camera:{camera.camera.id}"
    if camera.presets:
        here = [o.value for o in seen if o.subject == subject and isinstance(o.value, PresetSeen)]
        at = next((one.preset for one in here if one.path == path), "")
        if taken.at.get(name) != at:
            taken.views.pop(name, None)
        taken.at[name] = at


def _left_out(camera: CameraConfig, facts: Facts, at: Mapping[str, str]) -> tuple[Polygon, ...]:
    listed = facts.one(f"camera:{camera.camera.id}", Masks)
    drawn = tuple(m.polygon for m in (listed.masks if listed else ()) if m.enabled is not False and m.polygon)
    here = (p.zones for p in camera.presets if p.name == at.get(camera.camera.id))
    return (*(zone.polygon for zone in camera.zones), *(zone.polygon for zones in here for zone in zones), *drawn)


def _newest(seen: Iterable[Observation]) -> Observations:
    """Return the last verdict on each zone and path, which is on all rounds together, and the last picture."""
    last: dict[tuple[str, ...], Observation] = {}
    signatures: dict[tuple[str, str, str], list[Numbers]] = {}
    rest: list[Observation] = []
    for one in seen:
        if isinstance(one.value, ZoneVerdict):
            last[one.subject, one.value.path, one.value.zone] = one
            signatures.setdefault((one.subject, one.value.path, one.value.zone), []).append(one.value.signature)
        elif isinstance(one.value, PictureSeen):
            last[one.subject, one.value.path] = one
        else:
            rest.append(one)
    return (*(_with_middle(one, signatures) for one in last.values()), *rest)


def _with_middle(one: Observation, signatures: Mapping[tuple[str, str, str], list[Numbers]]) -> Observation:
    """Return a verdict with the middle of what the mask looked like in all rounds; other facts as they are."""
    value = one.value
    if not isinstance(value, ZoneVerdict) or value.verdict != "PASS":
        return one
    found = middle(signatures[one.subject, value.path, value.zone])
    return replace(one, value=replace(value, signature=found))


def _camera(
    site: Site,
    declared: CameraConfig,
    judged: CameraConfig,
    facts: Facts,
    taken: _Pictures,
    approvals: Mapping[str, Approval],
    judge: Judge,
    now: datetime,
) -> CameraLook:
    name = declared.camera.id
    subject, approved = f"camera:{name}", approvals.get(name)
    listed = facts.one(subject, Masks)
    own = {path: picture for (camera_id, path), picture in taken.newest.items() if camera_id == name}
    drawn = (*(listed.masks if listed else ()), *(approved.masks if approved else ()))
    known = {name: replace(approved, zones_digest=camera_zones_digest(judged))} if approved else {}
    facts = replace(facts, approvals=known)
    words = zone_words(masks.EFFECTIVE, facts, judged, now)
    paths: list[PathLook] = []
    for path in ORDER:
        if path in own:
            said = tuple(one for one in words if one.path == path)
            private = (*declared.zones, *(zone for preset in declared.presets for zone in preset.zones))
            paths.append(
                render_path(own[path], private, drawn, judged.zones, said, judge, overlay_boxes=declared.overlay_boxes)
            )
        elif any(v.path == path for v in facts.all(subject, Unavailable)):
            paths.append(PathLook(path, None, why=facts.why_not(subject, "picture", path).reason))
    findings = _findings(site, judged, facts, now)
    studied = studied_path(facts.one(subject, Streams))
    at, here = taken.at.get(name, ""), _at_preset(taken, name)
    view: View | None = None
    if studied in own:
        left_out = _left_out(judged, facts, taken.at)
        view = view_of(tuple(taken.views.get(name, ())), own[studied], _references(approved, at), left_out, judge)
    masks_listed = listed.masks if listed else None
    standing = next((one for one in declared.presets if one.name == at), None)
    known_view = next((one for one in (approved.presets if approved else ()) if one.preset == at), None)
    glass = standing is not None and any(may_be_glass_at(known_view, standing, one) for one in here)
    outcome = _outcome(judged, approved, findings, any(path in LIVE for path in own), here, bool(masks_listed), glass)
    return CameraLook(declared, masks_listed, judged.zones, findings, outcome, tuple(paths), approved, view, at, here)


def _references(approved: Approval | None, at: str) -> tuple[bytes, ...]:
    """Return the approved view; of a camera at one of its presets that of the preset."""
    if approved is None or not at:
        return approved.references if approved else ()
    return next((view.references for view in approved.presets if view.preset == at), ())


def _at_preset(taken: _Pictures, name: str) -> tuple[ZoneVerdict, ...]:
    """Return the verdicts of all rounds on live paths for the zones of a camera's present preset."""
    known, at = taken.presets.get(name), taken.at.get(name, "")
    looks = known.of(at) if known is not None and at else ()
    return tuple(zone.verdict for look in looks if look.path in LIVE for zone in look.zones)


def _findings(site: Site, judged: CameraConfig, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Run the mask checks on the live paths of one camera; worst first, causes before what follows from them.

    What was approved of a zone counts by its name: the device's further masks are judged here as zones, too.
    """
    one = replace(site, cameras=(replace(judged, recorded=False),))
    subject = f"camera:{judged.camera.id}"
    live = tuple(
        o
        for o in facts.by_subject.get(subject, ())
        if not isinstance(o.value, PictureSeen | ZoneVerdict) or o.value.path in LIVE
    )
    seen = replace(facts, by_subject={subject: live})
    asked = (
        (masks.EFFECTIVE, masks.run_effective),
        (masks.PRESENT, masks.run_present),
        (masks.GEOMETRY, masks.run_geometry),
    )
    found = [f for check, run in asked for f in run(check, one, seen, now) if f.subject == subject]
    keys = {f.key for f in found}
    order = {f.key: (f.reason == UNLISTED, WORST.index(f.status), f.caused_by in keys) for f in found}
    return tuple(sorted(found, key=lambda f: order[f.key]))


def _outcome(
    judged: CameraConfig,
    approved: Approval | None,
    findings: tuple[Finding, ...],
    seen: bool,
    at_preset: tuple[ZoneVerdict, ...],
    has_masks: bool,
    is_glass_there: bool,
) -> Outcome:
    if not judged.zones and (judged.no_private_area is not None or (approved and approved.no_private_area)):
        return "no-private-area"
    if not seen:
        return "not-seen"
    if not judged.zones and not judged.presets:
        return "switched-off" if has_masks else "undeclared"
    # What only an approval answers does not stand in its way: the finding says what to look for.
    asked = {f.key for f in findings if f.reason == LIKE_GLASS and f.evidence.get(DOUBTS) == [LIKE_GLASS]}
    telling = {f.status for f in findings if f.reason != UNLISTED and f.key not in asked and f.caused_by not in asked}
    if "fail" in telling or any(one.verdict == "FAIL" for one in at_preset):
        return "shows"
    if judged.presets:
        hidden = bool(at_preset) and all(one.verdict == "PASS" for one in at_preset)
        is_well = hidden and telling <= {"pass"}
    else:
        is_well = telling == {"pass"} or bool(asked and not telling)
    if not is_well:
        return "unsure"
    return "unapproved" if asked or is_glass_there else "hidden"
