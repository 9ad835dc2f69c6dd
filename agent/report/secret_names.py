"""Removes the names of cameras that are declared secret from reports. Pure.

Its id stays, by which the hub counts it; what it is called, where it hangs and what stands in its picture do not leave
the site. On the site itself nothing is hidden.

Source: Datong Measures, article 5(1); State Council Order 799, article 16(1): secrecy laws bind what is secret.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Final

from agent.model.finding import Finding, Json, Listed, Message
from agent.observe.facts.facts import Facts
from agent.site.config.site import CameraConfig, Site
from agent.site.declarations.secret import is_secret
from drivers.model import Overlays

HIDDEN: Final = "***"
SPELLS_NAMES: Final = "forbidden-zone-name-hint"

SecretNames = Mapping[str, frozenset[str]]
"""By camera id all that it is called."""


def secret_names(site: Site, facts: Facts, today: date) -> SecretNames:
    """Return what each secret camera is called: by its configuration, its filing and its overlays."""
    return {
        one.camera.id: frozenset(_called(facts, one)) - {"", one.camera.id}
        for one in site.cameras
        if is_secret(site, one.camera.id, today)
    }


def without_names(site: Site, secret: SecretNames) -> Site:
    """Return the site in which secret cameras have neither a name nor a place."""
    if not secret:
        return site
    return replace(site, cameras=tuple(_nameless(one) if one.camera.id in secret else one for one in site.cameras))


def without_said(finding: Finding, secret: SecretNames) -> Finding:
    """Return a finding in which no text is the name of a secret camera; that which spells names out, no part of one."""
    if not secret:
        return finding
    own: frozenset[str] = frozenset()
    if finding.check == SPELLS_NAMES:
        own = secret.get(finding.subject.removeprefix("camera:"), frozenset())
    names = frozenset(name for of_camera in secret.values() for name in of_camera)
    return replace(
        finding, message=_said(finding.message, names, own), evidence=_evidence(finding.evidence, names, own)
    )


def _called(facts: Facts, one: CameraConfig) -> Iterable[str]:
    yield from (one.camera.name, one.camera.placement)
    yield facts.filed.names.get(one.camera.id, "") if facts.filed else ""
    for overlays in facts.all(f"camera:{one.camera.id}", Overlays):
        yield from overlays.texts


def _nameless(one: CameraConfig) -> CameraConfig:
    return replace(one, camera=replace(one.camera, name="", placement=""))


def _is_told(text: str, names: frozenset[str], own: frozenset[str]) -> bool:
    parts = [part.strip() for part in text.split(",")]
    return text in names or any(part and part.casefold() in name.casefold() for part in parts for name in own)


def _said(message: Message, names: frozenset[str], own: frozenset[str]) -> Message:
    values: dict[str, object] = {}
    for key, value in message.values.items():
        values[key] = _value(value, names, own)
    return replace(message, values=values)


def _value(value: object, names: frozenset[str], own: frozenset[str]) -> object:
    if isinstance(value, Message):
        return _said(value, names, own)
    if isinstance(value, Listed):
        return replace(value, items=tuple(_value(one, names, own) for one in value.items))
    return HIDDEN if isinstance(value, str) and _is_told(value, names, own) else value


def _evidence(told: Mapping[str, Json], names: frozenset[str], own: frozenset[str]) -> dict[str, Json]:
    return {key: _json(value, names, own) for key, value in told.items()}


def _json(value: Json, names: frozenset[str], own: frozenset[str]) -> Json:
    if isinstance(value, str):
        return HIDDEN if _is_told(value, names, own) else value
    if isinstance(value, Mapping):
        return _evidence(value, names, own)
    return [_json(one, names, own) for one in value] if isinstance(value, list | tuple) else value
