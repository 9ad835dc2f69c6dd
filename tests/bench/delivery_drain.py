"""One way of bringing reports to a broker, in a child: `paho` by itself, ours until PUBACK, ours until the watermark.

Reads `{what, port, directory, count}` as JSON and prints the seconds from the first publish of it to the last word.
`fill` makes the spool beforehand. With `confirmed`, `hub_kid_file` names the hub's key set.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from delivery_site import LIFTED, bench_signer, bench_site, drafts, envelopes, fill, open_spool, utc_now, when_sent
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from agent.contract.signing_keys import load_jwks
from agent.deliver.publish.publisher import Publisher
from agent.deliver.spool.spool import Spool
from agent.site.config.site import Site

WITHIN_S = 300.0


def main() -> None:
    """Measure one of them."""
    asked = json.load(sys.stdin)
    done: Callable[[dict[str, Any]], float] = {"paho": _paho, "fill": _fill, "drain": _drain, "confirmed": _confirmed}[
        asked["what"]
    ]
    print(json.dumps({"wall_s": done(asked)}))


def _paho(asked: dict[str, Any]) -> float:
    """Paho as its README shows it: its own thread, its own window of 20, no properties."""
    directory = Path(asked["directory"])
    site = bench_site()
    signer = bench_signer(directory)
    payload = envelopes(drafts(1), {}, "e", site, signer, utc_now())[0][0].report.payload
    connected, all_of_them = threading.Event(), threading.Event()
    acks = 0

    def acknowledged(*_: object) -> None:
        nonlocal acks
        acks += 1
        if acks == asked["count"]:
            all_of_them.set()

    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="bare", protocol=mqtt.MQTTv5)
    client.on_connect = lambda *_: connected.set()
    client.on_publish = acknowledged
    client.connect("127.0.0.1", asked["port"])
    client.loop_start()
    if not connected.wait(10):
        raise SystemExit("no connection")
    begun = time.perf_counter()
    for _ in range(asked["count"]):
        client.publish("vss/v1/datong/S1/event", payload, qos=1)
    if not all_of_them.wait(WITHIN_S):
        raise SystemExit(f"{acks} of {asked['count']} acknowledged")
    took_s = time.perf_counter() - begun
    client.disconnect()
    client.loop_stop()
    return took_s


def _open(asked: dict[str, Any]) -> tuple[Site, Spool]:
    directory = Path(asked["directory"])
    site = bench_site(asked["port"])
    return site, open_spool(directory / asked["spool"], site, bench_signer(directory))


def _fill(asked: dict[str, Any]) -> float:
    site, spool = _open(asked)
    begun = time.perf_counter()
    fill(spool, asked["count"], site, bench_signer(Path(asked["directory"])))
    spool.close()
    return time.perf_counter() - begun


def _publisher(asked: dict[str, Any], site: Site, spool: Spool) -> Publisher:
    keys = load_jwks(Path(asked["hub_jwks"]))
    return Publisher(site, spool, bench_signer(Path(asked["directory"])), keys, utc_now, LIFTED)


def _drain(asked: dict[str, Any]) -> float:
    """Until the broker has acknowledged every report; the spool has noted it."""
    site, spool = _open(asked)
    all_of_them = when_sent(spool, asked["count"])
    publisher = _publisher(asked, site, spool)
    begun = time.perf_counter()
    publisher.start()
    reached = all_of_them.wait(WITHIN_S)
    took_s = time.perf_counter() - begun
    sent = spool.counts()["sent"]
    publisher.stop(10)
    spool.close()
    if not reached or sent != asked["count"]:
        raise SystemExit(f"{sent} of {asked['count']} acknowledged; {publisher.status()}")
    return took_s


def _confirmed(asked: dict[str, Any]) -> float:
    """Until the hub's signed watermark covers every report."""
    site, spool = _open(asked)
    publisher = _publisher(asked, site, spool)
    begun = time.perf_counter()
    publisher.start()
    reached = publisher.drained(WITHIN_S)
    took_s = time.perf_counter() - begun
    publisher.stop(10)
    counts = spool.counts()
    spool.close()
    if not reached or counts["confirmed"] != asked["count"]:
        raise SystemExit(f"{counts}; {publisher.status()}")
    return took_s


if __name__ == "__main__":
    main()
