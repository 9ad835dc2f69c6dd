"""Asks and validates the answers of `init`, from a person or a file."""

import ipaddress
import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

import tomli

from agent.commands.terminal.asking import Wrong, ask, ask_password
from agent.contract.topics import CITY, SITE_ID
from agent.host.files import SECRET_WRONG_BITS
from agent.host.users import wrong_rights
from agent.model.errors import ConfigurationError, UsageError, os_words
from agent.model.host_name import is_host
from agent.observe.inventory.stocktake import MatchedAnswer
from agent.site.config.sections import is_own_address, is_range, is_responder
from agent.site.config.site import Discovery, Site
from agent.text.harmless import printable, toml_string
from agent.text.translate import translate
from drivers.discovery.plan import RANGE_ADDRESSES_MAX

Answer = TypeVar("Answer")

LOGIN: Final = "cameras"
NONE: Final = "none"
KEYS: Final = ("id", "name", "city", "division", "network", "user", "password", "devices", "hub")
FILE_MAX_BYTES: Final = 64 * 1024
DIVISION: Final = "140200"


@dataclass(slots=True)
class Answers:
    """The source of answers: the keys of a file, or a person where `file` is None."""

    lang: str
    file: Path | None = None
    given: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if self.file is not None:
            self.given = read_file(self.file)

    def site(self) -> Site:
        """Ask for the site's id, its name and its division; the city is that of the division."""
        lang = self.lang
        id_ = self._get("id", translate("Id of the site, as the hub knows it (letters and digits)", lang), self._id)
        name = self._get("name", translate("What do people call the site?", lang), self._line)
        division = self._get("division", translate("Division, six digits of GB/T 2260", lang), self._division, DIVISION)
        city = self.given.get("city", f"{division[:4]}00")
        if not CITY.fullmatch(city):
            raise UsageError("{file}: city must be 1 to 64 of 0-9, A-Z, a-z, _ and -", file=self.file)
        return Site(id=id_, city=city, division=division, name=name)

    def network(self, own: tuple[str, ...]) -> Discovery:
        """Ask where devices are searched; `own` are this host's addresses, from which multicast can be sent."""
        question = translate(
            "Where are the cameras? A network (192.0.2.0/24), single addresses, or an own address to ask by multicast; "
            "commas between; none: look nowhere",
            self.lang,
        )
        return self._get("network", question, lambda text: self._places(text, own), ", ".join(own[:1]) or NONE)

    def login(self) -> tuple[str, str]:
        """Ask for the cameras' login; two empty texts where there is none."""
        question = translate("User of the cameras and recorders; viewing rights are enough (none: no login)", self.lang)
        user = self._get("user", question, self._line, "admin")
        if user in ("", NONE):
            return "", ""
        if self.file is not None:
            return user, self._password(self.given.get("password", ""))
        return user, self._password(ask_password(translate("Its password (goes into secrets.toml only):", self.lang)))

    def devices(self, placed: tuple[MatchedAnswer, ...]) -> tuple[MatchedAnswer, ...]:
        """Ask which of the devices that answered are the site's: the login is sent to these and to no other."""
        if not placed:
            return ()
        question = translate("Which of them are yours? Only they get the login: numbers (1-4), all, none", self.lang)
        return self._get("devices", question, lambda text: self._chosen(text, placed), "all")

    def hub(self) -> str:
        """Ask for the hub's broker; empty where there is none."""
        question = translate("Name or address of the hub's broker (none: deliver nothing)", self.lang)
        return self._get("hub", question, self._hub, NONE)

    def _get(self, key: str, question: str, read: Callable[[str], Answer], default: str = "") -> Answer:
        if self.file is None:
            return ask(question, read, default)
        try:
            return read(self.given.get(key, default))
        except Wrong as error:
            raise UsageError("{file}: {key}: {error}", file=self.file, key=key, error=error) from None

    def _id(self, text: str) -> str:
        if not SITE_ID.fullmatch(text):
            raise Wrong(translate("it must be 1 to 23 of 0-9, A-Z, a-z", self.lang))
        return text

    def _line(self, text: str) -> str:
        if not text.isprintable() or len(text) > 200:
            raise Wrong(translate("it must be one line of at most 200 characters", self.lang))
        return text

    def _division(self, text: str) -> str:
        if not re.fullmatch("[0-9]{6}", text):
            raise Wrong(translate("it must be six digits, such as 140213", self.lang))
        return text

    def _password(self, text: str) -> str:
        if not text.isprintable():
            raise UsageError("the password holds a character that cannot be typed: write secrets.toml yourself")
        return text

    def _places(self, text: str, own: tuple[str, ...]) -> Discovery:
        words = [word for word in re.split(r"[,，、;\s]+", text) if word]  # noqa: RUF001
        if words in ([], [NONE]):
            return Discovery()
        wrong = [word for word in words if not (is_range(word) or is_responder(word))]
        if wrong:
            said = translate("{word} is no network or address, such as 192.0.2.0/24 or 192.0.2.64", self.lang)
            raise Wrong(said.format(word=printable(wrong[0])))
        ranges = tuple(word for word in words if not is_responder(word))
        if sum(ipaddress.IPv4Network(one).num_addresses for one in ranges) > RANGE_ADDRESSES_MAX:
            raise Wrong(translate("that is too large: name the networks that cameras are in, a /22 at most", self.lang))
        return Discovery(
            interfaces=tuple(word for word in words if word in own and is_own_address(word)),
            addresses=tuple(word for word in words if word not in own and is_responder(word)),
            ranges=ranges,
        )

    def _chosen(self, text: str, placed: tuple[MatchedAnswer, ...]) -> tuple[MatchedAnswer, ...]:
        if text.lower() in ("all", "全部"):
            return placed
        if text.lower() == NONE:
            return ()
        found: list[MatchedAnswer] = []
        for word in re.split(r"[,，、\s]+", text):  # noqa: RUF001
            span = re.fullmatch(r"([0-9]{1,4})(?:-([0-9]{1,4}))?", word)
            if not span or not 1 <= int(span[1]) <= int(span[2] or span[1]) <= len(placed):
                raise Wrong(translate("{word} is none of them", self.lang).format(word=printable(word)))
            found += placed[int(span[1]) - 1 : int(span[2] or span[1])]
        return tuple(dict.fromkeys(found))

    def _hub(self, text: str) -> str:
        if text == NONE:
            return ""
        if not is_host(text):
            raise Wrong(translate("write a name or address alone, such as hub.example.org", self.lang))
        return text


def read_file(path: Path) -> dict[str, str]:
    """Parse a file of answers, all of them texts.

    Raises UsageError where it cannot be read, is wrong, or shows a password to others.
    """
    try:
        with path.open("rb") as file:
            mode = wrong_rights(os.fstat(file.fileno()), SECRET_WRONG_BITS)
            data = tomli.loads(file.read(FILE_MAX_BYTES).decode("utf-8-sig"))
    except OSError as error:
        raise UsageError("{path} cannot be read: {why}", path=path, why=os_words(error)) from None
    except (UnicodeDecodeError, tomli.TOMLDecodeError):
        raise ConfigurationError(
            '{path} is no file of answers: write lines such as id = "datong017", one for each question', path=path
        ) from None
    for key, value in data.items():
        if key not in KEYS:
            raise UsageError(
                "{path}: unknown key {key}; known here: {known}", path=path, key=printable(key), known=", ".join(KEYS)
            )
        if not isinstance(value, str):
            raise UsageError("{path}: {key} must be a text in quotes", path=path, key=key)
    if "password" in data and mode is not None:
        raise UsageError("{path}: mode {mode:04o} lets others at the password; chmod 0600 {path}", path=path, mode=mode)
    return data


def secrets_toml(user: str, password: str) -> str:
    """Render secrets.toml with one login; both texts are printable."""
    # JSON's strings are TOML's where nothing in them has to be escaped as a surrogate pair.
    shown = json.dumps(password, ensure_ascii=False)
    head = "# Logins; this file belongs to its owner alone."
    return f"{head}\n[credential.{LOGIN}]\nuser = {toml_string(user)}\npassword = {shown}\n"


def hub_lines(host: str, has_keys: bool) -> str:
    """Render `[hub]`; without the hub's keys its broker confirms, until they are there."""
    if not host:
        return ""
    if has_keys:
        return f'\n[hub]\nhost = "{host}"\njwks = "hub-jwks.json"\nconfirm = "hub"\n'
    return (
        f'\n[hub]\nhost = "{host}"\n# The hub\'s public keys, as its team gives them to you; then confirm = "hub".\n'
        '# jwks = "hub-jwks.json"\nconfirm = "broker"\n'
    )
