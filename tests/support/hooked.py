"""Endpoints of other systems for tests: settings of one, and the receiver's side by npm's `standardwebhooks`."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agent.contract.standard_webhooks import made_secret
from agent.hub.domain.rows.webhooks import KINDS, Hook
from agent.hub.domain.scope import EVERYTHING

PEER = Path(__file__).parents[2] / "build/peers/webhooks/verify.mjs"


def hook(name: str = "tickets", url: str = "https://tickets.test/in", **more: Any) -> Hook:
    """Return an endpoint that is told of everything, but for what is said otherwise."""
    usual = {"kinds": KINDS, "scope": EVERYTHING, "made_at": "2026-11-01T00:00:00.000Z", "is_private": True}
    return Hook(name=name, url=url, **{"secret": made_secret(), **usual, **more})


class Receiver:
    """Verifies what an endpoint was sent, as its owner's program would."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def verify(self, secret: str, headers: Mapping[str, str], body: bytes) -> Any:
        """Return the message as the library hands it out; None where it refuses it."""
        assert self._process.stdin is not None and self._process.stdout is not None
        told = {name.lower(): value for name, value in headers.items()}
        asked = {"secret": secret, "headers": told, "body": base64.b64encode(body).decode()}
        print(json.dumps(asked), file=self._process.stdin, flush=True)
        answer = json.loads(self._process.stdout.readline())
        return answer.get("verified")


@contextmanager
def receiver() -> Iterator[Receiver]:
    """Run the library while the block runs."""
    with subprocess.Popen(
        ["node", str(PEER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        try:
            yield Receiver(process)
        finally:
            process.kill()
