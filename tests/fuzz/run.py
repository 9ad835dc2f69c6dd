"""Fuzzes every parser that reads foreign bytes: `make fuzz`. Each target for FUZZ_SECONDS, two at a time, niced.

Run: python tests/fuzz/run.py [--seconds S] [--jobs N] [--only NAME ...]. Shows how far each is, writes a table and
build/fuzz/summary.json, and ends with 1 where a target crashed or died. Inputs that crash lie in build/fuzz/NAME/.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests/support")]

from fuzz.targets import TARGETS  # noqa: E402  the line above makes it findable

NAMES = tuple(TARGETS)
OUT = ROOT / "build/fuzz"
PROGRESS_S = 20.0
GRACE_S = 300.0


def main() -> int:
    """Run the targets, and say whether each held its contract."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES)
    args = parser.parse_args()
    if not (OUT / "atheris").is_dir():
        raise SystemExit("atheris is missing: run `make fuzz`, which installs it below build/fuzz/")
    waiting, running, done = list(args.only), {}, []
    said_s = time.monotonic()
    try:
        while waiting or running:
            while waiting and len(running) < args.jobs:
                name = waiting.pop(0)
                running[name] = (_started(name, args.seconds), time.monotonic())
            time.sleep(0.5)
            for name, (process, begun_s) in list(running.items()):
                if process.poll() is None and time.monotonic() - begun_s < args.seconds + GRACE_S:
                    continue
                process.kill()
                process.wait()
                del running[name]
                done.append(_result(name, process.returncode))
                _say(done[-1])
            if time.monotonic() - said_s > PROGRESS_S:
                said_s = time.monotonic()
                for name in running:
                    _say({"code": "runs", **_noted(name)})
    finally:
        for process, _ in running.values():
            process.kill()
            process.wait()
    _keep(done)
    return 1 if any(one["crashes"] or one["code"] for one in done) else 0


def _started(name: str, seconds: float) -> subprocess.Popen[bytes]:
    place = OUT / name
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    command = [
        "nice",
        "-n",
        "19",
        sys.executable,
        str(Path(__file__).parent / "one.py"),
        name,
        str(seconds),
        str(place),
    ]
    with (place / "log").open("wb") as log:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)


def _noted(name: str) -> dict[str, Any]:
    nothing = {"target": name, "executions": 0, "seconds": 0.0, "crashes": 0, "kinds": {}}
    try:
        told: dict[str, Any] = json.loads((OUT / name / "result.json").read_text())
    except (OSError, ValueError):
        told = nothing
    log = (OUT / name / "log").read_text("utf-8", "replace")
    runs = re.findall(r"(?:Done|stat::number_of_executed_units:) *(\d+)", log)
    reached = re.findall(r"cov: (\d+) ft: (\d+) corp: (\d+)", log)
    coverage, features, corpus = map(int, reached[-1]) if reached else (None, None, None)
    told["executions"] = max(told["executions"], int(runs[-1]) if runs else 0)
    return {**told, "coverage": coverage, "features": features, "corpus": corpus}


def _result(name: str, code: int) -> dict[str, Any]:
    commit = subprocess.run(
        ["git", "-C", str(ROOT), "describe", "--always", "--dirty"], capture_output=True, text=True, check=False
    ).stdout.strip()
    return {**_noted(name), "code": code, "commit": commit, "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M}"}


def _say(one: dict[str, Any]) -> None:
    kinds = "; ".join(one["kinds"])
    sys.stderr.write(
        f"{one['target']:8} {one['code']!s:5} {one['seconds']:7.0f} s {one['executions']:10} runs"
        f"  {one['coverage'] or '-':>6} branches  {one['crashes']} crashes {kinds}\n"
    )
    sys.stderr.flush()


def _keep(done: list[dict[str, Any]]) -> None:
    """Put the newest result of each target into the summary."""
    path = OUT / "summary.json"
    try:
        known = {one["target"]: one for one in json.loads(path.read_text())}
    except (OSError, ValueError):
        known = {}
    known |= {
        one["target"]: {key: value for key, value in one.items() if key != "kinds"} | {"kinds": list(one["kinds"])}
        for one in done
    }
    path.write_text(json.dumps([known[name] for name in NAMES if name in known], indent=1) + "\n")
    rows = [
        "| target | date | commit | seconds | executions | branches | slowest, s | peak, MB | crashes |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name in NAMES:
        if name in known:
            one = known[name]
            cells = [name, one["date"], one["commit"], f"{one['seconds']:.0f}", f"{one['executions']:,}"]
            cells += [one["coverage"] or "-", one.get("slowest_s", "-"), one.get("peak_mb", "-"), one["crashes"]]
            rows.append("| " + " | ".join(map(str, cells)) + " |")
    (OUT / "summary.md").write_text("\n".join(rows) + "\n")
    sys.stdout.write("\n".join(rows) + "\n")


if __name__ == "__main__":
    sys.exit(main())
