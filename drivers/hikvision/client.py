"""Sends all requests of one device's ISAPI session, and only ones that read.

Sent are GETs below /ISAPI/, and the POSTs of three searches: `ContentMgmt/search`, `dailyDistribution` and `logSearch`.
A refused login, or an unreachable device, ends the session. Optional reads (no picture, mask or recording depends on
them) share half of the time left.
"""

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
from drivers.hikvision.parse_search import Page, Segment
from drivers.hikvision.reply import document
from drivers.http.xml_answer import skipped
from drivers.model import Reply

_T = TypeVar("_T")

PAGE_SIZE = 40
"""Segments for each answer; several devices stop at 50."""

MAX_PAGES = 50
"""The limit of a search: 2000 segments, more than any day or hour of a whole recorder has."""

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
        """Get a document below /ISAPI/ with a root in `root`; return `read`'s result. Raises DriverError."""
        roots = (root,) if isinstance(root, str) else root
        return self.ask(
            path, lambda reply: self._read(reply, document(reply, *roots, guarded=guarded), read), optional=optional
        )[0]

    def ask(self, path: str, read: Callable[[Reply], _T], *, optional: bool = False) -> tuple[_T, Exchange]:
        """Ask for anything below /ISAPI/; return what `read` finds in it, and how it came. Raises DriverError."""
        return self._send(Request(path, "GET", f"/ISAPI/{path}"), read, optional)

    def search(self, tracks: Iterable[int], begin: datetime, end: datetime, most: int = PAGE_SIZE) -> Page:
        """Search once for at most `most` segments, the oldest first, as the device writes them. Raises DriverError.

        Source: RaCM, CMSearchDescription.
        """
        return self._page(str(uuid.uuid4()).upper(), tuple(tracks), begin, end, most, 0)

    def segments(self, tracks: Iterable[int], begin: datetime, end: datetime) -> tuple[Segment, ...]:
        """List every segment of tracks in a window, page by page. Raises DriverError.

        What is listed is counted: `numOfMatches` may be that of all pages, and no page is the last before that.
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
        """Request which days of a month hold footage of a track: day of the month, and whether. Raises DriverError."""
        path = f"ContentMgmt/record/tracks/{track}/dailyDistribution"
        return self.post(path, parse_search.month_body(year, month), "trackDailyDistribution", parse_search.days)

    def post(
        self, path: str, body: bytes, root: str, read: Callable[[etree._Element], _T], *, optional: bool = False
    ) -> _T:
        """Send a search and return what `read` parses from its answer. Raises DriverError."""
        request = Request(path, "POST", f"/ISAPI/{path}", body, _XML)
        return self._send(request, lambda reply: self._read(reply, document(reply, root, asks=False), read), optional)[
            0
        ]

    def _read(self, reply: Reply, root: etree._Element, read: Callable[[etree._Element], _T]) -> _T:
        value = read(root)
        self.transport.samples.skip(reply, skipped(root))
        return value

    def _page(self, name: str, tracks: tuple[int, ...], begin: datetime, end: datetime, most: int, at: int) -> Page:
        body = parse_search.search_body(name, tracks, begin, end, most, at)
        only = tracks[0] if len(tracks) == 1 else None
        return self.post(parse_search.SEARCH, body, "CMSearchResult", lambda root: parse_search.parse_page(root, only))

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
