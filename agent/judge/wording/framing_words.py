"""Describes a path by how it frames the approved view: mirrored, turned, cut, with bars. Pure."""

from collections.abc import Iterable, Iterator
from typing import Final

from agent.judge.wording.picture_words import path_word
from agent.model.finding import Json, Listed, Message, listed
from agent.observe.pictures.framings import Framings, PathFraming
from drivers.picture import PathName
from masking.view.framing import SAME, Cut, content, cut_of, shown
from masking.view.model import AS_APPROVED, NO_BARS

_SIDES: Final = (("left", Message("on the left")), ("right", Message("on the right")),
                 ("top", Message("above")), ("bottom", Message("below")))  # fmt: skip


def framed_path(framings: Framings, camera_id: str, path: PathName | str) -> Message:
    """Return a path as a value of a message, with how it frames the approved view where that is another way."""
    known = next((one for (name, own), one in framings.items() if (name, own) == (camera_id, path)), None)
    words = listed(_words(known)) if known is not None else None
    if not words:
        return path_word(path)
    return Message("{path} ({framing})", {"path": path_word(path), "framing": words})


def framed_paths(framings: Framings, camera_id: str, paths: Iterable[PathName]) -> Listed:
    """Return several paths as one value of a message."""
    return listed(framed_path(framings, camera_id, path) for path in paths)


def framing_json(one: PathFraming) -> dict[str, Json]:
    """Return how a path frames the approved view, as evidence."""
    cut = cut_of(one.framing, one.bars) if one.framing is not None else Cut()
    known: dict[str, Json] = {"path": one.path, "framing": "unknown"}
    if one.framing is not None:
        known = {
            "path": one.path,
            "framing": "as-approved" if one.framing == AS_APPROVED else "other",
            "turned_deg": one.framing.turn_deg,
            "mirrored": one.framing.mirrored,
            "shown_ratio": round(cut.shown_ratio, 3),
        }
    bars = {side: round(getattr(one.bars, side), 3) for side, _ in _SIDES if getattr(one.bars, side)}
    return {**known, **({"bars": bars} if bars else {})}


def is_told(one: PathFraming) -> bool:
    """Tell whether a path frames the approved view in another way, or has bars."""
    return one.framing not in (None, AS_APPROVED) or one.bars != NO_BARS


def _words(one: PathFraming) -> Iterator[Message]:
    framing = one.framing
    if framing is not None and framing != AS_APPROVED:
        if framing.mirrored and framing.turn_deg == 180:
            yield Message("stands on its head, mirrored")
        elif framing.mirrored:
            yield Message("is mirrored")
        if framing.turn_deg and not (framing.mirrored and framing.turn_deg == 180):
            yield Message("is turned by {degrees} degrees", {"degrees": framing.turn_deg})
        cut = cut_of(framing, one.bars)
        sides = [word for side, word in _SIDES if getattr(cut, side) > SAME]
        if sides:
            percent = round(100 * cut.shown_ratio)
            yield Message(
                "shows {percent} % of the approved view, cut {sides}", {"percent": percent, "sides": listed(sides)}
            )
        left, top, right, bottom = shown(framing, one.bars)
        if min(left, top) < -SAME or max(right, bottom) > 1 + SAME:
            yield Message("shows more than the approved view")
    bars = [word for side, word in _SIDES if getattr(one.bars, side)]
    if bars and content(one.bars) != (0.0, 0.0, 1.0, 1.0):
        yield Message("has black bars {sides}", {"sides": listed(bars)})
