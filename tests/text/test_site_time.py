"""Times by the clocks on site: each moment of a text, and nothing that only looks like one."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from agent.text.site_time import with_local_times

DATONG = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("from 2026-11-24T00:00+08:00: find out why", "from 2026-11-24 00:00: find out why"),
        ("since 2026-11-24T16:30:05Z", "since 2026-11-25 00:30"),
        ("(2026-11-24T16:30:05.123Z, 2026-11-24T12:00:00+01:00)", "(2026-11-25 00:30, 2026-11-24 19:00)"),
        ("on 2026-11-24", "on 2026-11-24"),
        ("2026-11-24T16:30", "2026-11-24T16:30"),
        ("2026-13-24T16:30:05Z", "2026-13-24T16:30:05Z"),
        ("2026-02-31T16:30:05Z", "2026-02-31T16:30:05Z"),
        ("file-2026-11-24T16:30:05Z.ts", "file-2026-11-24T16:30:05Z.ts"),
        ("0001-01-01T00:00:00+23:59", "0001-01-01T00:00:00+23:59"),
    ],
)
def test_a_moment_is_told_by_the_clocks_on_site_and_all_else_stays(text: str, local: str) -> None:
    assert with_local_times(text, DATONG) == local
