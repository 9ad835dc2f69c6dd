"""The running hub measures what it has stored; `hub status` and metrics say when the disk is full, if it is known."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from delivery import DAY, NOW, Maker
from hubdesk import Desk, chain_of, trusted

from agent.cli import main
from agent.hub.domain.disk import KEPT_DAYS
from agent.hub.domain.figures import china_day
from agent.hub.stores import trust
from agent.hub.stores.keeping.disk_sizes import NAME, SCHEMA, keep_size, measure, read_sizes
from agent.hub.views.disk import disk_json, disk_line, read_forecast
from agent.hub.views.metrics import write_metrics
from agent.hub.workers.disk_watch import LOOK_S, DiskWatch
from agent.onsite.privacy.stores import SIZES_KEPT

GB = 10**9


def told(event: object) -> None:
    raise AssertionError(event)


def test_the_last_look_of_a_day_is_what_it_had_at_its_end(desk: Desk, tmp_path: Path) -> None:
    watch, maker = DiskWatch(), Maker(tmp_path / "site")
    trusted(desk, maker)
    watch.look(desk.store, NOW, 10.0, told)
    first = read_sizes(desk.directory)
    for one in chain_of(maker, 400):
        desk.send(one)
    watch.look(desk.store, NOW, 10.0 + LOOK_S - 1, told)
    assert read_sizes(desk.directory) == first == {china_day(NOW): first[china_day(NOW)]}
    watch.look(desk.store, NOW, 10.0 + LOOK_S, told)
    second = read_sizes(desk.directory)
    assert second.keys() == first.keys() and second[china_day(NOW)] > first[china_day(NOW)]
    watch.look(desk.store, NOW + DAY, 10.0 + 2 * LOOK_S, told)
    assert list(read_sizes(desk.directory)) == [china_day(NOW), china_day(NOW + DAY)]


def test_pages_that_housekeeping_freed_inside_the_file_count_as_free(desk: Desk, tmp_path: Path) -> None:
    maker = Maker(tmp_path / "site")
    trusted(desk, maker)
    for one in chain_of(maker, 300):
        desk.send(one)
    before = measure(desk.store)
    desk.store.run("DELETE FROM body")
    after = measure(desk.store)
    assert after.used_bytes < before.used_bytes
    assert after.free_bytes + after.used_bytes == pytest.approx(before.free_bytes + before.used_bytes, abs=GB)


def test_the_oldest_days_go_and_a_clock_that_was_wrong_takes_none_away(tmp_path: Path) -> None:
    today = china_day(NOW)
    for number in range(KEPT_DAYS + 5, -1, -1):
        keep_size(tmp_path, today - timedelta(days=number), number)
    kept = read_sizes(tmp_path)
    assert list(kept) == [today - timedelta(days=number) for number in range(KEPT_DAYS - 1, -1, -1)]
    assert timedelta(days=KEPT_DAYS) == SIZES_KEPT, "as the table of stores says"
    keep_size(tmp_path, date(1970, 1, 1), 1)
    assert read_sizes(tmp_path) == kept
    keep_size(tmp_path, date(2040, 1, 1), 1)
    assert read_sizes(tmp_path).keys() - kept.keys() == {date(2040, 1, 1)}


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[" * 5000, b"\xff", b"7", b'{"schema": "other/1", "days": {"2026-11-24": 1}}', b" " * 100_000,
     json.dumps({"schema": SCHEMA, "days": {"2026-11-24": True, "x": 1, "2026-11-23": -1, "2026-11-22": "1"}}).encode(),
     json.dumps({"schema": SCHEMA, "days": [1]}).encode()],
    ids=range(9),
)  # fmt: skip
def test_a_file_that_is_not_ours_has_no_days_and_is_written_anew(tmp_path: Path, data: bytes) -> None:
    (tmp_path / NAME).write_bytes(data)
    assert read_sizes(tmp_path) == {}
    keep_size(tmp_path, china_day(NOW), 5)
    assert read_sizes(tmp_path) == {china_day(NOW): 5}


def test_a_size_that_cannot_be_stored_is_logged_once_and_stops_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    watch = DiskWatch()
    with monkeypatch.context() as patch:
        patch.setattr(desk.store.disk, "keep_size", full)
        for beat in range(3):
            watch.look(desk.store, NOW, beat * LOOK_S, told)
    assert len(caplog.records) == 1
    watch.look(desk.store, NOW, 3 * LOOK_S, told)
    assert read_sizes(desk.directory)


def grown(desk: Desk, now: datetime, days: int = 8) -> None:
    """Let the hub have grown by 10 MB on each of so many days up to yesterday."""
    for number in range(days, 0, -1):
        keep_size(desk.directory, china_day(now) - timedelta(days=number), 10 * (days - number) * 1_000_000)


def test_status_says_when_the_disk_is_full_or_that_it_is_not_known(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    now = datetime.now().astimezone()
    trust.load(desk.directory)
    words = ["hub", "status", "--data", str(desk.directory)]
    assert main(words) == 0
    assert "when it is full is known after a week" in capsys.readouterr().out
    assert main([*words, "--json"]) == 0
    disk = json.loads(capsys.readouterr().out)["disk"]
    assert (disk["state"], disk["full_on"], disk["growth_bytes_per_day"]) == ("unknown", None, None)
    assert disk["free_bytes"] > 0
    grown(desk, now)
    assert main([*words, "--json"]) == 0
    disk = json.loads(capsys.readouterr().out)["disk"]
    now_free = {"free_bytes": disk["free_bytes"]}  # others write on this disk, too
    assert disk["growth_bytes_per_day"] == 10_000_000
    assert disk == disk_json(read_forecast(desk.store, now)) | now_free
    for lang, word in (("en", "10 MB more a day"), ("zh_CN", "每天增加 10 MB")):
        assert main([*words, "--lang", lang]) == 0
        assert word in capsys.readouterr().out
    assert main([*words, "--quiet"]) == 0
    assert "disk" not in capsys.readouterr().out


def test_metrics_have_a_day_only_where_one_is_forecast(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def page() -> str:
        return write_metrics(desk.store, trust.load(desk.directory), desk.directory, NOW)

    assert "\ncamwarden_hub_disk_free_bytes " in page()
    assert "\ncamwarden_hub_disk_full_in_seconds " not in page()
    assert "\ncamwarden_hub_disk_growth_bytes_per_day " not in page()
    grown(desk, NOW)
    room = measure(desk.store)
    small = type(room)(room.used_bytes, 100_000_000, 10 * GB)
    monkeypatch.setattr(desk.store.disk, "measure", lambda: small)
    assert "\ncamwarden_hub_disk_growth_bytes_per_day 10000000\n" in page()
    assert "\ncamwarden_hub_disk_full_in_seconds 0\n" in page()
    assert str(disk_line(read_forecast(desk.store, NOW))).startswith("disk: 0.1 GB free: it is full")
    small = type(room)(room.used_bytes, GB, 10 * GB)
    assert f"\ncamwarden_hub_disk_full_in_seconds {97 * 86_400}\n" in page()
