"""Reads how people log in by a city's own login: the file `oidc.toml` of the hub's data folder.

It names the provider, and which of its groups has which role here. Nothing in it is secret: the client's secret is in a
file of its own that only the hub's user can read, and is read when it is used.
"""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import tomli

from agent.host.files import SECRET_WRONG_BITS, WITHOUT_WAITING
from agent.hub.domain.people.person import BOUND, DIVISION, ROLES, Role
from agent.hub.domain.people_text import NAME_MAX_CHARS
from agent.model.errors import ConfigurationError, os_words
from agent.model.finding import Message, listed
from agent.model.web_address import address_of

NAME: Final = "oidc.toml"
FILE_MAX_BYTES: Final = 256 * 1024
RULES_MOST: Final = 1000

_KEYS: Final = {
    "issuer", "client_id", "secret_file", "ca_file", "label", "person_claim", "scopes", "role",
}  # fmt: skip
_RULE_KEYS: Final = {"claim", "value", "role", "divisions", "operators", "maintainers"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Whoever has `value` in a claim has this role, and these bindings."""

    claim: str
    value: str
    role: Role
    divisions: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()
    maintainers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A provider, and what its claims mean here.

    `issuer`: as its tokens name it. `secret_file`: None for a client that has no secret. `ca`: certificates to believe
    instead of the system's. `label`: what people know the login by. `person_claim`: the claim that names a
    person. `scopes`: asked for beside `openid`. `rules`: the first that fits counts.
    """

    issuer: str
    client_id: str
    secret_file: Path | None
    ca: Path | None
    label: str
    person_claim: str
    scopes: tuple[str, ...]
    rules: tuple[Rule, ...]


def read_settings(directory: Path) -> Settings | None:
    """Return the settings of a hub's data folder; None where it has no such file. Raises ConfigurationError."""
    path = directory / NAME
    try:
        raw = _bytes_of(path, 0)
    except FileNotFoundError:
        return None
    try:
        told: Mapping[str, Any] = tomli.loads(raw.decode("utf-8"))
    except (UnicodeError, tomli.TOMLDecodeError) as error:
        raise ConfigurationError("{path}: no TOML: {why}", path=path, why=str(error)) from None
    return _Reading(path).settings(told)


def read_secret(settings: Settings) -> str:
    """Return the client's secret, empty where there is none. Raises ConfigurationError."""
    if settings.secret_file is None:
        return ""
    try:
        text = _bytes_of(settings.secret_file, SECRET_WRONG_BITS).decode("ascii").strip()
    except FileNotFoundError:
        text = ""
    except UnicodeError:
        text = ""
    if not text or not text.isprintable():
        raise ConfigurationError(
            "{path}: has no secret of the client; write it there, one line", path=settings.secret_file
        )
    return text


def _bytes_of(path: Path, wrong_bits: int) -> bytes:
    """Return the content of a file. Raises FileNotFoundError, ConfigurationError."""
    try:
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | WITHOUT_WAITING)) as file:
            mode = os.fstat(file.fileno()).st_mode
            if not stat.S_ISREG(mode) or mode & wrong_bits:
                raise ConfigurationError(
                    "{path}: must be a file that the hub's user alone can read: chmod 0600 {path}", path=path
                )
            raw = file.read(FILE_MAX_BYTES + 1)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ConfigurationError("{path}: cannot be read: {why}", path=path, why=os_words(error)) from None
    if len(raw) > FILE_MAX_BYTES:
        raise ConfigurationError("{path}: is too large", path=path)
    return raw


class _Reading:
    """One file while it is read: each mistake names it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def settings(self, told: Mapping[str, Any]) -> Settings:
        self._known(told, _KEYS, "")
        issuer = self._text(told, "issuer")
        if address_of(issuer) is None or "?" in issuer:
            raise self._wrong(Message("issuer: an https address without a login, as the provider's tokens name it"))
        rules = told.get("role", [])
        if not isinstance(rules, list) or not 0 < len(rules) <= RULES_MOST:
            raise self._wrong(Message("it needs a table [[role]] for each group that may come in"))
        return Settings(
            issuer=issuer,
            client_id=self._text(told, "client_id"),
            secret_file=self._file(told, "secret_file"),
            ca=self._file(told, "ca_file"),
            label=self._text(told, "label", "OIDC"),
            person_claim=self._text(told, "person_claim", "preferred_username"),
            scopes=self._texts(told, "scopes", ("profile",)),
            rules=tuple(self._rule(one, number) for number, one in enumerate(rules, 1)),
        )

    def _rule(self, told: object, number: int) -> Rule:
        where = f"role {number}: "
        if not isinstance(told, Mapping):
            raise self._wrong(Message("it needs a table [[role]] for each group that may come in"))
        self._known(told, _RULE_KEYS, where)
        role = next((one for one in ROLES if one == told.get("role")), None)
        if role is None:
            raise self._wrong(
                Message("{where}role must be one of {roles}", {"where": where, "roles": listed(ROLES)}),
            )
        rule = Rule(
            claim=self._text(told, "claim"),
            value=self._text(told, "value"),
            role=role,
            divisions=self._texts(told, "divisions"),
            operators=self._texts(told, "operators"),
            maintainers=self._texts(told, "maintainers"),
        )
        for code in rule.divisions:
            if not DIVISION.fullmatch(code):
                raise self._wrong(
                    Message("{where}{code} is no division: 2, 4 or 6 digits", {"where": where, "code": code})
                )
        if role in BOUND and not (rule.divisions or rule.operators or rule.maintainers):
            raise self._wrong(
                Message("{where}{role} needs divisions, operators or maintainers", {"where": where, "role": role})
            )
        return rule

    def _known(self, told: Mapping[str, Any], known: set[str], where: str) -> None:
        if other := sorted(set(told) - known):
            raise self._wrong(Message("{where}{names}: no such key", {"where": where, "names": listed(other)}))

    def _text(self, told: Mapping[str, Any], name: str, otherwise: str = "") -> str:
        found = told.get(name, otherwise)
        if not isinstance(found, str) or not found or not found.isprintable() or len(found) > 2000:
            raise self._wrong(Message("{name}: a text on one line is needed", {"name": name}))
        return found

    def _texts(self, told: Mapping[str, Any], name: str, otherwise: tuple[str, ...] = ()) -> tuple[str, ...]:
        found = told.get(name, list(otherwise))
        if not isinstance(found, list) or not all(
            isinstance(one, str) and 0 < len(one) <= NAME_MAX_CHARS and one.isprintable() for one in found
        ):
            raise self._wrong(Message("{name}: a list of texts is needed", {"name": name}))
        return tuple(found)

    def _file(self, told: Mapping[str, Any], name: str) -> Path | None:
        return self._path.parent / self._text(told, name) if name in told else None

    def _wrong(self, what: Message) -> ConfigurationError:
        return ConfigurationError("{path}: {what}", path=self._path, what=what)
