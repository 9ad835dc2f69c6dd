"""Redacts identifiers of boxes, networks and people in a check's result that no repair needs. Pure.

Serial numbers, MAC and network addresses, host names, endpoint ids and account names are each replaced by a word and a
number, the same everywhere in one result, so that lines about one box still match. The site's own names of devices,
cameras and zones stay, and so do maker, model and firmware. Secrets never come this far (`agent/text/redact.py`).
"""

import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final, cast

from agent.model.finding import Finding, Listed, Message
from agent.onsite.one_look.result import CheckResult
from agent.text.within import replaced
from drivers.details import Accounts, Interfaces
from drivers.footage import Channels
from drivers.model import Identity

KNOWN_CHARS_MIN: Final = 5
"""Shorter values are replaced in their own fields only: in a sentence they could be part of any word or number."""

_PATTERNS: Final = (
    ("mac", re.compile(r"(?<![0-9A-Fa-f:-])(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}(?![0-9A-Fa-f:-])")),
    ("endpoint", re.compile(r"\b[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}\b")),
    ("address", re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]*\d)")),
    ("address", re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\w:.])")),
)
"""What looks like one of them, wherever a device has written it."""


@dataclass(slots=True)
class _Names:
    """The replacement of each hidden value, and the site's own words that stay."""

    kept: frozenset[str]
    names: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def of(self, kind: str, value: str) -> str:
        """Return a value's replacement; the same one each time."""
        key = value.casefold()
        if not value or key in self.kept:
            return value
        if key not in self.names:
            self.counts[kind] = self.counts.get(kind, 0) + 1
            self.names[key] = f"[{kind} {self.counts[kind]}]"
        return self.names[key]

    def word(self, text: str) -> str:
        """Return the replacement of a text that is a hidden value itself, else the text with those in it replaced."""
        hidden = self.names.get(text.casefold())
        return hidden if hidden is not None else self.text(text)

    def text(self, text: str) -> str:
        """Replace every hidden value in a text, and everything of its shape."""
        if text.casefold() in self.kept:
            return text
        for key, name in self.names.items():
            if len(key) >= KNOWN_CHARS_MIN and key in text.casefold():
                text = re.sub(rf"(?<!\w){re.escape(key)}(?!\w)", name, text, flags=re.IGNORECASE)
        for kind, pattern in _PATTERNS:
            text = pattern.sub(partial(self._looked_at, kind), text)
        return text

    def _looked_at(self, kind: str, found: re.Match[str]) -> str:
        if kind == "address":
            try:
                ipaddress.ip_address(found[0])
            except ValueError:
                return found[0]
        return self.of(kind, found[0])


def anonymous(checked: CheckResult) -> CheckResult:
    """Redact what identifies boxes, networks and people."""
    site, facts = checked.site, checked.seen.facts
    ids = {device.id for device in site.devices} | {camera.camera.id for camera in site.cameras}
    subjects = {subject for finding in checked.seen.findings for subject in (finding.subject, finding.key)}
    names = _Names(frozenset(one.casefold() for one in ids | subjects))
    for kind, value in _identifying(checked):
        names.of(kind, value)
    findings = tuple(_finding(finding, names) for finding in checked.seen.findings)
    seen = replace(checked.seen, facts=cast(Any, _redacted(facts, names)), findings=findings, samples=())
    contested = cast(Any, _redacted(checked.contested, names))
    return replace(checked, site=cast(Any, _redacted(site, names)), seen=seen, contested=contested)


def without_addresses(value: object, host: str) -> object:
    """Redact a host, and all that looks like an address of a box, in every text of a value."""
    names = _Names(frozenset())
    names.of("address", host)
    return _redacted(value, names)


def _identifying(checked: CheckResult) -> Iterator[tuple[str, str]]:
    """Yield kind and value of everything that the facts name as such."""
    for device in checked.site.devices:
        yield "address", device.host
    for sighting in checked.seen.facts.around.strangers + checked.seen.facts.around.newcomers:
        yield "address", sighting.address
    for observations in checked.seen.facts.by_subject.values():
        for value in (observation.value for observation in observations):
            if isinstance(value, Identity):
                yield "serial", value.serial
            elif isinstance(value, Interfaces):
                yield from (("mac", one.mac) for one in value.interfaces)
            elif isinstance(value, Accounts):
                yield from (("account", one.name) for one in value.accounts)
            elif isinstance(value, Channels):
                for channel in value.channels:
                    yield from (("address", channel.host), ("mac", channel.mac), ("serial", channel.serial))


def _finding(finding: Finding, names: _Names) -> Finding:
    evidence = cast(Mapping[str, Any], _redacted(finding.evidence, names))
    return replace(finding, message=_message(finding.message, names), evidence=evidence)


def _message(message: Message, names: _Names) -> Message:
    """Redact the values of a message; a sentence among them stays one, so that it is still translated."""
    return replace(message, values={key: _value(value, names) for key, value in message.values.items()})


def _value(value: object, names: _Names) -> object:
    inner = value.args[0] if isinstance(value, Exception) and value.args else value
    if isinstance(inner, Message):
        return _message(inner, names)
    if isinstance(inner, Listed):
        return replace(inner, items=tuple(_value(one, names) for one in inner.items))
    return value if isinstance(value, int | float) else names.text(str(value))


def _redacted(value: object, names: _Names) -> object:
    """Redact every text in a value."""
    return replaced(value, names.word)
