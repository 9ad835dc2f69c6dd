"""The hub of bench `delivery`, in a child: `alone` on messages that are handed to it, or `running` on a broker.

`alone` reads `{what, directory, count}` and prints the seconds of each round: verify, rules, store, watermark, in
transactions of as many messages as a running hub takes at once. `running` prints `ready` and runs until it is killed.
"""

from __future__ import annotations

import json
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from delivery_site import bench_signer, bench_site, drafts, envelopes, utc_now

from agent.contract.envelope import STATE_TYP, sign_payload
from agent.contract.presence import Presence, write_state
from agent.contract.signing_keys import Signer, load_or_create_signer
from agent.contract.topics import topic
from agent.hub.stores import signing_key, trust
from agent.hub.stores.store import Store
from agent.hub.workers import service
from agent.hub.workers.answers import write_ack
from agent.hub.workers.intake import Event, Intake
from agent.site.config.site import Hub, Site


def main() -> None:
    """Do what is asked."""
    asked = json.load(sys.stdin)
    directory = Path(asked["directory"])
    if asked["what"] == "alone":
        print(json.dumps([_alone(directory, asked["count"], asked["at_once"]) for _ in range(asked["rounds"])]))
        return
    data = directory / asked["hub"]
    data.mkdir()
    load_or_create_signer(directory / "hub-key.pem")
    (data / signing_key.KEY_NAME).write_bytes((directory / "hub-key.pem").read_bytes())
    (data / signing_key.KEY_NAME).chmod(0o600)
    trust.add(data, "S1", bench_signer(directory).kid, utc_now())
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    options = service.Options(data, Hub("127.0.0.1", asked["port"], tls=False))
    service.run(options, stop, _tell, utc_now)


def _tell(event: Event) -> None:
    """Tell what a hub without --json tells: not every report."""
    if event["event"] == "ready":
        print("ready", flush=True)
    elif event["event"] in ("rejected", "fork", "tamper", "untrusted"):
        raise SystemExit(f"the hub refuses an honest report: {event}")


def _alone(directory: Path, count: int, at_once: int) -> float:
    site, signer = bench_site(), bench_signer(directory)
    messages = _messages(site, signer, count)
    with tempfile.TemporaryDirectory(dir=directory) as data:
        hub_signer = load_or_create_signer(Path(data) / signing_key.KEY_NAME)
        store = Store(Path(data))
        intake = Intake(store, trust.add(Path(data), site.id, signer.kid, utc_now()))
        birth = write_state(
            Presence(
                origin=site.origin,
                confirm=site.confirm,
                epoch="e1",
                connection_no=1,
                jwk=signer.jwk,
                heads={},
                confirmed={},
            ),
            "ready",
            utc_now(),
        )
        with store.transaction():
            intake.take(topic(site.city, site.id, "state"), birth, sign_payload(birth, signer, STATE_TYP), utc_now())
        confirmed = 0
        begun = time.perf_counter()
        for start in range(0, count, at_once):
            events: list[dict[str, Any]] = []
            with store.transaction():
                for name, payload, jws in messages[start : start + at_once]:
                    events.append(dict(intake.take(name, payload, jws, utc_now())))
                ack = write_ack(store, hub_signer, site.id, "e1", utc_now())
            if ack is None or any(event["event"] != "verified" for event in events):
                raise SystemExit("the hub refuses an honest report")
            confirmed = sum(head.seq for head in ack.mark.streams.values())
        took_s = time.perf_counter() - begun
        store.close()
    if confirmed != count:
        raise SystemExit(f"{confirmed} of {count} confirmed")
    return took_s


def _messages(site: Site, signer: Signer, count: int) -> list[tuple[str, bytes, str]]:
    made = []
    heads: dict[Any, Any] = {}
    for _ in range(0, count, 2):
        two, heads = envelopes(drafts(2), heads, "e1", site, signer, utc_now())
        made += [(topic(site.city, site.id, one.report.stream), one.report.payload, one.jws) for one in two]
    return made[:count]


if __name__ == "__main__":
    main()
