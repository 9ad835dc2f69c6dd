"""Requests a time stamp over the log's checkpoint from an authority, and writes both: RFC 3161 over HTTP.

A pair of files of each stamped size: `SIZE.checkpoint`, under which `hub log receipt --checkpoint` writes receipts, and
`SIZE.tsr`, the authority's answer, which `openssl ts -verify` takes, too. The authority gets a digest and nothing else.
An answer is verified before it is written. A command of its own: the running hub waits for nobody.

Source: RFC 3161, 3.4 (HTTP).
"""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from agent.host.files import sync_directory, write_atomic
from agent.hub.domain.rows.log import State
from agent.hub.outgoing.exchange import NoAnswer, exchange
from agent.model.errors import ConfigurationError, Forbidden, HubUnavailable, UsageError, os_words
from agent.model.finding import Message
from agent.model.web_address import Address
from agent.verify.stamp import STAMP_MAX_BYTES, Roots, Stamp, new_request, read_stamp

WITHIN_S: Final = 20.0
"""For the whole exchange: an authority that drips is none."""

_PUBLIC: Final = 0o644


@dataclass(frozen=True, slots=True)
class Stamped:
    """The files of a stamped checkpoint, what the stamp proves, and whether it is a new one."""

    checkpoint: Path
    response: Path
    stamp: Stamp
    is_new: bool


def stamp(state: State, folder: Path, roots: Roots, ask: Callable[[bytes], bytes]) -> Stamped:
    """Have the newest checkpoint stamped, and write both; one of this size that is there stays.

    Args:
        state: Of the log.
        folder: Where the pairs of files are; made where it is missing.
        roots: Certificates that are believed.
        ask: Sends a request, and returns the answer.

    Raises:
        NotVerified: The answer is no stamp of this by a believed authority; nothing was written.
        UsageError: What is there of this size is of another checkpoint.
        HubUnavailable: From `ask`.
        Forbidden, ConfigurationError: A file cannot be read or written.
    """
    checkpoint, response = (folder / f"{state.size}.{kind}" for kind in ("checkpoint", "tsr"))
    note = state.note.encode()
    try:
        if response.exists():
            if checkpoint.read_bytes() != note:
                raise UsageError("{path}: of another log; name another folder", path=checkpoint)
            with response.open("rb") as file:
                return Stamped(checkpoint, response, read_stamp(file.read(STAMP_MAX_BYTES), note, roots), is_new=False)
        request = new_request(note)
        answer = ask(request.data)
        found = read_stamp(answer, note, roots, request.nonce)
        folder.mkdir(parents=True, exist_ok=True)
        write_atomic(checkpoint, note, _PUBLIC)
        write_atomic(response, answer, _PUBLIC)  # last: it says that both are there
        sync_directory(folder)
    except PermissionError:
        raise Forbidden("{path}: this user may not write there; choose another place", path=folder) from None
    except OSError as error:
        raise ConfigurationError(
            "{path}: cannot be written: {why}; name another folder or file", path=folder, why=os_words(error)
        ) from None
    return Stamped(checkpoint, response, found, is_new=True)


def ask_over_http(url: str, request: bytes, within_s: float = WITHIN_S) -> bytes:
    """Send a request to an authority, and return its answer, not verified. No redirect is followed.

    Raises:
        UsageError: It is no address of a web server, or has a login in it.
        HubUnavailable: It cannot be reached, or answers with something else, or not in time.
    """
    where = urlsplit(url)
    try:
        port = where.port
    except ValueError:
        port = -1
    if where.scheme not in ("http", "https") or not where.hostname or port == -1 or "@" in where.netloc:
        raise UsageError("name the authority as http://HOST/PATH or https://HOST/PATH, without a login")
    tls = where.scheme == "https"
    target = f"{where.path or '/'}{'?' + where.query if where.query else ''}"
    address = Address(where.hostname, port or (443 if tls else 80), tls, target)
    why: Message | str = Message("no time stamp in its answer")
    try:
        headers = {"Content-Type": "application/timestamp-query"}
        answer = exchange(address, "POST", headers, request, within_s=within_s, most_bytes=STAMP_MAX_BYTES)
        if answer.status == HTTPStatus.OK and answer.kind == "application/timestamp-reply":
            return answer.body
    except NoAnswer as error:
        why = error.why
    raise HubUnavailable(
        "{where}: the authority for time stamps gave no answer: {why}; try again later, or look at the address",
        where=where.hostname,
        why=why,
    )
