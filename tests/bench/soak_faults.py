"""The faults of the soak: each breaks something on the stage, waits, and puts it right again.

None waits until the agent has recovered: the next fault may well hit it while it does.
"""

from __future__ import annotations

import random
import shutil
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from soak_agent import SITE
from soak_stage import Stage

_YEARS_S: Final = 366 * 86_400
_CLOCKS_S: Final = (-56 * _YEARS_S, 14 * _YEARS_S, -3600, 3600, -30 * 86_400)
_GROWS_WITHIN_S: Final = 20.0


@dataclass(frozen=True)
class Fault:
    """A kind of fault. `often`: how many of a hundred, about. `does` returns what it could not do, else nothing."""

    name: str
    often: int
    does: Callable[[Stage, random.Random], str | None]


def _hold(dice: random.Random, least_s: float = 0.1, most_s: float = 1.0) -> None:
    threading.Event().wait(dice.uniform(least_s, most_s))


def _grows(stage: Stage) -> str | None:
    """Wait until the agent has committed something since: a fault must hit an agent that lives."""
    before, deadline = stage.journal.stat().st_size if stage.journal.exists() else 0, time.monotonic() + _GROWS_WITHIN_S
    while not stage.journal.exists() or stage.journal.stat().st_size <= before:
        stage.start_agent()
        if time.monotonic() > deadline:
            return "the agent commits nothing"
        threading.Event().wait(0.02)
    return None


def _broker_killed(stage: Stage, dice: random.Random) -> None:
    stage.broker.kill()
    _hold(dice, 0.0, 0.5)
    stage.broker.start()


def _broker_forgets(stage: Stage, dice: random.Random) -> None:
    stage.broker.kill()
    stage.broker.forget()
    _hold(dice, 0.0, 0.5)
    stage.broker.start()


def _broker_away(stage: Stage, dice: random.Random) -> None:
    stage.broker.stop()
    _hold(dice, 1.0, 3.0)
    stage.broker.start()


def _agent_killed(stage: Stage, dice: random.Random) -> str | None:
    _hold(dice, 0.0, 0.3)
    stage.end_agent(signal.SIGKILL)
    stage.start_agent()
    return _grows(stage)


def _link_cut(stage: Stage, dice: random.Random) -> None:
    for _ in range(dice.randrange(1, 6)):
        stage.proxy.cut()
        _hold(dice, 0.0, 0.2)


def _half_open(stage: Stage, dice: random.Random) -> None:
    stage.proxy.forget()
    _hold(dice, 0.5, 4.0)


def _frozen(stage: Stage, dice: random.Random) -> None:
    stage.proxy.freeze(True)
    _hold(dice, 0.5, 3.0)
    stage.proxy.freeze(False)


def _slow(stage: Stage, dice: random.Random) -> None:
    stage.proxy.slow(dice.choice((2_000, 20_000)))
    _hold(dice, 1.0, 3.0)
    stage.proxy.slow(None)


def _garbled(stage: Stage, dice: random.Random) -> None:
    stage.proxy.garble(dice.randrange(1, 4))
    _hold(dice, 0.1, 0.5)
    stage.proxy.garble(0)


def _disk_full(stage: Stage, dice: random.Random) -> str | None:
    if not stage.disk:
        return "no disk of its own to fill"
    filler = stage.fill_disk()
    _hold(dice, 0.3, 1.5)
    if dice.random() < 0.5:
        stage.end_agent(signal.SIGKILL)  # a start on a full disk
        stage.start_agent()
        _hold(dice, 0.5, 1.0)
    filler.unlink()
    return _grows(stage)


def _spool_flipped(stage: Stage, dice: random.Random) -> str | None:
    failure = _grows(stage)
    stage.end_agent(dice.choice((signal.SIGKILL, signal.SIGTERM)))
    path = stage.state / "spool.db"  # a flip in its log is a power cut that keeps less of it: SQLite takes it for one
    for _ in range(dice.choice((1, 8, 64))):
        with path.open("r+b") as file:
            file.seek(dice.randrange(path.stat().st_size))
            byte = file.read(1)
            file.seek(-1, 1)
            file.write(bytes((byte[0] ^ 1 << dice.randrange(8),)))
    stage.start_agent()
    return failure or _grows(stage)


def _spool_restored(stage: Stage, dice: random.Random) -> str | None:
    """Put an older copy in place. What was never delivered would go with the file, so everything is delivered first."""
    backup, current = stage.directory / "backup.db", stage.state / "spool.db"
    if not backup.exists() or dice.random() < 0.3:
        stage.end_agent()
        shutil.copy(current, backup)
        stage.start_agent()
        _grows(stage)
    said = stage.drain()
    if said["drained"]:
        for path in stage.state.glob("spool.db-*"):
            path.unlink()
        shutil.copy(backup, current)
    stage.start_agent()
    return _grows(stage) if said["drained"] else "not everything was confirmed in time"


def _second_agent(stage: Stage, dice: random.Random) -> None:
    """Another client with the same certificate and name takes the connection over, more than once."""
    for _ in range(dice.randrange(1, 4)):
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=SITE, protocol=mqtt.MQTTv5)
        kept = stage.certificates
        client.tls_set(str(kept / "ca.crt"), str(kept / "S1.crt"), str(kept / "S1.key"))
        with suppress(OSError):
            client.connect("127.0.0.1", stage.broker.port)
            client.loop_start()
            _hold(dice, 0.1, 0.6)
            client.disconnect()
            client.loop_stop()


def _not_permitted(stage: Stage, dice: random.Random) -> None:
    stage.permit(False)
    _hold(dice, 0.5, 2.0)
    stage.permit(True)
    stage.proxy.cut()  # what was refused is tried again at the next connection


def _packets_limited(stage: Stage, dice: random.Random) -> None:
    stage.limit_packets(dice.choice((1_500, 3_000)))
    _hold(dice, 0.5, 2.0)
    stage.limit_packets(262_144)


def _certificate_expired(stage: Stage, dice: random.Random) -> None:
    stage.certify(timedelta(days=-1))
    stage.proxy.cut()
    _hold(dice, 0.5, 2.0)
    stage.certify()


def _wrong_authority(stage: Stage, dice: random.Random) -> None:
    stage.authority(False)
    stage.proxy.cut()
    _hold(dice, 0.5, 2.0)
    stage.authority(True)


def _clock_jumps(stage: Stage, dice: random.Random) -> None:
    _set_clock(stage.clock_file, dice.choice(_CLOCKS_S))
    _hold(dice, 0.3, 1.5)
    _set_clock(stage.clock_file, 0)


def _set_clock(path: Path, seconds: int) -> None:
    fresh = path.with_name("clock.new")
    fresh.write_text(str(seconds))
    fresh.rename(path)


def _hub_killed(stage: Stage, dice: random.Random) -> None:
    stage.hub.stop(signal.SIGKILL)
    _hold(dice, 0.0, 1.0)
    stage.hub.start()


def _hub_forgets(stage: Stage, dice: random.Random) -> None:
    stage.hub.stop(signal.SIGKILL)
    stage.lose_hub_database()
    _hold(dice, 0.0, 1.0)
    stage.hub.start()


def _broker_loses_what_it_took(stage: Stage, dice: random.Random) -> None:
    """The hub is away, the broker acknowledges everything for it, and then forgets: PUBACK is not delivery."""
    stage.hub.stop(signal.SIGKILL)
    _hold(dice, 0.3, 1.5)
    stage.broker.kill()
    stage.broker.forget()
    stage.broker.start()
    stage.hub.start()


FAULTS: Final = (
    Fault("agent_killed", 14, _agent_killed),
    Fault("broker_killed", 9, _broker_killed),
    Fault("broker_killed_and_store_lost", 6, _broker_forgets),
    Fault("broker_lost_what_it_took_for_a_hub_that_was_away", 5, _broker_loses_what_it_took),
    Fault("broker_away", 4, _broker_away),
    Fault("link_cut", 8, _link_cut),
    Fault("half_open", 5, _half_open),
    Fault("link_frozen", 4, _frozen),
    Fault("link_slow", 4, _slow),
    Fault("link_garbled", 5, _garbled),
    Fault("disk_full", 6, _disk_full),
    Fault("spool_bytes_flipped", 7, _spool_flipped),
    Fault("spool_restored", 4, _spool_restored),
    Fault("second_agent", 4, _second_agent),
    Fault("access_refused", 4, _not_permitted),
    Fault("packet_limit_lowered", 3, _packets_limited),
    Fault("certificate_expired", 4, _certificate_expired),
    Fault("wrong_authority", 3, _wrong_authority),
    Fault("clock_jumped", 5, _clock_jumps),
    Fault("hub_killed", 6, _hub_killed),
    Fault("hub_database_lost", 2, _hub_forgets),
)
