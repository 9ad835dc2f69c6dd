"""An intake worker of bench `hub_province`, in a child: takes messages in batches into the store of a hub's folder.

Reads `{engine, directory, messages, seed, at}` as one line; `messages` is a file with one JSON row of topic, payload
and JWS a line, which are taken in their order, or shuffled by a seed. Prints `ready`, waits for a line, and prints
`{reports, cpu_s, waited, course}`: how many were stored, the CPU time that took, how often the store had it wait, and
behind each batch how many messages, reports and seconds that were until then.
"""

from __future__ import annotations

import json
import random
import sys
import time
from datetime import datetime
from pathlib import Path

from agent.contract.signing_keys import load_or_create_signer
from agent.deliver.publish.messages import DecodedMessage
from agent.hub.ports.store import Store
from agent.hub.stores import areas, signing_key
from agent.hub.stores.postgres.store import Store as PostgresStore
from agent.hub.stores.store import Store as SqliteStore
from agent.hub.workers.batches import judge
from agent.hub.workers.intake import Intake
from agent.model.errors import StoreWaits

BATCH = 256


def main() -> None:
    """Take what is asked."""
    asked = json.loads(sys.stdin.readline())
    directory, at = Path(asked["directory"]), datetime.fromisoformat(asked["at"])
    store: Store = (PostgresStore if asked["engine"] == "postgres" else SqliteStore)(directory)
    intake = Intake(store, areas.TrustStore(directory).load())
    signer = load_or_create_signer(directory / signing_key.KEY_NAME)
    messages = [
        DecodedMessage(topic, payload.encode(), jws)
        for topic, payload, jws in map(json.loads, Path(asked["messages"]).read_text("utf-8").splitlines())
    ]
    if asked["seed"] is not None:
        random.Random(asked["seed"]).shuffle(messages)
    print("ready", flush=True)
    sys.stdin.readline()
    stored = waited = 0
    course: list[tuple[int, int, float]] = []
    begun = time.process_time()
    for start in range(0, len(messages), BATCH):
        while True:
            try:
                events, _ = judge(store, intake, signer, messages[start : start + BATCH], at)
                break
            except StoreWaits:
                intake.forget()
                waited += 1
        intake.dirty.clear()
        told = [event["event"] for event in events]
        if other := set(told) - {"verified", "duplicate", "state"}:
            raise SystemExit(f"an honest report was refused: {other}")
        stored += told.count("verified")
        course.append((start + len(told), stored, time.process_time() - begun))
    cpu_s = time.process_time() - begun
    store.close()
    print(json.dumps({"reports": stored, "cpu_s": cpu_s, "waited": waited, "course": course}))


if __name__ == "__main__":
    main()
