"""Lists names for private zones, by the kind of place in which a camera hangs, so that nobody has to invent one."""

from collections.abc import Iterable, Mapping
from typing import Final

from agent.model.finding import Message
from agent.text.translate import render

WINDOW = Message("neighbour's window")
HOUSE = Message("neighbour's house")
YARD = Message("neighbour's yard")
ENTRANCE = Message("neighbour's front door")
BALCONY = Message("balcony")
BEDROOM = Message("bedroom window")
DORMITORY = Message("door of a dormitory room")
GUEST_ROOM = Message("door of a guest room")
TOILET = Message("door of the toilet")
CHANGING_ROOM = Message("door of the changing room")
FITTING_ROOM = Message("door of the fitting room")
BATHROOM = Message("door of the bathroom")
NURSING_ROOM = Message("door of the nursing room")
REST_ROOM = Message("door of the staff rest room")
WARD = Message("door of a ward")
COUCH = Message("examination couch")
BED = Message("bed")
CASH_MACHINE = Message("keypad of the cash machine")
PAYMENT = Message("keypad for payment")
DOOR_CODE = Message("keypad of the door")
SCREEN = Message("computer screen")
PAPERS = Message("papers on the desk")
SEAT = Message("seats")

EVERYWHERE: Final = (
    WINDOW, HOUSE, YARD, ENTRANCE, BALCONY, BEDROOM, TOILET, CHANGING_ROOM, FITTING_ROOM, BATHROOM, NURSING_ROOM,
    REST_ROOM, DORMITORY, GUEST_ROOM, WARD, COUCH, BED, CASH_MACHINE, PAYMENT, DOOR_CODE, SCREEN, PAPERS, SEAT,
)  # fmt: skip
"""Every name, in the order in which they are offered where nothing is declared of the place."""

NAMES: Final[Mapping[str, tuple[Message, ...]]] = {
    "road": (WINDOW, HOUSE, ENTRANCE, BALCONY),
    "square": (WINDOW, BALCONY, TOILET),
    "park": (TOILET, NURSING_ROOM, WINDOW, HOUSE),
    "entrance": (DOOR_CODE, WINDOW, ENTRANCE, HOUSE),
    "passage": (TOILET, CHANGING_ROOM, DORMITORY, GUEST_ROOM, WARD, BATHROOM, REST_ROOM),
    "hall": (CASH_MACHINE, TOILET, NURSING_ROOM, WARD, SCREEN),
    "counter": (PAYMENT, CASH_MACHINE, FITTING_ROOM, SCREEN, PAPERS),
    "yard": (WINDOW, HOUSE, YARD, BALCONY, BEDROOM, DORMITORY),
    "parking": (WINDOW, HOUSE, YARD, BALCONY),
    "work-room": (SCREEN, PAPERS, COUCH, BED, CHANGING_ROOM, REST_ROOM),
    "machine-room": (SCREEN, PAPERS, BED, DOOR_CODE),
    "vehicle": (SEAT, WINDOW, HOUSE),
}
"""What is often private in view of a camera in a place of this kind (`agent/site/declarations/kinds_of_place.py`)."""


def suggested_names(lang: str, place: str = "", taken: Iterable[str] = ()) -> tuple[str, ...]:
    """Return names to offer for a zone, the likeliest first.

    Args:
        lang: The language of the names.
        place: The kind of place that is declared for the camera; empty or unknown: the usual order.
        taken: Names that zones of the camera have already; they are left out.
    """
    known = set(taken)
    names = dict.fromkeys(render(one, lang) for one in (*NAMES.get(place, ()), *EVERYWHERE))
    return tuple(name for name in names if name not in known)
