"""Judges the masks of a camera with presets at each preset, as far as pictures show them.

Only pictures prove it: a device lists its masks without their position. A preset without private zones has nothing to
prove and need not be seen.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime

from agent.judge.check import Check
from agent.judge.checks.pictures import quality
from agent.judge.checks.pictures.glass import LIKE_GLASS, may_be_glass_at
from agent.judge.claim import Broken, Held, Open, Outcome, declared
from agent.judge.freed import Declaration, freed
from agent.judge.verdict import verdict
from agent.judge.wording.picture_words import path_word, paths_listed, zone_reason
from agent.model.finding import Finding, Ground, Json, Listed, Message, listed, utc_text
from agent.observe.approvals.reference_views import PresetView
from agent.observe.facts.facts import Facts
from agent.observe.pictures.preset_verdicts import PresetOnPath
from agent.site.config.site import CameraConfig, Preset
from drivers.picture import RECORDED, PictureSeen, PresetSeen, ZoneVerdict

Rows = dict[str, tuple[PresetOnPath, ...]]


def judge(check: Check, facts: Facts, camera: CameraConfig, now: datetime) -> Finding:
    """Judge a camera with presets: an open zone fails at once, and every preset with zones must have been seen."""
    subject = f"camera:{camera.camera.id}"
    due = tuple(preset for preset in camera.presets if preset.zones)
    if not due:
        message = Message("nothing private is declared at any of its presets")
        return freed(check, subject, Declaration("preset"), "no-zones", message, {})
    known = facts.remembered.presets.get(camera.camera.id)
    seen: Rows = {preset.name: known.of(preset.name) if known else () for preset in due}
    approval = facts.approvals.get(camera.camera.id)
    approved = {view.preset: view for view in approval.presets} if approval else {}
    evidence = _evidence(facts, subject, due, seen, approved)
    outcomes: list[Outcome] = list(_zones(subject, due, seen, approved))
    if not any(p.path not in RECORDED for p in facts.all(subject, PictureSeen)):
        silent = quality.no_picture(check, facts, subject)
        outcomes.insert(0, Open("picture", silent.reason, silent.message, caused_by=silent.caused_by))
    outcomes += _presets(camera, due, seen, approved)
    order = ("picture", "approved", "seen", "hidden", "video")
    outcomes.sort(key=lambda one: order.index(one.key.partition(" ")[0]))
    message = Message(
        "presets {presets} were each seen within a day, with every zone hidden", {"presets": listed(seen)}
    )
    return verdict(check, subject, outcomes, evidence, message)


def _presets(camera: CameraConfig, due: Iterable[Preset], seen: Rows, approved: Collection[str]) -> Iterator[Outcome]:
    """Yield for each preset with zones: its view is approved, and it was seen live, in the video too."""
    subject = f"camera:{camera.camera.id}"
    live = {name: [one for one in paths if one.path not in RECORDED] for name, paths in seen.items()}  # playback: past
    words = {
        "approved": [preset.name for preset in due if preset.name not in approved],
        "seen": [name for name, looks in live.items() if not looks],
        "video": [name for name, looks in live.items() if {one.path for one in looks} == {"snapshot"}],
    }
    for preset in due:
        for key, missing in words.items():
            if preset.name in missing:
                yield _missing(f"{key} {preset.name}", listed(missing), camera.camera.id)
            elif key == "approved":
                yield Held(f"{key} {preset.name}", declared(subject, "mask-approval"))
            elif live[preset.name]:
                yield Held(f"{key} {preset.name}", tuple(_ground(subject, one) for one in live[preset.name]))


def _missing(key: str, presets: Listed, camera: str) -> Open:
    values = {"presets": presets}
    if key.startswith("approved"):
        message = Message(
            "nobody approved what presets {presets} look like: turn the camera to each, "
            "and run camwarden masks baseline --preset NAME --camera {camera}",
            {**values, "camera": camera},
        )
        return Open(key, "preset-not-approved", message)
    if key.startswith("seen"):
        message = Message("presets {presets} were not seen for a day: whether their masks hide is not known", values)
        return Open(key, "preset-not-seen", message)
    message = Message(
        "presets {presets} were seen in snapshots only: whether the video hides what is private is not known", values
    )
    return Open(key, "snapshot-only", message)


def _zones(subject: str, due: Iterable[Preset], seen: Rows, approved: Mapping[str, PresetView]) -> Iterator[Outcome]:
    """Yield each zone at each preset, on each path on which that was seen."""
    for preset in due:
        for look in seen[preset.name]:
            judged = {one.verdict.zone: one.verdict for one in look.zones}
            unjudged = {z.name: ZoneVerdict(look.path, z.name, "UNSURE", "not-judged") for z in preset.zones}
            for zone, found in (unjudged | judged).items():
                key = f"hidden {preset.name} {zone} {look.path}"
                if found.verdict != "PASS":
                    yield _not_hidden(key, preset.name, found, seen[preset.name])
                elif may_be_glass_at(approved.get(preset.name), preset, found):
                    yield _like_glass(key, subject.removeprefix("camera:"), preset.name, found)
                else:
                    yield Held(key, (_ground(subject, look),))


def _like_glass(key: str, camera: str, preset: str, found: ZoneVerdict) -> Open:
    message = Message(
        "zone {zone} at preset {preset} on path {path}: cannot be told ({reason})",
        {
            "zone": found.zone, "preset": preset, "path": path_word(found.path), "reason": zone_reason(LIKE_GLASS),
            "camera": camera,
        },
        next_step="turn the camera there, look at it and approve it with camwarden masks baseline --preset {preset} "
        "--camera {camera}",
    )  # fmt: skip
    return Open(key, LIKE_GLASS, message, doubted=True)


def _not_hidden(key: str, preset: str, found: ZoneVerdict, looks: Iterable[PresetOnPath]) -> Outcome:
    values = {"zone": found.zone, "preset": preset, "reason": zone_reason(found.reason)}
    if found.verdict == "UNSURE":
        message = Message(
            "zone {zone} at preset {preset} on path {path}: cannot be told ({reason})",
            {**values, "path": path_word(found.path)},
        )
        return Open(key, found.reason, message)
    paths = [
        look.path
        for look in looks
        if any(one.verdict.zone == found.zone and one.verdict.verdict == "FAIL" for one in look.zones)
    ]
    message = Message(
        "zone {zone} is not hidden at preset {preset} on {paths} ({reason}): correct the mask of that position",
        {**values, "paths": paths_listed(paths)},
    )
    return Broken(key, found.reason, message)


def _ground(subject: str, look: PresetOnPath) -> Ground:
    return Ground("presets", subject, "seen", look.at, look.path)


def _evidence(
    facts: Facts, subject: str, due: Iterable[Preset], seen: Rows, approved: Iterable[str]
) -> dict[str, Json]:
    """Return each preset with verdict and time of every path, and where the newest pictures were taken."""
    known = set(approved)
    rows: list[Json] = [
        {
            "preset": preset.name,
            "zones": [zone.name for zone in preset.zones],
            "approved": preset.name in known,
            "paths": [
                {
                    "path": look.path,
                    "at": utc_text(look.at),
                    "zones": [
                        {"zone": z.verdict.zone, "verdict": z.verdict.verdict, "reason": z.verdict.reason}
                        for z in look.zones
                    ],
                }
                for look in seen[preset.name]
            ],
        }
        for preset in due
    ]
    newest: list[Json] = [
        {"path": one.path, "preset": one.preset or None, "reason": one.reason}
        | ({"nearest": one.nearest, "off_percent": one.off_percent} if one.nearest else {})
        for one in facts.all(subject, PresetSeen)
    ]
    return {"presets": rows, "newest": newest}
