"""A hub deletes reports, and what it extracted of them, when its limit is over; not by a wrong clock of its own."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from delivery import DAY, Maker, event
from here_run import run_here
from hubdesk import Desk, chain_of
from live_site import NOON, Live

from agent.contract.chain import utc_text
from agent.host.access_register import KEPT as RECORDS_KEPT
from agent.host.access_register import note_opening, read_openings
from agent.hub.domain.kept import KEPT_DAYS
from agent.hub.workers.expire import DAY_S, Expiry
from agent.model import exits

SECOND = timedelta(seconds=1)


def expired(desk: Desk, kept: timedelta, now: datetime) -> list[dict[str, Any]]:
    """Let the hub look until it waits for the next day; return what it told."""
    told: list[dict[str, Any]] = []
    expiry, now_s = Expiry(kept), 0.0
    while expiry.look_at_s - now_s < DAY_S:
        expiry.look(desk.store, now, now_s, told.append)
        now_s = max(now_s, expiry.look_at_s) if expiry.look_at_s - now_s < DAY_S else now_s
    return told


def test_the_hub_deletes_reports_after_its_limit_but_the_newest_of_each_stream(
    desk: Desk, live: Live, tmp_path: Path
) -> None:
    folder, kept = tmp_path / "hub", timedelta(days=KEPT_DAYS)
    for day in range(3):
        live.look(NOON + day * DAY, silent=("boxa",))
    mark, count = desk.watermark(live.spool.epoch, "S1"), reports(desk)
    assert expired(desk, kept, NOON + kept) == []
    last = NOON + 2 * DAY
    live.look(last + kept - DAY)
    assert expired(desk, kept, last + kept - DAY - SECOND)[0]["event"] == "expired"
    assert 0 < reports(desk) < count + 1
    live.look(last + kept + DAY)
    expired(desk, kept, last + kept + DAY)
    left = desk.store.all("SELECT stream, count(*) FROM report WHERE arrived_at < ? GROUP BY stream", utc_text(last))
    assert left == [], "of each stream a newer one is there"
    assert all(desk.watermark(live.spool.epoch, "S1")[stream] >= seq for stream, seq in mark.items())
    for table, key in (("body", "id"), ("telling_finding", "report_id")):
        left_over = f"SELECT count(*) FROM {table} WHERE {key} NOT IN (SELECT id FROM report)"  # noqa: S608
        assert desk.store.all(left_over) == [(0,)]
    untold = "SELECT count(*) FROM finding WHERE id NOT IN (SELECT finding_id FROM telling_finding)"
    assert desk.store.all(untold) == [(0,)]
    note_opening(folder, "hub case", "reports", NOON)
    note_opening(folder, "hub case", "reports", last)
    expired(desk, kept, last + kept)
    assert [one.at for one in read_openings(folder)] == [last]
    assert desk.store.all("SELECT count(*) FROM assessed WHERE day < ?", utc_text(last)[:10]) == [(0,)]


def test_of_a_site_that_fell_silent_the_newest_of_each_stream_stays(desk: Desk, live: Live, tmp_path: Path) -> None:
    kept = timedelta(days=KEPT_DAYS)
    for day in range(2):
        live.look(NOON + day * DAY, silent=("boxa",))
    of_it = "SELECT stream, max(seq) FROM report WHERE site = 'S1' GROUP BY stream"
    newest = desk.store.all(of_it)
    later = NOON + kept + 9 * DAY
    other = Live(tmp_path, desk, "S2")
    other.look(later)
    other.spool.close()
    expired(desk, kept, later)
    assert desk.store.all(of_it) == newest and len(newest) == 3
    assert desk.store.all("SELECT count(*) FROM report WHERE site = 'S1'") == [(len(newest),)]


def reports(desk: Desk) -> int:
    return int(desk.store.all("SELECT count(*) FROM report")[0][0])


def test_a_hub_whose_clock_was_put_forward_deletes_nothing(tmp_path: Path, desk: Desk) -> None:
    maker = Maker(tmp_path / "site")
    desk.vouch(maker)
    desk.birth(maker, "e1")
    for one in chain_of(maker, 5):
        desk.send(one)
    assert expired(desk, timedelta(days=184), NOON + 10 * RECORDS_KEPT) == []
    assert reports(desk) == 5


def test_a_hub_with_more_than_one_portion_goes_on_until_all_is_gone(
    tmp_path: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.hub.workers.expire.AT_ONCE", 2)
    maker, kept = Maker(tmp_path / "site"), timedelta(days=184)
    desk.vouch(maker)
    desk.birth(maker, "e1")
    made, heads = maker.envelopes([event(n) for n in range(9)], {}, "e1", NOON)
    later, _ = maker.envelopes([event(9)], heads, "e1", NOON + 2 * kept)
    for one in made:
        desk.send(one, at=NOON)
    desk.send(later[0], at=NOON + 2 * kept)
    told = expired(desk, kept, NOON + 2 * kept)
    assert sum(one["reports"] for one in told) == 9
    assert (reports(desk), desk.watermark("e1")) == (1, {"event": 10})


@pytest.mark.parametrize("days", ["183", "36501", "0", "-1", "x", "1e3", "٣٠٠", "9" * 5000])
def test_a_hub_is_not_told_to_keep_less_than_half_a_year(days: str, tmp_path: Path) -> None:
    done = run_here("hub", "run", "--data", tmp_path, "--host", "127.0.0.1", "--keep-days", days, environ={})
    assert (done.returncode, "--keep-days" in done.stderr) == (exits.USAGE, True)
