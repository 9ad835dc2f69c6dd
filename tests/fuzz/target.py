"""What a fuzzing target is, and what counts as a crash of it.

The contract: given any bytes, a target returns or raises one of its documented errors, within bounded time and memory.
Everything else is a crash: another exception, more processor time than `LIMIT_S`, or memory that grows by more than
`GROWTH_MAX_MB` with one input. The engine that makes the bytes (`one.py`, `replay.py`) decides nothing of this.
"""

from __future__ import annotations

import random
import resource
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CORPUS = Path(__file__).resolve().parent / "corpus"

LIMIT_S = 5.0
"""Processor time for one input. Instrumented code on a busy machine is some ten times slower than the product."""

GROWTH_MAX_MB = 512.0

_NUMBERS = (
    b"\xff\xff\xff\xff",
    b"\x00\x00\x00\x00",
    b"\x7f\xff\xff\xff",
    b"-1",
    b"1e999",
    b"NaN",
    b"99999999999999999999",
)


@dataclass(frozen=True, slots=True)
class Target:
    """One parser, or several of a kind. `function` may raise `allowed`; `seeds` are well-formed inputs of it.

    `guided` False: what reads the bytes runs in another process, so that its coverage cannot be seen. `replays`: how
    many mutations of its seeds and kept inputs the normal tests run.
    """

    function: Callable[[bytes], object]
    allowed: tuple[type[Exception], ...]
    seeds: Callable[[], Iterable[bytes]]
    max_bytes: int = 16 * 1024
    guided: bool = True
    replays: int = 200


@dataclass(frozen=True, slots=True)
class Crash:
    """What broke the contract: the kind, where in our code, and the traceback."""

    kind: str
    where: str
    text: str


def crash_of(target: Target, data: bytes) -> Crash | None:
    """Run a target on some bytes; None where it held its contract."""
    _forget_peak()
    before_mb, begun_s = _peak_mb(), time.process_time()
    try:
        target.function(data)
    except target.allowed:
        pass
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001 # whatever it is: that is what is looked for
        return Crash(type(error).__name__, _where(error), traceback.format_exc())
    took_s, grown_mb = time.process_time() - begun_s, _peak_mb() - before_mb
    if took_s > LIMIT_S:
        return Crash("slow", "", f"{took_s:.1f} s of processor time for {len(data)} bytes")
    if grown_mb > GROWTH_MAX_MB:
        return Crash("memory", "", f"{grown_mb:.0f} MB more for {len(data)} bytes")
    return None


def kept(name: str) -> list[Path]:
    """Return the files of a target's corpus."""
    return sorted(path for path in (CORPUS / name).glob("*") if path.is_file())


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Return the bytes with one to several wounds."""
    wounded = bytearray(data or b"\x00")
    for _ in range(rng.choice((1, 1, 2, 4, 16, 64))):
        at = rng.randrange(len(wounded))
        wound = rng.randrange(6)
        if wound == 0:
            wounded[at] = rng.randrange(256)
        elif wound == 1:
            number = rng.choice(_NUMBERS)
            wounded[at : at + len(number)] = number
        elif wound == 2:
            del wounded[at : at + rng.randrange(1, 64)]
        elif wound == 3:
            wounded[at:at] = wounded[: rng.randrange(400)]
        elif wound == 4:
            start = rng.randrange(len(wounded))
            wounded[at : at + 32] = wounded[start : start + 32]
        else:
            wounded[at] ^= 1 << rng.randrange(8)
        if not wounded:
            return b"\x00"
    return bytes(wounded[: rng.randrange(1, len(wounded) + 1)] if rng.random() < 0.2 else wounded)


def _forget_peak() -> None:
    """Set the process's peak back to what it holds now: a peak of earlier work would hide what an input takes.

    Source: proc_pid_clear_refs(5), value 5.
    """
    Path("/proc/self/clear_refs").write_text("5")


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _where(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    ours = [one for one in frames if Path(one.filename).is_relative_to(ROOT) and "/tests/" not in one.filename]
    last = [one for one in ours if "/.venv/" not in one.filename][-1:] or frames[-1:]
    return f"{Path(last[0].filename).name}:{last[0].name}" if last else ""
