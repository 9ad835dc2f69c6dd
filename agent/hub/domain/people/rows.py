"""Defines people of the hub's page, their sessions and their tokens, as ports hand them out. Pure."""

from dataclasses import dataclass, field

from agent.hub.domain.people.person import Person, Role, scope_of


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """A person as stored. `password`: an Argon2 hash, empty for none; times RFC 3339 in UTC, empty: not happened."""

    name: str
    role: Role
    password: str = field(repr=False)
    made_at: str
    disabled_at: str = ""
    divisions: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()
    maintainers: tuple[str, ...] = ()

    def person(self) -> Person:
        """Return who it is on the page."""
        return Person(self.name, self.role, scope_of(self.role, self.divisions, self.operators, self.maintainers))


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session: whose, since when, and when it was used last, to the minute."""

    person: str
    made_at: str
    seen_at: str


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token of a person for programs; `id` names it, and its digest alone is stored."""

    id: str
    person: str
    label: str
    made_at: str
    expires_at: str
    revoked_at: str
    used_at: str
