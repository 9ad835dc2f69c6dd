"""Runs a child's main loop: lock down, verify that it holds, then judge one picture after another.

`fork_server.py` forks it with everything loaded. The order matters: all rights are dropped first, then the greeting is
sent; only after that does the first byte of a picture arrive.
"""

import os
import signal
from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from masking.clock import answer as clock_answer
from masking.looks.together import judge_looks
from masking.model import Judged, Verdict, Zone
from masking.quality.drawn import is_card
from masking.view import positions
from masking.view.imprint import imprint
from masking.worker import (
    attempts,
    confined,
    decode,
    framed_zones,
    lockdown,
    study_picture,
    wire,
    wire_clock,
    wire_framing,
    wire_sensitivity,
    wire_study,
)
from masking.worth.calibrate import calibrate

MEMORY_BYTES = 1536 * 1024 * 1024
"""Room for a picture of MAX_PIXELS with the decoder's copies; an allocation beyond it fails, and the job with it."""

CPU_S = 300
"""Processor time of a child: one look at one device."""

GRACE_S = 5
"""A job that outlives its parent's patience by this much ends the child, should the parent itself have died."""


def warm_up() -> None:
    """Do everything once, so that nothing is opened or loaded after the lock-down. Raises DecodeError."""
    complaints, said = os.pipe2(os.O_NONBLOCK)
    kept = os.dup(1), os.dup(2)
    _print_into(said)
    try:
        decode.warm_up(complaints)
        _warm_up_verdicts()
        study_picture.warm_up()
        clock_answer.warm_up()
    finally:  # why it failed must be read
        for descriptor, standard in zip(kept, (1, 2), strict=True):
            os.dup2(descriptor, standard)
            os.close(descriptor)
        os.close(complaints)


def serve(descriptor: int, mapped_bytes: int, limits: tuple[str, ...], self_test: bool) -> None:
    """Serve jobs until the other end closes.

    Args:
        descriptor: A stream socket: jobs come in, answers go out.
        mapped_bytes: Address space that the warm parent had mapped.
        limits: Rights that the warm parent could not drop.
        self_test: Run requests of `attempts.py`; only for tests.

    Raises:
        EOFError, OSError: The other end closed in the middle of something.
    """
    # A pipe of its own for each child: what a neighbour prints must not be taken for words about this picture.
    complaints, said = os.pipe2(os.O_NONBLOCK)
    _print_into(said)
    limits += lockdown.confine_child(mapped_bytes, MEMORY_BYTES, CPU_S)
    _write(descriptor, wire.frame(wire.greeting(limits, confined.open_ways())))
    while (header := _read_frame(descriptor)) is not None:
        message = wire.parse(header)
        if "self_test" in message:
            answer = attempts.run_attempts(descriptor, message["self_test"]) if self_test else {}
        else:
            data = _read(descriptor, int(message["size"]))
            signal.alarm(int(message["timeout_s"]) + GRACE_S)
            answer = judge(data, message, complaints)
            signal.alarm(0)
        _write(descriptor, wire.frame(answer))


def judge(data: bytes, message: dict[str, Any], complaints: int) -> dict[str, Any]:
    """Answer one job; a fault of the picture is an answer too."""
    number = int(message["job"])
    try:
        decoded = decode.decode(data, str(message["kind"]), complaints)
        picture = decoded.picture
        mean, deviation = _luma(picture)
        bits = imprint(picture)
        zones = wire.zones_of(message)
        study = wire_study.study_of(message)
        studied = None if study is None else study_picture.run_study(picture, study)
        framing_job = wire_framing.framing_job_of(message)
        framing = study_picture.framing_of(picture, framing_job, studied)
        verdicts = _no_scene(picture, zones) or framed_zones.judge_zones(picture, zones, bits, framing_job, framing)
        asked = positions.positions_of(message)
        positioned = study_picture.judge_position(picture, asked, bits) if asked else None
        names = message.get("calibrate", ())
        tried = framed_zones.calibrate_zones(picture, zones, verdicts, names, framing) if names else ()
        clock = wire_clock.clock_of(message)
        shown = None if clock is None else clock_answer.seen_clock(picture, clock)
    except decode.DecodeError as failure:
        return wire.error_message(failure.reason, str(failure), number)
    except MemoryError:
        return wire.error_message("too-large", "the picture needs more memory than a job may take", number)
    except cv2.error as failure:
        if failure.code == cv2.Error.StsNoMem:
            return wire.error_message("too-large", "the picture needs more memory than a job may take", number)
        return wire.error_message("crashed", "OpenCV failed while judging the picture", number)
    height, width = picture.shape[:2]
    answer = wire.judged_message(
        Judged(width, height, mean, deviation, verdicts, dropped_units=decoded.dropped_units, imprint=bits), number
    )
    answer |= wire_framing.framing_message(framing) | wire_sensitivity.sensitivities_message(tried)
    answer |= wire_study.studied_message(studied) | positions.positioned_message(positioned)
    return answer | wire_clock.seen_message(shown)


def _no_scene(picture: decode.Bgr, zones: tuple[Zone, ...]) -> tuple[Verdict, ...]:
    """The verdicts on zones in a card, which shows no scene: nothing is hidden, nothing shown; empty for any other."""
    if not zones or not is_card(picture, [zone.polygon for zone in zones]):
        return ()
    why = "The picture shows no scene: it is a card, as is drawn where a signal is lost."
    return tuple(Verdict(zone.name, "UNSURE", "signal-lost", (), why) for zone in zones)


def _print_into(said: int) -> None:
    """Have standard output and standard error, where libraries print, write into a pipe that we can read."""
    os.dup2(said, 1)
    os.dup2(said, 2)
    os.close(said)


def _luma(picture: decode.Bgr) -> tuple[float, float]:
    mean, deviation = cv2.meanStdDev(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY))
    # The mean of a white picture comes out a little above 255 by its arithmetic.
    return min(float(mean[0][0]), 255.0), min(float(deviation[0][0]), 127.5)


def _warm_up_verdicts() -> None:
    picture = study_picture.made_up(180, 320)
    cv2.rectangle(picture, (80, 40), (200, 140), (0, 0, 0), -1)
    polygon = ((0.25, 0.23), (0.62, 0.23), (0.62, 0.77), (0.25, 0.77))
    hidden, bare = Zone("warm-up", polygon), Zone("warm-up", tuple((x + 0.3, y) for x, y in polygon))
    for zone in (hidden, bare):
        first = judge_looks(picture, zone).evidence
        judge_looks(np.bitwise_xor(picture, np.uint8(1)), replace(zone, earlier=(first,)))
    # Of one that does not pass only the coding is tried: the forty drawings of one that does would load nothing more.
    calibrate(picture, bare)


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
