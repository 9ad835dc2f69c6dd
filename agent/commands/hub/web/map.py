"""Stores where sites are and how districts run, for the hub's page: `camwarden hub map load | show | clear`.

What a file has takes the place of what was there of its kind: positions, districts, or both. Who loaded it, and why, is
a row of the audit log, which has the file's digest and no position.
"""

import argparse
import hashlib
import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from agent.commands.hub.view import reading
from agent.commands.hub.web.user import COMMAND
from agent.contract.chain import utc_text
from agent.hub.domain.map.gcj02 import FORMULA_M
from agent.hub.domain.map.map_file import FILE_MAX_BYTES, read_map_file
from agent.hub.domain.people.audit import AuditRow
from agent.hub.domain.people_text import NAME_MAX_CHARS, refuse_text
from agent.hub.domain.rows.city_map import NO_MAP, CityMap, MapWord
from agent.hub.domain.scope import EVERYTHING
from agent.hub.stores.engines import open_people, open_store, open_trust
from agent.hub.views.city_map import map_json, view_map
from agent.hub.views.status import find_silent
from agent.hub.web.pages.map import WORDS
from agent.model.errors import ConfigurationError, UsageError, os_words
from agent.model.exits import OK
from agent.model.finding import Json, Message, first_of
from agent.text.harmless import json_text, printable
from agent.text.translate import render

SCHEMA: Final = "camwarden-hub-map-change/1"
NAMED_MOST: Final = 8


def run(args: argparse.Namespace) -> int:
    """Run one action. Raises UsageError, ConfigurationError, Forbidden."""
    return {"load": _load, "show": _show, "clear": _clear}[args.map_action](args)


def _load(args: argparse.Namespace) -> int:
    refuse_text(args.by, NAME_MAX_CHARS)
    refuse_text(args.why)
    data = _read(args.file)
    try:
        read = read_map_file(data, args.frame)
    except UsageError as error:
        raise UsageError("{path}: {why}", path=args.file, why=error) from None
    now = utc_text(datetime.now(UTC))
    word = MapWord(by=args.by, why=args.why, at=now, frame=args.frame, digest=hashlib.sha256(data).hexdigest())
    with closing(open_store(args.data, read_only=True)) as store:
        known = store.seen.sites(EVERYTHING)
        _change(args, store.city_map.read().with_file(read, word), "map-load", word.digest)
    strangers = sorted(read.sites.keys() - known)
    if args.json:
        told: dict[str, Json] = {
            "schema": SCHEMA, "sites": len(read.sites), "outlines": len(read.outlines), "frame": args.frame,
            "digest": word.digest, "never_heard": list(strangers),
        }  # fmt: skip
        print(json_text(told))
    elif not args.quiet:
        for line in _loaded(args.frame, len(read.sites), len(read.outlines), strangers):
            print(printable(render(line, args.lang)))
    return OK


def _loaded(frame: str, sites: int, outlines: int, strangers: list[str]) -> list[Message]:
    """Return what is printed of a file that was loaded."""
    lines = [Message("loaded: {sites} positions, {outlines} districts", {"sites": sites, "outlines": outlines})]
    if frame == "gcj02":
        values = {"most": FORMULA_M}
        lines.append(Message("converted from GCJ-02, whose rule is not public: to about {most} m", values))
    else:
        lines.append(
            Message(
                "taken as WGS-84: positions of a Chinese map service are GCJ-02, some 500 m off: load those with "
                "--frame gcj02"
            )
        )
    if strangers:
        values_of = {"count": len(strangers), "sites": first_of(strangers, NAMED_MOST)}
        lines.append(Message("not known to this hub ({count}): {sites}", values_of))
    return lines


def _show(args: argparse.Namespace) -> int:
    with reading(args) as store:
        city, seen = store.city_map.read(), store.seen.divisions(EVERYTHING)
        trust = open_trust(args.data).load(None)
        silent = find_silent(store, trust, datetime.now(UTC), EVERYTHING)
        view = view_map(city, seen, store.seen.open_by_site(EVERYTHING), silent, is_everything=True)
    if args.json:
        print(json.dumps(map_json(city, view), ensure_ascii=False))
        return OK
    for part, word in (("positions", city.sites_word), ("districts", city.outlines_word)):
        if word is not None:
            values = {"what": Message(part), "by": word.by, "why": word.why, "day": word.at[:10]}
            print(printable(render(Message("{what}: loaded by {by} on {day}: {why}", values), args.lang)))
    for one in view.sites:
        print(f"{one.site:23}  {one.lon:10.5f} {one.lat:9.5f}  {render(WORDS[one.state], args.lang)}")
    if view.never_heard:
        values = {"count": len(view.never_heard), "sites": first_of(view.never_heard, NAMED_MOST)}
        print(render(Message("not known to this hub ({count}): {sites}", values), args.lang))
    if city == NO_MAP and not args.quiet:
        print(render(Message("no map was loaded"), args.lang))
    return OK


def _clear(args: argparse.Namespace) -> int:
    refuse_text(args.by, NAME_MAX_CHARS)
    refuse_text(args.why)
    open_store(args.data, read_only=True).close()
    _change(args, NO_MAP, "map-clear", "")
    if args.json:
        print(json_text({"schema": SCHEMA, "sites": 0, "outlines": 0}))
    elif not args.quiet:
        print(render(Message("the map is cleared"), args.lang))
    return OK


def _change(args: argparse.Namespace, city: CityMap, act: str, digest: str) -> None:
    """Store a map with its row in the audit log; one that cannot be stored leaves no row."""
    what = f"{args.by}: {args.why}" + (f" (sha256 {digest})" if digest else "")
    with closing(open_store(args.data)) as store, closing(open_people(args.data)) as people, people.changing():
        people.record(AuditRow(utc_text(datetime.now(UTC)), COMMAND, act, what, "ok", ""))
        store.city_map.keep(city)


def _read(path: Path) -> bytes:
    """Return a file, at most one byte more than is taken. Raises ConfigurationError."""
    try:
        with path.open("rb") as file:
            return file.read(FILE_MAX_BYTES + 1)
    except OSError as error:
        raise ConfigurationError(
            "{path}: cannot be read: {why}; name a GeoJSON or CSV file", path=path, why=os_words(error)
        ) from None
