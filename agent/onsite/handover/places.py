"""Resolves the subjects of findings to names for people, with their anchors in a report. Pure."""

from collections.abc import Iterable, Mapping
from typing import Final

from agent.model.finding import Message
from agent.onsite.handover.report import PlacePart
from agent.site.config.site import Site
from agent.text.translate import render, translate

Places = Mapping[str, PlacePart]
"""The place of each subject that a site has."""

_EVERYONE: Final = (("camera:", "all cameras", "s-cameras"), ("device:", "all devices", "s-devices"))
"""What all subjects of one kind are called together, and the section that lists them."""


def places_of(site: Site, lang: str) -> Places:
    """Return the place of each camera, device and store, in the order of the configuration, and of the site itself."""
    cameras = {
        f"camera:{one.camera.id}": PlacePart(one.camera.name or one.camera.id, f"c{number}")
        for number, one in enumerate(site.cameras, 1)
    }
    boxes = (*(one.id for one in site.devices), *(one.id for one in site.stores))
    devices = {
        f"device:{name}": PlacePart(render(Message("device {device}", {"device": name}), lang), f"d{number}")
        for number, name in enumerate(boxes, 1)
    }
    return {**cameras, **devices, "site": PlacePart(translate("the site", lang))}


def place(places: Places, subject: str, lang: str) -> PlacePart:
    """Return the place of a subject; one that the configuration does not know has a name alone."""
    known = places.get(subject)
    if known is not None:
        return known
    kind, _, name = subject.partition(":")
    if kind == "camera":
        return PlacePart(name)
    return PlacePart(render(Message("device {device}", {"device": name}), lang))


def places(known: Places, subjects: Iterable[str], lang: str) -> tuple[PlacePart, ...]:
    """Return the places of subjects, each once; one for all of them where they are all cameras, or all devices."""
    asked = tuple(dict.fromkeys(subjects))
    for kind, words, anchor in _EVERYONE:
        everyone = {subject for subject in known if subject.startswith(kind)}
        if len(everyone) > 1 and everyone == set(asked):
            return (PlacePart(translate(words, lang), anchor),)
    return tuple(place(known, subject, lang) for subject in asked)
