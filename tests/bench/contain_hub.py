"""The hub's part of bench `contain`: views over hostile bodies, one site trusted among many, kills while reports come.

Each function returns figures and what was measured under. `views` of another Python runs this file as a child:
`python contain_hub.py views [STEP]` prints how many bodies there were, and how many every view survived.
"""

from __future__ import annotations

import json
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), *(str(ROOT / "tests" / name) for name in ("", "support", "bench"))]

from fleet_parts import HubProcess  # noqa: E402
from hostile_bodies import hostile  # noqa: E402
from hubside import FAST, maker_on, site_on  # noqa: E402
from mosquitto import Broker  # noqa: E402

from agent.contract.chain import utc_text  # noqa: E402
from agent.contract.signing_keys import load_or_create_signer  # noqa: E402
from agent.deliver.publish.publisher import Publisher  # noqa: E402
from agent.hub.stores import signing_key, trust  # noqa: E402
from agent.verify.bindings import Binding, file_text  # noqa: E402
from fuzz.of_views import STREAMS, VIEWS  # noqa: E402
from measure.figures import Figure, say  # noqa: E402

SURVIVED = Figure("hub_views_survived_ratio", "ratio", 1, "higher")
TRUST_ADD = Figure("trust_add_ms", "ms", 10, "lower")
KILLS = Figure("hub_kills", "kills", 60, "higher")
LOST = Figure("lost", "reports", 0, "lower")

SITES = 100_000
PYTHON_313 = ROOT / "build/python-3.13/bin/python"

Measured = tuple[dict[str, dict[str, Any]], dict[str, Any]]


def views(quick: bool) -> Measured:
    """Show a city one of whose sites had each of the hostile bodies stored, on this Python and on 3.13."""
    if not PYTHON_313.exists() and not quick:
        raise SystemExit(f"{PYTHON_313} is missing: make build/python-3.13/installed")
    ratios, conditions = [], {}
    for python in (sys.executable, str(PYTHON_313)) if PYTHON_313.exists() else (sys.executable,):
        done = subprocess.run([python, __file__, "views", "9" if quick else "1"], check=True, capture_output=True)
        told = json.loads(done.stdout)
        say(f"views on Python {told['python']}: {told['survived']} of {told['bodies']}")
        ratios.append(told["survived"] / told["bodies"])
        conditions[f"bodies_{told['python']}"] = told["bodies"]
    return {SURVIVED.name: SURVIVED.of([min(ratios)])}, conditions


def views_here(step: int) -> dict[str, Any]:
    """Return how many bodies there were on this Python, and how many every view survived."""
    bodies = [(stream, data) for _, stream, data in hostile()][::step]
    survived = 0
    for stream, data in bodies:
        try:
            VIEWS["views"].function(bytes((STREAMS.index(stream),)) + data)  # type: ignore[arg-type]
            survived += 1
        except Exception as error:  # noqa: BLE001  what is counted
            print(type(error).__name__, stream, data[:80], file=sys.stderr)
    return {"python": ".".join(map(str, sys.version_info[:2])), "bodies": len(bodies), "survived": survived}


def trust_add(quick: bool) -> Measured:
    """Trust one site after the other beside 100,000 that are trusted already."""
    sites, times = (10_000, 5) if quick else (SITES, 50)
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as name:
        data = Path(name)
        (data / trust.FILE).write_text(file_text(Binding(f"{n:043d}", f"S{n}", utc_text(now)) for n in range(sites)))
        begun = time.perf_counter()
        trust.add(data, "first", "F" * 43, now)
        imported_s = time.perf_counter() - begun
        took_ms = []
        for number in range(times):
            begun = time.perf_counter()
            trust.add(data, f"T{number}", f"T{number:042d}", now)
            took_ms.append((time.perf_counter() - begun) * 1000)
    say(f"trust add beside {sites} sites: {sorted(took_ms)[times // 2]:.2f} ms")
    return {TRUST_ADD.name: TRUST_ADD.of(took_ms)}, {"trusted_sites": sites, "imported_once_s": round(imported_s, 2)}


def kills(quick: bool) -> Measured:
    """Kill the hub at random while reports come in over mosquitto; count what was committed and is not there."""
    times, rng = (5 if quick else 60), random.Random(17)
    with tempfile.TemporaryDirectory() as name, Broker(Path(name) / "broker") as broker:
        home = Path(name)
        maker, data = maker_on(home, broker), home / "hub"
        signer = load_or_create_signer(data / signing_key.KEY_NAME)
        trust.add(data, "S1", maker.signer.kid, datetime.now(UTC))
        spool = maker.open(max_bytes=512 * 1024 * 1024)
        hub = HubProcess(data, site_on(broker).port, ("--host", "127.0.0.1"))
        publisher = Publisher(
            maker.site, spool, maker.signer, {signer.kid: signer.public}, lambda: datetime.now(UTC), FAST
        )
        publisher.start()
        committed: set[tuple[str, str, int]] = set()
        while_coming = 0
        for number in range(times):
            hub.start()
            before = len(committed)
            until = time.monotonic() + rng.random() * 0.3
            while time.monotonic() < until or len(committed) == before:
                made = maker.cycle(spool, datetime.now(UTC), events=rng.randrange(1, 8))
                committed |= {(one.report.epoch, one.report.stream, one.report.seq) for one in made}
                publisher.wake()
            while_coming += not spool.drained()
            hub.stop(signal.SIGKILL)
            if number % 20 == 19:
                say(f"{number + 1} kills, {len(committed)} reports")
        hub.start()
        drained = publisher.drained(120)
        publisher.stop(10)
        spool.close()
        hub.stop()
        db = sqlite3.connect(data / "hub.db")
        kept = set(db.execute("SELECT epoch, stream, seq FROM report"))
        whole = db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        db.close()
    conditions = {
        "committed": len(committed),
        "kills_while_reports_waited": while_coming,
        "all_confirmed": drained,
        "integrity": whole,
    }
    return {KILLS.name: KILLS.of([times]), LOST.name: LOST.of([len(committed - kept)])}, conditions


if __name__ == "__main__":
    if sys.argv[1:2] == ["views"]:
        print(json.dumps(views_here(int(sys.argv[2]) if len(sys.argv) > 2 else 1)))
        sys.exit(0)
    sys.exit("contain_hub.py views [STEP]; the bench is contain.py")
