"""Defines who uses the page: a name, a role, and what may be seen with it. Pure.

A role has all that the ones before it have. Maintainers and operators see only what they are bound to; the others see
everything unless they are bound.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final, Literal

from agent.hub.domain.scope import Scope
from agent.model.errors import UsageError

Role = Literal["viewer", "maintainer", "operator", "supervisor", "administrator"]

ROLES: Final[tuple[Role, ...]] = ("viewer", "maintainer", "operator", "supervisor", "administrator")
"""viewer: looks. maintainer: comments. operator: acknowledges and assigns too. supervisor: sees the audit log and
writes exports. administrator: as a supervisor; people are made by command."""

BOUND: Final[frozenset[Role]] = frozenset({"maintainer", "operator"})
"""Roles that see nothing without a binding."""

NAME: Final = re.compile(r"\w[\w.@-]{0,63}")
DIVISION: Final = re.compile(r"(?:[0-9]{2}){1,3}")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may use the page."""

    name: str
    role: Role
    scope: Scope


def is_at_least(role: Role, least: Role) -> bool:
    """Return whether a role has what another one has."""
    return ROLES.index(role) >= ROLES.index(least)


def scope_of(role: Role, divisions: tuple[str, ...], operators: tuple[str, ...], maintainers: tuple[str, ...]) -> Scope:
    """Return what a role sees with these bindings."""
    bound = bool(divisions or operators or maintainers)
    return Scope(divisions, operators, maintainers, everything=not bound and role not in BOUND)


def person_name(text: str) -> str:
    """Return a name as it is stored: its letters composed, so that one name is one person. Raises UsageError."""
    name = unicodedata.normalize("NFKC", text)
    if not NAME.fullmatch(name):
        raise UsageError("{name!r}: a name has 1 to 64 letters, digits, dots, hyphens or @", name=text[:80])
    return name
