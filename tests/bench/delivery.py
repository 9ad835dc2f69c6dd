"""Bench `delivery`: reports from commit to the hub's word, against bare SQLite and bare paho in the same run.

Run: python tests/bench/delivery.py [--quick] [--json]. What each figure means stands in README.md beside this file.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from delivery_site import REPORT_BYTES, broker
from delivery_sizes import CAMERAS, cases

from agent.contract.signing_keys import jwk_set, load_or_create_signer
from measure.figures import Figure, flags, say, show

COMMIT: Final = Figure("commit_ratio", "x", 0.35, "higher")
BATCH: Final = Figure("commit_batch_per_s", "1/s", 12_000, "higher")
DRAIN: Final = Figure("drain_per_s", "1/s", 6_000, "higher")
VS_PAHO: Final = Figure("drain_vs_paho_ratio", "x", 0.5, "higher")
CONFIRMED: Final = Figure("confirmed_per_s", "1/s", 2_500, "higher")
HUB: Final = Figure("hub_per_s", "1/s", 3_000, "higher")
BACKLOG: Final = Figure("backlog_1m_extra_rss_mb", "MB", 60, "lower")
HEALTH: Final = Figure("health_64_bytes", "B", 4_096, "lower")
CONFIG: Final = Figure("config_64_bytes", "B", 65_536, "lower")

_BATCH: Final = 50
_HUB_AT_ONCE: Final = 256
_ROOT: Final = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Amounts:
    """How much is measured."""

    blocks: int
    singles: int
    batches: int
    drained: int
    confirmed: int
    hub: int
    rounds: int
    backlog: int
    more: int


FULL: Final = Amounts(9, 400, 60, 20_000, 10_000, 6_000, 5, 1_000_000, 2_000)
QUICK: Final = Amounts(1, 5, 2, 60, 40, 40, 1, 400, 40)


def main() -> None:
    """Measure, and print the one JSON object."""
    asked = flags(__doc__ or "")
    amounts = QUICK if asked.quick else FULL
    load = [round(os.getloadavg()[0], 2)]
    with tempfile.TemporaryDirectory(prefix="delivery-", dir=os.environ.get("BENCH_DIRECTORY")) as folder:
        directory = Path(folder)
        key = load_or_create_signer(directory / "hub-key.pem")
        jwks = directory / "hub.jwks.json"
        jwks.write_text(json.dumps(jwk_set({key.kid: key.public})))
        figures, conditions = _measured(amounts, directory, {"directory": folder, "hub_jwks": str(jwks)}, load)
    conditions |= {"report_bytes": REPORT_BYTES, "load_1min": load}
    show("delivery", asked, figures, conditions)


def _measured(
    amounts: Amounts, directory: Path, common: dict[str, Any], load: list[float]
) -> tuple[dict[str, Any], dict[str, Any]]:
    say("commits")
    commits = _child(
        "delivery_commit",
        {
            **common,
            "blocks": amounts.blocks,
            "singles": amounts.singles,
            "batches": amounts.batches,
            "batch": _BATCH,
        },
    )
    # A block of ours stands between two of the peer: what else the machine does hits both.
    bare = [(one["bare_s"] + one["bare_again_s"]) / 2 for one in commits]
    batch = [amounts.batches * _BATCH / one["batch_s"] for one in commits]
    load.append(round(os.getloadavg()[0], 2))
    say("the hub alone")
    hub = {"what": "alone", "count": amounts.hub, "at_once": _HUB_AT_ONCE, "rounds": amounts.rounds}
    alone = [amounts.hub / wall_s for wall_s in _child("delivery_hub", common | hub)]
    with broker(directory / "broker") as port:
        drained, paho, confirmed = _over_the_broker(amounts, {**common, "port": port})
        load.append(round(os.getloadavg()[0], 2))
        say("a large backlog")
        backlog = _backlog(amounts, {**common, "port": port})
    load.append(round(os.getloadavg()[0], 2))
    payloads = cases()
    figures = {
        COMMIT.name: COMMIT.of([b / one["single_s"] for one, b in zip(commits, bare, strict=True)]),
        BATCH.name: BATCH.of(batch),
        DRAIN.name: DRAIN.of([amounts.drained / one for one in drained]),
        VS_PAHO.name: VS_PAHO.of([p / one for p, one in zip(paho, drained, strict=True)]),
        CONFIRMED.name: CONFIRMED.of([amounts.confirmed / one for one in confirmed]),
        HUB.name: HUB.of(alone),
        BACKLOG.name: BACKLOG.of([backlog["full"]["peak_mb"] - backlog["empty"]["peak_mb"]]),
        HEALTH.name: HEALTH.of([max(one.health for one in payloads.values())]),
        CONFIG.name: CONFIG.of([max(one.config_deflated for one in payloads.values())]),
    }
    conditions = {
        "bare_commits_per_s": _median([amounts.singles / one for one in bare]),
        "single_commits_per_s": _median([amounts.singles / one["single_s"] for one in commits]),
        "commit_ratio_if_the_spool_were_bare": round(
            statistics.median(b / one["produced_s"] for one, b in zip(commits, bare, strict=True)), 3
        ),
        "paho_per_s": _median([amounts.drained / one for one in paho]),
        "token_bucket": "lifted by the publisher's parameter",
        "backlog": backlog,
        f"payloads_of_{CAMERAS}_cameras": {name: asdict(one) for name, one in payloads.items()},
    }
    return figures, conditions


def _over_the_broker(amounts: Amounts, common: dict[str, Any]) -> tuple[list[float], list[float], list[float]]:
    """Drain and paho in turn on one broker, then rounds with a hub; each in a process of its own."""
    say("drained to mosquitto, against paho")
    drained, paho, confirmed = [], [], []
    for number in range(amounts.rounds):
        spool = {"spool": f"drained-{number}.db", "count": amounts.drained}
        _child("delivery_drain", common | spool | {"what": "fill"})
        paho.append(_child("delivery_drain", common | spool | {"what": "paho"})["wall_s"])
        drained.append(_child("delivery_drain", common | spool | {"what": "drain"})["wall_s"])
    say("confirmed by the hub")
    for number in range(amounts.rounds):
        spool = {"spool": f"confirmed-{number}.db", "count": amounts.confirmed}
        _child("delivery_drain", common | spool | {"what": "fill"})
        with _hub(common | {"what": "running", "hub": f"hub-{number}"}):
            confirmed.append(_child("delivery_drain", common | spool | {"what": "confirmed"})["wall_s"])
    return drained, paho, confirmed


def _backlog(amounts: Amounts, common: dict[str, Any]) -> dict[str, Any]:
    """Return what the same work costs on a spool with nothing in it and on one with everything in it."""
    asked = common | {"more": amounts.more}
    empty = _child("delivery_backlog", asked | {"spool": "empty.db"})
    fill = {"what": "fill", "spool": "full.db", "count": amounts.backlog}
    fill_s = _child("delivery_drain", common | fill)["wall_s"]
    full = _child("delivery_backlog", asked | {"spool": "full.db"})
    if full["waiting"] != amounts.backlog:
        raise RuntimeError(f"{full['waiting']} waiting, not {amounts.backlog}")
    return {"empty": empty, "full": full, "filled_per_s": round(amounts.backlog / fill_s)}


def _median(values: list[float]) -> float:
    return round(statistics.median(values))


def _child(module: str, asked: dict[str, Any]) -> Any:
    """Run a part of this bench in a process of its own; return what it printed.

    Raises:
        RuntimeError: It failed, or what it measured was not done.
    """
    done = subprocess.run(
        [sys.executable, "-P", "-m", module],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=3600,
        env=_environment(),
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{module} {asked.get('what', '')}: {done.stderr[-2000:]}")
    return json.loads(done.stdout)


@contextmanager
def _hub(asked: dict[str, Any]) -> Iterator[None]:
    """Run the hub until the block ends; it is subscribed when the block begins."""
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "delivery_hub"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=_environment(),
    )
    try:
        if child.stdin is None or child.stdout is None:
            raise RuntimeError("no pipes")
        child.stdin.write(json.dumps(asked))
        child.stdin.close()
        if child.stdout.readline() != "ready\n":
            raise RuntimeError("the hub did not start")
        yield
    finally:
        child.terminate()
        child.wait(20)
        if child.stdout is not None:
            child.stdout.close()


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LC_ALL") if name in os.environ}
    return kept | {"PYTHONPATH": os.pathsep.join((str(_ROOT / "tests" / "bench"), str(_ROOT)))}


if __name__ == "__main__":
    main()
