"""Lists the kinds of place in which a camera may be declared to hang: forbidden, public, and all others."""

from typing import Final

from agent.site.declarations.row import Choice

FORBIDDEN_ZONES: Final = (
    Choice("guest-room", "inside a guest room of a hotel or lodging"),
    Choice("private-dining-room", "inside a private dining room or box"),
    Choice("dormitory-room", "inside a room of a dormitory"),
    Choice("staff-rest-room", "inside a room in which staff live or rest"),
    Choice("bathroom", "inside a public bathroom"),
    Choice("toilet", "inside a toilet"),
    Choice("dressing-room", "inside a dressing room"),
    Choice("nursing-room", "inside a nursing room"),
    Choice("fitting-room", "inside a fitting room"),
    Choice("other-private", "another place where privacy can be filmed, peeped at or listened to"),
)
"""Source: State Council Order 799, article 8(1); Datong Measures, article 9."""

PUBLIC_ZONES: Final = (Choice("road", "a public road"), Choice("square", "a public square"), Choice("park", "a park"))
"""Only government and bodies it names may build there. Source: Datong Measures, article 10; Order 799, article 7."""

OPEN_ZONES: Final = (
    *PUBLIC_ZONES,
    Choice("entrance", "an entrance or exit"),
    Choice("passage", "a passage, stairs or lift"),
    Choice("hall", "a hall, lobby or waiting room"),
    Choice("counter", "a counter, shop floor or cash desk"),
    Choice("yard", "a yard, fence or other outer area"),
    Choice("parking", "a place where vehicles park"),
    Choice("work-room", "a room in which people work or learn"),
    Choice("machine-room", "a machine, server, store or duty room"),
    Choice("vehicle", "inside a public vehicle"),
    Choice("other", "another place that is none of the forbidden ones"),
)

CAPTURE_POSITIONS: Final = (
    Choice("0010000", "open squares"),
    Choice("0020000", "streets and junctions"),
    Choice("0030000", "gates of highways"),
    Choice("0040000", "bridges and tunnels"),
    Choice("0050000", "commercial and financial areas"),
)
"""The classes of annex O that we have read: three digits for a class, two for a part of it, two that industries set.

Other codes are declared by their digits. Source: GB/T 28181-2022, annex O.
"""
