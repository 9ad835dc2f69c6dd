"""Defines how a report names a person: by an id that the site alone makes, and the message with the names. Pure.

A report is signed, chained and logged, so that nothing in it can ever be erased. It has ids; the names travel apart,
signed, in no chain and no log, and each end may erase them.

An id is an HMAC under a key of the site's own: the same person has the same id in every report of the site, and nobody
without that key can try names against it. It has the site's id in it, so that no other site can say whose it is.
"""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from agent.contract.chain import encode, utc_text
from agent.contract.envelope import NAMES_TYP, verify
from agent.contract.payload_bounds import read_json, read_time
from agent.contract.signing_keys import PublicKey
from agent.contract.topics import CITY, SITE_ID
from agent.host.clock import nearest
from agent.model.errors import NotVerified

SCHEMA: Final = "vss-names/1"
NAMES_MOST: Final = 512
"""People whose names one message has; further ones have ids alone."""

NAME_MAX_CHARS: Final = 500
KEY_BYTES: Final = 32
_ID_HEX: Final = 16

AUTHOR: Final = re.compile(rf"author-([0-9A-Za-z]{{1,23}})-[0-9a-f]{{{_ID_HEX}}}")
"""Its group is the site."""


@dataclass(frozen=True, slots=True)
class Names:
    """Who is behind which id at a site: what a message tells at `at`, aware UTC."""

    site: str
    city: str
    at: datetime
    names: Mapping[str, str]


def author_id(key: bytes, site: str, name: str) -> str:
    """Return the id of a person at a site; one that is an id already stays."""
    if is_author(name):
        return name
    plain = " ".join(unicodedata.normalize("NFKC", name).split())
    digest = hmac.new(key, f"{site}\0{plain}".encode(errors="surrogatepass"), hashlib.sha256).hexdigest()
    return f"author-{site}-{digest[:_ID_HEX]}"


def is_author(text: str) -> bool:
    """Return whether a text is the id of an author, and nothing else."""
    return AUTHOR.fullmatch(text) is not None


def write_names(names: Names) -> bytes:
    """Return the payload that a site signs as `vss-names+json`."""
    return encode(
        {
            "schema": SCHEMA,
            "site": names.site,
            "city": names.city,
            "ts": utc_text(nearest(names.at)),
            "names": dict(sorted(names.names.items())[:NAMES_MOST]),
        }
    )


def read_names(payload: bytes, jws: str, keys: Mapping[str, PublicKey]) -> Names:
    """Return the names that a site tells, signed by one of `keys`.

    Raises:
        NotVerified: It is not signed so, or is no such message; `site`: an id is another site's.
    """
    verify(payload, jws, keys, NAMES_TYP)
    data = read_json(payload)
    try:
        found = _names(data)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise NotVerified("payload", "signed, but not a payload of {schema}", schema=SCHEMA) from None
    if any(_site_of(author) != found.site for author in found.names):
        raise NotVerified("site", "names for ids of another site than {site}", site=found.site)
    return found


def _names(data: Any) -> Names:
    if data["schema"] != SCHEMA or not SITE_ID.fullmatch(data["site"]) or not CITY.fullmatch(data["city"]):
        raise ValueError
    names = dict(data["names"].items())
    if len(names) > NAMES_MOST or not all(is_author(one) and _is_name(name) for one, name in names.items()):
        raise ValueError
    return Names(data["site"], data["city"], read_time(data["ts"]), names)


def _is_name(name: object) -> bool:
    """Return whether a name can stand on one line of a page: what is not printable turns or hides what is beside it."""
    return isinstance(name, str) and 0 < len(name) <= NAME_MAX_CHARS and name.isprintable() and not is_author(name)


def _site_of(author: str) -> str:
    found = AUTHOR.fullmatch(author)
    return found[1] if found else ""
