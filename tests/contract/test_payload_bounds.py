"""The bounds of a payload hold exactly, in every reader of the contract, on every Python that we run on."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime

import pytest

from agent.contract.payload_bounds import (
    NESTING_MAX,
    NUMBER_MAX,
    PAYLOAD_MAX_BYTES,
    Decode,
    read_json,
    read_time,
    refuse_other_times,
)
from agent.hub.domain.quick_json import DECODE
from agent.model.errors import NotVerified


def nested(depth: int, inmost: bytes = b"") -> bytes:
    return (
        b'{"a":' * (depth // 2)
        + b"[" * (depth - depth // 2)
        + inmost
        + b"]" * (depth - depth // 2)
        + b"}" * (depth // 2)
    )


KEPT = {
    "empty": b"{}",
    "deepest": nested(NESTING_MAX),
    "deepest with a number": nested(NESTING_MAX, b"1"),
    "brackets in a text": b'["' + b"[" * 1000 + b'"]',
    "largest": b"[%d,%d]" % (NUMBER_MAX, -NUMBER_MAX),
    "largest float": b"[9007199254740991.0]",
    "smallest float": b"[1e-400]",
    "same name in two objects": b'[{"a":1},{"a":1}]',
    "largest payload": b"[" + b" " * (PAYLOAD_MAX_BYTES - 2) + b"]",
}
BROKEN = {
    "one too deep": ("too-deep", nested(NESTING_MAX + 1)),
    "one object too deep": ("too-deep", nested(NESTING_MAX, b"{}")),
    "one too deep with a number": ("too-deep", nested(NESTING_MAX + 1, b"1")),
    "what SQLite does not read": ("too-deep", nested(3000)),
    "what no decoder reads": ("too-deep", nested(200_000)),
    "one too large": ("number", b"[%d]" % (NUMBER_MAX + 1)),
    "one too small": ("number", b"[%d]" % (-NUMBER_MAX - 1)),
    "a float too large": ("number", b"[9007199254740992.0]"),
    "a float without an end": ("number", b"[1e999]"),
    "NaN": ("number", b"[NaN]"),
    "minus infinity": ("number", b"[-Infinity]"),
    "digits for an hour": ("payload", b"[" + b"9" * 100_000 + b"]"),
    "a name twice": ("duplicate-name", b'{"a":1,"a":1}'),
    "a name twice, once escaped": ("duplicate-name", b'{"a":1,"\\u0061":1}'),
    "a name twice inside": ("duplicate-name", b'[[{"b":{"a":1,"a":1}}]]'),
    "half a character": ("payload", b'["\\ud800"]'),
    "no UTF-8": ("payload", b'["\xff"]'),
    "no JSON": ("payload", b"[1"),
    "nothing": ("payload", b""),
    "one byte too many": ("size", b"[" + b" " * (PAYLOAD_MAX_BYTES - 1) + b"]"),
}


DECODERS = {"standard": lambda payload: json.loads(payload.decode()), "the hub's": DECODE}
"""What may decode a payload first: the site and the hub have to read the same."""

every_decoder = pytest.mark.parametrize("decode", DECODERS.values(), ids=DECODERS)


@every_decoder
@pytest.mark.parametrize("name", KEPT)
def test_what_just_keeps_within_a_bound_is_read(name: str, decode: Decode) -> None:
    found, due = read_json(KEPT[name], decode), json.loads(KEPT[name])
    assert found == due and repr(found) == repr(due)


@every_decoder
@pytest.mark.parametrize("name", BROKEN)
def test_what_just_breaks_a_bound_is_refused_by_its_word(name: str, decode: Decode) -> None:
    word, payload = BROKEN[name]
    with pytest.raises(NotVerified) as refused:
        read_json(payload, decode)
    assert refused.value.reason == word


STRANGE = (
    b"[123456789012345678901234567890]", b"[18446744073709551616]", b"[-9223372036854775809]", b"[-0]", b"[-0.0]",
    b"[5e-324,1e-400,2.2250738585072011e-308]", b"[0.1,1.7976931348623157e308,9007199254740993.0]", b"[1.0E+2,1e5]",
    b"[01]", b"[.5]", b"[5.]", b"[+1]", b"[0x1]", b"[1_0]", b"[1,]", b"[,1]", b"[1]x",
    b" [1] \n\t\r", b"\x0c[1]", b"\xa0[1]",
    b"\xef\xbb\xbf[1]", b"[true,nul]", b"[True]", b'["\x01"]', b'["\x7f"]', b'["\\x"]', b'["\\u12"]', b'["\\u0000"]',
    b'["\xed\xa0\x80"]', b'["\xf5\x80\x80\x80"]', b'["\xc0\x80"]', b'{"\xff":1}', b'["\\uD83D\\uDE00"]',
    b'["\\uDE00\\uD83D"]',
    b"['a']", b'{"a":1,"\\u0061":2}', b'{"a":{"b":1,"b":1}}', b'{"":1,"":2}', b"{1:2}", b"[/*x*/1]",
    b"[-]", b"[1e]", b"[NaN]",
    b"[-Infinity]", b'"', b'"\\', b"{", b"[" * 100_000, b'{"a":' * 100_000, b"1" * 5000,
)  # fmt: skip
"""On which decoders differ, or have differed."""


def test_every_decoder_reads_what_is_strange_alike_or_both_refuse() -> None:
    for payload in STRANGE:
        standard, hubs = (repr(read_or_reason(payload, decode)) for decode in DECODERS.values())
        assert standard == hubs, payload[:60]


def test_the_first_broken_bound_in_the_order_of_the_contract_names_it() -> None:
    twice, deep, large = b'{"a":1,"a":1}', nested(NESTING_MAX + 1), b"1e999"
    for payload, word in (
        (b"[%b,%b,%b" % (twice, deep, large), "duplicate-name"),
        (b"[%b,%b]" % (deep, large), "too-deep"),
        (b'[%b,"\\ud800"]' % deep, "payload"),
    ):
        with pytest.raises(NotVerified) as refused:
            read_json(payload)
        assert refused.value.reason == word


@pytest.mark.parametrize("depth", [1, 2, 63, 64, 65, 66, 500])
def test_depth_is_counted_whatever_stands_beside(depth: int) -> None:
    rng = random.Random(depth)
    value: object = 1
    for _ in range(depth):
        value = rng.choice(([1, "[", value, []], {"a": value, "b": "{"}, [[], value]))
    payload = json.dumps(value).encode()
    if depth < NESTING_MAX:
        assert read_json(payload) == value
    elif depth > NESTING_MAX:
        with pytest.raises(NotVerified):
            read_json(payload)


@pytest.mark.parametrize(
    "text",
    ["2000-01-01T00:00:00Z", "1999-12-31T23:59:59-00:01", "2099-12-31T23:59:59.999999Z", "2100-01-01T00:00:00+00:01"],
)
def test_a_time_within_the_bounds_is_returned_in_utc(text: str) -> None:
    at = read_time(text)
    assert at.tzinfo is UTC
    assert at == datetime.fromisoformat(text)


@pytest.mark.parametrize(
    "text",
    [
        *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "1999-12-31T23:59:59.999999Z"),
        *("2100-01-01T00:00:00Z", "2000-01-01T00:00:00+00:01", "2099-12-31T23:59:59-00:01"),
    ],
)
def test_a_time_out_of_bounds_is_refused_by_its_word(text: str) -> None:
    with pytest.raises(NotVerified) as refused:
        read_time(text)
    assert refused.value.reason == "time"


@pytest.mark.parametrize("value", [None, 5, "", "2026-11-24", "2026-11-24T15:04:05", "soon", [], {}])
def test_what_is_no_time_with_an_offset_is_no_time(value: object) -> None:
    with pytest.raises(ValueError, match=r"not a time|isoformat"):
        read_time(value)


def test_a_time_deep_in_a_body_is_looked_at_and_a_devices_word_is_not() -> None:
    early = "1970-01-01T00:00:00Z"
    refuse_other_times({"ts": "x", "body": {"cameras": [{"retention": {"oldest_at": early}}, 5]}}, "config")
    refuse_other_times({"body": {"planned": {"from": 5}, "acknowledged": [[]]}}, "config")
    for body in ({"planned": [{}, {"from": early}]}, {"cameras": [{"approval": {"at": early}}]}):
        with pytest.raises(NotVerified) as refused:
            refuse_other_times({"body": body}, "config")
        assert refused.value.reason == "time"


@every_decoder
def test_reading_without_asking_for_each_name_says_the_same(monkeypatch: pytest.MonkeyPatch, decode: Decode) -> None:
    rng = random.Random(5)
    names = ['"a"', '"b"', '":"', '"a":', '"\\u0061"', '" :"', '""']

    def made(depth: int) -> str:
        kind = rng.randrange(6) if depth else rng.randrange(4)
        if kind < 4:
            return rng.choice(("1", "null", "true", "-2.5", "9007199254740992", "1e999", "NaN", *names[:3], '"{[:,"'))
        space = rng.choice(("", " ", "\n"))
        if kind == 4:
            return f"[{','.join(made(depth - 1) for _ in range(rng.randrange(4)))}]"
        members = (f"{rng.choice(names)}{space}:{space}{made(depth - 1)}" for _ in range(rng.randrange(4)))
        return f"{{{','.join(members)}{rng.choice(('', '', '', ','))}}}"

    payloads = [made(4).encode() for _ in range(4000)]
    quick = [read_or_reason(one, decode) for one in payloads]
    monkeypatch.setattr("agent.contract.payload_bounds._read_quickly", lambda payload, decode: None)
    assert [read_or_reason(one, decode) for one in payloads] == quick
    assert {"duplicate-name", "number", "payload"} <= {one for one in quick if isinstance(one, str)}


def read_or_reason(payload: bytes, decode: Decode) -> object:
    try:
        return json.dumps(read_json(payload, decode)), "read"
    except NotVerified as error:
        return error.reason
