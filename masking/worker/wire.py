"""Encodes and parses messages of parent and child of the picture worker: framed JSON, then raw picture bytes.

The child handles hostile pictures, so the parent trusts none of its answers: sizes are capped before reading, every
value is validated by type and range, and anything else is a WireError. No pickle, no code.
"""

import base64
import binascii
import json
import re
from dataclasses import replace
from typing import Any

from masking.looks.evidence_format import EVIDENCE_BYTES, NoEvidence, unpack
from masking.model import Confinement, Job, Judged, Verdict, Zone
from masking.view.likeness import IMPRINT_BYTES
from masking.worth.same_mask import is_signature

MAX_PICTURE_BYTES = 32 * 1024 * 1024
MAX_ANSWER_BYTES = 2 * 1024 * 1024
"""Room for the verdicts, and for two descriptors and a thumbnail in base64 (`wire_study.py`)."""
LENGTH_BYTES = 4

_MAX_SIDE_PX = 65_535
_WORD = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_NAME = re.compile(r"[a-z0-9_]{1,40}")
_HEX = re.compile(r"[0-9a-f]*")
_ERRORS = ("undecodable", "damaged", "too-large", "crashed")


class WireError(Exception):
    """The other side broke the protocol."""


def frame(message: dict[str, Any]) -> bytes:
    """A message as it goes over a stream: four bytes of length, then JSON."""
    data = body(message)
    return len(data).to_bytes(LENGTH_BYTES) + data


def body(message: dict[str, Any]) -> bytes:
    """A message as JSON."""
    return json.dumps(message, allow_nan=False, ensure_ascii=True, separators=(",", ":")).encode()


def parse(data: bytes) -> dict[str, Any]:
    """The JSON object of a frame. Raises WireError."""
    try:
        message = json.loads(data)
    except (ValueError, RecursionError):
        raise WireError("not JSON") from None
    if not isinstance(message, dict):
        raise WireError("not a JSON object")
    return message


def job_message(job: Job, number: int) -> dict[str, Any]:
    """The header that goes before a job's picture bytes."""
    return {"job": number, "kind": job.kind, "size": len(job.data), "zones": zones_message(job.zones)}


def zones_message(zones: tuple[Zone, ...]) -> list[dict[str, Any]]:
    """Zones of a job's header; `zones_of` parses them."""
    return [
        {
            "name": z.name,
            "polygon": z.polygon,
            "effect": z.effect,
            "color": z.color,
            "least_block": z.least_block_ratio,
            "least_sigma": z.least_sigma_ratio,
            "overlays": z.overlays,
            "earlier": [base64.b64encode(look).decode() for look in z.earlier],
        }
        for z in zones
    ]


def zones_of(message: dict[str, Any]) -> tuple[Zone, ...]:
    """The zones of a job's header, in the child (which trusts its parent)."""
    return tuple(
        Zone(
            name=str(z["name"]),
            polygon=tuple((float(x), float(y)) for x, y in z["polygon"]),
            effect=z["effect"],
            color=str(z["color"]),
            least_block_ratio=float(z["least_block"]),
            least_sigma_ratio=float(z["least_sigma"]),
            overlays=tuple(tuple((float(x), float(y)) for x, y in box) for box in z["overlays"]),
            earlier=tuple(base64.b64decode(look) for look in z["earlier"]),
        )
        for z in message["zones"]
    )


def judged_message(judged: Judged, number: int) -> dict[str, Any]:
    """A child's answer to a job that it could judge."""
    return {
        "job": number,
        "width": judged.width_px,
        "height": judged.height_px,
        "mean": judged.mean_luma,
        "contrast": judged.contrast,
        "verdicts": verdicts_message(judged.verdicts),
        "dropped": judged.dropped_units,
        "imprint": judged.imprint.hex(),
    }


def verdicts_message(verdicts: tuple[Verdict, ...]) -> list[dict[str, Any]]:
    """Verdicts of an answer; `read_verdicts` parses them."""
    return [
        {
            **_verdict_message(one),
            "evidence": base64.b64encode(one.evidence).decode(),
            "together": None if one.together is None else _verdict_message(one.together),
        }
        for one in verdicts
    ]


def _verdict_message(one: Verdict) -> dict[str, Any]:
    return {
        "zone": one.zone,
        "verdict": one.verdict,
        "reason": one.reason,
        "numbers": dict(one.numbers),
        "text": one.explanation,
        "signature": dict(one.signature) if one.verdict == "PASS" else {},
    }


def error_message(reason: str, detail: str, number: int) -> dict[str, Any]:
    """A child's answer to a job that it could not judge."""
    return {"job": number, "error": reason, "detail": detail}


def read_judged(message: dict[str, Any], job: Job, number: int) -> Judged | tuple[str, str]:
    """Parse a child's answer: a Judged, or the reason and detail of an error. Raises WireError."""
    if message.get("job") != number or isinstance(message.get("job"), bool):
        raise WireError("an answer to another job")
    if "error" in message:
        reason = message["error"]
        if reason not in _ERRORS:
            raise WireError("an unknown error")
        return reason, _plain_text(message.get("detail"), 300)
    return Judged(
        width_px=integer(message.get("width"), 1, _MAX_SIDE_PX),
        height_px=integer(message.get("height"), 1, _MAX_SIDE_PX),
        mean_luma=number_in(message.get("mean"), 0, 255),
        contrast=number_in(message.get("contrast"), 0, 127.5),
        verdicts=read_verdicts(message.get("verdicts"), job.zones),
        dropped_units=integer(message.get("dropped"), 0, MAX_PICTURE_BYTES),
        imprint=_imprint(message.get("imprint")),
    )


def _imprint(value: object) -> bytes:
    """The imprint of a picture, empty or whole. Raises WireError."""
    if not isinstance(value, str) or not _HEX.fullmatch(value) or len(value) not in (0, 2 * IMPRINT_BYTES):
        raise WireError("an imprint that is none")
    return bytes.fromhex(value)


def read_verdicts(said: object, zones: tuple[Zone, ...]) -> tuple[Verdict, ...]:
    """Parse an answer's verdicts on these zones. Raises WireError unless there is one for each, in order."""
    if not isinstance(said, list) or len(said) != len(zones):
        raise WireError("not one verdict for each zone")
    return tuple(_judged_zone(answer, zone) for answer, zone in zip(said, zones, strict=True))


def greeting(limits: tuple[str, ...], open_ways: tuple[str, ...]) -> dict[str, Any]:
    """A child's first message: the remaining limits of its lock-down."""
    return {"ready": True, "limits": list(limits), "open": list(open_ways)}


def read_ready(message: dict[str, Any]) -> None:
    """Validate the first message of a warm parent. Raises WireError."""
    if message.get("ready") is not True:
        raise WireError("not a greeting")


def read_greeting(message: dict[str, Any]) -> Confinement:
    """Parse a new child's first message: rights it could not drop, and open ways out. Raises WireError."""
    limits, ways = message.get("limits"), message.get("open")
    if message.get("ready") is not True or not isinstance(limits, list) or not isinstance(ways, list):
        raise WireError("not a greeting")
    if len(limits) > 32 or len(ways) > 16:
        raise WireError("not a greeting")
    return Confinement(tuple(_plain_text(limit, 300) for limit in limits), tuple(word(way) for way in ways))


def _judged_zone(answer: object, zone: Zone) -> Verdict:
    """A verdict with what the look leaves, and with that on the looks together. Raises WireError."""
    single = _verdict(answer, zone)
    assert isinstance(answer, dict)  # noqa: S101 - parsed above
    together = answer.get("together")
    return replace(
        single,
        evidence=_evidence(answer.get("evidence")),
        together=None if together is None else _verdict(together, zone),
    )


def _evidence(value: object) -> bytes:
    """What a look leaves for later ones, empty or whole. Raises WireError."""
    if not isinstance(value, str) or len(value) > EVIDENCE_BYTES * 4 // 3 + 4 or not value.isascii():
        raise WireError("evidence that is none")
    try:
        data = base64.b64decode(value, validate=True)
        if data:
            unpack(data)
    except (binascii.Error, NoEvidence):
        raise WireError("evidence that is none") from None
    return data


def _verdict(answer: object, zone: Zone) -> Verdict:
    if not isinstance(answer, dict) or answer.get("zone") != zone.name:
        raise WireError("a verdict on another zone")
    verdict, reason, numbers = answer.get("verdict"), answer.get("reason"), answer.get("numbers")
    if verdict not in ("PASS", "FAIL", "UNSURE"):
        raise WireError("an unknown verdict")
    if not isinstance(numbers, dict) or len(numbers) > 40:
        raise WireError("numbers that are none")
    if not all(_NAME.fullmatch(name) for name in numbers):
        raise WireError("a number without a proper name")
    values = tuple((name, number_in(value, -1e9, 1e9)) for name, value in numbers.items())
    return Verdict(
        zone.name,
        verdict,
        word(reason),
        values,
        _plain_text(answer.get("text"), 500),
        signature=_signature(answer.get("signature"), verdict),
    )


def _signature(said: object, verdict: str) -> tuple[tuple[str, float], ...]:
    """The signature of a mask that hides; a zone that is not hidden has none. Raises WireError."""
    if not isinstance(said, dict) or not is_signature(said) or (said and verdict != "PASS"):
        raise WireError("a signature that is none")
    return tuple((name, float(value)) for name, value in said.items())


def integer(value: object, low: int, high: int) -> int:
    """A whole number in a range. Raises WireError."""
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise WireError("a whole number out of range")
    return value


def number_in(value: object, low: float, high: float) -> float:
    """A number in a range. Raises WireError."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:  # NaN fails too
        raise WireError("a number out of range")
    return float(value)


def word(value: object) -> str:
    """A short word of a-z and digits, its parts joined by dashes. Raises WireError."""
    if not isinstance(value, str) or len(value) > 60 or not _WORD.fullmatch(value):
        raise WireError("a reason that is no word")
    return value


def _plain_text(value: object, limit: int) -> str:
    if not isinstance(value, str) or len(value) > limit or not (value.isascii() and (value.isprintable() or not value)):
        raise WireError("text that is too long or not plain")
    return value
