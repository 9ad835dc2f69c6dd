"""Numbers streams, signers and configurations in PostgreSQL, and reads the bodies to which next ones are differences.

What is numbered within a transaction is forgotten at its end: it may be rolled back.
"""

import hashlib
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from agent.hub.domain.rows.intake import Key
from agent.hub.stores.keeping.encoded import base_of, decoded
from agent.hub.stores.keeping.payloads import Body
from agent.hub.stores.postgres.columns import column, columns
from agent.hub.stores.postgres.database import Connected
from agent.hub.stores.postgres.rows import month_of

_PLACE: Final = ("text", "text", "text")
_LANES: Final = (
    "SELECT l.site, l.epoch, l.stream, id, base, base_seq FROM lane l JOIN unnest(%b::text[], %b::text[], %b::text[])"
    " AS k(site, epoch, stream) USING (site, epoch, stream)"
)
_LANE: Final = "INSERT INTO lane (site, epoch, stream) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_ORIGINS: Final = (
    "SELECT to_json(array_agg(id ORDER BY at)) FROM unnest(%b::text[], %b::text[], %b::text[])"
    " WITH ORDINALITY AS k(kid, city, protected, at) LEFT JOIN origin USING (kid, city, protected)"
)
_ORIGIN: Final = "INSERT INTO origin (kid, city, protected) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_SAID: Final = (
    "SELECT lane, digest, id FROM config_said JOIN unnest(%b::integer[], %b::bytea[]) AS k(lane, digest)"
    " USING (lane, digest)"
)
_SAY: Final = "INSERT INTO config_said (lane, digest, config) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_BASES: Final = (
    "SELECT to_json(array_agg(id)), to_json(array_agg(arrived_at)), to_json(array_agg(octet_length(payload))),"
    " string_agg(payload, '')"
    " FROM report_row WHERE id = ANY(%b::bigint[])"
)


@dataclass(slots=True)
class Lane:
    """A stream of an epoch of a site: its number, and the report whose body is its base; 0: none."""

    id: int
    base: int
    base_seq: int


@dataclass(slots=True)
class Lanes:
    """The lanes that an open transaction has met."""

    known: dict[Key, Lane] = field(default_factory=dict)

    def learn(self, rows: Iterable[Sequence[Any]]) -> None:
        """Take up rows of lanes: site, epoch, stream, id, base and number of the base."""
        self.known.update({(row[0], row[1], row[2]): Lane(*row[3:]) for row in rows})

    def find(self, to: Connected, keys: Iterable[Key]) -> list[Lane]:
        """Return lanes, which are made where there are none."""
        asked = list(keys)
        if missing := sorted(set(asked) - self.known.keys()):
            places = columns(_PLACE, missing)
            self.learn(to.db.execute(_LANES, places, binary=True).fetchall())
            to.executemany(_LANE, [key for key in missing if key not in self.known])
            if any(key not in self.known for key in missing):
                self.learn(to.db.execute(_LANES, places, binary=True).fetchall())
        return [self.known[key] for key in asked]


def origins(to: Connected, asked: Sequence[tuple[str, str, str]]) -> list[int]:
    """Return the numbers of keys with their city and protected header, which are made where there are none."""
    signers = columns(_PLACE, asked)
    ((found,),) = to.db.execute(_ORIGINS, signers, binary=True).fetchall()
    if missing := {key for key, number in zip(asked, found, strict=True) if number is None}:
        to.executemany(_ORIGIN, sorted(missing))
        ((found,),) = to.db.execute(_ORIGINS, signers, binary=True).fetchall()
    return list(found)


def configs(to: Connected, asked: Sequence[tuple[int, str]]) -> list[int]:
    """Return the numbers of what configuration reports of lanes say, 0 for an empty text; each is stored once."""
    texts = {(lane, hashlib.sha256(text.encode()).digest()): text for lane, text in asked if text}
    found: dict[tuple[int, bytes], int] = {}
    if texts:
        said = columns(("integer", "bytea"), list(texts))
        to.executemany(_SAY, [(*key, _deflated(text)) for key, text in texts.items()])
        found = {
            (lane, bytes(digest)): number for lane, digest, number in to.db.execute(_SAID, said, binary=True).fetchall()
        }
    return [found[lane, hashlib.sha256(text.encode()).digest()] if text else 0 for lane, text in asked]


def bases(to: Connected, lanes: Iterable[Lane]) -> dict[tuple[int, date], Body]:
    """Return the bodies to which the next ones of lanes are differences, by lane and month; without those gone."""
    by_id = {lane.base: lane for lane in lanes if lane.base}
    if not by_id:
        return {}
    ((ids, arrived, sizes, payloads),) = to.db.execute(_BASES, [column("bigint", list(by_id))], binary=True).fetchall()
    found, start = {}, 0
    for number, at, size in zip(ids or (), arrived or (), sizes or (), strict=True):
        stored = payloads[start : start + size]
        start += size
        if stored and base_of(stored) is None:
            lane = by_id[number]
            found[lane.id, month_of(at)] = Body(lane.base_seq, number, decoded(stored, lambda _: b""))
    return found


def _deflated(text: str) -> bytes:
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    return packer.compress(text.encode()) + packer.flush()
