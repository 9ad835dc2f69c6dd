"""Judges channels that nobody configured, and cameras that left the configuration: parts of `undeclared-camera`."""

from collections.abc import Iterator
from typing import Final

from agent.judge.checks.devices import online
from agent.judge.checks.devices.whole_list import whole_list
from agent.judge.claim import Broken, Held, Open, Outcome, grounds
from agent.judge.wording.declared_words import name_list
from agent.model.finding import Json, Message, utc_text
from agent.observe.facts.facts import Facts
from agent.observe.inventory.unconfigured import TIMES_TO_COUNT, dropped_cameras, stray_channels
from agent.site.config.site import Site
from drivers.details import VideoSources
from drivers.footage import Channels
from drivers.model import Device

EVIDENCE_MAX: Final = 16


def channels(site: Site, facts: Facts, whole: bool) -> Iterator[Outcome]:
    """Yield what each recorder lists: all channels with a camera configured or ignored, seen twice where not.

    `whole`: the site wants to know all that is there, so that a recorder that lists nothing leaves something open.
    """
    seen = stray_channels(site, facts.by_subject)
    counted = sorted(name for name, times in facts.remembered.inventory.strays.items() if times >= TIMES_TO_COUNT)
    fresh = [name for names in seen.values() for name in names or () if name not in counted]
    if counted:
        message = Message(
            "{count} channels have a camera that nobody configured ({channels}): add each as a [[camera]], or write "
            "under [[discovery.ignore]] why it may be there",
            {"count": len(counted), "channels": name_list(counted)},
        )
        yield Broken("channels", "undeclared-channel", message, _named(counted))
    if fresh:
        message = Message(
            "{count} channels have a camera that nobody configured ({channels}); each counts when it was seen {times} "
            "times",
            {"count": len(fresh), "channels": name_list(fresh), "times": TIMES_TO_COUNT},
        )
        yield Open("new channels", "not-yet-counted", message, _named(fresh))
    for device in site.devices:
        subject = f"device:{device.id}"
        if seen[device.id] is not None:
            yield Held(f"channels {device.id}", grounds(facts.observed(subject, Channels, VideoSources)))
            if facts.one(subject, Channels) is not None:
                yield whole_list(facts, subject, Channels, f"whole {device.id}")
        elif whole and _is_recorder(site, device):
            message = Message("which channels of {device} have a camera is not known", {"device": device.id})
            silent = "" if online.answers(facts, subject) else online.key_of_device(site, device)
            yield Open(f"channels {device.id}", "channels-not-told", message, caused_by=silent, doubted=not silent)


def _is_recorder(site: Site, device: Device) -> bool:
    return sum(one.camera.device == device.id for one in site.cameras) > 1


def dropped(site: Site, facts: Facts) -> Iterator[Outcome]:
    """Yield the cameras that were configured within a month and are not any more."""
    gone = dropped_cameras(site, facts.remembered.inventory.configured)
    if not gone:
        return
    message = Message(
        "{count} cameras are not configured any more ({cameras}): put each back, or acknowledge that it was taken out: "
        "camwarden findings ack",
        {"count": len(gone), "cameras": name_list(gone)},
    )
    rows: list[Json] = [{"camera": name, "until": utc_text(at)} for name, at in [*gone.items()][:EVIDENCE_MAX]]
    yield Broken("configured", "camera-dropped", message, {"dropped": rows}, mild=True)


def _named(names: list[str]) -> dict[str, Json]:
    return {"count": len(names), "channels": list(names[:EVIDENCE_MAX])}
