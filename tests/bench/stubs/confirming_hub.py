"""A hub that believes everything, in a process of its own: each report is confirmed at once by a signed watermark.

Run: python -m stubs.confirming_hub DIRECTORY PORT. Its key set is DIRECTORY/hub-jwks.json. It prints `ready`, then for
each report one line of JSON: `stream`, `seq`, `counts` of a health report, and `at_mono` on this machine's monotonic
clock. Serves until killed.
"""

from __future__ import annotations

import hashlib
import json
import socket
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from agent.contract.chain import GENESIS
from agent.contract.envelope import ACK_TYP, sign_payload
from agent.contract.jwk import jwk_set
from agent.contract.signing_keys import load_or_create_signer
from agent.contract.topics import read_topic, topic
from agent.contract.watermark import Watermark, write_watermark
from agent.deliver.publish.connection import Link
from agent.deliver.publish.messages import Message
from agent.model.finding import Head, StreamName
from agent.site.config.site import Hub

REPORTS = ("report/health", "report/config", "event", "gap")


def main() -> None:
    """Confirm until killed."""
    directory, port = Path(sys.argv[1]), int(sys.argv[2])
    signer = load_or_create_signer(directory / "hub-key.pem")
    (directory / "hub-jwks.json").write_text(json.dumps(jwk_set({signer.kid: signer.public})))
    confirmed: dict[tuple[str, str], dict[StreamName, Head]] = {}
    ack_no = int(time.time())
    wake, _ = socket.socketpair()
    link = Link("hub", Hub("127.0.0.1", port, tls=False), 30, 5.0)
    link.open(None)
    while not link.events.lost:
        link.step(1.0, wake)
        if link.events.granted is not None:
            link.events.granted = None
            link.subscribe(*(f"vss/v1/+/+/{tail}" for tail in REPORTS))
        if link.events.subscribed:
            link.events.subscribed = False
            print("ready", flush=True)
        messages, link.events.messages = link.events.messages, []
        link.events.acks.clear()
        for one in messages:
            address, report = read_topic(one.topic), json.loads(one.payload)
            if address is None:
                raise SystemExit(f"no topic of a site: {one.topic}")
            heads = confirmed.setdefault((address.site, report["epoch"]), {})
            if report["seq"] <= heads.get(report["stream"], GENESIS).seq:
                continue  # sent again; the newer one is confirmed already
            heads[report["stream"]] = Head(report["seq"], hashlib.sha256(one.payload).hexdigest())
            told = {"stream": report["stream"], "seq": report["seq"], "counts": report["body"].get("counts")}
            print(json.dumps(told | {"at_mono": time.monotonic()}), flush=True)
            ack_no += 1
            payload = write_watermark(Watermark(address.site, report["epoch"], ack_no, heads), datetime.now(UTC))
            name = topic(address.city, address.site, "ack")
            link.publish(Message(name, payload, sign_payload(payload, signer, ACK_TYP), retain=True))
    raise SystemExit(f"the broker is gone: {link.events.lost}")


if __name__ == "__main__":
    main()
