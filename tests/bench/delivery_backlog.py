"""The memory of an agent's delivery half with so many reports waiting, in a child.

Reads `{directory, spool, port, hub_jwks, more}` as JSON. Opens the spool as a start of the daemon does, commits `more`
reports, drains `more` of what waits to a broker, and prints resident memory at its peak and at the end.
"""

from __future__ import annotations

import gc
import json
import re
import sys
import time
from pathlib import Path

from delivery_site import (
    LIFTED,
    MEMORY_JSON,
    bench_signer,
    bench_site,
    drafts,
    envelopes,
    open_spool,
    utc_now,
    when_sent,
)

from agent.contract.signing_keys import load_jwks
from agent.deliver.publish.publisher import Publisher

WITHIN_S = 120.0


def main() -> None:
    """Do the daemon's work and print what it took."""
    asked = json.load(sys.stdin)
    directory = Path(asked["directory"])
    site, signer = bench_site(asked["port"]), bench_signer(directory)
    begun = time.perf_counter()
    spool = open_spool(directory / asked["spool"], site, signer)
    open_s = time.perf_counter() - begun
    waiting = spool.counts()["pending"]
    for _ in range(asked["more"] // 2):
        incidents = spool.begin(utc_now())
        made, _ = envelopes(drafts(2), spool.heads(), spool.epoch, site, signer, utc_now())
        spool.commit(made, MEMORY_JSON, utc_now(), incidents)
    enough = when_sent(spool, asked["more"])
    publisher = Publisher(site, spool, signer, load_jwks(Path(asked["hub_jwks"])), utc_now, LIFTED)
    publisher.start()
    if not enough.wait(WITHIN_S):
        raise SystemExit(f"{spool.counts()}; {publisher.status()}")
    publisher.stop(10)
    gc.collect()
    text = Path("/proc/self/status").read_text()
    spool.close()
    said = {"waiting": waiting, "open_s": round(open_s, 2), "rss_mb": _mb(text, "VmRSS"), "peak_mb": _mb(text, "VmHWM")}
    print(json.dumps(said))


def _mb(status: str, name: str) -> float:
    found = re.search(rf"{name}:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) * 1024 / 1e6


if __name__ == "__main__":
    main()
