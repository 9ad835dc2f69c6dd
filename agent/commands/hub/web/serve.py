"""Serves the hub's page: `camwarden hub serve`. On loopback alone: a proxy in front speaks TLS."""

import argparse
import gc
import ipaddress
import json
import re
import time
from contextlib import closing
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from agent.host import web
from agent.host.web_bounds import WebBounds
from agent.hub.stores.engines import open_people, open_store
from agent.hub.web.app import app
from agent.hub.web.people.oidc.provider import provider_of
from agent.hub.web.people.oidc.settings import read_settings
from agent.hub.web.place import Place
from agent.model.errors import UsageError
from agent.model.exits import OK
from agent.model.finding import Message
from agent.model.host_name import is_host
from agent.text.translate import render

LOOPBACK: Final = "127.0.0.1"
BOUNDS: Final = WebBounds(at_once=256, per_address=256, idle_s=float("inf"))
"""Behind a proxy every connection is of its address."""

COLLECTED_EACH: Final = 100_000
"""Objects that are made until cycles are looked for: one page of a city makes as many, nearly none in a cycle, and
looking after each 700 of them was a fifth of its time.
"""

_HEADER: Final = re.compile(r"[A-Za-z0-9-]{1,64}")


def run(args: argparse.Namespace) -> int:
    """Serve until interrupted. Raises UsageError, ConfigurationError."""
    url, host = _url(args.url or f"http://{LOOPBACK}:{args.port}")
    header = (args.trust_header or "").lower()
    if header and not (_HEADER.fullmatch(header) and args.trusted_proxy):
        raise UsageError("--trust-header needs the name of a header, and --trusted-proxy, whose word counts")
    open_store(args.data, read_only=True).close()
    with closing(open_people(args.data)) as people:
        key, is_anybody = people.form_key(), bool(people.people())
    place = Place(
        directory=args.data, url=url, lang=args.lang, clock=lambda: datetime.now(UTC), mono=time.monotonic,
        form_key=key, proxy=_proxy(args.trusted_proxy or ""), trust_header=header,
        oidc=provider_of(read_settings(args.data)),
    )  # fmt: skip

    def ready(_: str, port: int) -> None:
        if args.json:
            print(json.dumps({"event": "ready", "port": port, "url": url}), flush=True)
            return
        if not args.quiet:
            print(render(Message("the hub's page is at {url}", {"url": url}), args.lang), flush=True)
        if not is_anybody:
            print(
                render(Message("nobody may log in yet: camwarden hub user add NAME --role ROLE"), args.lang), flush=True
            )

    # the last one that closes a database writes it back, which no request should wait for
    with closing(open_people(args.data)), closing(place.readers):
        gc.freeze()  # what is loaded stays
        gc.set_threshold(COLLECTED_EACH)
        web.serve(app(place), (LOOPBACK, args.port), BOUNDS, [host], on_ready=ready, option="--port")
    return OK


def _url(text: str) -> tuple[str, str]:
    """Return the origin that people type, as browsers write it, and the `Host` that goes with it. Raises UsageError."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    name = (parts.hostname or "").lower()
    bare = not (parts.username or parts.query or parts.fragment or parts.path.strip("/"))
    if parts.scheme not in ("http", "https") or not name or not is_host(name) or not bare:
        raise UsageError("--url {text!r}: an address without a path, such as https://hub.city.example", text=text[:80])
    if parts.scheme == "http" and name != "localhost" and not _is_loopback(name):
        raise UsageError("--url {text}: passwords need https; put a proxy in front that speaks it", text=text[:80])
    shown = f"[{name}]" if ":" in name else name
    usual = {"http": 80, "https": 443}[parts.scheme]
    host = shown if port in (None, usual) else f"{shown}:{port}"
    return f"{parts.scheme}://{host}", host if ":" in host.rpartition("]")[2] else f"{host}:{usual}"


def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _proxy(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text)) if text else ""
    except ValueError:
        raise UsageError("--trusted-proxy {text!r}: an address, such as 127.0.0.1", text=text[:80]) from None
