"""Reads the memory of the service beside it, without locking its spool: for commands that show it."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from agent.deliver.keys.rotate import SPOOL_NAME
from agent.deliver.spool.read_only import view
from agent.judge.memory import memory
from agent.judge.memory.episodes import Episode, open_episodes
from agent.judge.memory.memory import EMPTY_MEMORY, Memory
from agent.model.errors import AgentError
from agent.observe.inventory.unconfigured import NOTHING_YET
from agent.observe.remembered.value import EMPTY


def read_memory(directory: Path) -> Memory:
    """Return the memory of the last committed cycle.

    Raises:
        UsageError: There is no spool yet.
        Forbidden: This user may not read it.
        SpoolFailed: It is damaged, or the disk refuses.
    """
    with view(directory / SPOOL_NAME) as spool:
        return memory.from_json(spool.memory())


def sources_known(directory: Path, site_id: str) -> Memory:
    """Return a memory of nothing but which video source each camera is; an empty one without a service to ask.

    A recorder that lists only its online sources shifts the numbers of the others when one goes: a look without any
    memory would judge a camera by its neighbour.
    """
    with suppress(AgentError):
        known = read_memory(directory)
        if known.site == site_id:
            kept = known.remembered
            inventory = replace(NOTHING_YET, sources=kept.inventory.sources)
            return Memory(site=site_id, remembered=replace(EMPTY, inventory=inventory, owners=kept.owners))
    return EMPTY_MEMORY


def episodes_known(directory: Path) -> dict[str, Episode]:
    """Return the open episodes by key; none where no service runs here, or this user may not read them."""
    with suppress(AgentError):
        return {one.key: one for one in open_episodes(read_memory(directory).known)}
    return {}
