"""Calculates when segments end, and so the gaps between them, from names, times of change and sizes. Pure.

A segment ends when the next one begins, if its file was written until then; else when its file was last written, if
that fits its size and the length of the others. Where these disagree its header decides, read only then. A name is only
what somebody called a file: one that was written days later is noted, since a copy under another name looks so. Not
detected: a hole inside one file whose length, size and times are those of the others.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from drivers.footage import StoreTrouble, TroubleKind

SLACK_S = 2.0
"""Holes up to this are the grain of names in whole seconds, and of a recorder that changes files."""

FINISH_S = 10.0
"""How long after the next segment began a recorder may still be writing the index of the one before."""

SETTLES_S = 900.0
"""How long a file, or a recorder, may be quiet before it is taken to be done."""

WRITTEN_LATER_S = 2 * 86400.0
"""How long after the end of what it holds a file may be written: recorders move footage to another disk at night."""

_LONG = 1.5
_NEVER = float("inf")
_SMALL = 8
"""A segment of less than one part in so many of the usual size holds less than its times claim."""

Span = tuple[float, float]
Duration = Callable[[int], float | None]
"""The length of a segment in seconds out of its header, by its number; None where that cannot be had."""


@dataclass(frozen=True, slots=True)
class Ends:
    """Recorded stretches of one camera, merged, in seconds since 1970. `sure`: no end had to be guessed."""

    spans: tuple[Span, ...]
    sure: bool
    troubles: tuple[StoreTrouble, ...]


class Troubles:
    """Counts troubles by kind and remembers where each was met first."""

    def __init__(self) -> None:
        self._found: dict[TroubleKind, tuple[int, str, float | None]] = {}

    def note(self, kind: TroubleKind, first: str, at_s: float | None = None, times: int = 1) -> None:
        """Count one trouble."""
        before = self._found.get(kind)
        self._found[kind] = (times, first, at_s) if before is None else (before[0] + times, *before[1:])

    def add(self, troubles: Sequence[StoreTrouble]) -> None:
        """Count those that were counted elsewhere."""
        for one in troubles:
            self.note(one.kind, one.first, one.first_at.timestamp() if one.first_at else None, one.times)

    def all(self) -> tuple[StoreTrouble, ...]:
        """Return one trouble for each kind that was met."""
        return tuple(
            StoreTrouble(kind, times, first, None if at_s is None else datetime.fromtimestamp(at_s, UTC))
            for kind, (times, first, at_s) in self._found.items()
        )


def find_ends(
    names: Sequence[str],
    begins_s: Sequence[float],
    changed_s: Sequence[float],
    sizes_bytes: Sequence[int],
    now_s: float,
    duration: Duration,
) -> Ends:
    """Find the stretches that the segments cover, and the troubles in them.

    Args:
        names: Their names, for troubles.
        begins_s: Their starts, in seconds since 1970, in any order.
        changed_s: When each file was last written.
        sizes_bytes: Their sizes. Empty ones cover nothing.
        now_s: The moment of the look.
        duration: Reads a header; called only where the rest disagrees.
    """
    troubles = Troubles()
    rows: list[tuple[float, float, int, int]] = []
    for number, row in enumerate(zip(begins_s, changed_s, sizes_bytes, strict=True)):
        if row[2] == 0:
            if now_s - row[1] > SETTLES_S:
                troubles.note("empty", names[number], row[0])
        elif row[0] > now_s + SLACK_S:
            troubles.note("future", names[number], row[0])
        else:
            rows.append((*row, number))
    rows.sort()
    if not rows:
        return Ends((), True, troubles.all())
    usual_s, small_bytes = _usual(rows)
    longest_s = _LONG * usual_s + SLACK_S
    spans: list[Span] = []
    sure = True
    from_s = until_s = rows[0][0]
    following = [row[0] for row in rows[1:]] + [_NEVER]
    for (begins, changed, size, number), following_s in zip(rows, following, strict=True):
        if begins - until_s > SLACK_S:
            spans.append((from_s, until_s))
            from_s = begins
        if -SLACK_S <= following_s - changed <= SLACK_S and following_s - begins <= longest_s and size >= small_bytes:
            until_s = following_s
            continue
        fits = size * usual_s >= small_bytes * (min(changed, following_s) - begins)
        end_s = _plain_end(begins, changed, following_s, usual_s, longest_s) if fits else None
        if end_s is None and (length_s := duration(number)) is not None:
            end_s = begins + length_s
            if abs(end_s - following_s) <= SLACK_S:
                end_s = following_s
        elif end_s is None and following_s == _NEVER and begins <= changed and now_s - changed <= SETTLES_S:
            # It grows; its header is written when it is done.
            end_s = changed
        elif end_s is None:
            # Nothing is claimed that no file of the usual length would hold.
            end_s = min(begins + usual_s, following_s, changed if changed > begins else _NEVER)
            sure = False
        if changed < begins - SLACK_S or end_s > following_s + SLACK_S:
            troubles.note("clock-jump", names[number], begins)
        if changed - end_s > WRITTEN_LATER_S:
            troubles.note("written-later", names[number], begins)
        until_s = max(until_s, end_s)
    spans.append((from_s, until_s))
    return Ends(tuple(span for span in spans if span[1] > span[0]), sure, troubles.all())


def merged(spans: Sequence[Span]) -> list[Span]:
    """Join stretches that meet within the slack; the result is sorted."""
    found: list[Span] = []
    for begins, ends in sorted(spans):
        if found and begins - found[-1][1] <= SLACK_S:
            found[-1] = (found[-1][0], max(found[-1][1], ends))
        else:
            found.append((begins, ends))
    return found


def _usual(rows: Sequence[tuple[float, float, int, int]]) -> tuple[float, float]:
    """Return the usual length of a segment, and the size below which one is suspiciously small."""
    lengths = [
        length
        for row, following in zip(rows, [*(row[0] for row in rows[1:]), _NEVER], strict=True)
        if (length := min(row[1], following) - row[0]) > 0
    ]
    lengths.sort()
    sizes = sorted(row[2] for row in rows)
    return (lengths[len(lengths) // 2] if lengths else 0.0), sizes[len(sizes) // 2] / _SMALL


def _plain_end(begins_s: float, changed_s: float, following_s: float, usual_s: float, longest_s: float) -> float | None:
    """Return the end by times alone; None where they disagree."""
    if changed_s > following_s:
        late_s = changed_s - following_s
        if late_s <= FINISH_S and following_s - begins_s <= longest_s:
            return following_s
        # A file that was copied or touched later; a neighbour at the usual distance still bears it out.
        return following_s if abs(following_s - begins_s - usual_s) <= SLACK_S else None
    if begins_s == changed_s and following_s == _NEVER:
        return changed_s
    return changed_s if begins_s < changed_s <= begins_s + longest_s else None
