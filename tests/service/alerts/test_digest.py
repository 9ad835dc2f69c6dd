"""The daily digest: once a day, only what is new or worse, not in quiet hours, never lost and never told twice."""

from __future__ import annotations

import json
import logging
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from digest_room import CLOCK, DAY, DIGEST, MORNING, Desk, here, online
from lived import acked

from agent.host.files import write_atomic
from agent.judge.memory.episodes import FindingState, open_episodes
from agent.judge.memory.notes import NO_NOTES
from agent.model.finding import Message
from agent.service.alerts.digest import RETRY_LAST, DigestState, decide, is_due, without_addresses
from agent.service.alerts.digest_desk import NAME, from_data, to_data
from agent.site.config.messages import in_quiet_hours


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_only_what_is_new_or_worse_is_told(desk: Desk) -> None:
    # Of the first digest nobody knows what was before.
    assert desk.look(online("gate", "fail"), online("roof", "pass")) == [("camera:gate", None, "fail")]
    assert desk.look(online("gate", "fail"), online("roof", "pass"), after=DAY) == []
    assert desk.look(online("gate", "fail"), online("roof", "warn"), after=DAY) == [("camera:roof", "pass", "warn")]
    for _ in range(2):
        desk.look(online("gate", "pass"), online("roof", "fail"), after=timedelta(hours=1))
    told = desk.look(online("gate", "pass"), online("roof", "fail"), after=DAY)
    assert told == [("camera:roof", "warn", "fail")]
    # Well again and then broken again is new again.
    for _ in range(2):
        desk.look(online("gate", "fail"), online("roof", "fail"), after=timedelta(hours=1))
    assert desk.look(online("gate", "fail"), online("roof", "fail"), after=DAY) == [("camera:gate", "pass", "fail")]
    assert desk.look(online("gate", "fail"), online("roof", "warn"), after=DAY) == []


def test_one_digest_a_day_at_its_time_on_site(desk: Desk) -> None:
    desk.at = MORNING - timedelta(minutes=6)  # 07:59
    assert desk.look(online("gate", "fail")) == []
    assert desk.look(online("gate", "fail"), after=timedelta(minutes=1)) != []
    for _ in range(95):
        assert desk.look(online("gate", "fail"), online("roof", "fail"), after=timedelta(minutes=15)) == []
    assert desk.look(online("gate", "fail"), online("roof", "fail"), after=timedelta(minutes=15)) == [
        ("camera:roof", "pass", "fail")
    ]
    assert [news["local_time"] for news in desk.sent] == ["2026-11-25 08:00", "2026-11-26 08:00"]
    assert [news["id"] for news in desk.sent] == ["dt0001:2026-11-25", "dt0001:2026-11-26"]


def test_without_a_digest_configured_nothing_is_kept(desk: Desk, tmp_path: Path) -> None:
    desk.site = replace(here(), daily_digest=None)
    assert desk.look(online("gate", "fail")) == []
    assert list(tmp_path.iterdir()) == []


def test_weather_and_what_shares_a_cause_is_not_told(desk: Desk) -> None:
    desk.look(online("gate", "pass"), online("roof", "pass"))
    shared = replace(CLOCK.finding("device:box", "fail", "", {}, Message("x")), caused_by="camera-online camera:gate")
    # Silent twice: `transitions` waits for a third time, and so does the digest.
    assert desk.look(online("gate", "fail"), shared, after=DAY) == []
    assert desk.look(online("gate", "fail"), shared, after=DAY) == []
    assert desk.look(online("gate", "fail"), shared, after=DAY) == [("camera:gate", "pass", "fail")]


def test_what_somebody_knows_of_is_left_out_until_that_counts_no_longer(desk: Desk) -> None:
    assert desk.look(online("gate", "fail"), after=-timedelta(hours=3)) == []
    (episode,) = open_episodes(desk.memory.known)
    desk.noted = acked(episode)
    assert desk.look(online("gate", "fail"), after=timedelta(hours=3)) == []
    desk.noted = NO_NOTES
    assert desk.look(online("gate", "fail"), after=DAY) == [("camera:gate", "pass", "fail")]


def test_nothing_is_sent_in_quiet_hours_also_not_again(desk: Desk) -> None:
    desk.site = here(at="21:30", quiet_hours="22:00-07:00")
    desk.at = datetime(2026, 11, 25, 13, 50, tzinfo=UTC)  # 21:50
    desk.refused = "HTTP 500"
    assert desk.look(online("gate", "fail")) == []
    desk.refused = ""
    for _ in range(36):  # until 06:50
        assert desk.look(online("gate", "fail"), after=timedelta(minutes=15)) == []
    assert desk.look(online("gate", "fail"), after=timedelta(minutes=15)) == [("camera:gate", None, "fail")]
    assert (desk.at + timedelta(hours=8)).strftime("%H:%M") == "07:05"


@pytest.mark.parametrize(
    ("quiet", "time", "is_quiet"),
    [
        ("", "00:00", False), ("22:00-07:00", "21:59", False), ("22:00-07:00", "22:00", True),
        ("22:00-07:00", "06:59", True), ("22:00-07:00", "07:00", False), ("12:00-13:00", "12:30", True),
        ("12:00-13:00", "13:00", False), ("08:00-08:00", "08:00", False),
    ],
)  # fmt: skip
def test_quiet_hours_may_pass_midnight(quiet: str, time: str, is_quiet: bool) -> None:
    assert in_quiet_hours(quiet, time) is is_quiet


def test_after_a_week_without_anything_new_a_message_says_so(desk: Desk) -> None:
    desk.look(online("gate", "fail"))
    for _ in range(6):
        desk.look(online("gate", "fail"), after=DAY)
    assert len(desk.sent) == 1
    desk.look(online("gate", "fail"), after=DAY - timedelta(minutes=4))
    assert len(desk.sent) == 2
    assert desk.sent[1]["new"] == []
    assert desk.sent[1]["open"]["fail"] == 1
    desk.site = here(heartbeat_days=0)
    for _ in range(30):
        desk.look(online("gate", "fail"), after=DAY)
    assert len(desk.sent) == 2


def test_what_could_not_be_delivered_is_sent_later_as_it_was_and_once(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.refused = "the webhook answers HTTP 500"
    desk.look(online("gate", "fail"))
    # It heals, another one breaks, days pass, and the process is started anew: the first digest is still owed.
    for _ in range(3):
        desk.start()
        assert desk.look(online("gate", "pass"), online("roof", "fail"), after=DAY) == []
    assert all("was not delivered" in record.getMessage() for record in caplog.records)
    desk.refused = ""
    told = desk.look(online("gate", "pass"), online("roof", "fail"), after=RETRY_LAST)
    assert told == [("camera:gate", None, "fail")]
    assert desk.sent[0]["id"] == "dt0001:2026-11-25"
    told = desk.look(online("gate", "pass"), online("roof", "fail"), after=timedelta(minutes=15))
    assert told == [("camera:roof", "pass", "fail")]
    desk.start()
    assert desk.look(online("gate", "pass"), online("roof", "fail"), after=DAY) == []


def test_tries_grow_rarer_up_to_four_a_day(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.refused = "HTTP 500"
    desk.look(online("gate", "fail"))
    for _ in range(2 * 24 * 60):
        desk.look(online("gate", "fail"), after=timedelta(minutes=1))
    tries = [record for record in caplog.records if "was not delivered" in record.getMessage()]
    # 5, 10, 20, 40, 80, 160, 320 minutes, then every 6 hours
    assert len(tries) == 1 + 7 + (2 * 24 * 60 - 635) // 360
    assert "TOKEN-1" not in caplog.text


def test_a_disk_that_refuses_sends_nothing_rather_than_everything_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("agent.service.alerts.digest_desk.write_atomic", full)
        assert desk.look(online("gate", "fail")) == []
    assert "No space left" in caplog.text
    assert desk.look(online("gate", "fail")) == [("camera:gate", None, "fail")]
    # Full between the try and its end: this process still knows that it was taken.
    writes = iter([write_atomic, full])
    with monkeypatch.context() as patched:
        patched.setattr("agent.service.alerts.digest_desk.write_atomic", lambda *arguments: next(writes)(*arguments))
        assert len(desk.look(online("gate", "fail"), online("roof", "fail"), after=DAY)) == 1
    assert desk.look(online("gate", "fail"), online("roof", "fail"), after=timedelta(hours=1)) == []


NOTE = {"schema": "camwarden-digest-state/1", "statuses": {}, "day": None, "delivered_at": None, "waiting": None}
DAMAGED = ["", "{", "[]", '{"schema": "camwarden-digest-state/1"}', "[" * 100_000, "\x00"]
WRONG: list[dict[str, object]] = [
    {"schema": "other"},
    {"statuses": {"a": 5}},
    {"statuses": []},
    {"day": "x"},
    {"waiting": {"news": 1}},
]


@pytest.mark.parametrize("text", [*DAMAGED, *(json.dumps({**NOTE, **wrong}) for wrong in WRONG)])
def test_a_damaged_note_is_told_and_costs_a_repetition_at_most(
    desk: Desk, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    (desk.folder / NAME).write_text(text)
    with caplog.at_level(logging.ERROR):
        assert desk.look(online("gate", "fail")) == [("camera:gate", None, "fail")]
    assert "cannot be used" in caplog.text
    assert desk.kept().waiting is None
    assert stat.S_IMODE((desk.folder / NAME).stat().st_mode) == 0o600


def test_what_is_kept_is_read_again_as_it_was() -> None:
    known = {"camera-online camera:gate": FindingState("fail", MORNING)}
    told = decide(DigestState(), DIGEST, here(), (online("gate", "fail"),), known, MORNING)
    assert told.waiting is not None
    for one in (DigestState(), told, replace(told, waiting=None, delivered_at=MORNING)):
        assert from_data(json.loads(json.dumps(to_data(one)))) == one


def test_a_clock_that_is_set_back_sends_no_second_digest(desk: Desk) -> None:
    desk.look(online("gate", "fail"))
    assert desk.look(online("gate", "fail"), online("roof", "fail"), after=-DAY) == []
    assert not is_due(desk.kept(), DIGEST, desk.site, desk.at + timedelta(hours=5))


def test_a_large_site_makes_a_bounded_digest_with_the_worst_first(desk: Desk) -> None:
    findings = [replace(online(f"c{number}", "warn"), reason=f"why-{number}") for number in range(900)]
    findings += [replace(online(f"d{number}", "fail"), reason=f"why-{number}") for number in range(100)]
    desk.look(*findings)
    (news,) = desk.sent
    assert len(news["new"]) == 200
    assert news["more"] == 800
    assert [row["status"] for row in news["new"][:100]] == ["fail"] * 100
    desk.look(*findings, after=DAY)
    assert len(desk.sent) == 1


def test_what_is_alike_at_many_cameras_is_one_row_and_counted_once(desk: Desk) -> None:
    desk.look(*(online(f"c{number}", "fail") for number in range(30)))
    (news,) = desk.sent
    assert [(row["subject"], row["alike"]) for row in news["new"]] == [("camera:c0", 30)]
    assert news["open"] == {"fail": 1, "unknown": 0, "warn": 0}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("at 192.0.2.7 and 192.0.2.8:8000.", "at *** and ***."),
        ("see rtsp://admin:x@cam/1, then", "see ***, then"),
        ("box 00:1a:2B:3c:4d:5e and 00-1a-2b-3c-4d-5e", "box *** and ***"),
        ("2001:db8::7 and ::1 and fe80::1", "*** and *** and ***"),
        ("from 08:15:30 until 23:59", "from 08:15:30 until 23:59"),
        ("version 5.7.3, ratio 1:2", "version 5.7.3, ratio 1:2"),
    ],
)
def test_no_network_address_leaves_the_site(text: str, shown: str) -> None:
    assert without_addresses(text) == shown


def test_hostile_names_and_messages_stay_on_one_line(desk: Desk) -> None:
    named = replace(desk.site.cameras[0], camera=replace(desk.site.cameras[0].camera, name="gate\n\x1b[2J\u202e"))
    desk.site = replace(desk.site, cameras=(named,), name="school\r\n")
    desk.look(online("gate", "fail", "gone\nfrom 192.0.2.7\x07"))
    (news,) = desk.sent
    assert all(text.isprintable() for text in (news["name"], *(news["new"][0][key] for key in ("name", "message"))))
    assert "192.0.2" not in json.dumps(news)
