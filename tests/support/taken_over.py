"""A stand-in for the picture worker whose children were taken over: each says what a test wants, and nothing else."""

from __future__ import annotations

import pytest

from masking.worker import warm_parent, wire

GREETING = wire.greeting((), ())
READY = wire.frame(GREETING)
"""What a child says first that is locked down as it should be."""

_STANDS_IN = """
import array, json, os, signal, socket
control = socket.socket(fileno=0)
control.send(b'{"ready": true}')
while True:
    data, given, _, _ = control.recvmsg(256, socket.CMSG_SPACE(4))
    if not data:
        break
    if b"collect" in data:
        control.send(json.dumps({"status": os.waitpid(json.loads(data)["collect"], 0)[1]}).encode())
        continue
    child = array.array("i", given[0][2])[0]
    pid = os.fork()
    if pid == 0:
        os.write(child, bytes.fromhex(SAID))
        signal.pause()
    os.close(child)
    control.send(json.dumps({"pid": pid}).encode())
"""


def saying(monkeypatch: pytest.MonkeyPatch, said: bytes) -> None:
    """Have every child say these bytes."""
    monkeypatch.setattr(warm_parent, "_BOOT", _STANDS_IN.replace("SAID", repr(said.hex())))
