"""Asks and validates the answers of `start`, from a person or a file: the site's name, its addresses, its logins.

A password is read without being shown, and is in no argument, message or repr.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from agent.commands.init.answers import DIVISION
from agent.commands.terminal.answers_file import first_line, read_answers
from agent.commands.terminal.asking import Wrong, ask, ask_password
from agent.contract.topics import CITY, SITE_ID
from agent.model.errors import UsageError
from agent.model.finding import Message, listed
from agent.observe.inventory.site_skeleton import PLACEHOLDER
from agent.onsite.start.choice import NONE, Choice, choice_of
from agent.onsite.start.groups import MAKERS, title_of
from agent.onsite.start.site_text import NO_LOGIN
from agent.site.config.site import Site
from agent.text.harmless import printable
from agent.text.translate import render, translate
from drivers.model import Device

LOGIN_KEYS: Final = ("user", "password", "password_file")
KEYS: Final = ("id", "name", "city", "division", "devices", *LOGIN_KEYS)
TABLES: Final[Mapping[str, Sequence[str]]] = dict.fromkeys(MAKERS, LOGIN_KEYS)
YES: Final = ("yes", "y", "是")
NAME_CHARS_MAX: Final = 200
SHOWN_MAX: Final = 4
"""So many addresses of a group are named in its question; the list above it has all."""


@dataclass(slots=True)
class Answers:
    """The source of answers: the keys of a file, or a person where `file` is None.

    `last` is the user and password that were accepted last, which Enter takes again for the next group.
    """

    lang: str
    file: Path | None = None
    given: Mapping[str, str] = field(default_factory=dict, repr=False)
    last: tuple[str, str] = field(default=("", ""), repr=False)

    def __post_init__(self) -> None:
        if self.file is not None:
            self.given = read_answers(self.file, KEYS, TABLES)

    def site(self) -> Site:
        """Ask what people call the site: its name, and its id where it can be one."""
        question = render(
            Message("What is the site called? Its id at the hub, where it has one, else any name"), self.lang
        )
        name = self.given.get("name", "") if self.file else ask(question, self._line, PLACEHOLDER.id)
        id_ = self.given.get("id", name if SITE_ID.fullmatch(name) else PLACEHOLDER.id)
        division = self.given.get("division", DIVISION)
        city = self.given.get("city", f"{division[:4]}00")
        if not SITE_ID.fullmatch(id_) or not CITY.fullmatch(city):
            raise UsageError(
                "{file}: id must be 1 to 23 and city 1 to 64 of 0-9, A-Z, a-z, such as datong017 and 140200",
                file=self.file,
            )
        return Site(id=id_, city=city, division=division, name=self._line(name or id_))

    def choice(self, shown: int) -> Choice:
        """Ask which of the devices shown are the site's. The login is sent to these and to no other."""
        if self.file is not None:
            return self._choice(self.given.get("devices", ""), shown)
        question = Message(
            "Which are yours? Only they get a login. Numbers (1-4, 7), -3 leaves one out, an address or a network adds"
        )
        nothing = Message("Nothing was found. Where are the cameras? Addresses (192.0.2.64) or networks (192.0.2.0/28)")
        default = translate("all", self.lang) if shown else translate("none", self.lang)
        said = render(question if shown else nothing, self.lang)
        return ask(said, lambda text: self._choice(text, shown), default)

    def login(self, group: str, devices: Sequence[Device], user: str) -> tuple[str, str]:
        """Ask for the login of a group; `user` is the one it is taken to have. Two texts, the second empty for none."""
        if self.file is not None:
            return self._given_login(group)
        before, password_before = self.last
        named = listed(f"{one.host}:{one.port}" for one in devices[:SHOWN_MAX])
        more = Message("{addresses} and {count} more", {"addresses": named, "count": len(devices) - SHOWN_MAX})
        values = {"maker": title_of(group), "addresses": more if len(devices) > SHOWN_MAX else named}
        question = Message("{maker}, {addresses}: user, viewing rights are enough (none: no login)", values)
        user = ask(render(question, self.lang), self._line, before or user)
        if user.lower() in NONE:
            return NO_LOGIN, ""
        again = Message("Its password (Enter: the same as before; it goes into secrets.toml alone):")
        fresh = Message("Its password (it goes into secrets.toml alone; Enter: later):")
        password = ask_password(render(again if user == before else fresh, self.lang))
        return user, self._password(password or (password_before if user == before else ""))

    def goes_on(self, refused: Device, user: str) -> bool:
        """Ask whether the next device of a group is to be tried once too; nobody is asked where a file answers."""
        if self.file is not None:
            return False
        values = {"at": f"{refused.host}:{refused.port}", "user": user}
        question = Message(
            "{at} refused the login of {user}. Has this one another, and shall the next be tried once?", values
        )
        return ask(render(question, self.lang), lambda text: text.lower() in YES, translate("no", self.lang))

    def _given_login(self, group: str) -> tuple[str, str]:
        """Return the login of a file: that of the group's own table, else that of all."""
        driver = group.partition("-")[0]
        own = {key: self.given[f"{driver}.{key}"] for key in LOGIN_KEYS if f"{driver}.{key}" in self.given}
        login = own or self.given
        if login.get("user", "").lower() in ("", *NONE):
            return NO_LOGIN, ""
        named = login.get("password_file")
        return login["user"], self._password(first_line(Path(named)) if named else login.get("password", ""))

    def _choice(self, text: str, shown: int) -> Choice:
        try:
            return choice_of(text, shown)
        except UsageError as error:
            if self.file is None:
                raise Wrong(render(error.message, self.lang)) from None
            raise UsageError("{file}: {key}: {error}", file=self.file, key="devices", error=error) from None

    def _line(self, text: str) -> str:
        if not text.isprintable() or not 1 <= len(text) <= NAME_CHARS_MAX:
            raise Wrong(render(Message("it must be one line of at most 200 characters"), self.lang))
        return text

    def _password(self, text: str) -> str:
        if printable(text) != text:
            raise UsageError("the password holds a character that cannot be typed: write secrets.toml yourself")
        return text
