"""Defines `--unconfined`, and warns where the process that decodes pictures is not confined."""

import argparse
import sys
from dataclasses import replace

from agent.model.finding import Json, Listed, Message, listed
from agent.site.config.site import Site, WorkerRules
from agent.text.harmless import printable
from agent.text.translate import render
from masking.model import Confinement


def with_flag(site: Site, args: argparse.Namespace) -> Site:
    """Return the site under the option."""
    return replace(site, worker=WorkerRules("accept")) if args.unconfined else site


def confinement_json(confinement: Confinement | None) -> Json:
    """Encode for `--json` a worker's limits and open ways; None where it judged nothing."""
    if confinement is None:
        return None
    return {"limits": list(confinement.limits), "open": list(confinement.open_ways)}


def say_confinement(confinement: Confinement | None, args: argparse.Namespace, accepted: bool) -> None:
    """Warn on standard error where pictures were not judged, or were judged without every protection."""
    if confinement is None or not (confinement.open_ways or confinement.limits):
        return
    values = {"ways": listed(confinement.open_ways), "limits": Listed(confinement.limits, "; ")}
    if not confinement.open_ways:
        what = Message("the process that decodes pictures is confined, but not by every layer: {limits}", values)
    elif accepted:
        what = Message("pictures were judged by a process that is not confined (open to it: {ways})", values)
    else:
        what = Message(
            "no picture was judged: the process that decodes them cannot be confined here (open to it: {ways}); "
            "install libseccomp2, or accept it on your own laptop with --unconfined",
            values,
        )
    sys.stderr.write(f"camwarden: {printable(render(what, args.lang))}\n")
