"""Runs the warm parent of the picture worker: load everything once, lock down, then fork each child.

It never reads a byte that a device sent: a child's input comes over a socket that only passes through here as a
descriptor. So every child begins in the state after loading, whatever happened to others before. `warm_parent.py`
starts it and talks to it over one socket, a message at a time:

    {"fork": {"self_test": bool}} and one descriptor  ->  {"pid": n}       fork a child that serves jobs on it
    {"collect": n}                                    ->  {"status": n}    wait for a child that has ended

It ends when that socket is closed; its children end with it.
"""

import array
import contextlib
import gc
import os
import signal
import socket
import sys
from typing import Any, NoReturn

import cv2

from masking.worker import lockdown, serve, wire

REQUEST_MAX_BYTES = 256


def main() -> None:
    """Serve requests on standard input until nobody is left at its other end."""
    control = socket.socket(fileno=os.dup(0))
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    cv2.setNumThreads(1)
    cv2.ocl.setUseOpenCL(False)
    serve.warm_up()
    mapped_bytes = lockdown.mapped_bytes()
    os.dup2(nothing, 2)  # until here it may tell why it does not start
    limits = lockdown.confine_parent()
    gc.collect()
    gc.freeze()  # else a collection in a child touches, and so copies, every page
    _send(control, {"ready": True})
    while (asked := _receive(control)) is not None:
        request, given = asked
        if "fork" in request:
            _send(control, {"pid": _fork(control, given, mapped_bytes, limits, bool(request["fork"]["self_test"]))})
        else:
            _send(control, {"status": os.waitpid(int(request["collect"]), 0)[1]})


def _fork(control: socket.socket, given: int, mapped_bytes: int, limits: tuple[str, ...], self_test: bool) -> int:
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        try:
            lockdown.end_with_parent(parent)
            control.close()
            _serve(given, mapped_bytes, limits, self_test)
        finally:
            os._exit(1)
    os.close(given)
    return pid


def _serve(given: int, mapped_bytes: int, limits: tuple[str, ...], self_test: bool) -> NoReturn:
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        serve.serve(given, mapped_bytes, limits, self_test)
    os._exit(0)


def _receive(control: socket.socket) -> tuple[dict[str, Any], int] | None:
    """Return the next request with the descriptor that came with it, -1 for none; None at the end."""
    size = array.array("i").itemsize
    body, ancillary, flags, _ = control.recvmsg(REQUEST_MAX_BYTES, socket.CMSG_SPACE(size))
    if not body:
        return None
    if flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC):
        raise wire.WireError("a request that is too long")
    descriptors = array.array("i")
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            descriptors.frombytes(data[: len(data) - len(data) % size])
    return wire.parse(body), descriptors[0] if descriptors else -1


def _send(control: socket.socket, message: dict[str, Any]) -> None:
    control.sendmsg([wire.body(message)])


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C at a terminal ends the command, which then ends this
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        main()
    sys.exit(0)
