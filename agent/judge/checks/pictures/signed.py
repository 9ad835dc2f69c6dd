"""Compares masks in pictures with what they looked like when they were approved.

A mask that another has replaced may still hide; but nobody has approved it, and one that has moved a little no longer
hides what lies at its edge, before a picture proves that.
"""

from collections.abc import Iterator

from agent.judge.claim import Broken
from agent.judge.wording.mask_words import change_words
from agent.judge.wording.picture_words import paths_listed
from agent.model.finding import Json, Message, utc_text
from agent.observe.approvals.approvals import Approval
from agent.observe.facts.facts import Facts
from drivers.picture import PathName, ZoneVerdict
from masking.worth.same_mask import Changed, differences

NOT_APPROVED = "not-the-approved-mask"


def changed_masks(facts: Facts, subject: str, approval: Approval) -> Iterator[Broken]:
    """Yield a mild breach for each zone whose mask is not the approved one, with the first difference and its paths.

    Only zones that are hidden are compared: what is wrong with others is told by the check of the pictures.
    """
    approved = {(one.path, one.zone): one.numbers for one in approval.signatures}
    found: dict[str, dict[PathName, tuple[ZoneVerdict, tuple[Changed, ...]]]] = {}
    for now in facts.all(subject, ZoneVerdict):
        changed = differences(approved.get((now.path, now.zone), ()), now.signature) if now.verdict == "PASS" else ()
        if changed:
            found.setdefault(now.zone, {})[now.path] = now, changed
    for zone, paths in found.items():
        first = next(iter(paths))
        now, changed = paths[first]
        message = Message(
            "zone {zone} on {paths}: the mask is not the one that {by} approved on {at}: {what}; undo it, or have it "
            "approved with camwarden masks approve",
            {
                "zone": zone,
                "paths": paths_listed(paths),
                "by": approval.by,
                "at": utc_text(approval.at),
                "what": change_words(changed[0], approved[first, zone], now.signature),
            },
        )
        rows: list[Json] = [
            {"path": path, "difference": c.difference, "number": c.name, "was": c.was, "now": c.now}
            for path, (_, ones) in paths.items()
            for c in ones
        ]
        yield Broken(f"same {zone}", NOT_APPROVED, message, {"zone": zone, "differences": rows}, mild=True)
