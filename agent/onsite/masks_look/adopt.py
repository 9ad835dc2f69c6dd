"""Decides after a look at masks which may be approved, by whom, and how they are shown. Pure.

What shows something private is never approved. What pictures cannot decide is approved only where a person names the
camera and the reason: the approval rests on that person's eyes, and the checks still report "unknown".
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from agent.judge.checks.pictures.drift import changes
from agent.judge.wording.mask_words import mask_words
from agent.judge.wording.picture_words import path_word
from agent.model import exits
from agent.model.exits import REFUSED_REASONS
from agent.model.finding import Json, Message, listed, utc_text
from agent.observe.approvals.approvals import Approval, approve, approve_no_private_area, with_approvals
from agent.observe.approvals.reference_views import PresetView, with_masks, with_reference
from agent.observe.approvals.signed_masks import signed_masks
from agent.observe.pictures.turns import zones_digest
from agent.onsite.handover.sheet_values import OUTCOMES, SheetCamera, SheetPath
from agent.onsite.masks_look.seen import CameraLook, View
from agent.site.config.site import Site
from agent.text.harmless import toml_string
from agent.text.translate import render, together, translate
from masking.view import baseline

FEW_PICTURES = 5
"""With fewer pictures than this, people who stood in the view are still in its reference."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One camera as a person decides on it. `refusal`: why it may not be approved, None where it may."""

    number: int
    look: CameraLook
    refusal: Message | None


def unapproved(site: Site, looks: Iterable[CameraLook]) -> tuple[CameraLook, ...]:
    """Return the looks at cameras that nobody approved as they are now; one that cannot be read stays as it is."""
    return tuple(look for look in looks if not _is_approved(site, look))


def _is_approved(site: Site, look: CameraLook) -> bool:
    approval = look.approved
    if approval is None:
        return False
    if zones_digest(with_approvals(site, {look.id: approval}), look.id) != approval.zones_digest:
        return False
    if approval.no_private_area or not approval.masks_digest or look.masks is None:
        return True
    return not changes(approval.masks, look.masks)


def choices(
    looks: Iterable[CameraLook], named: Collection[str], why: str, no_private_area: bool = False
) -> tuple[Choice, ...]:
    """Decide for each camera whether it may be approved.

    `named` are the cameras that the command line names one by one, `why` is the person's reason. `no_private_area`: it
    is declared that nothing private is in view.
    """
    found = []
    for number, look in enumerate(looks, start=1):
        refusal = _not_free(look, why) if no_private_area else _refusal(look, look.id in named and bool(why))
        found.append(Choice(number, look, refusal))
    return tuple(found)


def _not_free(look: CameraLook, why: str) -> Message | None:
    """Return why a camera's view may hold something private after all."""
    if look.config.zones:
        names = listed(zone.name for zone in look.config.zones)
        return Message("site.toml declares private zones in its view ({zones}): remove them first", {"zones": names})
    if look.masks and not why.strip():
        return Message(
            "the device lists {count} masks, {off} of them switched off: somebody hid something there; if nothing "
            "private is in view all the same, add --why TEXT",
            {"count": len(look.masks), "off": sum(not mask.enabled for mask in look.masks)},
        )
    return None


def _refusal(look: CameraLook, vouched: bool) -> Message | None:
    if look.outcome in ("hidden", "unapproved", "no-private-area") or (look.outcome == "unsure" and vouched):
        return None
    if look.outcome == "switched-off":
        return Message(
            "nothing is declared private, and the device's masks ({count}) are configured but switched off: switch "
            "them on, or say why none is needed: camwarden masks adopt --no-private-area --camera {camera} --by NAME "
            "--why TEXT",
            {"count": len(look.masks or ()), "camera": look.id},
        )
    if look.outcome == "undeclared":
        return Message(
            "nothing is declared private, and the device has no mask: draw one, or camwarden masks adopt "
            "--no-private-area --camera {camera} --by NAME",
            {"camera": look.id},
        )
    if look.outcome == "unsure" and look.config.presets and not look.preset:
        return Message(
            "at which of its presets it stands is not seen: turn it to each of {presets}, and run camwarden masks "
            "baseline --preset NAME --camera {camera}",
            {"presets": listed(preset.name for preset in look.config.presets), "camera": look.id},
        )
    if look.outcome == "unsure":
        return Message(
            "look at the sheet; if it hides all the same: camwarden masks approve --camera {camera} --by NAME "
            "--why TEXT",
            {"camera": look.id},
        )
    if look.outcome == "not-seen":
        return Message("no picture came: mend that first")
    return Message("what is not hidden is not approved")


def excepted(text: str, numbers: Collection[int]) -> frozenset[int] | None:
    """Parse a person's answer: nothing for all, numbers of exceptions, or `q` for none (None).

    Raises ValueError for anything else.
    """
    words = text.replace(",", " ").split()
    if [word.lower() for word in words] in (["q"], ["quit"], ["n"], ["no"]):
        return None
    chosen = frozenset(int(word) for word in words)
    if not chosen <= frozenset(numbers):
        raise ValueError("a number that is not offered")
    return chosen


def approval_of(
    site: Site, look: CameraLook, by: str, at: datetime, why: str, kind: Literal["masks", "no-private-area"] = "masks"
) -> Approval:
    """Return the approval of a look, with the view as far as a picture showed it.

    Views of presets are not in it: `preset_renewed` returns that of the present one.
    """
    kept = () if look.config.presets else renewed(look, keep_better=True)
    signed = signed_masks(word.picture for path in look.paths for word in path.words)
    if kind == "no-private-area" or look.outcome == "no-private-area":
        return replace(approve_no_private_area(site, look.id, by, at, why, kept), owner=look.owner)
    return replace(approve(site, look.id, by, at, why, look.masks, kept), owner=look.owner, signatures=signed)


def preset_renewed(look: CameraLook, by: str, at: datetime, why: str) -> PresetView | None:
    """Return the view of the camera's present preset, with this light as well; None where it is unchanged."""
    known = look.approved.presets if look.approved else ()
    before = next((one for one in known if one.preset == look.preset), None)
    if before is None:
        return None
    kept = renewed(look, keep_better=True)
    here = next(one for one in look.config.presets if one.name == look.preset)
    view = replace(before, by=by, at=at, why=why, references=kept, owner=look.owner)
    view = with_masks(view, here, look.at_preset, before)
    return None if (kept, view.signatures) == (before.references, before.signatures) else view


def approved_before(look: CameraLook) -> tuple[bytes, ...]:
    """Return the references approved before; of a camera at a preset those of that preset."""
    if look.approved is None:
        return ()
    if look.config.presets:
        return next((one.references for one in look.approved.presets if one.preset == look.preset), ())
    return look.approved.references


def renewed(look: CameraLook, keep_better: bool = False) -> tuple[bytes, ...]:
    """Return the references with the present view; of a moved camera, those of other lights are dropped.

    `keep_better`: where the camera has not moved, a reference of more pictures in this light stays.
    """
    before = approved_before(look)
    view = look.view
    if view is None or not view.descriptor or (keep_better and _is_better(before, view)):
        return before
    return with_reference(() if view.state == "moved" else before, view.descriptor)


def _is_better(before: tuple[bytes, ...], view: View) -> bool:
    known = [one for one in map(baseline.decode, before) if one.light == view.light]
    return view.state == "still" and any(one.pictures > view.pictures for one in known)


def view_text(look: CameraLook, lang: str, keep_better: bool = False) -> str:
    """Return one sentence on the stored view, or why none was stored."""
    if look.view is None:
        return translate("no picture shows its view well enough to keep it", lang)
    if not look.view.descriptor:
        return translate("too much moves in its view: whether the camera is moved cannot be watched", lang)
    if look.config.presets and not look.preset:
        return translate("its view is kept for each preset, not here", lang)
    if keep_better and look.approved is not None and _is_better(approved_before(look), look.view):
        return translate("its view is as it was approved", lang)
    values: dict[str, str | int | float] = {"light": translate(look.view.light, lang), "count": look.view.pictures}
    if look.view.pictures < FEW_PICTURES:
        return render(
            Message("view by {light} kept, of one picture: camwarden masks baseline takes more", values), lang
        )
    return render(Message("view by {light} kept, median of {count} pictures", values), lang)


def message_of(choice: Choice, lang: str) -> str:
    """Return a camera's finding, what changed since its last approval, and what to do."""
    look = choice.look
    parts = [render(look.findings[0].message, lang)] if look.findings else []
    parts += [render(words, lang) for words in _masks_words(look)]
    if look.was_another:
        parts.append(translate("what was approved is of another box, and does not count", lang))
    if look.view is not None and look.view.state == "moved":
        parts.append(translate("its view has moved since it was approved", lang))
    parts += [render(choice.refusal, lang)] if choice.refusal else []
    return together(parts, lang, "; ") or translate(OUTCOMES[look.outcome], lang)


def _masks_words(look: CameraLook) -> Iterator[Message]:
    """Yield what the mask over each zone looks like, on the first path that shows it."""
    told: set[str] = set()
    for one in (word.picture for path in look.paths for word in path.words if word.picture.signature):
        if one.zone not in told:
            told.add(one.zone)
            values = {"zone": one.zone, "mask": mask_words(one.signature), "path": path_word(one.path)}
            yield Message("{zone}: {mask} ({path})", values)


def sheet_cameras(found: Iterable[Choice], lang: str, without: Collection[str] = ()) -> tuple[SheetCamera, ...]:
    """Return the cameras for the contact sheet; `without`: the ids of those whose pictures are left out."""
    return tuple(_without_pictures(choice, lang, choice.look.id in without) for choice in found)


def _without_pictures(choice: Choice, lang: str, left_out: bool) -> SheetCamera:
    shown = _sheet_camera(choice, lang)
    if not left_out:
        return shown
    why = translate("not shown: it is declared to show a secret, and its pictures are in no paper", lang)
    return replace(shown, paths=tuple(replace(one, jpeg=b"", why=why) for one in shown.paths))


def _sheet_camera(choice: Choice, lang: str) -> SheetCamera:
    look, camera = choice.look, choice.look.config.camera
    approval = look.approved
    said: Mapping[str, str | int | float] = {"by": approval.by, "at": utc_text(approval.at)} if approval else {}
    return SheetCamera(
        choice.number,
        camera.id,
        camera.name,
        camera.placement,
        look.outcome,
        message_of(choice, lang),
        tuple(
            SheetPath(
                p.path,
                utc_text(p.taken_at) if p.taken_at else "",
                tuple((v.zone, v.verdict, v.reason) for v in p.words),
                p.thumbnail,
                p.why,
            )
            for p in look.paths
        ),
        tuple(z.polygon for z in (*look.config.zones, *(z for p in look.config.presets for z in p.zones))),
        tuple(m.polygon for m in look.masks or () if m.enabled and m.polygon),
        tuple(m.polygon for m in (approval.masks if approval else ()) if m.enabled and m.polygon),
        render(Message("approved by {by} on {at}", said), lang) if approval else "",
        choice.refusal is None,
    )


def result_text(found: tuple[Choice, ...], approved: Mapping[str, Approval], lang: str) -> str:
    """Return the result: a line for each approved camera, and one that counts."""
    looks = {choice.look.id: choice.look for choice in found}
    lines = [
        f"{name}: {translate('approved', lang)}; {view_text(looks[name], lang, keep_better=True)}" for name in approved
    ]
    if not found:
        lines.append(translate("every camera is approved as it is: nothing to do", lang))
    else:
        count = translate("{approved} of {count} cameras approved", lang)
        lines.append(count.format(approved=len(approved), count=len(found)))
        if not approved and any(choice.refusal is None for choice in found):
            lines.append(translate("look at the sheet, then: camwarden masks adopt --yes, or --camera ID...", lang))
    return "\n".join(lines) + "\n"


def choice_json(choice: Choice, approved: bool) -> dict[str, Json]:
    """Encode one camera for `--json`: English, and no picture."""
    look = choice.look
    return {
        "number": choice.number,
        "id": look.id,
        "outcome": look.outcome,
        "message": message_of(choice, "en"),
        "approved": approved,
        "masks": None if look.masks is None else len(look.masks),
        "paths": [
            {"path": p.path, "zone": v.zone, "verdict": v.verdict, "reason": v.reason}
            for p in look.paths
            for v in p.words
        ]
        + [{"path": v.path, "zone": v.zone, "verdict": v.verdict, "reason": v.reason} for v in look.at_preset],
        "preset": look.preset or None,
        "not_seen": [{"path": p.path, "reason": p.why} for p in look.paths if p.why],
        "view": None
        if look.view is None
        else {
            "light": look.view.light,
            "pictures": look.view.pictures,
            "kept": approved and bool(look.view.descriptor),
            "state": look.view.state,
        },
    }


def exit_code(found: Iterable[Choice], approved: Collection[str], asked: bool) -> int:
    """Return the exit code: that of unapproved cameras, unless a person was asked and left them out."""
    left = [choice for choice in found if choice.look.id not in approved and (choice.refusal is not None or not asked)]
    return exits.worst(
        fails=any(choice.look.outcome == "shows" for choice in left),
        refused=any(is_refused(choice.look) for choice in left),
        unchecked=bool(left),
    )


def is_refused(look: CameraLook) -> bool:
    """Return whether the camera could not be seen because its device refused the login."""
    reasons = {f.evidence.get("why", f.reason) for f in look.findings} | {p.why for p in look.paths}
    return look.outcome == "not-seen" and not reasons.isdisjoint(REFUSED_REASONS)


def declaration_lines(ids: Iterable[str], by: str, at: datetime) -> str:
    """Render the lines that add the declaration to site.toml."""
    lines: list[str] = []
    for camera_id in ids:
        lines += [f"# below [[camera]] id = {toml_string(camera_id)}", "[camera.no_private_area]"]
        lines += [f"by = {toml_string(by)}", f'at = "{at.date().isoformat()}"', ""]
    return "\n".join(lines)
