"""Bench `hub_log`: what the log of a city's reports costs the hub, and how large a receipt gets.

Run: python tests/bench/hub_log.py [--quick] [--json]. What each figure means stands in README.md beside this file.
"""

from __future__ import annotations

import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from agent.contract.signing_keys import Signer, load_or_create_signer
from agent.hub.log.receipts import proofs
from agent.hub.log.running import LOOK_S
from agent.hub.log.sequencer import append
from agent.hub.log.store import LogStore
from agent.hub.log.tree import WIDTH, Tree
from agent.hub.stores.store import Store
from agent.verify.checkpoint import origin_of, write_checkpoint
from agent.verify.merkle import leaf_hash, node_hash
from agent.verify.receipt import entry_of, read_receipt, write_proof
from measure.figures import Figure, flags, say, show

CPU = Figure("log_cpu_s_per_day_5000_sites", "s", 10.0, "lower")
BYTES = Figure("receipt_bytes_at_2_30", "bytes", 2000, "lower")

SITES = 5_000
A_SITE_DAY = 96 + 1 + 9
"""Health, configuration and events."""

LOOKS = int(86_400 / LOOK_S)
BEGINS_AT = datetime(2026, 11, 24, tzinfo=UTC)
PAYLOAD = b"x" * 3_900


def day(directory: Path, signer: Signer, looks: int) -> float:
    """Return the CPU time of so many looks at what a city of 5,000 sites sends between two, receipts included.

    The reports are in `hub.db` with a body of their size before each look; what storing them costs is the intake's.
    """
    a_look = SITES * A_SITE_DAY // LOOKS
    spent_s = 0.0
    with closing(Store(directory)) as store, closing(LogStore(directory)) as log:
        for look in range(looks):
            rows = range(look * a_look, (look + 1) * a_look)
            with store.transaction():
                for n in rows:
                    store.run(
                        "INSERT INTO report VALUES (NULL, ?, 'e1', 'health', ?, ?, '', 0, 'datong', '', '', '', ?)",
                        *(f"S{n % SITES:05}", n // SITES + 1, f"{n:064x}", PAYLOAD),
                    )
            begun = time.process_time()
            state, entries = append(log, store, signer, BEGINS_AT)
            made = [f"{proof}{state.note}" for proof in proofs(log, state, entries)]
            spent_s += time.process_time() - begun
            if (state.size, len(made)) != (rows.stop, a_look):
                raise RuntimeError("the log is not whole: no time is worth anything")
            read_receipt(made[look % a_look], {signer.kid: signer.public})
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
    receipt = f"{write_proof(salt, digest, index, path)}{note}"
    if read_receipt(receipt, {signer.kid: signer.public}).checkpoint.size != size:
        raise RuntimeError("the receipt is of another log")
    return len(receipt.encode())


def main() -> None:
    """Measure, and print the one JSON object."""
    asked = flags(__doc__ or "")
    looks, repeats = (12, 1) if asked.quick else (LOOKS, 3)
    spent: list[float] = []
    with tempfile.TemporaryDirectory() as name:
        signer = load_or_create_signer(Path(name) / "hub-key.pem")
        for repeat in range(repeats):
            say(f"{looks} looks, {repeat + 1}/{repeats}")
            spent.append(day(Path(name) / str(repeat), signer, looks) * LOOKS / looks)
        figures = {CPU.name: CPU.of(spent), BYTES.name: BYTES.of([receipt_bytes(signer)])}
    show("hub_log", asked, figures, {"looks": looks, "reports": looks * (SITES * A_SITE_DAY // LOOKS)})


if __name__ == "__main__":
    main()
