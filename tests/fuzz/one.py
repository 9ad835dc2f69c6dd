"""Runs one target for some time and writes what came of it: started by `run.py`, one process for each target.

Guided by atheris (libFuzzer): it sees which branches of our code an input reaches. A crash is written down and the run
goes on, so that one that is known does not hide the next. A target whose code runs in another process is fed by
`target.mutated` instead.
"""

from __future__ import annotations

import hashlib
import json
import logging
import random
import resource
import sys
import time
import warnings
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
ATHERIS = ROOT / "build/fuzz/atheris"
MEMORY_MAX_BYTES = 6 * 1024 * 1024 * 1024
CRASHES_MAX = 50
PACKAGES = ["agent", "drivers", "masking"]

sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests/support"), str(ATHERIS)]


class Notes:
    """Counts what was run, and keeps each kind of crash once, with the bytes that provoked it."""

    def __init__(self, name: str, out: Path) -> None:
        self.name, self.out = name, out
        self.executions = self.crashes = 0
        self.kinds: dict[str, dict[str, Any]] = {}
        self.slowest_s = 0.0
        self._begun_s = self._written_s = time.monotonic()

    def take(self, target: Any, data: bytes) -> None:
        """Run one input."""
        from fuzz.target import crash_of

        self.executions += 1
        begun_s = time.process_time()
        crash = crash_of(target, data)
        self.slowest_s = max(self.slowest_s, time.process_time() - begun_s)
        if crash is not None:
            self.crashes += 1
            kind = f"{crash.kind} {crash.where}"
            if kind not in self.kinds and len(self.kinds) < CRASHES_MAX:
                file = self.out / f"crash-{hashlib.sha256(data).hexdigest()[:12]}"
                file.write_bytes(data)
                self.kinds[kind] = {"file": file.name, "text": crash.text[-3000:]}
                self.write()
        if time.monotonic() - self._written_s > 2.0:
            self.write()

    def write(self) -> None:
        """Write the figures so far."""
        self._written_s = time.monotonic()
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        told = {
            "target": self.name, "executions": self.executions, "seconds": round(self._written_s - self._begun_s, 1),
            "crashes": self.crashes, "kinds": self.kinds, "slowest_s": round(self.slowest_s, 2),
            "peak_mb": round(peak_mb),
        }  # fmt: skip
        part = self.out / "part.json"
        part.write_text(json.dumps(told, indent=1) + "\n")
        part.replace(self.out / "result.json")


def main() -> None:
    """Run the target named first, for so many seconds, with its files below a folder."""
    name, seconds, out = sys.argv[1], float(sys.argv[2]), Path(sys.argv[3])
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX_BYTES, MEMORY_MAX_BYTES))
    import atheris  # type: ignore[import-not-found]  # put there by `make fuzz`

    with atheris.instrument_imports(include=PACKAGES):
        from fuzz.targets import load

        target = load(name)
    from fuzz.target import kept, mutated

    notes = Notes(name, out)
    seeds = {hashlib.sha256(one).hexdigest(): one for one in (*target.seeds(), *(p.read_bytes() for p in kept(name)))}
    if not target.guided:
        rng, until_s = random.Random(time.time_ns()), time.monotonic() + seconds
        begun = list(seeds.values())
        while time.monotonic() < until_s:
            notes.take(target, mutated(rng.choice(begun), rng))
        notes.write()
        return
    for folder in ("seeds", "found"):
        (out / folder).mkdir(exist_ok=True)
    for digest, one in seeds.items():
        (out / "seeds" / digest[:16]).write_bytes(one[: target.max_bytes])
    flags = [f"-max_total_time={seconds:.0f}", f"-max_len={target.max_bytes}", "-timeout=300", "-rss_limit_mb=3000"]
    flags += ["-print_final_stats=1", "-reload=0", "-verbosity=1", f"-artifact_prefix={out}/"]
    atheris.Setup(
        [sys.argv[0], *flags, *sys.argv[4:], str(out / "found"), str(out / "seeds")],
        lambda data: notes.take(target, data),
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
