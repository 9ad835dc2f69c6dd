"""Sends all requests of one device's ISAPI session, and only ones that read.

Sent are GETs below /ISAPI/, and the POSTs of three searches: `ContentMgmt/search`, `dailyDistribution` and `logSearch`.
A login that was refused, or a device that cannot be reached at all, ends the session: nothing more is sent. Reads that
no picture, mask or recording depends on are optional: together they get half of the time that is left.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from lxml import etree

from drivers.deadline import Deadline
from drivers.errors import Busy, DeadlineExceeded, DriverError, Malformed, NotPermitted, NotTried, Refused, Unreachable
from drivers.exchange import Exchange, Request, Transport
from drivers.hikvision import parse_search
from drivers.hikvision.parse_search import Found, Segment
from drivers.hikvision.reply import document
from drivers.model import Reply

_T = TypeVar("_T")

PAGE_SIZE = 40
"""Segments for each answer; several devices stop at 50."""

MAX_PAGES = 50
"""Where a search is given up: 2000 segments, more than any day or hour of a whole recorder holds."""

_XML = (("Content-Type", "application/xml"),)


class Isapi:
    """The questions of one run. Not for use by several threads at once."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self._ended: DriverError | None = None
        self._answered = False
        self._spare: Deadline | None = None

    def get(
        self,
        path: str,
        root: str | tuple[str, ...],
        read: Callable[[etree._Element], _T],
        *,
        optional: bool = False,
        guarded: bool = False,
    ) -> _T:
        """Ask for a document below /ISAPI/ with one of the names in `root`, and return what `read` finds in it.

        Raises:
            DriverError: There is no such answer; its kind says why. `read` may raise Malformed.
        """
        roots = (root,) if isinstance(root, str) else root
        return self.ask(path, lambda reply: read(document(reply, *roots, guarded=guarded)), optional=optional)[0]

    def ask(self, path: str, read: Callable[[Reply], _T], *, optional: bool = False) -> tuple[_T, Exchange]:
        """Ask for anything below /ISAPI/; return what `read` finds in it, and how it came. Raises DriverError."""
        return self._send(Request(path, "GET", f"/ISAPI/{path}"), read, optional)

    def search(self, tracks: Iterable[int], begin: datetime, end: datetime, most: int = PAGE_SIZE) -> Found:
        """Ask once which segments of tracks lie in a window; moments as the device writes them. Raises DriverError.

        At most `most` segments, the oldest ones.

        Source: RaCM, CMSearchDescription.
        """
        return self._page(str(uuid.uuid4()).upper(), tuple(tracks), begin, end, most, 0)

    def segments(self, tracks: Iterable[int], begin: datetime, end: datetime) -> tuple[Segment, ...]:
        """List every segment of tracks in a window, page by page. Raises DriverError.

        What is listed is counted; `numOfMatches` may be the total of all pages, and no page is the last before that.
        """
        name, asked = str(uuid.uuid4()).upper(), tuple(tracks)
        found: list[Segment] = []
        for _ in range(MAX_PAGES):
            page = self._page(name, asked, begin, end, PAGE_SIZE, len(found))
            found += page.segments
            if not page.more and page.counted > len(found):
                raise Malformed(f"{parse_search.SEARCH}: {page.counted} segments are counted and {len(found)} listed")
            if not page.more:
                return tuple(found)
        raise Malformed(f"{parse_search.SEARCH}: more than {MAX_PAGES} pages of segments")

    def days(self, track: int, year: int, month: int) -> tuple[tuple[int, bool], ...]:
        """Ask which days of a month hold footage of a track: day of the month, and whether. Raises DriverError."""
        path = f"ContentMgmt/record/tracks/{track}/dailyDistribution"
        body = parse_search.month_asked(year, month)
        request = Request(path, "POST", f"/ISAPI/{path}", body, _XML)

        def read(reply: Reply) -> tuple[tuple[int, bool], ...]:
            return parse_search.days(document(reply, "trackDailyDistribution", asks=False))

        return self._send(request, read)[0]

    def find(self, path: str, body: bytes, read: Callable[[Reply], _T]) -> _T:
        """Ask an optional search by POST, and return what `read` finds in its answer. Raises DriverError."""
        return self._send(Request(path, "POST", f"/ISAPI/{path}", body, _XML), read, optional=True)[0]

    def _page(self, name: str, tracks: tuple[int, ...], begin: datetime, end: datetime, most: int, at: int) -> Found:
        path = parse_search.SEARCH
        body = parse_search.asked(name, tracks, begin, end, most, at)
        request = Request(path, "POST", f"/ISAPI/{path}", body, _XML)
        only = tracks[0] if len(tracks) == 1 else None

        def read(reply: Reply) -> Found:
            return parse_search.found(document(reply, "CMSearchResult", asks=False), only)

        return self._send(request, read)[0]

    def _send(self, request: Request, read: Callable[[Reply], _T], optional: bool = False) -> tuple[_T, Exchange]:
        if self._ended is not None:
            raise self._ended
        if optional:
            request = replace(request, limit_s=self._spare_s())
        try:
            exchange = self.transport.exchange(request)
        except DriverError as error:
            self._weigh(error)
            raise
        self._answered = True
        try:
            return read(exchange.reply), exchange
        except Malformed as error:
            text = str(error)
            why = text if text.startswith(request.operation) else f"{request.operation}: {text}"
            self.transport.samples.keep(exchange.reply, why)
            raise Malformed(why) from None

    def _spare_s(self) -> float:
        if self._spare is None:
            self._spare = Deadline(self.transport.deadline.remaining_s() / 2)
        return self._spare.remaining_s()

    def _weigh(self, error: DriverError) -> None:
        """End the session where every further request would meet the same: a refused login, or nobody there."""
        silent = isinstance(error, Unreachable | DeadlineExceeded) and not self._answered
        shut_out = isinstance(error, Refused | NotTried | Busy) and not isinstance(error, NotPermitted)
        if silent or shut_out:
            self._ended = error
