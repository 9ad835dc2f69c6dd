"""Validates rule packs from a hub: complete as the shipped ones, never looser than those they replace. Pure.

A pack with the id of a local one replaces it: its version is higher, every obligation stays, and each asks for at
least as much, of at least as many, from the same day on. A pack with a new id is added. Its signature, and whether it
is in force, are judged in `agent/service/orders/desired_policy.py`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, get_args

from agent.model.finding import Severity
from agent.site.config.site import Site
from agent.site.duties.bounds import contradiction, overlay
from agent.site.duties.figures import CEILING, RULES, is_stricter, out_of_bounds
from agent.site.rules.pack import Confidence, Obligation, Observed, Pack
from agent.site.rules.read import read_pack
from agent.site.toml.document import parse_toml
from agent.site.toml.problems import Problem

_SEVERITIES: Final[tuple[Severity, ...]] = get_args(Severity)
_CONFIDENCES: Final[tuple[Confidence, ...]] = get_args(Confidence)
_OBSERVED: Final[tuple[Observed, ...]] = ("both", "measured", "declared")


class NotAPack(Exception):
    """A text is no rule pack; the message names the first mistake with its line."""


@lru_cache(maxsize=4)  # the same document is judged in every cycle
def read_packs(texts: tuple[str, ...]) -> tuple[Pack, ...]:
    """Parse packs from TOML texts; the digest of each is that of a file with these bytes.

    Raises:
        NotAPack: One of them has a mistake, or two have one id.
    """
    packs: list[Pack] = []
    for number, text in enumerate(texts, 1):
        problems: list[Problem] = []
        raw = text.encode()
        document = parse_toml(Path(f"pack {number}"), raw, problems, holds_secrets=False)
        pack = read_pack(document, raw) if document is not None else None
        if pack is None or problems:
            raise NotAPack(str(problems[0]))
        if any(pack.id == other.id for other in packs):
            raise NotAPack(f'pack {number}: id "{pack.id}" stands twice')
        packs.append(pack)
    return tuple(packs)


def with_packs(local: tuple[Pack, ...], sent: tuple[Pack, ...], version: int, kid: str) -> tuple[Pack, ...]:
    """Return the packs in force: local ones, replaced by validated ones of a hub's document, and its new ones."""
    named = {pack.id: replace(pack, hub_version=version, signed_by=kid) for pack in sent}
    kept = [named.pop(pack.id, pack) for pack in local]
    return (*kept, *named.values())


def first_fault(local: Site, sent: tuple[Pack, ...]) -> str:
    """Return the first figure of a hub's packs that is out of its bounds or contradicts this site."""
    for pack in sent:
        for one in pack.obligations:
            for name, value in one.parameters.items():
                why = out_of_bounds(name, value) if name in RULES else ""
                if not why and name == CEILING:
                    why = contradiction(overlay(local, {name: value}), {name})
                if why:
                    return f"{pack.id}/{one.id}: {why}"
    return ""


def not_rising(local: tuple[Pack, ...], sent: tuple[Pack, ...]) -> str:
    """Return which pack is not newer than the one that it replaces; the very same one may come again."""
    for before, after in _pairs(local, sent):
        if after.version <= before.version and after.digest != before.digest:
            return f"{after.id}: version {after.version} does not come after version {before.version}, which is here"
    return ""


def looser(local: tuple[Pack, ...], sent: tuple[Pack, ...]) -> str:
    """Return how a pack asks for less than the one that it replaces, empty where none does."""
    for before, after in _pairs(local, sent):
        if after.status not in (before.status, "in-force"):
            return f'{after.id}: status "{after.status}" in the place of "{before.status}"'
        there = {one.id: one for one in after.obligations}
        for one in before.obligations:
            why = _looser(one, there[one.id]) if one.id in there else "is gone"
            if why:
                return f"{after.id}/{one.id}: {why}"
    return ""


def _pairs(local: tuple[Pack, ...], sent: tuple[Pack, ...]) -> Iterator[tuple[Pack, Pack]]:
    here: Mapping[str, Pack] = {pack.id: pack for pack in local}
    for pack in sent:
        if pack.id in here:
            yield here[pack.id], pack


def _looser(before: Obligation, after: Obligation) -> str:
    """Return how an obligation asks for less than before."""
    if after.check != before.check:
        return f"is answered by {after.check} and no longer by {before.check}"
    for words, was, now in (
        (_SEVERITIES, before.severity, after.severity),
        (_CONFIDENCES, before.confidence, after.confidence),
        (_OBSERVED, before.observed, after.observed),
    ):
        order: tuple[Any, ...] = words
        if order.index(now) > order.index(was):
            return f"{now} in the place of {was}"
    if (after.effective_from or date.min) > (before.effective_from or date.min):
        return "begins later"
    if (after.effective_until or date.max) < (before.effective_until or date.max):
        return "ends earlier"
    for condition in after.when:
        due = next((set(one.values) for one in before.when if one.duty == condition.duty), None)
        if due is None or not due <= set(condition.values):
            return f"applies to fewer: {condition.duty}"
    for name, value in before.parameters.items():
        if name not in after.parameters:
            return f"{name} is gone"
        said = after.parameters[name]
        if is_stricter(name, value, said) if name in RULES else said != value:
            return f"{name} = {said:.7g} in the place of {value:.7g}"
    return ""
