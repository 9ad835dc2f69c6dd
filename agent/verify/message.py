"""Verifies a message step by step, and compares neighbouring reports, as the hub does. Pure.

The steps, of which the first that fails names the refusal:

1. `topic`: a topic of this contract.
2. `unsigned`, `malformed`, `header`, `algorithm`: a JWS, in the user property or around the payload.
3. `size`, `payload`, `duplicate-name`, `too-deep`, `number`, `time`: a payload within the bounds of
   `agent/contract/payload_bounds.py`, and of the topic's kind.
4. `site`: topic and payload name the same site and city.
5. `key-of-another-site`, `revoked-key`, `unknown-key`: by the trust file. Unknown ones wait.
6. `typ`, `signature`: the signature fits these bytes, signed as this kind.
7. Chain: `duplicate`, `fork`, `tamper`, or a hole that is open or explained by a gap record.

The rules of the chain are the table in `agent/hub/README.md`; `advance` applies them to the hub's stored reports,
`examine` to reports in files.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Literal, TypeGuard

from agent.contract.chain import GENESIS, SCHEMA, STREAMS, digest
from agent.contract.envelope import read_header, unflatten
from agent.contract.payload_bounds import PAYLOAD_MAX_BYTES, Decode, read_json, read_time, refuse_other_times
from agent.contract.presence import SCHEMA as STATE_SCHEMA
from agent.contract.topics import CITY, FROM_HUB, SITE_ID, Address, Kind, read_topic
from agent.contract.watermark import SEQ_MAX, is_number
from agent.model.errors import NotVerified
from agent.model.finding import Head, StreamName

_EPOCH = re.compile(r"[0-9A-Za-z_-]{1,64}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_THUMBPRINT = re.compile(r"[0-9A-Za-z_-]{43}")
_WORD = re.compile(r"[0-9a-z-]{1,64}")
_OF_THE_HUB = ("confirmed-before", "accepted-loss")  # the hub's own words for runs that no site has explained


@dataclass(frozen=True, slots=True)
class Claim:
    """A message's unverified claims. `stream` None: a state message, with `seq` its connection number."""

    address: Address
    kid: str
    epoch: str
    stream: StreamName | None
    seq: int
    prev: str
    digest: str
    made_at: datetime
    data: Mapping[str, object] = field(repr=False)
    payload: bytes = field(repr=False)
    jws: str = field(repr=False)


def read_message(topic: str, payload: bytes, jws: str, decode: Decode | None = None) -> Claim:
    """Return a message's claims (steps 1 to 4).

    Args:
        topic: As received.
        payload: The exact bytes; with no `jws`, the flattened form around them (MQTT 3.1.1).
        jws: The user property, empty if there was none.
        decode: A faster decoder of JSON, if there is one.

    Raises:
        NotVerified: `reason` is the word of the step.
    """
    address = read_topic(topic)
    if address is None or address.kind in FROM_HUB:
        raise NotVerified("topic", "not a topic that a site sends on")
    if not jws:  # the form around a payload doubles its quotation marks: what is bounded is the payload
        try:
            payload, jws = unflatten(payload)
        except NotVerified:
            if len(payload) <= PAYLOAD_MAX_BYTES:
                raise NotVerified("unsigned", "no JWS, neither as user property nor around the payload") from None
    if len(payload) > PAYLOAD_MAX_BYTES:
        raise NotVerified("size", "larger than any report")
    claim = read_payload(payload, jws, decode)
    if (claim.address.site, claim.address.city) != (address.site, address.city):
        raise NotVerified("site", "topic of site {site}, payload of another site or city", site=address.site)
    if claim.address.kind != address.kind:
        raise NotVerified(
            "topic", "a {kind} payload on the topic for {kind2}", kind=claim.address.kind, kind2=address.kind
        )
    return claim


def read_payload(payload: bytes, jws: str, decode: Decode | None = None) -> Claim:
    """Return the claims of signed bytes.

    Raises:
        NotVerified: The JWS has not the form of this contract, or the payload is no report and no state, or breaks a
            bound.
    """
    header = read_header(jws)
    if not _THUMBPRINT.fullmatch(header.kid):
        raise NotVerified("header", "the kid is not an RFC 7638 thumbprint")
    data = read_json(payload, decode) if decode else read_json(payload)
    try:
        stream: StreamName | None = None
        made_at = read_time(data["ts"])
        if data["schema"] != STATE_SCHEMA:
            stream = STREAMS[STREAMS.index(data["stream"])]
            if data["schema"] != SCHEMA or not isinstance(data["body"], dict):
                raise ValueError
        seq, prev = (data["connection_no"], "") if stream is None else (data["seq"], data["prev"])
        address, epoch = _address(data["city"], data["site"], stream or "state"), data["epoch"]
        if not _EPOCH.fullmatch(epoch) or not is_place(seq) or (stream is not None and not _DIGEST.fullmatch(prev)):
            raise ValueError
    except (ValueError, TypeError, KeyError, AttributeError):
        raise NotVerified("payload", "not a payload of this contract") from None
    if stream is not None:
        refuse_other_times(data, stream)
    return Claim(address, header.kid, epoch, stream, seq, prev, digest(payload), made_at, data, payload, jws)


@lru_cache(maxsize=1024)  # the same in every report of a site
def _address(city: str, site: str, kind: Kind) -> Address:
    """Return where a report belongs. Raises ValueError, TypeError."""
    if not (CITY.fullmatch(city) and SITE_ID.fullmatch(site)):
        raise ValueError
    return Address(city, site, kind)


def is_place(value: object) -> TypeGuard[int]:
    """Return whether a value can be a number in a chain: its successor must be one, too."""
    return is_number(value) and value < SEQ_MAX


@dataclass(frozen=True, slots=True)
class Gap:
    """A run of evicted reports, as the site's gap record names it."""

    epoch: str
    stream: StreamName
    from_seq: int
    to_seq: int
    count: int
    reason: str
    last_digest: str


def read_gap(claim: Claim) -> Gap:
    """Return the run in a verified gap record.

    Raises:
        NotVerified: Its body is not one of a gap record.
    """
    try:
        body = claim.data["body"]
        gap = Gap(**body) if isinstance(body, dict) else None
        if gap is None or not (is_place(gap.from_seq) and is_place(gap.to_seq) and gap.from_seq <= gap.to_seq):
            raise ValueError
        named = _EPOCH.fullmatch(gap.epoch) and _WORD.fullmatch(gap.reason) and _DIGEST.fullmatch(gap.last_digest)
        if gap.stream not in STREAMS or gap.reason in _OF_THE_HUB or not named:
            raise ValueError
    except (ValueError, TypeError):
        raise NotVerified("payload", "a gap record that names no run of reports") from None
    return gap


def read_heads(value: object) -> dict[StreamName, Head]:
    """Return the heads in a payload, skipping what is invalid."""
    if not isinstance(value, dict):
        return {}
    found = ((stream, read_head(value.get(stream))) for stream in STREAMS)
    return {stream: head for stream, head in found if head is not None}


def read_head(entry: object) -> Head | None:
    """Return a head in a payload; None where it is invalid."""
    if not isinstance(entry, dict):
        return None
    seq, name = entry.get("seq"), entry.get("digest")
    if is_place(seq) and isinstance(name, str) and _DIGEST.fullmatch(name):
        return Head(seq, name)
    return None


@dataclass(frozen=True, slots=True)
class Chain:
    """How far one stream of one epoch is without a hole.

    `confirmed` is the newest report up to which nothing is missing: the watermark. `position` may be further, at the
    end of a run that a gap record explains. `broken` is the number of the report that does not continue the one before
    it; the watermark never passes it.
    """

    confirmed: Head = GENESIS
    position: Head = GENESIS
    broken: int = 0


def advance(
    chain: Chain,
    report_at: Callable[[int, str], tuple[str, str] | None],
    gap_at: Callable[[int], tuple[int, str] | None],
) -> Chain:
    """Return the chain as far as it goes now.

    `report_at` returns digest and `prev` of the verified report of a number, of several the one whose `prev` is the
    second argument; `gap_at` the last number and digest of a verified gap record that covers a number.
    """
    confirmed, position = chain.confirmed, chain.position
    while not chain.broken:
        seq = position.seq + 1
        report = report_at(seq, position.digest)
        if report is not None:
            if report[1] != position.digest:
                return Chain(confirmed, position, broken=seq)
            confirmed = position = Head(seq, report[0])
            continue
        gap = gap_at(seq)
        if gap is None:
            break
        position = Head(*gap)
    return Chain(confirmed, position, chain.broken)


Fault = Literal["gap", "fork", "tamper"]


@dataclass(frozen=True, slots=True)
class Problem:
    """A fault between reports: of which stream, from which to which number."""

    fault: Fault
    site: str
    epoch: str
    stream: StreamName
    from_seq: int
    to_seq: int


def examine(claims: Iterable[Claim]) -> tuple[Problem, ...]:
    """Return the faults between verified reports; nothing is missing before the first. State messages are ignored."""
    versions: dict[tuple[str, str, StreamName], dict[int, dict[str, Claim]]] = defaultdict(lambda: defaultdict(dict))
    gaps: dict[tuple[str, str, StreamName], list[Gap]] = defaultdict(list)
    problems: list[Problem] = []
    for claim in claims:
        if claim.stream is None:
            continue
        versions[claim.address.site, claim.epoch, claim.stream][claim.seq][claim.digest] = claim
        if claim.stream == "gap":
            gap = read_gap(claim)
            gaps[claim.address.site, gap.epoch, gap.stream].append(gap)
    for key, numbered in versions.items():
        problems += [Problem("fork", *key, seq, seq) for seq, several in numbered.items() if len(several) > 1]
        stored = {seq: _continued(several, numbered.get(seq + 1, {})) for seq, several in numbered.items()}
        before = min(stored) - 1
        position = Head(before, stored[before + 1].prev)
        while position.seq < max(stored):
            chain = advance(Chain(position, position), _reports(stored), _gaps(gaps[key]))
            position = chain.position
            if chain.broken:
                problems.append(Problem("tamper", *key, chain.broken, chain.broken))
                position = Head(chain.broken, stored[chain.broken].digest)
            elif position.seq < max(stored):
                after = min(seq for seq in stored if seq > position.seq)
                problems.append(Problem("gap", *key, position.seq + 1, after - 1))
                position = Head(after - 1, stored[after].prev)
    return tuple(sorted(problems, key=lambda problem: (problem.site, problem.epoch, problem.stream, problem.from_seq)))


def _continued(versions: Mapping[str, Claim], after: Mapping[str, Claim]) -> Claim:
    """Return the version of a forked report that the next one continues; any where none is."""
    named = {claim.prev for claim in after.values()}
    return next((claim for claim in versions.values() if claim.digest in named), next(iter(versions.values())))


def _reports(stored: Mapping[int, Claim]) -> Callable[[int, str], tuple[str, str] | None]:
    def report_at(seq: int, due: str) -> tuple[str, str] | None:
        claim = stored.get(seq)
        return (claim.digest, claim.prev) if claim else None

    return report_at


def _gaps(gaps: Iterable[Gap]) -> Callable[[int], tuple[int, str] | None]:
    def gap_at(seq: int) -> tuple[int, str] | None:
        return next(((gap.to_seq, gap.last_digest) for gap in gaps if gap.from_seq <= seq <= gap.to_seq), None)

    return gap_at
