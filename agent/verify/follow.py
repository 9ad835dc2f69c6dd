"""Follows the chains of reports as they pass. No I/O, memory bounded.

Decides what is worth a line: a fork, a report that does not continue the one before it, a hole, and that a hole was
filled or explained. Reports may come in any order: each is compared with its neighbours.
"""

from dataclasses import dataclass, field, replace
from typing import Final, Literal

from agent.model.finding import StreamName
from agent.verify.message import Claim, Gap, read_gap

REMEMBERED_MOST: Final = 2000
"""Reports of one stream whose digests are cached, the highest numbers."""

HOLES_MOST: Final = 1000
STREAMS_MOST: Final = 50_000

Key = tuple[str, str, StreamName]
Fault = Literal["gap", "fork", "tamper", "filled"]


@dataclass(frozen=True, slots=True)
class ChainEvent:
    """One line: what, of which stream, from which to which number. `filled`: a hole reported before is closed."""

    fault: Fault
    site: str
    epoch: str
    stream: StreamName
    from_seq: int
    to_seq: int


@dataclass(frozen=True, slots=True)
class _Hole:
    """The rest of a hole; `told` is the run as it was reported."""

    from_seq: int
    to_seq: int
    told: tuple[int, int]


@dataclass(slots=True)
class _Stream:
    """The cache of one stream: digest and `prev` by number, the open holes, the runs in gap records."""

    highest: int = 0
    reports: dict[int, tuple[str, str]] = field(default_factory=dict)
    holes: tuple[_Hole, ...] = ()
    gaps: tuple[Gap, ...] = ()


@dataclass(slots=True)
class Follow:
    """The chains so far. `duplicates` counts reports that came again."""

    duplicates: int = 0
    _streams: dict[Key, _Stream] = field(default_factory=dict)

    def open_holes(self) -> tuple[ChainEvent, ...]:
        """Return holes that nothing has filled or explained yet."""
        return tuple(
            ChainEvent("gap", *key, hole.from_seq, hole.to_seq)
            for key, stream in sorted(self._streams.items())
            for hole in stream.holes
        )

    def take(self, claim: Claim) -> tuple[ChainEvent, ...]:
        """Take one verified report; return what is worth a line. State messages have no chain."""
        if claim.stream is None:
            return ()
        site = claim.address.site
        told: list[ChainEvent] = []
        key: Key = site, claim.epoch, claim.stream
        told += [ChainEvent(fault, *key, first, last) for fault, first, last in self._report(self._stream(key), claim)]
        if claim.stream == "gap":
            gap = read_gap(claim)
            key = site, gap.epoch, gap.stream
            told += [ChainEvent(fault, *key, first, last) for fault, first, last in _take_gap(self._stream(key), gap)]
        return tuple(told)

    def _stream(self, key: Key) -> _Stream:
        if key not in self._streams and len(self._streams) >= STREAMS_MOST:
            del self._streams[next(iter(self._streams))]  # the one met first: its epoch is the likeliest to be over
        return self._streams.setdefault(key, _Stream())

    def _report(self, stream: _Stream, claim: Claim) -> list[tuple[Fault, int, int]]:
        seq = claim.seq
        known = stream.reports.get(seq)
        if known is not None:
            self.duplicates += known[0] == claim.digest
            return [] if known[0] == claim.digest else [("fork", seq, seq)]
        told: list[tuple[Fault, int, int]] = []
        before, after = stream.reports.get(seq - 1), stream.reports.get(seq + 1)
        given_up = next((gap for gap in stream.gaps if gap.to_seq == seq - 1), None)
        continued = before[0] if before is not None else given_up.last_digest if given_up is not None else claim.prev
        if continued != claim.prev:
            told.append(("tamper", seq, seq))
        if after is not None and after[1] != claim.digest:
            told.append(("tamper", seq + 1, seq + 1))
        if stream.highest and seq > stream.highest + 1:
            run = stream.highest + 1, seq - 1
            pieces: tuple[_Hole, ...] = (_Hole(*run, run),)
            for gap in stream.gaps:
                pieces = tuple(rest for piece in pieces for rest in _without(piece, gap.from_seq, gap.to_seq))
            told += [("gap", piece.from_seq, piece.to_seq) for piece in pieces]
            named = tuple(replace(piece, told=(piece.from_seq, piece.to_seq)) for piece in pieces)
            stream.holes = (*stream.holes, *named)[-HOLES_MOST:]
        else:
            told += _fill(stream, seq, seq)
        stream.highest = max(stream.highest, seq)
        stream.reports[seq] = claim.digest, claim.prev
        if len(stream.reports) > REMEMBERED_MOST:
            del stream.reports[min(stream.reports)]
        return told


def _take_gap(stream: _Stream, gap: Gap) -> list[tuple[Fault, int, int]]:
    """Take a gap record: it explains a hole, and names the digest that the report after it must continue."""
    stream.gaps = (*stream.gaps, gap)[-HOLES_MOST:]
    told = _fill(stream, gap.from_seq, gap.to_seq)
    after = stream.reports.get(gap.to_seq + 1)
    if after is not None and gap.to_seq not in stream.reports and after[1] != gap.last_digest:
        told.append(("tamper", gap.to_seq + 1, gap.to_seq + 1))
    return told


def _fill(stream: _Stream, first: int, last: int) -> list[tuple[Fault, int, int]]:
    """Take a run out of the open holes; return those that it closes."""
    before = {hole.told for hole in stream.holes}
    stream.holes = tuple(rest for hole in stream.holes for rest in _without(hole, first, last))
    return [("filled", *run) for run in sorted(before - {hole.told for hole in stream.holes})]


def _without(hole: _Hole, first: int, last: int) -> tuple[_Hole, ...]:
    if last < hole.from_seq or first > hole.to_seq:
        return (hole,)
    pieces = (replace(hole, to_seq=first - 1), replace(hole, from_seq=last + 1))
    return tuple(piece for piece in pieces if piece.from_seq <= piece.to_seq)
