"""Runs one self-test from the first REGISTER to the slot that is off again, as one sequence of steps.

Each step ends by itself; the whole ends with the plan's time. What was not come to is not in the result. Time is passed
in: `clock` runs on without jumps, `wall` is UTC.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final

from agent.model.finding import Message
from agent.onsite.link import answered, facts, steps
from agent.onsite.link.footage import Listing, find
from agent.onsite.link.plan import Plan
from agent.onsite.link.platform import Asked, Platform, Talks
from agent.onsite.link.play import Eye, play
from agent.onsite.link.registrar import Verdict, date_text
from agent.onsite.link.result import LinkResult, Step
from agent.onsite.link.security import security
from agent.onsite.link.slots import Slots, after, during
from agent.verify.device_certificate import Verify
from drivers.footage import PlatformLink
from drivers.gb28181.answers import Catalog, Content

HEARTBEATS: Final = 3
"""Two intervals: one alone may be the moment of registration."""
ANSWER_WITHIN_S: Final = 10.0
CATALOG_WITHIN_S: Final = 120.0
"""A large recorder takes two minutes for its first answer."""
CATALOG_GAP_S: Final = 20.0
CONFIG_TYPES: Final = (
    "BasicParam",
    "PictureMask",
    "OSDConfig",
    "VideoRecordPlan",
    "FrameMirror",
    "VideoParamAttribute",
)
NEWEST: Final = "3.0"
SHORTEST_S: Final = 0.1
GLANCE_S: Final = 0.2
SLOTS_WITHIN_S: Final = 20.0
"""Behind the deadline for reading them, and the time that a name of a host may take."""
OF_2022: Final = frozenset({"PictureMask", "OSDConfig", "VideoRecordPlan", "FrameMirror", "VideoParamAttribute"})
"""Blocks that only a device of version 3.0 knows. Source: GB/T 28181-2022, A.2.4.7."""
UNANSWERED_MAX: Final = 2
"""After how many blocks without an answer no other is asked."""

Tell = Callable[[Message], None]
Clock = Callable[[], float]
Wall = Callable[[], datetime]


def run_test(
    plan: Plan,
    wire: Talks,
    address: str,
    clock: Clock,
    wall: Wall,
    tell: Tell,
    eye: Eye | None = None,
    slots: Slots | None = None,
    verify: Verify | None = None,
) -> LinkResult:
    """Run the test and return its result.

    `tell` is called with what a person should see while it runs; `eye`: asks for a picture too, None for none. `slots`:
    those of the device, where they can be read. `verify`: verifies SM2, None where no library for it is there.
    """
    began_at = wall()
    told: set[Verdict] = set()

    def on_verdict(verdict: Verdict) -> None:
        message = steps.verdict_message(verdict, plan, platform.heard.said.get(verdict, ""))
        # A first request without a login is how everybody begins.
        if message is not None and verdict not in told and verdict != "challenged":
            told.add(verdict)
            tell(message)

    def date() -> str:
        return date_text(wall()) if plan.gives_time else ""

    platform = Platform(plan, wire, clock, on_verdict, sign=verify is not None, date=date)
    done: list[Step] = []
    for step in _with_slots(_steps(platform, wire, address, clock, wall, tell, eye, verify), slots, platform, clock):
        done.append(replace(step, at=wall()))
        tell(step.what)
    heard = platform.heard
    return LinkResult(
        device_id=plan.device_id,
        platform_id=plan.platform_id,
        address=address,
        began_at=began_at,
        ended_at=wall(),
        steps=tuple(done),
        quirks=tuple(sorted(heard.quirks)),
        refused="wrong-password" in heard.verdicts and "registered" not in heard.verdicts,
        told=heard.told,
        quiet_after_s=plan.quiet_after_s,
    )


def _with_slots(steps_of_test: Iterator[Step], slots: Slots | None, platform: Platform, clock: Clock) -> Iterator[Step]:
    """Yield the steps of a test, and what the device tells of its slots once it is registered, and at the end."""
    plan, ours = platform.plan, frozenset[int]()
    for step in steps_of_test:
        yield step
        if slots is not None and (step.name, step.status) == ("register", "seen"):
            own, ours = during(slots, _read(platform, slots, clock), plan)
            yield own
    if slots is not None:
        yield after(slots, _read(platform, slots, clock), plan, ours)


def _read(platform: Platform, slots: Slots, clock: Clock) -> PlatformLink | None:
    """Read the slots while the device is answered; None where it does not end."""
    reading, until_s = slots.read(), clock() + SLOTS_WITHIN_S
    while not reading.done() and clock() < until_s:
        platform.pump(reading.done, GLANCE_S, beyond=True)
    return reading.result() if reading.done() else None


def _steps(
    platform: Platform, wire: Talks, address: str, clock: Clock, wall: Wall, tell: Tell, eye: Eye | None,
    verify: Verify | None,
) -> Iterator[Step]:  # fmt: skip
    plan, heard = platform.plan, platform.heard
    platform.pump(lambda: heard.registration is not None, plan.lasts_s)
    if heard.registration is None:
        yield steps.not_registered(heard, wire.dropped, plan, address)
        yield from _security(platform, wall(), verify)
        return
    version = heard.registration.version
    began_s = clock()
    yield steps.registered(heard.registration)
    yield from _security(platform, wall(), verify)
    catalog = _ask_catalog(platform)
    yield answered.catalog(catalog, plan)
    yield answered.device_info(_ask(platform, "DeviceInfo"))
    status = _ask(platform, "DeviceStatus")
    yield answered.device_status(status, wall())
    if plan.gives_time:
        yield answered.clock(status, wall())
    cameras = answered.cameras_of(catalog)
    camera = cameras[0].code if cameras else plan.device_id
    listing = _find_footage(platform, camera, wall())
    yield answered.records(listing)
    blocks = _ask_configuration(platform, camera, version)
    yield answered.configuration(blocks)
    heard.told = facts.cameras_told(catalog, camera, blocks, plan.cameras)
    if version == NEWEST:
        yield answered.cards(_ask(platform, "SDCardStatus"))
    else:
        yield answered.skipped("cards")
    if eye is not None:
        for code in _called(plan, [one.code for one in cameras]):
            if clock() < platform.ends_at_s:
                yield from play(platform, wire.local, code, eye, clock)
        if cameras and eye.plays_back and listing.days is not None:
            yield from _play_back(platform, wire.local, camera, eye, clock, listing)
    waits_s = HEARTBEATS * plan.heartbeat_s + ANSWER_WITHIN_S - (clock() - began_s)
    platform.pump(lambda: len(heard.heartbeats_at_s) >= HEARTBEATS, waits_s)
    beat = steps.heartbeats(heard, clock() - began_s, wire.dropped)
    yield beat
    tell(Message("now switch the slot off in the device, and save: the test waits until nothing comes any more"))
    yield _off(platform, wire, clock)


def _called(plan: Plan, codes: list[str]) -> list[str]:
    """Return the cameras that are asked for a live picture: those of the site file, else the catalogue's first."""
    own = [code for code in plan.cameras if code in codes]
    return own or codes[:1]


def _security(platform: Platform, now: datetime, verify: Verify | None) -> Iterator[Step]:
    """Yield the step of a device that showed a certificate; none of one that logs in by its password alone."""
    heard = platform.heard
    if heard.shown is not None:
        yield security(heard.shown, platform.plan.device_id, now, heard.signed, verify)


def _ask(platform: Platform, command: str, about: str = "", **fields: str) -> Asked:
    return platform.ask(
        command, about or platform.plan.device_id, fields, first_within_s=ANSWER_WITHIN_S, next_within_s=ANSWER_WITHIN_S
    )


def _ask_catalog(platform: Platform) -> Asked:
    def is_whole(parts: list[Content]) -> bool:
        lists = [one for one in parts if isinstance(one, Catalog)]
        total = next((one.total for one in lists if one.total is not None), None)
        return total is not None and sum(len(one.channels) for one in lists) >= total

    return platform.ask(
        "Catalog", platform.plan.device_id, complete=is_whole,
        first_within_s=CATALOG_WITHIN_S, next_within_s=CATALOG_GAP_S,
    )  # fmt: skip


def _ask_configuration(platform: Platform, camera: str, version: str) -> list[Asked]:
    """Ask each block by itself: some devices answer several at once in a way of their own."""
    asked: list[Asked] = []
    for kind in CONFIG_TYPES:
        if kind in OF_2022 and version != NEWEST:
            continue
        if sum(not one.parts for one in asked) >= UNANSWERED_MAX:
            break
        asked.append(_ask(platform, "ConfigDownload", "" if kind == "BasicParam" else camera, ConfigType=kind))
    return asked


def _find_footage(platform: Platform, camera: str, now: datetime) -> Listing:
    listing = find(lambda fields: _ask(platform, "RecordInfo", camera, **fields), now)
    if listing.needs_all:
        platform.heard.quirks.add("all-types-only")
    return listing


def _play_back(platform: Platform, local: str, camera: str, eye: Eye, clock: Clock, listing: Listing) -> Iterator[Step]:
    if listing.oldest is None:
        yield answered.no_times()
    else:
        yield from play(platform, local, camera, eye, clock, listing.oldest)


def _off(platform: Platform, wire: Talks, clock: Clock) -> Step:
    """Wait until nothing came for longer than the device's heartbeat; what still comes is refused."""
    platform.ending, strangers = True, wire.dropped.strangers
    heard = platform.heard
    longest_s = max(steps.intervals_s(list(heard.heartbeats_at_s)), default=platform.plan.heartbeat_s)
    needed_s = max(platform.plan.quiet_after_s, 1.5 * longest_s)
    began_s = clock()

    def quiet_s() -> float:
        return clock() - max(began_s, heard.last_at_s or began_s)

    while quiet_s() < needed_s and clock() < platform.ends_at_s:
        last_s = heard.last_at_s
        platform.pump(lambda last_s=last_s: heard.last_at_s != last_s, max(SHORTEST_S, needed_s - quiet_s()))  # type: ignore[misc]
    stranger = wire.dropped.last_stranger if wire.dropped.strangers > strangers else ""
    return steps.off(quiet_s(), needed_s, left=heard.registration is None, stranger=stranger)
