"""Builds the card of a zone that is being drawn, from what the last look found of the camera's device. Pure."""

from collections.abc import Mapping
from typing import Any

from agent.model.finding import Json
from agent.observe.facts.facts import gather
from agent.onsite.cards.card import card
from agent.onsite.cards.model import Known
from agent.onsite.ui.drawn import zone_of
from agent.onsite.ui.refusals import NotGranted
from agent.onsite.ui.screens import camera_of, zones_of
from agent.onsite.ui.values import State
from agent.text.translate import render
from drivers.details import MaskOptions
from drivers.model import Identity, Masks
from drivers.picture import Stream, Streams


def card_json(state: State, camera_id: str, body: Mapping[str, Any], lang: str) -> dict[str, Json]:
    """Return the card of `zone`, `free` masks by a person's word, and `rectangles` alone where the page draws no other.

    Raises NotGranted for what is no zone, KeyError for another camera.
    """
    preset, zone = zone_of(body.get("zone"))
    free, rectangles = body.get("free"), body.get("rectangles", False)
    if free is not None and (not isinstance(free, int) or isinstance(free, bool) or not 0 <= free <= 64):
        raise NotGranted("the number of free masks must be from 0 to 64")
    known = known_of(state, camera_id)
    beside = [one for name, one in zones_of(camera_of(state, camera_id)) if name == preset and one.name != zone.name]
    made = card(zone, known, beside=beside, free=free, rectangles=rectangles is True, preset=preset)
    return {
        "make": made.maker,
        "title": render(made.title, lang),
        "words": render(made.words, lang),
        "lines": [render(line, lang) for line in made.lines],
        "fields": [{"label": render(one.label, lang), "value": render(one.value, lang)} for one in made.fields],
        "shapes": [[list(point) for point in shape] for shape in made.shapes],
        "too_much": round(made.too_much, 4),
        "left_bare": round(made.left_bare, 4),
        "free": made.free,
        "refusal": render(made.refusal, lang) if made.refusal is not None else "",
    }


def known_of(state: State, camera_id: str) -> Known:
    """Return what the last look knows of a camera's device. Raises KeyError."""
    device = camera_of(state, camera_id).camera.device
    driver = next(one.driver for one in state.site.devices if one.id == device)
    facts, subject = gather(state.told), f"camera:{camera_id}"
    identity, listed = facts.one(f"device:{device}", Identity), facts.one(subject, Masks)
    streams = facts.one(subject, Streams)
    return Known(
        driver=driver,
        manufacturer=identity.manufacturer if identity is not None else "",
        masks=listed.masks if listed is not None else None,
        options=facts.one(subject, MaskOptions),
        upright=_is_upright(streams.streams if streams is not None else ()),
    )


def _is_upright(streams: tuple[Stream, ...]) -> bool:
    """Tell whether the first stream with a size is higher than wide."""
    sizes = [(one.width_px, one.height_px) for one in streams if one.width_px and one.height_px]
    return bool(sizes) and sizes[0][1] > sizes[0][0]
