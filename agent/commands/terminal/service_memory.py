"""Reads the memory of the service beside it, without locking its spool: for commands that show it."""

from contextlib import suppress
from pathlib import Path

from agent.deliver.keys.rotate import SPOOL_NAME
from agent.deliver.spool.read_only import view
from agent.judge.memory import memory
from agent.judge.memory.episodes import Episode, open_episodes
from agent.judge.memory.memory import Memory
from agent.model.errors import AgentError


def read_memory(directory: Path) -> Memory:
    """Return the memory of the last committed cycle.

    Raises:
        UsageError: There is no spool yet.
        Forbidden: This user may not read it.
        SpoolFailed: It is damaged, or the disk refuses.
    """
    with view(directory / SPOOL_NAME) as spool:
        return memory.from_json(spool.meta("memory"))


def episodes_known(directory: Path) -> dict[str, Episode]:
    """Return the open episodes by key; none where no service runs here, or this user may not read them."""
    with suppress(AgentError):
        return {one.key: one for one in open_episodes(read_memory(directory).known)}
    return {}
