"""Writes the first site.toml of a site of which only discovery is known. Pure.

The text is valid as it is; what nobody can see from outside (logins, codes, zones, declarations) is left open.
"""

import re
from collections.abc import Container, Iterable
from urllib.parse import urlsplit

from agent.observe.inventory.stocktake import MatchedAnswer
from agent.site.config.site import Site
from agent.text.harmless import printable, toml_string
from drivers.discovery.answer import mac_of, model_of, scope_text

ID_CHARS_MAX = 48
PLACEHOLDER = Site(id="site1", city="city", division="000000")
"""Values of a skeleton without a configuration; valid, and plainly not real."""

STATE_NAME = "state"
OWN_STORAGE = f"""
# What camwarden keeps of this site lies beside this file, and no other site has it. For the service in /etc/camwarden,
# which keeps it in /var/lib/camwarden: remove this table there.
[storage]
directory = "{STATE_NAME}"
runtime = "{STATE_NAME}"
"""

_HEAD = """\
# Written by camwarden from what answered on the network. Names are those that the devices call themselves.
# Check every line: what answers need not belong here, and what does not answer is missing.
# All options, with their comments, stand in site.toml.sample; camwarden config validate tells mistakes.
"""


def skeleton(site: Site, placed: Iterable[MatchedAnswer], credential: str = "") -> str:
    """Return a site.toml with every device that answered, except ignored ones.

    Site, discovery and devices' ids of `site` are reused. `credential`: name of the login that a person gave for these
    very devices; empty: none.
    """
    where = site.discovery
    lines = [_HEAD, "[site]"]
    lines += [f"{key} = {toml_string(getattr(site, key))}" for key in ("id", "name", "city", "division")]
    lines += ["", "[discovery]"]
    lines += [f"{key} = {_strings(getattr(where, key))}" for key in ("interfaces", "addresses", "ranges")]
    for ignored in where.ignore:
        lines += ["", "[[discovery.ignore]]"]
        rows = [(key, getattr(ignored, key)) for key in ("endpoint", "address", "reason", "by", "at")]
        lines += [f"{key} = {toml_string(value)}" for key, value in rows if value]
    ids: set[str] = set()
    places: set[tuple[str, int]] = set()
    for one in placed:
        if one.standing == "ignored":
            continue
        host, port = host_and_port(one.address)
        name, model = scope_text(one.found, "name"), model_of(one.found)
        said = ", ".join(printable(part) for part in (name, model, mac_of(one.found), one.found.endpoint) if part)
        if (host, port) in places:
            lines += ["", f"# Another device answers as {host} port {port}: {said}"]
            continue
        places.add((host, port))
        configured = one.devices[0] if len(one.devices) == 1 and one.devices[0] not in ids else ""
        id_ = configured or device_id(name, host, ids)
        ids.add(id_)
        lines += ["", f"# {said}", "[[device]]", f'id = "{id_}"', f'host = "{host}"', f"port = {port}"]
        lines += ["tls = true"] if one.tls else []
        told = one.found.told
        # Without an answer over ONVIF it may have that switched off: its maker's own way in is there always.
        lines += [f'driver = "{told.driver}"'] if told and not one.found.xaddrs else []
        lines += ["# Not activated: it has no password yet."] if told and told.activated is False else []
        login = f'credential = "{credential}"' if credential else '# credential = "cameras"'
        lines += ["# The name of a login in secrets.toml; viewing rights are enough.", login]
        lines += ["", "# A recorder has one [[camera]] for each of its channels.", "[[camera]]"]
        lines += [f'id = "{id_}"', f'device = "{id_}"', "channel = 1"]
        lines += [f"name = {toml_string(name)}"] if name else []
    return "\n".join(lines) + "\n"


def _strings(texts: tuple[str, ...]) -> str:
    return f"[{', '.join(toml_string(text) for text in texts)}]"


def host_and_port(address: str) -> tuple[str, int]:
    """Split `host:port`; a host alone, without a service address, gets port 80."""
    parts = urlsplit(f"//{address}" if address.count(":") < 2 or address.startswith("[") else f"//[{address}]")
    return parts.hostname or "", parts.port or 80


def device_id(name: str, host: str, taken: Container[str]) -> str:
    """Return an id for a device from its name, else from its address; never a taken one."""
    words = re.sub(r"[^0-9a-z]+", "-", name.lower()).strip("-")[:ID_CHARS_MAX].strip("-")
    stem = words or f"device-{re.sub(r'[^0-9a-z]+', '-', host.lower()).strip('-')}"[:ID_CHARS_MAX].strip("-")
    number = 1
    while (id_ := stem if number == 1 else f"{stem}-{number}") in taken:
        number += 1
    return id_
