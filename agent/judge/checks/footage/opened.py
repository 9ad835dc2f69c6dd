"""Derives what a pass on footage claims of opened moments: the floor's age, the newest, and whose footage it is. Pure.

A recorder's list is its word; that it plays a moment proves more. Only a picture tells whose footage it is, and one
that matches no approved view accuses nobody: the view of weeks ago may have been another one.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from agent.judge.check import Check
from agent.judge.checks.footage.shared import RETENTION_ID
from agent.judge.claim import Broken, Held, Open, Outcome, grounds
from agent.model.finding import Ground, Json, Message, utc_text
from agent.observe.facts.facts import Facts
from agent.observe.footage.openings import NEAR, OURS, TURNS, is_as_asked
from agent.observe.pictures.moments import ENOUGH, is_same
from agent.site.config.site import CameraConfig
from drivers.footage import Opening, OpeningName
from drivers.model import Observation, Recordings
from drivers.picture import RECORDED, FootageOpened, PictureSeen
from drivers.rtsp.openings import moment_of, playback

PROVEN_BY_OLDEST: Final = timedelta(days=1) + NEAR
"""How much older than the floor the oldest picture may be and still prove the floor's day.

A moment that begins to be due of its own has had a turn by then.
"""


ANOTHER_DAY: Final = timedelta(hours=12)
"""So far off, the clock in a picture shows another day; less may be a zone, or a half of the day that it hides."""
DAY_S: Final = 86_400


def at_floor(facts: Facts, camera: CameraConfig, recordings: Recordings, floor_at: datetime) -> tuple[Outcome, ...]:
    """Return whether footage of the floor's age was opened; nothing where the oldest picture proves that day.

    A picture of a locked clip proves nothing of the ring behind it, however near to the floor.
    """
    wanted = Opening("floor", floor_at)
    oldest_at = recordings.spans[0].start_at if recordings.spans else floor_at
    locked = any(one.start_at <= oldest_at < one.end_at for one in recordings.locked)
    if not recordings.spans or (floor_at < oldest_at + PROVEN_BY_OLDEST and not locked):
        return ()
    if not _is_offered(camera, recordings, wanted):
        return ()
    seen = _opened(facts, camera, "floor", moment_of(recordings, wanted))
    if seen is not None and isinstance(seen.value, FootageOpened) and seen.value.blank:
        message = Message(
            "nothing is seen in its footage of the day from which on it is due: whether that is footage is not known",
            next_step="play that day at the recorder",
        )
        return (Open("floor opened", "floor-blank", message, {"floor_at": utc_text(floor_at)}, doubted=True),)
    if seen is not None and not any(one.start_at <= floor_at < one.end_at for one in recordings.locked):
        return (Held("floor opened", _level(seen)),)
    message = Message(
        "footage of the day from which on it is due could not be opened: what lies behind its oldest is not known",
        next_step="play that day at the recorder, and look whether its oldest footage is locked",
    )
    return (Open("floor opened", "floor-not-opened", message, {"floor_at": utc_text(floor_at)}, doubted=True),)


def drawn(facts: Facts, camera: CameraConfig) -> Iterator[Outcome]:
    """Yield whether the moment that was drawn by lot last was opened; nothing where none was requested.

    A list between the floor and now is the recorder's word: each turn tries another moment of it.
    """
    for one in facts.observed(f"camera:{camera.camera.id}", FootageOpened):
        value = one.value
        if not isinstance(value, FootageOpened) or value.name != "drawn" or value.reason in OURS:
            continue
        told: dict[str, Json] = {"drawn_at": utc_text(value.asked_at)}
        if not is_as_asked(value, camera):
            message = Message(
                "footage of {at} is listed and could not be opened: what else of the list can be played is not known",
                {"at": utc_text(value.asked_at)},
                next_step="play that day at the recorder",
            )
            yield Open("drawn opened", "drawn-not-opened", message, told, doubted=True)
        elif value.blank:
            message = Message(
                "nothing is seen in its footage of {at}: whether that is footage is not known",
                {"at": utc_text(value.asked_at)},
                next_step="play that day at the recorder",
            )
            yield Open("drawn opened", "drawn-blank", message, told, doubted=True)
        else:
            yield Held("drawn opened", _level(one))


def newest(facts: Facts, camera: CameraConfig, recordings: Recordings, there: datetime) -> tuple[Outcome, ...]:
    """Return whether the newest footage that is listed was opened; nothing where the recorder offers no replay of it.

    Files of a store were seen to grow. `there` is now by the recorder's clock.
    """
    wanted = Opening("newest", there)
    if camera.store or not _is_offered(camera, recordings, wanted):
        return ()
    seen = _opened(facts, camera, "newest", moment_of(recordings, wanted))
    if seen is not None:
        return (Held("newest opened", _level(seen)),)
    message = Message(
        "the newest footage that is listed could not be opened: that recording goes on is the recorder's word only"
    )
    return (Open("newest opened", "newest-not-opened", message, doubted=True),)


def whose(check: Check, facts: Facts, camera: CameraConfig) -> Iterator[Outcome]:
    """Yield that opened footage shows another camera's approved view, or that its picture proves whose it is."""
    subject = f"camera:{camera.camera.id}"
    seen = [(one, one.value) for one in facts.observed(subject, PictureSeen, FootageOpened)
            if isinstance(one.value, PictureSeen | FootageOpened) and one.value.shows]  # fmt: skip
    for one, value in seen:
        if value.shows != camera.camera.id:
            at = (value.taken_at if isinstance(value, PictureSeen) else value.at) or one.taken_at
            message = Message(
                "its footage of {at} shows what camera {other} sees: the recordings have been mixed up",
                {"at": utc_text(at), "other": value.shows},
                next_step="correct which recording belongs to which channel",
            )
            cause = "" if check.id == RETENTION_ID else f"{RETENTION_ID} {subject}"
            yield Broken("view", "other-camera", message, {"shows": value.shows}, cause)
            return
    if seen:
        yield Held("view", grounds(one for one, _ in seen))


def shown_live(facts: Facts, camera: CameraConfig) -> Iterator[Outcome]:
    """Yield that what was played showed the moment at which it was played; a picture that is merely alike says nothing.

    It is the same moment where a picture that was played and a live one of the same look are equal to the noise, in two
    looks: an empty room of weeks ago has other noise. One look accuses nobody, and proves no footage either.
    """
    if is_same(facts.remembered.moments, (camera.camera.id, "")):
        message = Message(
            "what the recorder plays as footage is its live picture: both were equal to the noise at {count} moments",
            {"count": ENOUGH},
            next_step="play a day long ago at the recorder, and look at the clock in the picture",
        )
        yield Broken("live", "playback-is-live", message, {"equal_moments": ENOUGH})
    elif _was_equal(facts, camera.camera.id):
        message = Message(
            "what the recorder played as footage was equal to its live picture, to the noise; further looks will tell"
            " whether it is footage",
            next_step="play a day long ago at the recorder, and look at the clock in the picture",
        )
        yield Open("live", "may-be-live", message, doubted=True)
    elif (doubtful := _doubtful(facts, camera.camera.id)) is not None:
        yield _doubt(doubtful)


def may_be_none(facts: Facts, camera_id: str) -> bool:
    """Tell whether what was played of a camera may be no footage of the moment that was requested.

    It was equal to a live picture once, and did not differ since; one moment of it did not show one picture twice; or
    two moments showed one.
    """
    return _was_equal(facts, camera_id) or _doubtful(facts, camera_id) is not None


def _was_equal(facts: Facts, camera_id: str) -> bool:
    return any(one.cameras.keys() >= {camera_id, ""} for one in facts.remembered.moments)


def _doubtful(facts: Facts, camera_id: str) -> FootageOpened | None:
    """Return the moment that showed two pictures, did not open the second time, or showed another's; None without any.

    Also where time ran out: a recorder that is silent from then on would use up our time, and pass.
    """
    for one in facts.all(f"camera:{camera_id}", FootageOpened):
        if one.same_as_at is not None or (one.name == "again" and (one.at is None or one.repeats is False)):
            return one
    return None


def _doubt(opened: FootageOpened) -> Open:
    """Return that one moment does not prove to be footage."""
    at = utc_text(opened.asked_at)
    if opened.same_as_at is not None:
        reason = "one-for-several"
        next_step = "play both moments at the recorder, and compare the clocks in the pictures"
        told = Message(
            "its footage of {at} and of {other} is one picture: of which moment it is, is not known",
            {"at": at, "other": utc_text(opened.same_as_at)},
        )
    elif opened.at is None:
        reason, next_step = "not-opened-again", "play that moment at the recorder"
        told = Message(
            "its footage of {at} opened once and not a second time: whether that is footage is not known", {"at": at}
        )
    else:
        reason = "not-repeated"
        next_step = "play that moment twice at the recorder, and compare the clocks in the pictures"
        told = Message(
            "its footage of {at} was opened twice and showed two pictures: whether that is footage is not known",
            {"at": at},
        )
    return Open("live", reason, replace(told, next_step=next_step), {"asked_at": at}, doubted=True)


def is_dated(value: PictureSeen | FootageOpened) -> bool:
    """Tell whether a played picture proves its own moment: the recorder dated it, or the clock in it shows that one."""
    return value.dated or (value.clock_off_s is not None and abs(value.clock_off_s) <= NEAR.total_seconds())


def another_day(facts: Facts, camera: CameraConfig) -> Iterator[Outcome]:
    """Yield that the clock in a played picture shows another day than the one that it was played as.

    Files that are called by other days, a clip for every day, and a camera whose clock is wrong all look like this.
    """
    for one in facts.observed(f"camera:{camera.camera.id}", PictureSeen, FootageOpened):
        value = one.value
        if not isinstance(value, PictureSeen | FootageOpened) or value.clock_off_s is None:
            continue
        if isinstance(value, PictureSeen) and value.path not in RECORDED:
            continue
        at = (value.taken_at if isinstance(value, PictureSeen) else value.at) or one.taken_at
        if abs(value.clock_off_s) >= ANOTHER_DAY.total_seconds():
            message = Message(
                "its footage of {at} carries a clock that is {days} days off: of which day it is, is not known",
                {"at": utc_text(at), "days": round(value.clock_off_s / DAY_S, 1)},
                next_step="play that moment at the recorder, and compare the clock in the picture",
            )
            told: dict[str, Json] = {"played_at": utc_text(at), "clock_off_s": round(value.clock_off_s)}
            yield Open("clock in picture", "other-day-shown", message, told, doubted=True)
            return


def is_own(facts: Facts, camera: CameraConfig) -> tuple[Ground, ...]:
    """Return as evidence the opened footage that shows the camera's own approved view; empty without any."""
    found = facts.observed(f"camera:{camera.camera.id}", PictureSeen, FootageOpened)
    return grounds(one for one in found if getattr(one.value, "shows", "") == camera.camera.id)


def _is_offered(camera: CameraConfig, recordings: Recordings, wanted: Opening) -> bool:
    if camera.store:
        return moment_of(recordings, wanted) is not None
    return playback(recordings, wanted) is not None


def _opened(facts: Facts, camera: CameraConfig, name: OpeningName, due_at: datetime | None) -> Observation | None:
    """Return the picture of this moment, from this look or an earlier turn, if what came is what was requested."""
    for one in facts.observed(f"camera:{camera.camera.id}", FootageOpened):
        value = one.value
        if not isinstance(value, FootageOpened) or value.name != name or value.at is None or due_at is None:
            continue
        if is_as_asked(value, camera) and abs(value.asked_at - due_at) <= TURNS:
            return one
    return None


def _level(one: Observation) -> tuple[Ground, ...]:
    """Return an opened moment as evidence; that a picture is of the time that was requested is the recorder's word."""
    dated = isinstance(one.value, FootageOpened) and is_dated(one.value)
    (ground,) = grounds((one,))
    return (ground if dated else replace(ground, level="told"),)
