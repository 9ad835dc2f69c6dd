"""Sending has its own beat: whatever a receiver does, no cycle, no end and no other receiver waits for it."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from notice_room import DUTY, MORNING, Room, finding, here
from patience import PATIENCE_S

from agent.model.finding import Message
from agent.service.alerts import outbox_file
from agent.service.alerts.notice_desk import NoticeDesk
from agent.service.alerts.notices import Notice, Outbox, Told
from agent.service.alerts.refusals import Refusal
from agent.site.config.messages import Receiver
from agent.site.config.site import Site

FAIL = finding("camera:gate")


class Hanging:
    """A sender of which one receiver never answers before it is let go."""

    def __init__(self) -> None:
        self.asked, self.free, self.others = threading.Event(), threading.Event(), threading.Event()
        self.sent: list[str] = []

    def __call__(
        self, receiver: Receiver, site: Site, notices: tuple[Notice, ...], clock: Callable[[], datetime]
    ) -> Refusal | None:
        if receiver.name == "duty":
            self.asked.set()
            self.free.wait(PATIENCE_S)
        self.sent.append(receiver.name)
        if receiver.name == "other":
            self.others.set()
        return None


def test_a_receiver_that_hangs_delays_no_other_one_no_look_and_no_end(tmp_path: Path) -> None:
    room, sender = Room(tmp_path), Hanging()
    site = here(DUTY, replace(DUTY, name="other"))
    desk = NoticeDesk(tmp_path / "other", lambda: MORNING, sender)
    room.site = here()
    room.look(FAIL)
    known = room.memory.known
    for _ in range(50):  # looks go on while it hangs
        desk.cycle_done(site, (FAIL,), lambda: known)
    assert sender.asked.wait(PATIENCE_S)
    assert sender.others.wait(PATIENCE_S)
    assert sender.sent == ["other"]
    desk.stop(0.1)
    assert sender.sent == ["other"], "it ends although one still hangs"
    sender.free.set()
    room.stop()


def test_what_a_sender_raises_reaches_no_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def broken(*_: Any) -> Refusal | None:
        raise RuntimeError("https://example.org/?key=TOKEN-1")

    room = Room(tmp_path)
    room.desk = NoticeDesk(tmp_path, lambda: room.at, broken)
    with caplog.at_level(logging.DEBUG):
        room.look(FAIL)
    assert "RuntimeError" in caplog.text
    assert "TOKEN-1" not in caplog.text
    assert room.outbox().tries == 1
    room.stop()


def test_a_disk_that_refuses_repeats_nothing_and_ends_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    room = Room(tmp_path)
    (tmp_path / "notify").write_text("a file in the place of a folder")
    assert room.look(FAIL) == [], "what was not written down is not tried"
    (tmp_path / "notify").unlink()
    assert room.look(FAIL) == [("new", "camera:gate")]
    assert "cannot be written" in caplog.text
    room.stop()


DAMAGED = [
    "", "[]", "null", "{", '{"schema": "other"}', "[" * 100_000,
    '{"schema": "camwarden-outbox/1"}',
    '{"schema":"camwarden-outbox/1","told":{"a":["worst","x",1,"y"]},"waiting":[],"tries":0,"next_at":null,"recent":[],'
    '"delivered_at":null,"why":null}',
    '{"schema":"camwarden-outbox/1","told":{},"waiting":[["k","new","critical","2026-11-25T00:00:00",null,1,0,"",""]],'
    '"tries":0,"next_at":null,"recent":[],"delivered_at":null,"why":null}',
    '{"schema":"camwarden-outbox/1","told":[],"waiting":[],"tries":"x","next_at":null,"recent":[],"delivered_at":null,'
    '"why":null}',
]  # fmt: skip


@pytest.mark.parametrize("text", DAMAGED)
def test_a_damaged_file_costs_a_repeated_message_at_most(tmp_path: Path, text: str) -> None:
    path = outbox_file.path_of(tmp_path, "duty")
    path.parent.mkdir()
    path.write_text(text)
    room = Room(tmp_path)
    assert room.look(FAIL) == [("new", "camera:gate")]
    room.stop()


def test_what_is_written_is_read_back_and_holds_no_secret(tmp_path: Path) -> None:
    notice = Notice(
        key="camera-online camera:gate", change="passed", severity="major", since=MORNING, until=MORNING, count=3,
        explains=2, name="大门", words="words",
    )  # fmt: skip
    box = Outbox(
        told={"a b": Told("minor", MORNING, 2, MORNING)}, waiting={notice.key: notice}, tries=3, next_at=MORNING,
        recent=(MORNING,), delivered_at=MORNING, why=Message("reply {number}", {"number": 5}, "look"),
    )  # fmt: skip
    assert outbox_file.from_data(json.loads(json.dumps(outbox_file.to_data(box)))) == box
    room = Room(tmp_path)
    room.refusal = Refusal(Message("away"))
    room.look(FAIL)
    path = outbox_file.path_of(tmp_path, "duty")
    assert all(word not in path.read_text() for word in ("TOKEN-1", "SECRET-1", "example.org"))
    assert path.stat().st_mode & 0o777 == 0o600
    room.stop()


def test_a_receiver_that_was_removed_ends_and_a_new_one_hears_of_what_is_open(tmp_path: Path) -> None:
    room = Room(tmp_path)
    room.look(FAIL)
    room.site = here(replace(DUTY, name="night"))
    assert room.look(FAIL) == [("new", "camera:gate")]
    assert [name for name, _ in room.sent] == ["duty", "night"]
    room.site = replace(room.site, notify=())
    assert room.look(FAIL) == []
    room.stop()
