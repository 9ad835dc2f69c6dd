"""Takes addresses, host names and serial numbers out of a hand-over report's texts. Pure.

What the configuration and the devices name is known word for word; addresses of strangers are known by their form.
"""

from __future__ import annotations

import re
from typing import Final

from agent.config import Site
from agent.facts import Facts
from agent.text import translate
from drivers.details import Interfaces
from drivers.model import Identity

GONE: Final = "•••"

_ADDRESS: Final = re.compile(
    r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])(?::\d{1,5})?"
    r"|(?i:\b(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}\b)"
    r"|(?i:(?<![0-9a-z:])(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{1,4}(?![0-9a-z:]))"
    r"|(?i:(?<![0-9a-z:])[0-9a-f:]{0,30}::[0-9a-f:]{1,30})"
)
"""IPv4 with or without a port, MAC, IPv6. A time of day has two colons at the most, and no two side by side."""

_SHORTEST: Final = 4
"""A shorter serial number or host name, taken out everywhere, would take words apart."""


class Redaction:
    """What is left out of one report; leaves everything in where it is not `on`."""

    def __init__(self, site: Site, facts: Facts, on: bool, lang: str) -> None:
        self.on = on
        self._left_out = translate("left out", lang)
        names = {device.host for device in site.devices}
        for device in site.devices:
            subject = f"device:{device.id}"
            names |= {one.serial for one in facts.all(subject, Identity)}
            names |= {i.mac for one in facts.all(subject, Interfaces) for i in one.interfaces}
        told = sorted((re.escape(name) for name in names if len(name) >= _SHORTEST), key=len, reverse=True)
        self._named = re.compile("|".join(told)) if told else None

    def text(self, text: str) -> str:
        """Return a sentence or name without what is left out."""
        if not self.on:
            return text
        text = self._named.sub(GONE, text) if self._named is not None else text
        return _ADDRESS.sub(GONE, text)

    def cell(self, text: str) -> str:
        """Return a whole value that is an address or serial number, or the word for one that is left out."""
        return self._left_out if self.on and text else text
