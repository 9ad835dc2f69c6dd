"""Which moment of footage answers a request, and where it is played."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from drivers.footage import Opening, ReplayAddress
from drivers.model import Recordings, Span
from drivers.rtsp.openings import moment_of, playback

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
URL = "rtsp://192.0.2.1/replay"
HOLED = (Span(NOW - 40 * DAY, NOW - 31 * DAY), Span(NOW - 29.5 * DAY, NOW - 5 * DAY), Span(NOW - DAY, NOW))


@pytest.mark.parametrize(
    ("spans", "wanted", "moment"),
    [
        (HOLED, Opening("floor", NOW - 32 * DAY), NOW - 32 * DAY),
        (HOLED, Opening("floor", NOW - 30 * DAY), NOW - 29.5 * DAY),
        (HOLED, Opening("floor", NOW - 4 * DAY), None),
        (HOLED, Opening("floor", NOW - 40 * DAY + HOUR / 2), None),
        (HOLED, Opening("bare", NOW - 30 * DAY), None),
        (HOLED, Opening("bare", NOW - 32 * DAY), NOW - 32 * DAY),
        (HOLED, Opening("newest", NOW), NOW - 10 * MINUTE),
        ((Span(NOW - 40 * DAY, NOW + DAY),), Opening("newest", NOW), NOW - 10 * MINUTE),
        ((Span(NOW - HOUR / 2, NOW),), Opening("newest", NOW), None),
        ((), Opening("newest", NOW), None),
    ],
)
def test_what_is_listed_at_or_soon_after_a_moment_is_opened(
    spans: tuple[Span, ...], wanted: Opening, moment: datetime | None
) -> None:
    assert moment_of(Recordings(spans, URL), wanted) == moment


def test_a_vendor_s_address_names_the_moment_in_its_own_digits() -> None:
    address = ReplayAddress(f"{URL}?starttime={{start}}&endtime={{end}}", "%Y%m%dT%H%M%SZ", "Asia/Shanghai")
    found = playback(Recordings(HOLED, f"{URL}?starttime=x", NOW, replays=address), Opening("bare", NOW - 6 * DAY))
    assert found is not None and found.named
    assert found.url == f"{URL}?starttime=20261118T200000Z&endtime=20261118T200100Z"


def test_onvif_is_asked_for_the_moment_and_another_recording_by_its_own_address() -> None:
    found = playback(Recordings(HOLED, URL), Opening("floor", NOW - 32 * DAY))
    assert found is not None and (found.url, found.named) == (URL, False)
    several = Recordings(HOLED, URL, newest_url=f"{URL}-2")
    newest = playback(several, Opening("newest", NOW))
    assert newest is not None and newest.url == f"{URL}-2"
    assert playback(several, Opening("floor", NOW - 32 * DAY)) is None
    assert playback(Recordings(HOLED), Opening("newest", NOW)) is None
