"""The faults of `cluster_faults`: what happens, and how it is mended, as the runbooks say."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from patience import waits
from province import Province
from rabbitmq import STARTS_WITHIN_S
from small_disk import fill, free

from measure.figures import say

Mend = Callable[[], None]
"""Called once all reports are confirmed."""

_HELD_S: Final = 5.0
_FULL_S: Final = 15.0
_SLOW_S: Final = 15.0
_SYNC_TAKES_S: Final = 0.5
_SYNCS: Final = "fdatasync,fsync"
_PERSON_TAKES_S: Final = 5.0
_MEMBERS_START_S: Final = 30.0


def kill_node(running: Province, dice: random.Random) -> Mend:
    """End a node as a power cut does; it is started again when all is confirmed by the others."""
    node = dice.choice(running.nodes)
    node.kill()

    def mend() -> None:
        node.start()
        _make_whole(running)

    return mend


def kill_worker(running: Province, dice: random.Random) -> Mend:
    """End a worker as a power cut does, and start it again at once, as systemd would."""
    worker = dice.choice(running.workers)
    worker.stop(signal.SIGKILL)
    worker.begin()
    return lambda: None


def hold_node(running: Province, dice: random.Random) -> Mend:
    """Stop a node for a while without ending it: its connections stay open, and nothing answers."""
    node = dice.choice(running.nodes)
    node.signal(signal.SIGSTOP)
    time.sleep(_HELD_S)
    node.signal(signal.SIGCONT)
    return lambda: None


def take_room(running: Province, dice: random.Random) -> Mend:
    """Have a node believe for a while that its disk has no room: no node takes anything then, or says anything."""
    node = dice.choice(running.nodes)
    node.ctl("set_disk_free_limit", "1000000GB")
    time.sleep(_HELD_S)
    node.ctl("set_disk_free_limit", "50MB")
    return lambda: None


def kill_primary(running: Province, dice: random.Random) -> Mend:
    """End the database that writes as a power cut does, and promote the other; the first comes back as its standby."""
    running.servers.kill(running.servers.primary)
    time.sleep(_PERSON_TAKES_S)
    running.servers.promote()
    return running.servers.rejoin


def split(running: Province, dice: random.Random) -> Mend:
    """Cut a node off from the two others, not from sites and workers, until it takes nothing; then let it join."""
    node = dice.choice(running.nodes)
    node.spot.join(is_joined=False)
    waits(lambda: not node.accepts(), STARTS_WITHIN_S, told=lambda: "the node that was cut off goes on")

    def mend() -> None:
        node.spot.join(is_joined=True)
        waits(node.accepts, STARTS_WITHIN_S, told=lambda: "the node that was cut off does not come back")
        _make_whole(running)

    return mend


def slow_disk(running: Province, dice: random.Random) -> Mend:
    """Have each sync of a node's files take longer for a while: strace holds the call before it is made."""
    node = dice.choice(running.nodes)
    seen = Path(node.directory / "syncs")
    delay = f"inject={_SYNCS}:delay_enter={int(_SYNC_TAKES_S * 1e6)}"
    words = ["strace", "-f", "-qq", "-p", str(node.process), "-o", str(seen), "-e", f"trace={_SYNCS}", "-e", delay]
    tracing = subprocess.Popen(words)
    time.sleep(_SLOW_S)
    tracing.terminate()
    tracing.wait(STARTS_WITHIN_S)
    if "(DELAYED)" not in seen.read_text():
        raise RuntimeError("no sync of the node was held")
    seen.unlink()
    return lambda: None


def fill_node(running: Province, dice: random.Random) -> Mend:
    """Fill a node's disk to the last byte for a while, and restart it: its Mnesia has ended, it has not."""
    node = dice.choice(running.nodes)
    _full(node.directory)
    node.kill()
    node.start()
    return lambda: _make_whole(running)


def fill_database(running: Province, dice: random.Random) -> Mend:
    """Fill the disk of the database that writes to the last byte for a while, and start it where it has ended."""
    servers = running.servers
    _full(servers.disk(servers.primary))
    servers.revive()
    return servers.awaits_standby


KINDS: Final = {
    "node_killed": kill_node,
    "worker_killed": kill_worker,
    "node_held": hold_node,
    "no_room": take_room,
    "primary_killed": kill_primary,
    "split": split,
    "slow_disk": slow_disk,
    "full_disk": fill_node,
    "full_database": fill_database,
}

QUICK: Final = ("node_killed", "worker_killed", "primary_killed")
"""What needs neither root nor a minute."""


def _make_whole(running: Province) -> None:
    """Make members of queues anew that did not start with their node: one more fault would take such a queue away.

    RabbitMQ 4.0.5 gives a member up whose log it cannot read (`missing_key`), as after a full disk.
    """
    node = running.nodes[0]
    with suppress(AssertionError):  # they start one after the other
        waits(lambda: not node.members_gone(), _MEMBERS_START_S)
    for queue, of in node.members_gone():
        say(f"{queue}: its member on {of} is made anew")
        node.make_anew(queue, of)
    waits(lambda: not node.members_gone(), STARTS_WITHIN_S, told=lambda: f"not whole: {node.members_gone()}")


def _full(disk: Path) -> None:
    fill(disk)
    time.sleep(_FULL_S)
    free(disk)
