"""Selects which memory and approvals hold for the boxes that answer now. Pure, but for what is logged.

The memory of a camera belongs to one box, at one address and channel. Where the configuration names another place, or
the box proves to be another one (`agent/observe/inventory/owners.py`), it is forgotten; footage begins anew, the chain
of digests goes on. When zones were bare is remembered whatever stands there now: what is kept of that time is opened
again. An identity that could not be read forgets nothing.
"""

import logging
from collections.abc import Mapping
from dataclasses import replace

from agent.judge.memory.memory import Memory
from agent.observe.approvals.approvals import FOLDER, Approval, approvals_digest, of_present_boxes
from agent.observe.footage.bare import unopened
from agent.observe.footage.days import CameraFootage, Footage
from agent.observe.inventory.owners import NOBODY, Owner, Owners, is_another, is_another_box, with_proof
from agent.observe.pictures.previous_pictures import PreviousPictures
from agent.observe.remembered.value import Remembered, without_pictures
from agent.site.config.site import Site

log = logging.getLogger("camwarden.kept_for")


def memory_of_site(memory: Memory, site_id: str) -> Memory:
    """Return the memory of a site, empty where it is another's; that of release 0.1, without a name, is taken over."""
    return replace(memory, site=site_id) if memory.site in ("", site_id) else Memory(site=site_id)


def replaced_cameras(remembered: Remembered, site: Site, now: Owners) -> frozenset[str]:
    """Return the cameras of a site that are at another place than remembered, or proven another box."""
    names = (camera.camera.id for camera in site.cameras)
    return frozenset(
        name for name in names if name in remembered.owners and is_another(remembered.owners[name], now[name])
    )


def forget_replaced(remembered: Remembered, site: Site, now: Owners, previous: PreviousPictures) -> Remembered:
    """Return `memory_of_boxes`, and forget this process's pictures of replaced cameras."""
    for name in replaced_cameras(remembered, site, now):
        previous.forget(name)
    return memory_of_boxes(remembered, site, now)


def memory_of_boxes(remembered: Remembered, site: Site, now: Owners) -> Remembered:
    """Select what holds of the memory of a site's cameras, and record their owners.

    `site` may be a part of the site: of other cameras nothing changes. `now` is which box is where
    (`owners.owners_now`, with the place of each camera).
    """
    another, names = replaced_cameras(remembered, site, now), [camera.camera.id for camera in site.cameras]
    after = {
        name: now[name] if name in another else with_proof(_remembered_owner(remembered, name), now[name])
        for name in names
    }
    recorders = _with_another_recorder(remembered, site, now)
    unseen = recorders | another
    remembered = replace(
        remembered,
        owners={**remembered.owners, **after},
        footage=_footage(remembered, recorders),
        bare={name: unopened(one) if name in unseen else one for name, one in remembered.bare.items()},
    )
    if not another:
        return remembered
    sources = {name: one for name, one in remembered.inventory.sources.items() if name not in another}
    inventory = replace(remembered.inventory, sources=sources)
    outages = tuple(one for one in remembered.outages if one.subject.removeprefix("camera:") not in another)
    return replace(without_pictures(remembered, another), inventory=inventory, outages=outages)


def restarted_footage(before: Footage, after: Footage) -> frozenset[str]:
    """Return the cameras whose footage turned out in this very look to be that of a box that is gone.

    This look asked with the memory of that box: what is there now counts from the next one on.
    """
    return frozenset(name for name, one in after.items() if not one.source and name in before and before[name].source)


def valid_approvals(
    given: Mapping[str, Approval], stood: Remembered, remembered: Remembered
) -> tuple[dict[str, Approval], dict[str, str]]:
    """Return the approvals that hold for the present boxes, and the void ones among those that name no box.

    An approval that names no box, as those of release 0.1, holds until another box takes the place.

    Args:
        given: Those of the site.
        stood: The memory of the look before: which box was where.
        remembered: Which box is where, and what was void already.
    """
    gone = {name: digest for name, digest in remembered.voided.items() if name in given}
    for name, approval in given.items():
        changed = is_another(
            _without_place(_remembered_owner(stood, name)), _without_place(_remembered_owner(remembered, name))
        )
        if changed and approval.owner.box is None and approval.owner.behind is None:
            gone[name] = approvals_digest({name: approval})
    holds = {
        name: one for name, one in given.items() if name not in gone or gone[name] != approvals_digest({name: one})
    }
    return of_present_boxes(holds, remembered.owners), gone


def still_valid_approvals(
    given: Mapping[str, Approval], counted: Mapping[str, Approval], stood: Remembered, remembered: Remembered
) -> tuple[dict[str, Approval], Remembered]:
    """Return the approvals that hold once boxes have proven themselves in a look, and the memory without the others.

    What did not count when the look began was not looked for: it counts from the next look on. For `given`, `stood`
    (before the look) and `remembered` (after it) see `valid_approvals`; `counted` are the approvals that the look went
    by.
    """
    holds, gone = valid_approvals(given, stood, remembered)
    for name in sorted(given.keys() - holds.keys()):
        log.warning("camera %s: what was approved (%s/%s.json) is of another box than stands there now, and does not "
                    "count: camwarden masks adopt --camera %s", name, FOLDER, name, name)  # fmt: skip
    after = {name: one for name, one in holds.items() if name in counted}
    lost = {name for name, one in counted.items() if after.get(name) != one}
    return after, replace(without_pictures(remembered, lost) if lost else remembered, voided=gone)


def _remembered_owner(remembered: Remembered, name: str) -> Owner:
    return remembered.owners.get(name, NOBODY)


def _without_place(owner: Owner) -> Owner:
    return replace(owner, source="")


def _with_another_recorder(remembered: Remembered, site: Site, now: Owners) -> frozenset[str]:
    """Return the cameras of which the box with the footage is another one than remembered."""
    names = (camera.camera.id for camera in site.cameras if not camera.store)
    return frozenset(name for name in names if is_another_box(_remembered_owner(remembered, name).box, now[name].box))


def _footage(remembered: Remembered, recorders: frozenset[str]) -> dict[str, CameraFootage]:
    """Return the footage, that of a replaced recorder marked to begin anew."""
    return {name: replace(one, source="") if name in recorders else one for name, one in remembered.footage.items()}
