"""What can be done to a healthy simulated site, one act for each breach of a duty.

Devices, pictures, approvals and configuration are really changed. What no simulated device can show is told by a hand
that changes what the real one told (`told`).
"""

from __future__ import annotations

import base64
import re
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import cv2
import numpy as np
from demo_clock import SetClock
from duties_declared import DECLARED, Word, declaration
from healthy_site import DAY, GATE, LIBRARY, NVR, RECORDER, WELL, Painter, World, delivered, file_at_police

from agent.cli import main
from agent.demo.onvif.announcing import Announcer
from agent.demo.scene.scene import draw_mask, jpeg, picture
from agent.demo.world.cameras import DemoCamera, Fault, RecordingPlan
from agent.host.paths import CREDENTIALS_NAME
from agent.model import exits
from agent.model.finding import Draft, Json
from agent.observe.facts.delivery import OwnCertificate
from agent.observe.facts.platform_told import DeviceTold, put_told
from agent.site.config.load import load
from drivers.credentials import Credentials
from drivers.details import Audio, AudioEncoder, Encoders, Movable
from drivers.footage import PlatformLink, Protocol, Protocols
from drivers.model import Clock, Masks, Observation, Overlays
from drivers.picture import Access

BEGINS = SetClock().at
"""When the simulated site was started."""


@dataclass(frozen=True, slots=True)
class Breach:
    """One way to break a duty: `how` in words, `do` for real, and what must be found: key -> (status, reason).

    `looks`: after so many quarters of an hour. `stays`: why it is still told when the cause has gone, empty where the
    finding goes with it.
    """

    how: str
    do: Callable[[World], None]
    found: Mapping[str, tuple[str, str]]
    looks: int = 1
    stays: str = ""


def told(change: Callable[[Observation], Observation]) -> Callable[[World], None]:
    """A device tells something else than it did."""
    return lambda world: world.hands.append(lambda seen: tuple(change(one) for one in seen))


def becomes(camera: DemoCamera = GATE, **changes: object) -> Callable[[World], None]:
    """A camera, its masks or its recordings are changed at the device."""
    return lambda world: world.devices.replace(replace(camera, **changes))  # type: ignore[arg-type]


def clock_off(seconds: float) -> Callable[[World], None]:
    return lambda world: world.devices.replace(replace(RECORDER, clock_offset_s=seconds))


def fault(camera_id: str, which: Fault) -> Callable[[World], None]:
    return lambda world: world.devices.change(camera_id, which)


def declared(duty: str, value: object) -> Callable[[World], None]:
    """Somebody declares something else, or what he declares runs out, or is not there (None)."""
    word = value if isinstance(value, Word | None) else replace(DECLARED[duty], value=value)  # type: ignore[arg-type]
    return lambda world: world.declare(duty, "" if word is None else declaration(duty, word))


def edited(*changes: tuple[str, str]) -> Callable[[World], None]:
    return lambda world: world.edit(*changes)


def painted(paint: Painter) -> Callable[[World], None]:
    """The gate shows other pictures than its scene, on every live path."""
    return lambda world: world.painted.update({GATE.id: paint})


def before_the_lens(change: Callable[[np.ndarray], np.ndarray]) -> Painter:
    """What the camera sees at that moment, changed before the mask is drawn."""

    def paint(camera: DemoCamera, at: datetime) -> np.ndarray:
        image = change(np.asarray(picture(replace(camera, mask=None), "sub", at)))
        if camera.mask is not None:
            draw_mask(image, camera.mask)
        return image

    return paint


def shifted(image: np.ndarray) -> np.ndarray:
    move = np.asarray([[1, 0, 40], [0, 1, 12]], np.float32)
    return np.asarray(cv2.warpAffine(image, move, image.shape[1::-1], borderMode=cv2.BORDER_REFLECT))


def covered(image: np.ndarray) -> np.ndarray:
    """A board, as a sensor sees one: unevenly lit, and with its noise."""
    image = image.copy()
    board = image[:, : image.shape[1] * 2 // 3]
    height, width = board.shape[:2]
    light = np.linspace(-14, 14, width)[None, :, None] + np.linspace(8, -8, height)[:, None, None]
    noise = np.random.default_rng(3).normal(0, 2.5, (height, width, 1))
    board[:] = np.clip(np.array((90, 92, 95)) + light + noise, 0, 255).astype(np.uint8)
    return image


def unsharp(image: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 2.0))


def stranger(world: World) -> None:
    """A camera that nobody declared answers on the site's network."""
    answers = Announcer({"stranger": 9})
    answers.start()
    world.closing.append(answers.stop)
    known = re.search(r"addresses = (\[.*\])", world.config.read_text(encoding="utf-8"))
    assert known is not None
    listening = ("wait_s = 0.1", "wait_s = 1.0")  # until he has answered, also on a loaded machine
    world.edit((known[0], known[0].replace("]", f', "{answers.address}"]')), listening)


def shrinking(world: World) -> None:
    """Footage goes back a day less each day, as where a disk is too small for what bitrates have become."""
    for days in (30, 29):
        world.devices.replace(replace(GATE, recording=RecordingPlan(days)))
        world.look(6, DAY / 6)


def hole(world: World) -> None:
    """Recording stops for six hours at the gate, and goes on."""
    days = (world.clock() - BEGINS).days + 1
    world.clock.at = BEGINS.replace(minute=0) + timedelta(days=days, hours=7)
    world.devices.replace(replace(GATE, recording=RecordingPlan(31, gap_hours=6, gap_days_ago=-days)))


def no_approval(world: World) -> None:
    (world.state / "baselines" / f"{GATE.id}.json").unlink()


def disconnected(world: World) -> None:
    world.delivery = delivered(world.clock(), link="offline", unconnected_since=world.clock() - 2 * DAY)


def ends_soon(world: World) -> None:
    now = world.clock()
    world.delivery = replace(
        delivered(now), certificate=OwnCertificate("dt0001", now - DAY, now + 5 * DAY, True, now + 900 * DAY)
    )


def lost_power(world: World) -> None:
    """The recorder loses its power, and comes up with other settings of a stream."""
    changed = of(f"camera:{LIBRARY.id}", Encoders, _reset)
    world.hands.append(lambda seen: tuple(changed(one) for one in seen))
    world.devices.restart(NVR.id)


def _reset(told: Encoders) -> Encoders:
    return replace(told, encoders=tuple(replace(one, gop_frames=one.gop_frames + 25) for one in told.encoders))


def factory_login(world: World) -> None:
    """The recorder lets the login of its factory in, and somebody tries that."""
    world.devices.replace(replace(NVR, factory_login=True))
    site = load(world.config)
    states = Credentials(site.storage.directory / CREDENTIALS_NAME)
    for device in site.devices:
        states.accepted(device, world.clock())  # as the service has noted it long ago
    asked = ["credentials", "factory", "--yes", NVR.id, "--quiet", "--config", str(world.config)]
    assert main(asked) == exits.FAILS


def cleared_log(world: World) -> None:
    """Somebody clears the recorder's log, three days ago."""
    world.devices.replace(replace(NVR, log_days=3))


def forged(world: World) -> None:
    """Somebody makes the newest report in the spool say that nothing fails."""
    with closing(sqlite3.connect(world.spool)) as spool, spool:
        spool.execute(
            "UPDATE report SET payload = CAST(replace(payload, '\"fail\":0', '\"fail\":0 ') AS BLOB)"
            " WHERE id = (SELECT max(id) FROM report)"
        )


def shown(world: World) -> None:
    """A report carries the picture that it was made of."""
    held: Json = base64.b64encode(jpeg(picture(GATE, "sub", world.clock()))).decode()
    world.outgoing.append(Draft("event", {"detail": held}))


def full_disk(world: World) -> None:
    world.host = replace(WELL, disk_free_bytes=100_000_000)


def turns(one: Observation) -> Observation:
    return replace(one, value=Movable(True)) if isinstance(one.value, Movable) else one


def anonymous(one: Observation) -> Observation:
    access = one.value
    return replace(one, value=replace(access, anonymous=access.asked)) if isinstance(access, Access) else one


def redrawn(one: Observation) -> Observation:
    """The device lists the mask of the gate wider than it was."""
    if not isinstance(one.value, Masks) or one.subject != f"camera:{GATE.id}":
        return one
    wider = tuple(
        replace(mask, polygon=tuple((x + (0.04 if x > 0.7 else -0.04), y) for x, y in mask.polygon))
        for mask in one.value.masks
    )
    return replace(one, value=Masks(wider))


def filed(cameras: tuple[str, ...], serial: str = RECORDER.serial) -> Callable[[World], None]:
    """Something else was filed than is there."""
    return lambda world: file_at_police(world.state, cameras, serial)


def told_of_more(world: World) -> None:
    """In their self-tests both recorders told the platform of more cameras than were filed."""
    for device in (RECORDER, NVR):
        told = DeviceTold(site=world.site.id, device=device.id, at=world.clock(), cameras_count=2)
        put_told(world.state, told)


def never_filed(world: World) -> None:
    """The system is older than the rule, and nobody filed it when the rule came."""
    world.declare("acceptance-date", declaration("acceptance-date", Word(date(2006, 8, 20))))
    world.declare("trial-from", declaration("trial-from", Word(date(2006, 6, 1))))
    world.declare("filing-datong", "")


def unplugged(world: World) -> None:
    """Cameras are declared linked, and no platform is set up in the recorder that tells of them."""
    declared("linked", True)(world)
    told(of(f"device:{NVR.id}", PlatformLink, lambda _: PlatformLink(())))(world)


def sharper(world: World) -> None:
    """Somebody sets the library's camera to eight times its bitrate, three days ago."""
    louder = of(f"camera:{LIBRARY.id}", Encoders, _sharper)
    world.hands.append(lambda seen: tuple(louder(one) for one in seen))
    world.look(18, DAY / 6)


def _sharper(told: Encoders) -> Encoders:
    return replace(told, encoders=tuple(replace(one, bitrate_kbps=8 * one.bitrate_kbps) for one in told.encoders))


def bad_day(world: World) -> None:
    """For two days, of which one is whole, the recorder does not reach the library's camera; then it does again."""
    world.devices.replace(replace(LIBRARY, link="networkAbnormal"))
    world.look(12, DAY / 6)
    world.devices.replace(LIBRARY)


def down_for_long(world: World) -> None:
    """For more than a day the recorder does not reach the library's camera."""
    world.devices.replace(replace(LIBRARY, link="networkAbnormal"))
    world.look(7, DAY / 6)


def of(subject: str, kind: type, change: Callable[[Any], Any]) -> Callable[[Observation], Observation]:
    """Return what changes one kind of fact of one subject."""
    return lambda one: (
        replace(one, value=change(one.value)) if one.subject == subject and isinstance(one.value, kind) else one
    )


audible = of(f"camera:{GATE.id}", Audio, lambda audio: Audio((AudioEncoder("ch1-main", "G711", 64, 8),)))
insecure = of(
    f"device:{RECORDER.id}", Protocols, lambda told: Protocols((*told.protocols, Protocol("Telnet", 23, True)))
)
by_hand = of(f"device:{RECORDER.id}", Clock, lambda clock: replace(clock, ntp=False))
unnamed = of(f"camera:{GATE.id}", Overlays, lambda drawn: replace(drawn, texts=("<DateAndTime>",)))
same_name = of(f"camera:{LIBRARY.id}", Overlays, lambda drawn: replace(drawn, texts=("School gate",)))
