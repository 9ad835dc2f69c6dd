"""Shows present and past approvals of each camera, and derived references. No pictures."""

import argparse
import sys
from collections.abc import Iterator

from agent.commands.masks.looking import site_of
from agent.model import exits
from agent.model.finding import Json, utc_text
from agent.observe.approvals.approvals import Approval, approval_json, lights, read_approvals
from agent.observe.approvals.past import PastApproval, past_json
from agent.observe.approvals.reference_views import lights_of
from agent.observe.pictures.derived_views import DerivedReference, derived_json, read_derived
from agent.text.harmless import json_text, printable
from agent.text.translate import together, translate

SCHEMA = "camwarden-masks-show/1"


def run(args: argparse.Namespace) -> int:
    """Print the approval of every camera, or of the named ones."""
    site = site_of(args)
    directory = site.storage.directory
    approvals = read_approvals(directory, site.id)
    derived = read_derived(directory, site.id, approvals)
    named = args.camera or [c.camera.id for c in site.cameras]
    if args.json:
        rows: list[Json] = [_row(name, approvals.get(name), derived.get(name, ())) for name in named]
        sys.stdout.write(json_text({"schema": SCHEMA, "cameras": rows}) + "\n")
    elif not args.quiet:
        for name in named:
            for line in _lines(name, approvals.get(name), derived.get(name, ()), args.lang):
                sys.stdout.write(line + "\n")
    return exits.OK if all(name in approvals for name in named) else exits.UNCHECKED


def _row(name: str, approval: Approval | None, derived: tuple[DerivedReference, ...]) -> Json:
    if approval is None:
        return {"id": name, "approval": None}
    presets: list[Json] = [
        {
            "preset": view.preset,
            "by": view.by,
            "at": utc_text(view.at),
            "why": view.why,
            "lights": list(lights_of(view.references)),
        }
        for view in approval.presets
    ]
    told: dict[str, Json] = {
        **approval_json(approval),
        "masks": len(approval.masks),
        "lights": list(lights(approval)),
        "presets": presets,
        "derived": [derived_json(one) for one in derived],
        "history": [past_json(past) for past in approval.history],
    }
    return {"id": name, "approval": told}


def _lines(name: str, approval: Approval | None, derived: tuple[DerivedReference, ...], lang: str) -> Iterator[str]:
    if approval is None:
        yield f"{name}  {translate('nobody approved it', lang)}"
        return
    what = translate("nothing private in view", lang)
    if not approval.no_private_area and not approval.masks_digest:
        what = translate("masks that the device does not list", lang)
    elif not approval.no_private_area:
        what = translate("{count} masks", lang).format(count=len(approval.masks))
    seen = together((translate(light, lang) for light in lights(approval)), lang) or translate("none", lang)
    line = f"{name}  {what}  {approval.masks_digest[:12]}  {utc_text(approval.at)}  {printable(approval.by)}"
    yield f"{line}{_why(approval.why)}  {translate('views: {lights}', lang).format(lights=seen)}"
    for view in approval.presets:
        seen = together((translate(light, lang) for light in lights_of(view.references)), lang) or translate(
            "none", lang
        )
        text = translate("preset {preset}, views: {lights}", lang).format(preset=printable(view.preset), lights=seen)
        yield f"  {text}  {utc_text(view.at)}  {printable(view.by)}{_why(view.why)}"
    for one in derived:
        text = translate("view by {light}, made by the agent and proved by that by {proved_by}", lang)
        known = text.format(light=translate(one.light, lang), proved_by=translate(one.proved_by, lang))
        yield f"  {known}  {utc_text(one.at)}"
    for past in reversed(approval.history):
        yield f"  {_past(past, lang)}"


def _past(past: PastApproval, lang: str) -> str:
    of = f"  {printable(past.preset)}" if past.preset else ""
    digest = f"  {past.masks_digest[:12]}" if past.masks_digest else ""
    before = translate("before", lang)
    return f"{before}{of}{digest}  {utc_text(past.at)}  {printable(past.by)}{_why(past.why)}"


def _why(why: str) -> str:
    return f"  ({printable(why)})" if why else ""
