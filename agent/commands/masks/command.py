"""Checks the privacy masks of a site and has them approved; judges picture files.

    masks adopt       look at all cameras, make one sheet, approve all or tick exceptions
    masks approve     approve the present masks of some cameras after a change
    masks baseline    store the present view of some cameras, or of one at a preset, in the present light
    masks attest      declare a zone hidden that pictures cannot prove; it stays unknown
    masks card        a zone in the numbers of the device's own page, to be typed off there
    masks show        who approved what, now and before
    masks verify      judge zones in picture files, without a site
    masks compare     compare the views of two picture files

An action's module is imported only when it was chosen. Devices are only read from. Approvals and views stay in the
state directory; only their digests are sent.
"""

import argparse
import importlib
from pathlib import Path
from typing import Final

from agent.commands.terminal.worker_flag import add_worker_flag

ACTIONS: Final = {
    "adopt": "agent.commands.masks.approving",
    "approve": "agent.commands.masks.approving",
    "baseline": "agent.commands.masks.baseline",
    "attest": "agent.commands.masks.attest",
    "card": "agent.commands.masks.card",
    "show": "agent.commands.masks.show",
    "verify": "agent.commands.masks.files",
    "compare": "agent.commands.masks.files",
}
"""Every action, and the module whose `run` does it."""

ROUNDS: Final = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    adopt = actions.add_parser("adopt", help="look at all cameras, make one sheet, approve all or tick exceptions")
    adopt.add_argument("--all", action="store_true", help="those too that are approved as they are")
    adopt.add_argument("--yes", action="store_true", help="approve all that hide, without asking")
    adopt.add_argument("--no-private-area", action="store_true", help="declare that nothing private is in their view")
    approve = actions.add_parser("approve", help="approve the present masks of cameras after a change")
    keep = actions.add_parser("baseline", help="keep the present view of cameras, in the light that there is")
    keep.add_argument("--preset", default="", metavar="NAME", help="at this preset; turn the camera there first")
    for action, required in ((adopt, False), (approve, True), (keep, True)):
        add = action.add_argument
        add("--camera", nargs="+", action="extend", default=[], metavar="ID", required=required, help="only these")
        add("--rounds", type=int, choices=range(1, 10), default=ROUNDS, metavar="N", help="look N times (default 5)")
        add_worker_flag(action)
    for action, required in ((adopt, False), (approve, True), (keep, False)):
        add = action.add_argument
        add("--by", default="", metavar="NAME", required=required, help="who approves (default: the login name)")
        add("--why", default="", metavar="TEXT", required=required, help="what is to be remembered about it")
    for action in (adopt, approve):
        add = action.add_argument
        add("--sheet", type=Path, metavar="FILE", help="where the sheet goes; it holds pictures of the site")
    attest = actions.add_parser("attest", help="declare a zone hidden that pictures cannot prove: it stays unknown")
    attest.add_argument("--camera", required=True, metavar="ID", help="the camera of the zone")
    attest.add_argument("--zone", required=True, metavar="NAME", help="the private zone that somebody has looked at")
    attest.add_argument("--by", required=True, metavar="NAME", help="who has looked")
    attest.add_argument("--until", required=True, metavar="DAY", help="last day on which it counts")
    attest.add_argument("--why", required=True, metavar="TEXT", help="how it was looked at")
    card = actions.add_parser(
        "card", help="print a zone in the numbers of the device's own page, to be typed off there"
    )
    card.add_argument("--camera", required=True, metavar="ID", help="the camera of the zone")
    card.add_argument("--zone", required=True, metavar="NAME", help="the private zone; of a preset PRESET/NAME")
    card.add_argument("--free", type=int, choices=range(17), metavar="N", help="how many masks its page has left")
    card.add_argument("--rectangles", action="store_true", help="its page draws upright rectangles only")
    show = actions.add_parser("show", help="who approved what; no pictures")
    show.add_argument("--camera", nargs="+", action="extend", default=[], metavar="ID", help="only these")
    verify = actions.add_parser("verify", help="judge regions in picture files of one view; several are pooled")
    verify.add_argument("images", nargs="+", type=Path, metavar="IMAGE", help="JPEG, H.264, H.265, MP4, TS, Matroska")
    verify.add_argument("--regions", type=Path, metavar="FILE", required=True, help="what must be hidden: TOML or JSON")
    compare = actions.add_parser("compare", help="tell whether two picture files show the same view")
    compare.add_argument("reference", type=Path, metavar="REF", help="the picture of the approved view")
    compare.add_argument("current", type=Path, metavar="CUR", help="the picture to compare with it")
    compare.add_argument("--regions", type=Path, metavar="FILE", help="masks and overlays, which are left out")
    for action in (verify, compare):
        add_worker_flag(action)


def run(args: argparse.Namespace) -> int:
    """Run the action and return its exit code."""
    return int(importlib.import_module(ACTIONS[args.action]).run(args))
