"""Redacts the names of cameras that are declared secret in findings and facts before anything leaves the site. Pure.

Its id stays, by which the hub counts it; what it is called, where it hangs and what stands in its picture do not leave
the site. `secrecy.md` beside this lists every way out, and what may stay on the site's own disk.

Source: Datong Measures, article 5(1); State Council Order 799, article 16(1): secrecy laws bind what is secret.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Final, cast

from agent.model.finding import Finding, Json, Listed, Message
from agent.observe.facts.facts import Facts
from agent.site.config.site import CameraConfig, Site
from agent.site.declarations.secret import is_secret
from agent.text.within import bounded, replaced
from drivers.footage import Channels
from drivers.model import Overlays

HIDDEN: Final = "***"
SPELLS_NAMES: Final = "forbidden-zone-name-hint"
WITHIN_CHARS_MIN: Final = 2
"""A name of one character is hidden where it stands alone: within a sentence it could be part of any word."""

SecretNames = Mapping[str, frozenset[str]]
"""By camera id all that it is called."""


def secret_names(site: Site, facts: Facts | None, today: date) -> SecretNames:
    """Return what each secret camera is called: by its configuration, its filing, its recorder and its overlays.

    `facts` None: nobody has looked, and only the configuration is known. A name that is an id of the site is told as an
    id anyway, and is none.
    """
    ids = {one.id for one in site.devices} | {one.camera.id for one in site.cameras}
    return {
        one.camera.id: frozenset(name.strip() for name in _called(facts, one)) - {"", *ids}
        for one in site.cameras
        if is_secret(site, one.camera.id, today)
    }


def hidden(secret: SecretNames) -> Callable[[str], str]:
    """Return a function that replaces each name of a secret camera in a text."""
    names = sorted({name for of_camera in secret.values() for name in of_camera}, key=len, reverse=True)
    parts = [bounded(name) for name in names if len(name) >= WITHIN_CHARS_MIN]
    pattern = re.compile("|".join(parts), re.IGNORECASE) if parts else None
    return partial(_without, frozenset(names), pattern)


def without_said(finding: Finding, secret: SecretNames) -> Finding:
    """Return a finding in which no text names a secret camera; that which spells names out, no part of one."""
    if not secret:
        return finding
    change = hidden(secret)
    if finding.check == SPELLS_NAMES and (own := secret.get(finding.subject.removeprefix("camera:"))):
        change = partial(_without_parts, own, change)
    evidence = cast(Mapping[str, Json], replaced(finding.evidence, change))
    return replace(finding, message=_said(finding.message, change), evidence=evidence)


def without_named(facts: Facts, secret: SecretNames) -> Facts:
    """Return the facts in which no text names a secret camera."""
    return cast(Facts, replaced(facts, hidden(secret))) if secret else facts


def _called(facts: Facts | None, one: CameraConfig) -> Iterable[str]:
    yield from (one.camera.name, one.camera.placement)
    if facts is None:
        return
    yield facts.filed.names.get(one.camera.id, "") if facts.filed else ""
    for overlays in facts.all(f"camera:{one.camera.id}", Overlays):
        yield from overlays.texts
    listed = facts.one(f"device:{one.camera.device}", Channels)
    yield from (channel.name for channel in (listed.channels if listed else ()) if channel.number == one.camera.channel)


def _without(names: frozenset[str], pattern: re.Pattern[str] | None, text: str) -> str:
    if text in names:
        return HIDDEN
    return pattern.sub(HIDDEN, text) if pattern else text


def _without_parts(own: frozenset[str], change: Callable[[str], str], text: str) -> str:
    parts = [part.strip() for part in text.split(",")]
    told = any(part and part.casefold() in name.casefold() for part in parts for name in own)
    return HIDDEN if told else change(text)


def _said(message: Message, change: Callable[[str], str]) -> Message:
    return replace(message, values={key: _value(one, change) for key, one in message.values.items()})


def _value(value: object, change: Callable[[str], str]) -> object:
    inner = value.args[0] if isinstance(value, Exception) and value.args else value
    if isinstance(inner, Message):
        return _said(inner, change)
    if isinstance(value, Listed):
        return replace(value, items=tuple(_value(one, change) for one in value.items))
    return value if isinstance(value, int | float) else change(str(value))
