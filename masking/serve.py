"""The child's main loop: load everything, lock down, then judge one picture after another until the pipe closes.

`worker.py` starts it. The order matters: libraries are imported and decoders warmed up first, then everything is given
up, then the greeting is sent; only after that does the first byte of a picture arrive.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from masking import decode, lockdown, positions, study_picture, wire, wire_study
from masking.model import Judged, Zone
from masking.verdict import judge_zone

MEMORY_BYTES = 1536 * 1024 * 1024
"""Room for a picture of MAX_PIXELS with the decoder's copies; an allocation beyond it fails, and the job with it."""

CPU_S = 900

GRACE_S = 5
"""A job that outlives its parent's patience by this much ends the child, should the parent itself have died."""

_PTRACE_ATTACH = 16


def main(arguments: list[str]) -> int:
    """Serve jobs from standard input; answers go to standard output."""
    requests, answers, complaints = _take_descriptors()
    cv2.setNumThreads(1)
    cv2.ocl.setUseOpenCL(False)
    decode.warm_up(complaints)
    _warm_up_verdicts()
    study_picture.warm_up()
    limits = lockdown.give_up_everything(MEMORY_BYTES, CPU_S)
    _write(answers, wire.frame({"ready": True, "limits": list(limits)}))
    while (header := _read_frame(requests)) is not None:
        message = wire.parse(header)
        if "self_test" in message:
            answer = self_test(message["self_test"]) if "--self-test" in arguments else {}
        else:
            data = _read(requests, int(message["size"]))
            signal.alarm(int(message["timeout_s"]) + GRACE_S)
            answer = judge(data, message, complaints)
            signal.alarm(0)
        _write(answers, wire.frame(answer))
    return 0


def judge(data: bytes, message: dict[str, Any], complaints: int) -> dict[str, Any]:
    """Answer one job; a fault of the picture is an answer too."""
    number = int(message["job"])
    try:
        picture = decode.decode(data, str(message["kind"]), complaints)
        mean, deviation = _luma(picture)
        verdicts = tuple(judge_zone(picture, zone) for zone in wire.zones_of(message))
        study = wire_study.study_of(message)
        studied = None if study is None else study_picture.carry_out(picture, study)
        asked = positions.positions_of(message)
        positioned = study_picture.place(picture, asked) if asked else None
    except decode.DecodeError as failure:
        return wire.error_message(failure.reason, str(failure), number)
    except MemoryError:
        return wire.error_message("too-large", "the picture needs more memory than a job may take", number)
    except cv2.error as failure:
        if failure.code == cv2.Error.StsNoMem:
            return wire.error_message("too-large", "the picture needs more memory than a job may take", number)
        return wire.error_message("crashed", "OpenCV failed while judging the picture", number)
    height, width = picture.shape[:2]
    answer = wire.judged_message(Judged(width, height, mean, deviation, verdicts), number)
    return answer | wire_study.studied_message(studied) | positions.positioned_message(positioned)


def self_test(wanted: dict[str, Any]) -> dict[str, Any]:
    """Try what a taken-over decoder would try, and say what came of it; only for tests."""

    def connect() -> None:
        with socket.create_connection(("127.0.0.1", int(wanted["port"])), timeout=2):
            pass

    def trace() -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.ptrace(_PTRACE_ATTACH, os.getppid(), None, None) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))

    tries: dict[str, Callable[[], object]] = {
        "read": lambda: Path(str(wanted["path"])).read_bytes(),
        "create": lambda: Path(str(wanted["new_file"])).write_bytes(b"x"),
        "connect": connect,
        "listen": lambda: socket.create_server(("127.0.0.1", 0)).close(),
        "execute": lambda: os.execv(str(wanted["program"]), [str(wanted["program"])]),  # noqa: S606 it must be refused
        "fork": _fork,
        "signal": lambda: os.kill(os.getppid(), 0),
        "trace": trace,
    }
    return {"self_test": {name: _outcome(attempt) for name, attempt in tries.items()}}


def _outcome(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except OSError as failure:
        return errno.errorcode.get(failure.errno or 0, "refused")
    return "done"


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def _take_descriptors() -> tuple[int, int, int]:
    """Move the pipes away from where libraries print, and make what they print readable for ourselves."""
    requests, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    complaints, said = os.pipe()
    os.set_blocking(complaints, False)
    os.set_blocking(said, False)
    os.dup2(said, 1)
    os.dup2(said, 2)
    os.close(said)
    return requests, answers, complaints


def _luma(picture: decode.Bgr) -> tuple[float, float]:
    mean, deviation = cv2.meanStdDev(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY))
    # The mean of a white picture comes out a little above 255 by its arithmetic.
    return min(float(mean[0][0]), 255.0), min(float(deviation[0][0]), 127.5)


def _warm_up_verdicts() -> None:
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 255, (180, 320, 3)).astype(np.uint8)
    cv2.rectangle(picture, (80, 40), (200, 140), (0, 0, 0), -1)
    polygon = ((0.25, 0.23), (0.62, 0.23), (0.62, 0.77), (0.25, 0.77))
    judge_zone(picture, Zone("warm-up", polygon))
    judge_zone(picture, Zone("warm-up", tuple((x + 0.3, y) for x, y in polygon)))


def _read_frame(descriptor: int) -> bytes | None:
    """The next header, or None when the parent has closed the pipe."""
    length = _read(descriptor, wire.LENGTH_BYTES, may_end=True)
    return _read(descriptor, int.from_bytes(length)) if length else None


def _read(descriptor: int, count: int, may_end: bool = False) -> bytes:
    parts: list[bytes] = []
    missing = count
    while missing:
        part = os.read(descriptor, min(missing, 1024 * 1024))
        if not part:
            if may_end and not parts:
                return b""
            raise EOFError
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


if __name__ == "__main__":
    with contextlib.suppress(EOFError, BrokenPipeError):
        sys.exit(main(sys.argv[1:]))
