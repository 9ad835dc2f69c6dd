"""Writes approvals of what a look showed, for `camwarden masks` and the local page alike."""

from datetime import datetime
from typing import Literal

from agent.host.files import as_owner_of
from agent.observe.approvals.approvals import Approval, write_approval
from agent.observe.approvals.reference_views import write_preset_view
from agent.onsite.masks_look import adopt
from agent.onsite.masks_look.seen import CameraLook
from agent.site.config.site import Site


def store_approval(
    site: Site, look: CameraLook, by: str, at: datetime, why: str, kind: Literal["masks", "no-private-area"]
) -> Approval:
    """Write the approval of a look, and the view of its present preset where that is new; return the approval.

    Args:
        site: Whose state directory it is written below, as that directory's owner.
        look: What a person saw and approves.
        by: The person's name.
        at: Aware UTC.
        why: The reason, empty for none.
        kind: Of the zones, or that nothing private is in view.

    Raises:
        Forbidden: The folder may not be written.
        UsageError: It is another site's.
    """
    directory = site.storage.directory
    approval = adopt.approval_of(site, look, by, at, why, kind)
    with as_owner_of(directory):
        write_approval(directory, approval)
        turned = adopt.preset_renewed(look, by, at, why)
        if turned is not None:
            write_preset_view(directory, turned)
    return approval
