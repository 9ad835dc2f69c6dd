"""Rewrites the memory where the configuration gives another id to a camera's place. Pure.

What is remembered belongs to a box and a channel; the id is a row of the configuration that points there. An id that
points elsewhere inherits nothing (`kept_for.py`), and a place that is called otherwise loses nothing.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from agent.judge.memory.episodes import FindingState
from agent.judge.memory.memory import Memory
from agent.observe.inventory.owners import NOBODY, is_another, owners_now
from agent.observe.remembered.value import Remembered
from agent.site.config.site import Site

T = TypeVar("T")

Ids = Mapping[str, str]
"""New ids by those that the last look knew."""


def renamed(memory: Memory, site: Site) -> Memory:
    """Return the memory under the ids that the site's cameras have now. Approvals keep the id that a person wrote."""
    ids = new_ids(memory.remembered, site)
    if not ids:
        return memory
    known = {_subject(key, ids): _state(state, ids) for key, state in memory.known.items()}
    return replace(memory, known=known, remembered=_renamed(memory.remembered, ids))


def new_ids(remembered: Remembered, site: Site) -> dict[str, str]:
    """Return the new id of each camera that is configured under another one since the last look.

    It is at the same address and channel, no proof says that it is another box, and no third id is at that place.
    """
    owners, configured = remembered.owners, remembered.inventory.configured
    ours = {one.camera.id for one in site.cameras}
    last = max(configured.values(), default=None)
    gone = [name for name, at in configured.items() if name not in ours and at == last and name in owners]
    now = owners_now(site, {}, remembered.identities, source=True)
    found: dict[str, str] = {}
    for name in sorted(ours - owners.keys()):
        place = now.get(name, NOBODY)
        before = [one for one in gone if owners[one].source == place.source and not is_another(owners[one], place)]
        if place.source and len(before) == 1 and before[0] not in found:
            found[before[0]] = name
    return found


def _state(state: FindingState, ids: Ids) -> FindingState:
    episode = state.episode
    return replace(state, episode=replace(episode, subject=_subject(episode.subject, ids))) if episode else state


def _renamed(known: Remembered, ids: Ids) -> Remembered:
    inventory = known.inventory
    return replace(
        known,
        looked=tuple(replace(one, camera_id=_id(one.camera_id, ids)) for one in known.looked),
        pooled=tuple(replace(one, camera_id=_id(one.camera_id, ids)) for one in known.pooled),
        footage={_id(name, ids): replace(one, camera_id=_id(name, ids)) for name, one in known.footage.items()},
        presets={_id(name, ids): replace(one, camera_id=_id(name, ids)) for name, one in known.presets.items()},
        outages=tuple(replace(one, subject=_subject(one.subject, ids)) for one in known.outages),
        identities={_subject(name, ids): one for name, one in known.identities.items()},
        views=_keys(known.views, ids),
        quality=_keys(known.quality, ids),
        owners=_keys(known.owners, ids),
        voided=_keys(known.voided, ids),
        bare=_keys(known.bare, ids),
        sensitivity=_keys(known.sensitivity, ids),
        inventory=replace(
            inventory, sources=_keys(inventory.sources, ids), configured=_keys(inventory.configured, ids)
        ),
    )


def _keys(by_id: Mapping[str, T], ids: Ids) -> dict[str, T]:
    return {_id(name, ids): one for name, one in by_id.items()}


def _id(name: str, ids: Ids) -> str:
    return ids.get(name, name)


def _subject(text: str, ids: Ids) -> str:
    """Return a subject, or the key of a finding that ends with one, under the camera's new id."""
    before, camera, name = text.rpartition("camera:")
    return f"{before}{camera}{_id(name, ids)}" if camera else text
