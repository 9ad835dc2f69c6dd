"""What the parent believes of its picture worker: every value is checked."""

from __future__ import annotations

import base64
import json
import struct
from dataclasses import replace

import pictures
import pytest
from pictures import job

from masking.looks.evidence_format import CHANGE_BYTES, EVIDENCE_BYTES, LEVEL_BYTES, REST_BYTES, Single, pack
from masking.model import Job, Judged, Position, Positioned, Verdict, Zone
from masking.view.model import ViewJob
from masking.view.positions import matched_position, read_positioned
from masking.worker import wire

GOOD_ANSWER = {
    "job": 1,
    "width": 640,
    "height": 360,
    "mean": 100.0,
    "contrast": 20.0,
    "imprint": "",
    "verdicts": [
        {
            "zone": "z",
            "verdict": "PASS",
            "reason": "solid",
            "numbers": {"a_b": 1.5},
            "text": "Hidden.",
            "signature": {},
            "evidence": "",
            "together": None,
        }
    ],
    "dropped": 3,
}
VERDICT = GOOD_ANSWER["verdicts"][0]  # type: ignore[index]
ASKED = Job(b"", "jpeg", (Zone("z", pictures.DESK_AND_DOOR[0].polygon),))


LEFT = pack(
    Single(bytes(8), bytes(8), "PASS", "color", True, False, 0.99),
    bytes(REST_BYTES),
    bytes(CHANGE_BYTES),
    bytes(LEVEL_BYTES),
)


def _spoiled(left: bytes) -> bytes:
    """Return what a look has left with a probability above 1 in it."""
    return left.replace(struct.pack(">f", 0.99), struct.pack(">f", 1.01), 1)


def test_what_a_look_leaves_and_says_of_all_looks_is_read_and_in_no_repr() -> None:
    zone = replace(ASKED.zones[0], earlier=(LEFT, LEFT))
    verdict = Verdict("z", "PASS", "solid", evidence=LEFT, together=Verdict("z", "UNSURE", "shows-through"))
    answer = {**GOOD_ANSWER, "verdicts": wire.verdicts_message((verdict,))}
    read = wire.read_judged(json.loads(json.dumps(answer)), ASKED, 1)
    assert isinstance(read, Judged)
    (seen,) = read.verdicts
    assert (seen.evidence, seen.together) == (LEFT, verdict.together)
    (came,) = wire.zones_of({"zones": json.loads(json.dumps(wire.zones_message((zone,))))})
    assert came.earlier == (LEFT, LEFT)
    for one in (read, zone, came, replace(ASKED, zones=(zone,))):
        assert repr(LEFT)[2:20] not in repr(one)
        assert "earlier" not in repr(one) and "evidence" not in repr(one)


def test_a_good_answer_is_read() -> None:
    assert wire.read_judged(GOOD_ANSWER, ASKED, 1) == Judged(
        640, 360, 100.0, 20.0, (Verdict("z", "PASS", "solid", (("a_b", 1.5),), "Hidden."),), dropped_units=3
    )


@pytest.mark.parametrize(
    "change",
    [
        {"job": 2},
        {"job": True},
        {"dropped": -1},
        {"dropped": None},
        {"width": 0},
        {"width": "640"},
        {"width": 640.5},
        {"height": 10**30},
        {"mean": float("nan")},
        {"mean": 256},
        {"contrast": None},
        {"imprint": None},
        {"imprint": "ab"},
        {"imprint": "x" * 768},
        {"contrast": float("inf")},
        {"verdicts": []},
        {"verdicts": "PASS"},
        {"verdicts": [None]},
        {"verdicts": [VERDICT, VERDICT]},
        {"verdicts": [{**VERDICT, "signature": None}]},
        {"verdicts": [{**VERDICT, "evidence": None}]},
        {"verdicts": [{**VERDICT, "evidence": "AAAA"}]},
        {"verdicts": [{**VERDICT, "evidence": "no base64"}]},
        {"verdicts": [{**VERDICT, "together": {}}]},
        {"verdicts": [{**VERDICT, "together": {**VERDICT, "zone": "other"}}]},
        {"verdicts": [{**VERDICT, "signature": {"width_px": 640.0, "sigma_px": float("inf")}}]},
        {"verdicts": [{**VERDICT, "signature": {"width_px": 640.0, "sigma_px": 4.0, "name": 1.0}}]},
        {"verdicts": [{**VERDICT, "verdict": "FAIL", "signature": {"width_px": 640.0, "sigma_px": 4.0}}]},
        {"verdicts": [{**VERDICT, "zone": "other"}]},
        {"verdicts": [{**VERDICT, "verdict": "pass"}]},
        {"verdicts": [{**VERDICT, "verdict": ["PASS"]}]},
        {"verdicts": [{**VERDICT, "reason": "two words"}]},
        {"verdicts": [{**VERDICT, "reason": "a" * 100}]},
        {"verdicts": [{**VERDICT, "reason": "solid\n"}]},
        {"verdicts": [{**VERDICT, "numbers": {"a": True}}]},
        {"verdicts": [{**VERDICT, "numbers": {"a": float("nan")}}]},
        {"verdicts": [{**VERDICT, "numbers": {"A key": 1.0}}]},
        {"verdicts": [{**VERDICT, "numbers": [1]}]},
        {"verdicts": [{**VERDICT, "numbers": {f"n{i}": 1 for i in range(100)}}]},
        {"verdicts": [{**VERDICT, "text": "\x1b[2J"}]},
        {"verdicts": [{**VERDICT, "text": "a\nb"}]},
        {"verdicts": [{**VERDICT, "text": "x" * 1000}]},
        {"verdicts": [{**VERDICT, "text": None}]},
        {"verdicts": [{**VERDICT, "evidence": None}]},
        {"verdicts": [{**VERDICT, "evidence": "AAAA"}]},
        {"verdicts": [{**VERDICT, "evidence": "A" * 3}]},
        {"verdicts": [{**VERDICT, "evidence": base64.b64encode(bytes(EVIDENCE_BYTES)).decode()}]},
        {"verdicts": [{**VERDICT, "evidence": base64.b64encode(LEFT[:-1]).decode()}]},
        {"verdicts": [{**VERDICT, "evidence": base64.b64encode(LEFT + b"x").decode()}]},
        {"verdicts": [{**VERDICT, "evidence": base64.b64encode(_spoiled(LEFT)).decode()}]},
        {"verdicts": [{**VERDICT, "together": {**VERDICT, "zone": "other"}}]},
        {"verdicts": [{**VERDICT, "together": {**VERDICT, "verdict": "pass"}}]},
        {"verdicts": [{**VERDICT, "together": []}]},
        {"error": "please-trust-me", "detail": ""},
        {"error": "undecodable", "detail": "x" * 1000},
        {"error": ["undecodable"], "detail": ""},
    ],
    ids=str,
)
def test_an_answer_with_a_wrong_value_is_not_believed(change: dict[str, object]) -> None:
    with pytest.raises(wire.WireError):
        wire.read_judged({**GOOD_ANSWER, **change}, ASKED, 1)


@pytest.mark.parametrize(
    "body", [b"", b"[1]", b"1", b'"x"', b"\xff\xfe", b"[" * 100_000, b'{"job": ' + b"9" * 5000 + b"}"]
)
def test_a_frame_that_is_no_json_object_is_not_believed(body: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.parse(body)


def test_where_a_camera_writes_survives_the_wire() -> None:
    boxes = (((0.1, 0.1), (0.4, 0.1), (0.4, 0.2), (0.1, 0.2)), ((0.0, 0.9), (1.0, 0.9), (1.0, 1.0)))
    zones = (Zone("z", pictures.DESK_AND_DOOR[0].polygon, "color", "#000000", 0.1, 0.2, boxes),)
    assert wire.zones_of(json.loads(json.dumps({"zones": wire.zones_message(zones)}))) == zones


def test_a_job_survives_the_wire() -> None:
    message = json.loads(wire.frame(wire.job_message(job(b"abc"), 7))[wire.LENGTH_BYTES :])
    assert wire.zones_of(message) == pictures.DESK_AND_DOOR
    assert (message["job"], message["size"], message["kind"]) == (7, 3, "jpeg")


STANDS = {
    "state": "still", "reason": "tiles", "light": "day", "reference_light": "day", "agreeing_ratio": 0.9,
    "quadrants": 4, "aspect": 1.78,
    "movement": {
        "right_percent": 0.0, "down_percent": 0.0, "rotation_deg": 0.0, "zoom_percent": 0.0, "largest_percent": 0.0,
    },
}  # fmt: skip
ELSEWHERE = {**STANDS, "state": "unknown", "movement": None}
PLACES = tuple(Position(name, ViewJob((b"r",)), ASKED.zones) for name in ("a", "b"))


def placed(*views: object, verdicts: object = ()) -> Positioned | None:
    return read_positioned({"positioned": {"views": list(views), "verdicts": list(verdicts)}}, PLACES)  # type: ignore[call-overload]


def test_a_picture_stands_at_exactly_one_position_or_at_none() -> None:
    one = placed(ELSEWHERE, STANDS, verdicts=[VERDICT])
    assert one is not None
    assert (matched_position(one.views), [v.zone for v in one.verdicts]) == (1, ["z"])
    for views in ((STANDS, STANDS), (ELSEWHERE, ELSEWHERE)):
        none = placed(*views)
        assert none is not None
        assert (matched_position(none.views), none.verdicts) == (None, ())
    assert read_positioned({}, ()) is None


@pytest.mark.parametrize(
    ("views", "verdicts"),
    [
        ((STANDS,), [VERDICT]),
        ((STANDS, ELSEWHERE), []),
        ((STANDS, STANDS), [VERDICT]),
        ((ELSEWHERE, ELSEWHERE), [VERDICT]),
        ((STANDS, ELSEWHERE), [{**VERDICT, "zone": "other"}]),
        ((None, STANDS), [VERDICT]),
        (({**STANDS, "state": "here"}, ELSEWHERE), [VERDICT]),
        (({**STANDS, "movement": None}, ELSEWHERE), [VERDICT]),
    ],
)
def test_what_a_child_says_of_positions_is_not_believed_where_it_does_not_fit(
    views: tuple[object, ...], verdicts: list[object]
) -> None:
    with pytest.raises(wire.WireError):
        placed(*views, verdicts=verdicts)


@pytest.mark.parametrize("said", [None, [], "yes", {"views": None}, {"views": [STANDS, ELSEWHERE]}])
def test_an_answer_without_positions_or_with_some_that_nobody_asked_about_is_nonsense(said: object) -> None:
    with pytest.raises(wire.WireError):
        read_positioned({"positioned": said}, PLACES)
    if said is not None:
        with pytest.raises(wire.WireError):
            read_positioned({"positioned": said}, ())
