"""Requests one thing over CGI and parses its answer: lines `key=value`, grouped into numbered rows.

Decides which answers are errors: error texts under any status, lock-outs, missing rights, cut-off text. Parsers beside
this file decide what the values mean. Only the reads named there are requested.
"""

import re
from collections.abc import Mapping

from drivers.errors import Busy, DeviceFault, DriverError, Locked, Malformed, NotPermitted, NotTried, Unsupported
from drivers.exchange import Exchange, Request, Transport
from drivers.http.refusal import unlocks_in_s, weigh
from drivers.model import Reply
from drivers.text import decode_text, sanitize

CONFIG_MAX_BYTES = 16 * 1024 * 1024
"""The table `Encode` of a recorder with 128 channels has some 5 MB."""

LOCKED_CODE = "268632081"
"""Dahua's code for an account that is locked, over CGI and RPC2."""

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.:\[\]-]*")
_ROW = re.compile(r"\[(\d{1,5})\]\.?(.*)", re.DOTALL)

Fields = Mapping[str, str]
"""The texts left and right of the first `=` of each line."""


def get(
    transport: Transport, operation: str, target: str, max_bytes: int = CONFIG_MAX_BYTES, limit_s: float = 0.0
) -> Exchange:
    """Get `/cgi-bin/` + `target` and return the exchange. Raises DriverError for a refusal or an error."""
    path = f"/cgi-bin/{target}"
    exchange = transport.exchange(Request(operation, "GET", path, max_bytes=max_bytes, limit_s=limit_s))
    check(transport, exchange.reply, exchange.anonymous)
    return exchange


def check(transport: Transport, reply: Reply, anonymous: bool = False) -> None:
    """Raise the error that a reply means, if any; record a locked account; `anonymous`: no login was sent."""
    text = decode_text(reply.body)
    if reply.status in (401, 403) and (weigh(text) == "locked" or LOCKED_CODE in text):
        if anonymous:
            # Firmware that locks an address answers so before it asks for a login: nothing of ours was refused.
            transport.credentials.shut(transport.device, transport.clock(), text)
        else:
            transport.credentials.refused(transport.device, transport.clock(), "the account is locked")
        raise Locked(f"{reply.operation}: the device has locked the account", unlocks_in_s(text))
    error = refusal(reply)
    if error is not None:
        raise error


def refusal(reply: Reply) -> DriverError | None:
    """Return the error that a reply means; None where it may be an answer.

    Source: field reports in the recorder notes: `Bad Request!` (firmware of 2019 to 2022), `Not Implemented!` (2024),
    `Authority:check failure.` both for a missing right and for a name that the firmware does not know.
    """
    operation, status = reply.operation, reply.status
    text = decode_text(reply.body, 512)
    if 300 <= status < 400:
        return DeviceFault(
            f"{operation}: HTTP {status}: the device redirects, as firmware does that wants HTTPS; redirects are not"
            " followed: configure tls = true and the port of HTTPS"
        )
    if status == 401:
        return NotTried(f"{operation}: the device asks for a login of a kind that is not known")
    if status == 403:
        return NotPermitted(f"{operation}: the login has not the right to ask this, or the firmware has no such thing")
    if status in (400, 404, 405, 501) or re.match(r"\s*Error\s+(?:Bad Request|Not Implemented)", text):
        return Unsupported(f"{operation}: the device has no such operation (HTTP {status})")
    if weigh(text) == "busy" and status >= 400:
        return Busy(f"{operation}: the device's connection limit is reached")
    if status != 200:
        return DeviceFault(f"{operation}: HTTP {status}")
    if re.match(r"\s*Error\b(?!\s*=)", text):
        return DeviceFault(f"{operation}: {sanitize(' '.join(text.split()), 80)}")
    return None


def fields(reply: Reply, whole: bool = True) -> dict[str, str]:
    """Parse an answer, a list where `whole`. Raises Malformed: empty, cut off, a repeated key, or not `key=value`."""
    operation = reply.operation
    if not reply.body.strip():
        raise Malformed(f"{operation}: the answer is empty")
    if whole and not reply.body.endswith(b"\n"):
        raise Malformed(f"{operation}: the answer is cut off")
    found: dict[str, str] = {}
    # Not splitlines: characters in a name that some call line ends are no ends here.
    for line in decode_text(reply.body, len(reply.body)).split("\n"):
        line = line.removesuffix("\r")
        if not line.strip():
            continue
        key, sign, value = line.partition("=")
        if not sign or _KEY.fullmatch(key) is None:
            raise Malformed(f"{operation}: the answer holds a line that is not key=value")
        if key in found:
            raise Malformed(f"{operation}: the answer says something twice")
        found[key] = value
    return found


def config(transport: Transport, name: str) -> dict[str, str]:
    """Read a configuration table, keys without `table.`. Raises DriverError; NotPermitted also for an unknown table."""
    reply = get(transport, name, f"configManager.cgi?action=getConfig&name={name}").reply
    found = fields(reply)
    if any(not key.startswith((f"table.{name}.", f"table.{name}[")) for key in found):
        raise Malformed(f"{name}: the answer holds another table")
    return {key.removeprefix("table."): value for key, value in found.items()}


def rows(found: Fields, name: str, operation: str) -> list[dict[str, str]]:
    """Return rows `name[0]`, `name[1]`, ... or, without `name`, those of a second index. Raises Malformed for a gap."""
    grouped: dict[int, dict[str, str]] = {}
    for key, value in found.items():
        if key.startswith(name) and (row := _ROW.fullmatch(key, len(name))) is not None:
            grouped.setdefault(int(row[1]), {})[row[2]] = value
    if sorted(grouped) != list(range(len(grouped))):
        raise Malformed(f"{operation}: a row is missing among {sanitize(name) or 'the inner rows'}")
    return [grouped[number] for number in range(len(grouped))]


def flag(value: str | None) -> bool | None:
    """Parse a switch; None where it is missing or its word is unknown."""
    return {"true": True, "1": True, "false": False, "0": False}.get((value or "").strip().lower())


def number(value: str | None) -> int:
    """Read a whole number that is not negative; 0 where it is none."""
    text = (value or "").strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 15 else 0
