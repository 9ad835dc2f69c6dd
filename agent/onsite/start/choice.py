"""Parses a person's answer on which addresses are the site's: some of those shown, others, whole networks. Pure."""

import re
from dataclasses import dataclass
from typing import Final

from agent.model.errors import UsageError
from agent.site.config.sections import is_range, is_responder
from agent.text.harmless import printable

ALL: Final = ("all", "全部")
NONE: Final = ("none", "无")
_SPAN: Final = re.compile(r"(-?)([0-9]{1,4})(?:-([0-9]{1,4}))?")


@dataclass(frozen=True, slots=True)
class Choice:
    """`kept`: numbers of those shown. `hosts` and `networks` are to be asked besides, and shown before they count."""

    kept: tuple[int, ...] = ()
    hosts: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()

    @property
    def adds(self) -> bool:
        """Whether it names an address that was not shown."""
        return bool(self.hosts or self.networks)


def choice_of(text: str, shown: int) -> Choice:
    """Parse an answer: `all`, numbers and spans such as 1-4, -3 to leave the third out, addresses, networks.

    `shown` is how many devices were shown, numbered from 1. An address alone takes nothing away from those shown.

    Raises:
        UsageError: A word is none of these.
    """
    kept: set[int] = set()
    without: set[int] = set()
    hosts: list[str] = []
    networks: list[str] = []
    every = False
    for word in (one for one in re.split(r"[,，、;；\s]+", text) if one):  # noqa: RUF001
        span = _SPAN.fullmatch(word)
        if word.lower() in ALL:
            every = True
        elif span is not None:
            first, last = int(span[2]), int(span[3] or span[2])
            if not 1 <= first <= last <= shown:
                raise UsageError("{word} is none of them", word=word)
            (without if span[1] else kept).update(range(first, last + 1))
        elif is_range(word) and "/" in word:
            networks.append(word)
        elif is_responder(word) and re.search("[.:]", word):  # a word alone is more often a slip than a host
            hosts.append(word)
        elif word.lower() not in NONE:
            raise UsageError(
                "{word} is no number of the list, address or network, such as 2, 192.0.2.64 or 192.0.2.0/28",
                word=printable(word),
            )
    chosen = set(range(1, shown + 1)) if every or (without and not kept) else kept
    return Choice(tuple(sorted(chosen - without)), tuple(dict.fromkeys(hosts)), tuple(dict.fromkeys(networks)))
