"""Bench `hub_log`: what the log of a city's reports costs the hub, how large a receipt gets, who tells a rewriting.

Run: python tests/bench/hub_log.py [--quick] [--json]. What each figure means stands in README.md beside this file.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent.contract.signing_keys import Signer, load_or_create_signer
from agent.hub.domain.tree import WIDTH, Tree
from agent.hub.log.messages import messages_of
from agent.hub.log.running import LOOK_S
from agent.hub.log.sequencer import append
from agent.hub.log.witness import witness
from agent.hub.stores.log import LogStore
from agent.hub.stores.store import Store
from agent.model.errors import NotVerified
from agent.verify.checkpoint import origin_of, write_checkpoint
from agent.verify.merkle import leaf_hash, node_hash
from agent.verify.receipt import entry_of, read_receipt, write_proof
from measure.figures import Figure, flags, say, show
from tests.support.hub_rows import put_row
from tests.support.lying_logs import LATER, Shown, grown, honest, restored, rewrites

CPU = Figure("log_cpu_s_per_day_5000_sites", "s", 10.0, "lower")
BYTES = Figure("receipt_bytes_at_2_30", "bytes", 2000, "lower")
TOLD = Figure("rewrites_told_ratio", "", 1.0, "higher")
FALSE = Figure("false_alarms", "alarms", 0, "lower")

SIZES = (7, 256, 300)
"""Of logs that are rewritten: below, at and above the edge of a tile."""

GOES_ON: tuple[Callable[[Shown], Shown], ...] = (
    lambda shown: shown,
    grown,
    lambda shown: grown(shown, 260),
    lambda shown: grown(restored(shown, len(shown.entries) - 100)),
    grown,
    lambda shown: shown,
    lambda shown: restored(shown, len(shown.entries), LATER + timedelta(days=1)),
    grown,
)
"""How an honest log goes on, over two restores that are stated."""

SITES = 5_000
HEALTH = 96
A_SITE_DAY = HEALTH + 1 + 9
"""Health, configuration and events."""

LOOKS = int(86_400 / LOOK_S)
BEGINS_AT = datetime(2026, 11, 24, tzinfo=UTC)
PAYLOAD = b"x" * 3_800
A_PERIOD = 18
"""Looks in the 15 minutes between two health reports of a site: so old is what it holds."""


def stream_of(n: int) -> str:
    """Return the stream of the report of a number: 96 of 106 are health reports."""
    return "health" if n % A_SITE_DAY < HEALTH else "event"


def day(directory: Path, signer: Signer, looks: int) -> float:
    """Return the CPU time of so many looks at what 5,000 sites send between two, with a message to each of them.

    The reports are in `hub.db` with a body of their size before each look; what storing them costs is the intake's.
    """
    a_look = SITES * A_SITE_DAY // LOOKS
    spent_s = 0.0
    with closing(Store(directory)) as store, closing(LogStore(directory)) as log:
        for look in range(looks):
            rows = range(look * a_look, (look + 1) * a_look)
            with store.transaction():
                for n in rows:
                    put_row(
                        store, n // SITES + 1, f"{n:064x}", PAYLOAD, site=f"S{n % SITES:05}",
                        stream="health" if n % A_SITE_DAY < HEALTH else "event",
                    )  # fmt: skip
                    store.run(
                        "INSERT OR REPLACE INTO log_held VALUES (?, ?)",
                        *(f"S{n % SITES:05}", max(0, (look - A_PERIOD) * a_look)),
                    )
            begun = time.process_time()
            state, entries = append(log, store, signer, BEGINS_AT)
            made = [message.payload for message in messages_of(log, state, entries)]
            spent_s += time.process_time() - begun
            if (state.size, len(made)) != (rows.stop, sum(stream_of(n) == "health" for n in rows)):
                raise RuntimeError("the log is not whole: no time is worth anything")
            told = json.loads(made[look % len(made)])
            read_receipt(told["receipt"], {signer.kid: signer.public})
            if look > A_PERIOD and len(told["proofs"]) != 1:
                raise RuntimeError("a site is not shown that the log continues")
    return spent_s


def receipt_bytes(signer: Signer) -> int:
    """Return the size of a receipt under a checkpoint of 2^30 entries, verified.

    The entries are equal, so that a tree of this size is known without having been built.
    """
    salt, digest, size = bytes(16), "ab" * 32, 2**30
    heights = [leaf_hash(entry_of(salt, digest))]
    for _ in range(40):
        heights.append(node_hash(heights[-1], heights[-1]))
    tree = Tree(size, lambda level, _: heights[8 * level] * WIDTH)
    index = size - 12_345
    (path,) = tree.inclusion(index, index + 1)
    note = write_checkpoint(origin_of(signer.kid, BEGINS_AT), size, tree.root(), signer)
    receipt = f"{write_proof(entry_of(salt, digest), index, path)}{note}"
    if read_receipt(receipt, {signer.kid: signer.public}).checkpoint.size != size:
        raise RuntimeError("the receipt is of another log")
    return len(receipt.encode())


def is_told(own: Path, shown: Shown, hub: Signer) -> bool:
    """Return whether a witness refuses what a hub shows it."""
    with tempfile.TemporaryDirectory() as folder:
        shown.write(Path(folder))
        try:
            witness(Path(folder), own, {hub.kid: hub.public}, LATER)
        except NotVerified:
            return True
    return False


def told(home: Path, hub: Signer, sizes: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Return rewritings and how many a witness refused; honest steps and how many it refused.

    A witness that has seen a log is shown every rewriting of it, each for itself; then how the log honestly goes on,
    twice over a restore that is stated.
    """
    made = refused = steps = alarms = 0
    stranger = load_or_create_signer(home / "stranger-key.pem")
    for size in sizes:
        own = home / f"witness-{size}"
        own.mkdir()
        held = honest(size, hub)
        alarms += is_told(own, held, hub)
        for name, shown in rewrites(held, stranger):
            made += 1
            is_refused = is_told(own, shown, hub)
            refused += is_refused
            if not is_refused:
                say(f"not told: {name}")
        shown = held
        for go_on in GOES_ON:  # each from the one before: a log has one past
            shown = go_on(shown)
            steps += 1
            alarms += is_told(own, shown, hub)
    return made, refused, steps, alarms


def main() -> None:
    """Measure, and print the one JSON object."""
    asked = flags(__doc__ or "")
    looks, repeats = (24, 1) if asked.quick else (LOOKS, 3)
    spent: list[float] = []
    with tempfile.TemporaryDirectory() as name:
        signer = load_or_create_signer(Path(name) / "hub-key.pem")
        for repeat in range(repeats):
            say(f"{looks} looks, {repeat + 1}/{repeats}")
            spent.append(day(Path(name) / str(repeat), signer, looks) * LOOKS / looks)
        made, refused, steps, alarms = told(Path(name), signer, SIZES)
        figures = {
            CPU.name: CPU.of(spent),
            BYTES.name: BYTES.of([receipt_bytes(signer)]),
            TOLD.name: TOLD.of([refused / made]),
            FALSE.name: FALSE.of([alarms]),
        }
    reports = looks * (SITES * A_SITE_DAY // LOOKS)
    show("hub_log", asked, figures, {"looks": looks, "reports": reports, "rewrites": made, "honest_steps": steps})


if __name__ == "__main__":
    main()
