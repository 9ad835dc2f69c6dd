"""Selects who sets a figure at a site, and which of them a measured value breaks: figure and source are one. Pure.

A figure is set by rules, as far as they bind here; by what stands behind the check anyhow, whose figure is a default;
and by the site's own settings, or its hub's, where they ask for more. A fail names each whose figure is broken, and
none whose figure is kept: evidence that names the wrong article is worse than none.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from agent.model.finding import Source, joined
from agent.site.config.site import CameraConfig, Policy, Site
from agent.site.declarations.standing import holds
from agent.site.duties.figures import CEILING, FLOOR, RULES
from agent.site.rules.pack import Obligation, in_effect, obligations

SETTINGS: Final = "settings of this site"
"""The document that stands for what the site, or its hub for it, has set by itself."""

STRICTER: Final[Mapping[str, Literal["up", "down"]]] = {
    "filing_days": "down",
    "good_key_ratio": "up",
    "good_other_ratio": "up",
    "legacy_filing_days": "down",
    "log_retention_days": "up",
    "online_key_ratio": "up",
    "online_other_ratio": "up",
    "outage_max_h": "down",
    "trial_days": "up",
}
"""The figures of rules that a check judges by and no site can set, and which way each is stricter."""

Breaks = Callable[[float], bool]
"""Whether what was measured breaks a figure of this value."""


@dataclass(frozen=True, slots=True)
class Setter:
    """Who sets a figure, and to what. `by_default`: it asks for the matter, and the figure is our default."""

    value: float
    source: Source
    by_default: bool = False


@dataclass(frozen=True, slots=True)
class Limit:
    """A figure as it holds at a site: its value is that of the strictest of its `setters`."""

    name: str
    value: float
    setters: tuple[Setter, ...]

    @property
    def source(self) -> Source:
        """Who sets it to the value that holds."""
        return joined(one.source for one in self.setters if one.value == self.value)


def limit(site: Site, check: str, behind: Source, name: str, today: date, camera: CameraConfig | None = None) -> Limit:
    """Return a figure of `[policy]` as it holds at a site, or for one of its cameras.

    Args:
        site: With the packs that count.
        check: The id of the check that judges by it.
        behind: The source of the check: what it asks for without a figure of its own, it asks for by our default.
        name: A name of `RULES`.
        today: A local day.
        camera: Whose own retention counts, and for whom conditions are asked.
    """
    rules = tuple(_rules(site, name, today, camera))
    own = float(getattr(site.policy, name))
    if name == FLOOR and camera is not None and camera.retention_days:
        own = float(camera.retention_days)
    value = strictest(name, [own, *(one.value for one in rules)])
    default: float | None = float(getattr(Policy(), name))
    if name == CEILING:  # there is no default: where no rule sets it, the site's own word measures what is asked
        default = None if rules or not value else value
    setters = (*rules, *_behind(site, check, behind, name, today, default, value))
    if (value or name != CEILING) and value not in {one.value for one in setters}:
        setters = (*setters, Setter(value, Source(SETTINGS, f"{name} = {value:g}")))
    return Limit(name, value, setters)


def limit_of_rules(
    site: Site, check: str, behind: Source, name: str, today: date, camera: CameraConfig | None = None
) -> Limit | None:
    """Return a figure of `STRICTER` as the rules of a check set it here; None where none of them does."""
    found = [
        (one, Setter(one.parameters[name], one.source))
        for _, one in obligations(site.packs, check)
        if name in one.parameters and _binds(site, one, today, camera)
    ]
    if not found:
        return None
    told = [setter.value for one, setter in found if one.confidence != "primary"] or [one.value for _, one in found]
    default = min(told) if STRICTER[name] == "up" else max(told)
    rules = tuple(setter for _, setter in found)
    value = strictest(name, [one.value for one in rules])
    plain = (one for one in _behind(site, check, behind, name, today, default, value) if one not in rules)
    return Limit(name, value, (*plain, *rules))


def broken(behind: Source, *measured: tuple[Limit, Breaks]) -> Source:
    """Return who sets the figures that are broken; `behind`, the source of the check, where none is."""
    named = [one.source for held, breaks in measured for one in held.setters if breaks(one.value)]
    return joined(named) if named else behind


def strictest(name: str, values: Iterable[float]) -> float:
    """Return the strictest of some values of one name; a ceiling of 0 is none."""
    way = RULES[name].stricter if name in RULES else STRICTER[name]
    given = [value for value in values if value or name != CEILING]
    return (max if way == "up" else min)(given, default=0.0)


def _rules(site: Site, name: str, today: date, camera: CameraConfig | None) -> Iterator[Setter]:
    """Yield each rule in its own text that binds here and sets the figure, whatever check it names."""
    for _, one in obligations(site.packs):
        if name in one.parameters and one.confidence == "primary" and _binds(site, one, today, camera):
            yield Setter(one.parameters[name], one.source)


def _behind(
    site: Site, check: str, behind: Source, name: str, today: date, default: float | None, value: float
) -> Iterator[Setter]:
    """Yield what stands behind a check: a text without a figure asks for the default, another one for its own.

    A text whose figure a site has set looser is none that holds there, and one that is known not to bind neither.
    """
    for document, article in behind.pairs():
        source = Source(document, article)
        texts = [one for _, one in obligations(site.packs, check) if one.source == source and in_effect(one, today)]
        if texts and all(holds(site, one.when, today) is False for one in texts):
            continue
        figures = [one.parameters[name] for one in texts if name in one.parameters and one.confidence != "primary"]
        if figures:
            yield from (Setter(one, source) for one in figures if strictest(name, [one, value]) == value)
        elif default is not None and not any(one.parameters for one in texts):
            yield Setter(default, source, by_default=True)


def _binds(site: Site, one: Obligation, today: date, camera: CameraConfig | None) -> bool:
    name = camera.camera.id if camera is not None else ""
    return in_effect(one, today) and holds(site, one.when, today, name) is True
