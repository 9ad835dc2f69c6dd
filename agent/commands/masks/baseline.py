"""Approves the present view of cameras, or of one camera at one of its presets: `masks baseline`.

The agent never moves a camera: a person turns it to the preset and names it. Two mistakes of that person are checked:
the camera must not be at another preset still, and nothing private may be open there.
"""

import argparse
import sys
from dataclasses import replace
from datetime import datetime

from agent.commands.masks.looking import look_at_cameras, site_of
from agent.commands.terminal.asking import person
from agent.host.clock import utc_now
from agent.host.files import as_owner_of
from agent.model import exits
from agent.model.errors import UsageError
from agent.model.finding import Json, Message, listed, utc_text
from agent.observe.approvals.approvals import Approval, approve, read_approvals, write_approval
from agent.observe.approvals.past import PastApproval, with_past
from agent.observe.approvals.reference_views import PresetView, digests, with_masks, with_reference, write_preset_view
from agent.observe.inventory.owners import with_proof
from agent.onsite.masks_look.adopt import renewed, view_text
from agent.onsite.masks_look.look import LIVE
from agent.onsite.masks_look.seen import CameraLook
from agent.site.config.site import CameraConfig, Preset, Site
from agent.text.harmless import json_text, printable
from agent.text.translate import render, translate

SCHEMA = "camwarden-masks-baseline/1"


def run(args: argparse.Namespace) -> int:
    """Store the requested views, and return the exit code."""
    site = site_of(args)
    named = [camera for camera in site.cameras if camera.camera.id in args.camera]
    if args.preset:
        if len(named) != 1:
            raise UsageError("--preset is a position of one camera: name one with --camera ID")
        preset = next((one for one in named[0].presets if one.name == args.preset), None)
        if preset is None:
            values = {"preset": printable(args.preset), "id": named[0].camera.id}
            raise UsageError("site.toml declares no preset {preset!r} of camera {id}", **values)
        return _of_preset(site, args, named[0], preset)
    turning = next((camera for camera in named if camera.presets), None)
    if turning is not None:
        names = listed(printable(preset.name) for preset in turning.presets)
        told: dict[str, object] = {"id": turning.camera.id, "names": names}
        raise UsageError("camera {id} has presets ({names}): turn it to one, and add --preset NAME", **told)
    return _of_cameras(site, args)


def _of_cameras(site: Site, args: argparse.Namespace) -> int:
    directory = site.storage.directory
    approvals = read_approvals(directory, site.id)
    missing = sorted(set(args.camera) - approvals.keys())
    if missing:
        raise UsageError(
            "nobody approved camera {missing} yet: camwarden masks adopt --camera {missing}", missing=missing[0]
        )
    looks = look_at_cameras(site, args, approvals)
    at = utc_text(utc_now())
    rows: list[Json] = []
    kept = 0
    with as_owner_of(directory):
        now = read_approvals(directory, site.id)
        for look in looks:
            same = look.approved is not None and now.get(look.id) == look.approved
            view = look.view
            if same and look.approved is not None and view is not None and view.descriptor:
                write_approval(directory, _of_box(replace(look.approved, references=renewed(look)), look))
                kept += 1
            moved = view is not None and view.state == "moved"
            said = view_text(look, args.lang)
            if moved:
                said += "; " + translate("it had moved: the views in other lights are forgotten", args.lang)
            if look.was_another:
                said = translate("what was approved is of another box, and does not count", args.lang)
            elif not same:
                said = translate("somebody approved it meanwhile, nothing was kept: look again", args.lang)
            rows.append(
                {
                    "id": look.id,
                    "kept": bool(same and view and view.descriptor),
                    "light": view.light if view else None,
                    "pictures": view.pictures if view else 0,
                    "moved": moved,
                }
            )
            if not (args.json or args.quiet):
                sys.stdout.write(f"{look.id}: {said}\n")
    if args.json:
        sys.stdout.write(json_text({"schema": SCHEMA, "at": at, "cameras": rows}) + "\n")
    return exits.OK if kept == len(looks) else exits.UNCHECKED


def _of_preset(site: Site, args: argparse.Namespace, camera: CameraConfig, preset: Preset) -> int:
    by = printable(person(args))
    if not by:
        raise UsageError("nobody is known as the one who approves: add --by NAME")
    directory, name = site.storage.directory, camera.camera.id
    approvals = read_approvals(directory, site.id)
    before = approvals.get(name)
    known = next((one for one in before.presets if one.preset == preset.name), None) if before else None
    look = _look(site, args, camera, preset, before, known)
    open_zones = sorted({v.zone for p in look.paths if p.path in LIVE for v in p.words if v.verdict == "FAIL"})
    refusal = _refusal(look, preset, open_zones)
    at = utc_now()
    if refusal is None:
        with as_owner_of(directory):
            now = read_approvals(directory, site.id).get(name)
            if now == before:
                _write(site, look, preset, known, now, by, at, printable(args.why))
            else:
                refusal = Message("somebody approved it meanwhile, nothing was kept: look again")
    view = look.view
    said = view_text(replace(look, config=replace(camera, presets=())), args.lang)
    if refusal is not None:
        said = render(refusal, args.lang)
    if args.json:
        row: Json = {
            "id": name,
            "preset": preset.name,
            "kept": refusal is None,
            "light": view.light if view else None,
            "pictures": view.pictures if view else 0,
            "moved": view is not None and view.state == "moved",
            "open": list(open_zones),
        }
        sys.stdout.write(json_text({"schema": SCHEMA, "at": utc_text(at), "cameras": [row]}) + "\n")
    elif not args.quiet:
        sys.stdout.write(f"{name} {printable(preset.name)}: {said}\n")
    if open_zones and not look.preset:
        return exits.FAILS
    return exits.OK if refusal is None else exits.UNCHECKED


def _look(
    site: Site,
    args: argparse.Namespace,
    camera: CameraConfig,
    preset: Preset,
    before: Approval | None,
    known: PresetView | None,
) -> CameraLook:
    """Judge the camera as if this were its only position, and detect whether it is at another preset."""
    here = tuple(replace(zone, name=_as_zone(preset, zone.name)) for zone in preset.zones)
    only = replace(camera, zones=(*camera.zones, *here))
    approvals = {}
    if before is not None:
        others = tuple(one for one in before.presets if one.preset != preset.name)
        approvals[before.camera_id] = replace(before, presets=others, references=known.references if known else ())
    (look,) = look_at_cameras(replace(site, cameras=(only,)), args, approvals)
    return look


def _as_zone(preset: Preset, name: str) -> str:
    """Return the name of a preset's zone among those of its camera."""
    return f"{preset.name}: {name}"


def _refusal(look: CameraLook, preset: Preset, open_zones: list[str]) -> Message | None:
    if look.was_another:
        return Message(
            "what was approved is of another box: approve first what stands there, with camwarden masks adopt --camera "
            "{camera}",
            {"camera": look.id},
        )
    if look.preset:
        return Message(
            "it stands at preset {other}: turn it to {preset} first", {"other": look.preset, "preset": preset.name}
        )
    if open_zones:
        return Message(
            "zone {zone} is not hidden: what is not hidden is not approved; correct the mask first",
            {"zone": open_zones[0]},
        )
    if look.view is None:
        return Message("no picture shows its view well enough to keep it")
    if not look.view.descriptor:
        return Message("too much moves in its view: at this preset the camera cannot be recognised")
    return None


def _write(
    site: Site,
    look: CameraLook,
    preset: Preset,
    known: PresetView | None,
    approval: Approval | None,
    by: str,
    at: datetime,
    why: str,
) -> None:
    """Store the view, and with a camera's first one the masks that its device lists."""
    assert look.view is not None  # noqa: S101 - what shows no view was refused
    directory = site.storage.directory
    if approval is None:
        write_approval(directory, _of_box(approve(site, look.id, by, at, why, look.masks), look))
    elif known is not None:
        past = PastApproval(
            known.by, known.at, known.why, "", "", False, tuple(digests(known.references)), known.preset
        )
        write_approval(directory, _of_box(replace(approval, history=with_past(approval.history, past)), look))
    before = known.references if known is not None and look.view.state != "moved" else ()
    kept = with_reference(before, look.view.descriptor)
    begins = _as_zone(preset, "")
    own = (
        replace(one.picture, zone=one.zone.removeprefix(begins))
        for path in look.paths
        for one in path.words
        if one.zone.startswith(begins)
    )
    view = PresetView(look.id, preset.name, by, at, why, kept, look.owner)
    write_preset_view(directory, with_masks(view, preset, own, known))


def _of_box(approval: Approval, look: CameraLook) -> Approval:
    """Return an approval that names the box which this look has proven."""
    return replace(approval, owner=with_proof(approval.owner, look.owner))
