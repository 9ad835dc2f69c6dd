"""Selects the next picture of a simulated stream: a live clip in a loop, or a recording from a moment on. No I/O.

A player yields one picture at a time and its interval; the connection sends.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from agent.demo.rtsp.clips import Clip, is_clean
from agent.demo.rtsp.rtp import CLEAN_POINT, CLOCK_HZ, END_OF_SECTION, TERMINAL, Packetiser, ReplayMark
from drivers.model import Span

RATE_HZ = 10
STEP = timedelta(seconds=1 / RATE_HZ)


_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
GOP_S = 17
"""For so long a live stream begins with the same IDR picture: a camera stores its newest one for viewers."""


def moment_shown(clip: Clip, at: datetime) -> int:
    """Return the number of the IDR picture with which a live stream begins at a moment."""
    points = clip.clean_points
    return points[int(at.timestamp()) // GOP_S % len(points)]


class Live:
    """Loops a clip from an IDR on. The clip is chosen anew at each IDR, so that a fault shows within a second."""

    def __init__(self, clip: Callable[[], Clip], at: datetime, packetiser: Packetiser, *, parameter_sets: bool) -> None:
        self._clip, self._packetiser, self._parameter_sets = clip, packetiser, parameter_sets
        self._current = clip()
        self._index = moment_shown(self._current, at)
        self._timestamp = 0
        self.interval_s = 1 / RATE_HZ

    def next(self) -> bytes | None:
        """The next picture; a live stream never ends."""
        position = self._index % len(self._current.pictures)
        if position in self._current.clean_points and self._clip() is not self._current:
            self._current, self._index, position = self._clip(), 0, 0
        units = _units(self._current, position, parameter_sets=self._parameter_sets)
        data = self._packetiser.picture(units, self._timestamp)
        self._index += 1
        self._timestamp += CLOCK_HZ // RATE_HZ
        return data


class Told:
    """Repeats the documents of a stream's metadata; with none it only holds the connection."""

    def __init__(self, documents: tuple[bytes, ...], packetiser: Packetiser) -> None:
        self._documents, self._packetiser = documents, packetiser
        self._index = 0
        self.interval_s = 1 / RATE_HZ

    def next(self) -> bytes | None:
        """The next document, or nothing; metadata never ends."""
        if not self._documents:
            return b""
        document = self._documents[self._index % len(self._documents)]
        self._index += 1
        return self._packetiser.document(document, self._index * CLOCK_HZ // RATE_HZ)


@dataclass(frozen=True, slots=True)
class ReplayWish:
    """What PLAY requested: `intra_only` from `Frames`, `paced` from `Rate-Control`, and its CSeq.

    `marked`: each picture carries its recorded time, as in ONVIF.
    """

    start_at: datetime
    end_at: datetime
    intra_only: bool
    paced: bool
    cseq: int
    marked: bool = True


def starting_point(span: Span, wanted: datetime | None, gop: int) -> datetime | None:
    """Return the clean point at which replay of a recording starts, None where the requested moment is behind its end.

    Within the footage it is the clean point at or before the moment; before the footage, its first clean point. Clean
    points stay where they are when the oldest footage is deleted.

    Source: ONVIF Streaming Specification, Playback, "Synchronization points".
    """
    if wanted is None or wanted <= span.start_at:
        return span.start_at
    if wanted >= span.end_at:
        return None
    earlier = wanted.astimezone(span.start_at.tzinfo)
    return max(span.start_at, earlier - (earlier - _EPOCH) % (STEP * gop))


class Replay:
    """Plays a recording of one contiguous span, with the recorded time in the header extension if requested."""

    def __init__(
        self, clip_at: Callable[[datetime], Clip], span: Span, wish: ReplayWish, packetiser: Packetiser
    ) -> None:
        self._clip_at, self._span, self._wish, self._packetiser = clip_at, span, wish, packetiser
        self._current = clip_at(wish.start_at)
        self._index = 0
        self.interval_s = (1 / RATE_HZ) if wish.paced else 0.0

    def next(self) -> bytes | None:
        """The next picture, or None after the last one."""
        recorded_at = self._wish.start_at + STEP * self._index
        if recorded_at >= min(self._wish.end_at, self._span.end_at):
            return None
        position = self._index % len(self._current.pictures)
        if position == 0:
            self._current = self._clip_at(recorded_at)
        self._index += len(self._current.pictures) if self._wish.intra_only else 1
        last = self._wish.start_at + STEP * self._index >= self._span.end_at
        flags = (CLEAN_POINT if position == 0 else 0) | (END_OF_SECTION | TERMINAL if last else 0)
        units = _units(self._current, position, parameter_sets=True)
        timestamp = round(recorded_at.timestamp() * CLOCK_HZ)
        mark = ReplayMark(recorded_at, flags, self._wish.cseq) if self._wish.marked else None
        return self._packetiser.picture(units, timestamp, mark)


def _units(clip: Clip, position: int, *, parameter_sets: bool) -> tuple[bytes, ...]:
    picture = clip.pictures[position]
    return (clip.sps, clip.pps, *picture) if parameter_sets and is_clean(picture) else picture
