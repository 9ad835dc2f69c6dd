"""Which pictures a self-test asks for: none without an option, none of a recorder that people need just then."""

from __future__ import annotations

import argparse
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sites import camera, site

from agent.commands.link import calls
from agent.model.errors import UsageError
from agent.onsite.link.play import WAYS
from agent.onsite.link.slots import Slots
from agent.site.config.site import Declaration, Site
from drivers.footage import PlatformServer
from masking.model import Job, Judged


def options(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    calls.add_options(parser)
    return parser.parse_args(words)


def venue(hours: str, is_venue: bool = True) -> Site:
    words = {"business-hours": hours, "entertainment-venue": is_venue}
    rows = tuple(Declaration(duty, value, "Li Na", date(2026, 1, 31)) for duty, value in words.items())
    return replace(site(camera()), declarations=rows, in_use_since=date(2020, 1, 1))


def judge(job: Job) -> Judged:
    return Judged(1, 1, 0.0, 0.0)


def beijing(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 28, (hour - 8) % 24, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ((), None),
        (("--picture",), (WAYS, False)),
        (("--picture", "--playback"), (WAYS, True)),
        (("--picture", "--connect"), ((*WAYS, "TCP-active"), False)),
    ],
)
def test_what_is_not_asked_for_is_not_called_for(words: tuple[str, ...], found: object) -> None:
    eye = calls.eye_for(options(*words), "127.0.0.1", "127.0.0.1", judge, None, "")
    assert (None if eye is None else (eye.ways, eye.plays_back)) == found


@pytest.mark.parametrize(
    ("hours", "hour", "is_open"),
    [
        ("18:00-26:00", 17, False),
        ("18:00-26:00", 18, True),
        ("18:00-26:00", 23, True),
        ("18:00-26:00", 1, True),
        ("18:00-26:00", 2, False),
        ("09:00-18:00", 12, True),
        ("09:00-18:00", 18, False),
        ("18:00-17:00", 12, False),
    ],
)
def test_footage_is_not_played_while_the_place_is_open(hours: str, hour: int, is_open: bool) -> None:
    asked = options("--picture", "--playback")
    if is_open:
        with pytest.raises(UsageError, match="repeat it when it is closed"):
            calls.require_closed(asked, venue(hours), beijing(hour))
    else:
        calls.require_closed(asked, venue(hours), beijing(hour))


def test_hours_bind_playback_alone_and_only_where_they_are_those_of_such_a_place() -> None:
    calls.require_closed(options("--picture"), venue("18:00-26:00"), beijing(20))
    calls.require_closed(options("--picture", "--playback"), venue("18:00-26:00", is_venue=False), beijing(20))
    calls.require_closed(options("--picture", "--playback"), None, beijing(20))


def test_playback_alone_is_a_mistake_of_one_line() -> None:
    with pytest.raises(UsageError, match="add --picture"):
        calls.require_closed(options("--playback"), None, beijing(12))


def slot(*, enabled: bool, registered: bool | None) -> PlatformServer:
    return PlatformServer("GB28181", enabled, registered, slot=1, filled=enabled)


@pytest.mark.parametrize(
    ("words", "enabled", "registered", "refused"),
    [
        (("--picture",), True, True, True),
        (("--picture",), True, None, True),
        (("--picture",), True, False, False),
        (("--picture",), False, None, False),
        (("--picture", "--beside"), True, True, False),
        ((), True, True, False),
    ],
)
def test_a_device_that_serves_another_platform_is_called_only_where_a_person_agrees(
    words: tuple[str, ...], enabled: bool, registered: bool | None, refused: bool
) -> None:
    """A device that does not say whether it is registered may be."""
    asked = argparse.Namespace(**vars(options(*words)), json=True, lang="en")
    slots = Slots((slot(enabled=enabled, registered=registered),), lambda: None)
    if refused:
        with pytest.raises(UsageError, match="add --beside"):
            calls.require_consent(asked, slots)
    else:
        calls.require_consent(asked, slots)


def test_where_slots_cannot_be_read_whoever_asks_for_a_picture_has_agreed() -> None:
    calls.require_consent(argparse.Namespace(**vars(options("--picture")), json=True, lang="en"), None)
