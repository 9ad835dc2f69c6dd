"""Parses one cell as one kind of value, or refuses it with what to do. Never guesses. Pure.

Excel stores 15 digits of a number and no leading zero: where these matter, a number is refused and text is required.
"""

import ipaddress
import re
from datetime import date
from typing import Final

from agent.contract.topics import CITY, SITE_ID
from agent.model.finding import Message, listed
from agent.model.host_name import is_host
from agent.onsite.ledger.files.grid import Unread, Value, half_width
from agent.site.config.devices import CHANNEL_MAX, NAME
from agent.site.config.limits import RETENTION_MAX_DAYS
from agent.site.toml.table import TEXT_MAX_CHARS
from agent.text.harmless import printable
from drivers.registry import DRIVERS

DRIVER_NAMES: Final = tuple(DRIVERS)
MAKERS: Final = (
    ("hikvision", "hikvision"), ("海康", "hikvision"), ("dahua", "dahua"), ("大华", "dahua"), ("uniview", "uniview"),
    ("宇视", "uniview"), ("unv", "uniview"), ("onvif", "onvif"), ("isapi", "hikvision"), ("lapi", "uniview"),
)  # fmt: skip
"""How makers and their protocols are written, and the driver that reads them."""
_YES: Final = frozenset({"是", "有", "y", "yes", "true", "1", "√", "✓", "✔", "on", "启用", "已启用", "开启"})
_NO: Final = frozenset({"否", "无", "n", "no", "false", "0", "\u00d7", "x", "off", "不启用", "未启用", "关闭"})
_DOES: Final = re.compile("(已|未|不|非)?(?:联网|接入|录像|录制|存储|启用|开启|开通|涉密|拾音)")
"""What a cell says of the thing that its column is about: 已联网, 未接入."""
_DAY: Final = re.compile(
    r"([0-9]{4})\s*[-/.年]\s*([0-9]{1,2})\s*[-/.月]\s*([0-9]{1,2})\s*日?(?:[ T]+0{1,2}:00(?::00)?)?"
)
SHOWN_MAX_CHARS: Final = 40


class Refused(Exception):
    """A cell that cannot be used: why, and what to do."""

    def __init__(self, template: str, **values: object) -> None:
        super().__init__(template)
        self.message = Message(template, values)


def shown(value: Value) -> str:
    """Render a cell for a message, cut short; not at all where it may hold a login."""
    text = str(value)
    if "@" in text or "://" in text:
        return "(not shown)"
    return printable(f'"{text}"' if len(text) <= SHOWN_MAX_CHARS else f'"{text[:SHOWN_MAX_CHARS]}..."')


def text(value: Value) -> str:
    """Parse any text onto one line, at most as long as site.toml allows."""
    if isinstance(value, Unread):
        raise Refused(value.why.template, **value.why.values)
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, str):
        words = re.sub(r"[\t\r\n]+", " ", value).strip()
        if len(words) > TEXT_MAX_CHARS:
            raise Refused("is longer than {limit} characters: shorten it", limit=TEXT_MAX_CHARS)
        return printable(words)
    return value.isoformat() if isinstance(value, date) else str(value)


def exact(value: Value) -> str:
    """Parse a text whose every character counts: a number may have lost leading zeros."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise Refused(
            "{value} is a number, and Excel drops leading zeros: format the column as text and enter it again",
            value=shown(value),
        )
    return _half_width(value)


def code(value: Value) -> str:
    """Parse the 20 digits of a code. Source: GB/T 28181-2016 annex D."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise Refused(
            "{value} is a number, and Excel keeps only 15 of its 20 digits: format the column as text and enter the "
            "code again",
            value=shown(value),
        )
    found = _half_width(value).replace(" ", "").replace("-", "")
    if re.fullmatch(r"[0-9.]+[eE]\+?[0-9]+", found):
        raise Refused(
            "{value} is what a spreadsheet made of a code, its last digits are lost: format the column as text and "
            "enter the code again",
            value=shown(found),
        )
    if not re.fullmatch("[0-9]{20}", found):
        raise Refused("{value} is no code: 20 digits of GB/T 28181 are due", value=shown(found))
    return found


def division(value: Value) -> str:
    """Parse the six digits of a division. Source: GB/T 2260, whose codes never begin with 0."""
    found = _half_width(value)
    if not re.fullmatch("[1-9][0-9]{5}", found):
        raise Refused("{value} is no division code: six digits of GB/T 2260 are due", value=shown(value))
    return found


def phone(value: Value) -> str:
    """Parse a telephone number; an Excel number only where it is a mobile number, which has no leading zero."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        found = _half_width(value)
        return found if re.fullmatch("1[0-9]{10}", found) else exact(value)
    return text(value)


def address(value: Value) -> str:
    """Parse a host name or IP address alone."""
    found = _half_width(value)
    if "://" in found or "/" in found or "@" in found:
        raise Refused("is a URL: write the address alone, without scheme, login and path")
    if found.count(":") == 1:
        raise Refused("{value} has a port in it: write the port in a column of its own", value=shown(found))
    if not is_host(found) or found.isdigit() or isinstance(value, float):
        raise Refused("{value} is no address: write it like 192.0.2.64", value=shown(found))
    try:
        return str(ipaddress.ip_address(found))
    except ValueError:
        return found.lower()


def is_recorders_name(word: str) -> bool:
    """Return whether a cell is what people call a recorder, such as NVR1, and no address, right or wrong.

    NVR1 could be a host's name in a local network; people write it for a recorder, so an address has a dot or colon.
    """
    found = half_width(word)
    return not re.search(r"[:/@]|[0-9]\.[0-9]", found) and ("." not in found or not is_host(found))


def degrees(value: Value) -> str:
    """Parse a longitude or latitude in degrees."""
    found = _half_width(value).rstrip("°").lstrip("EN")
    if not re.fullmatch(r"-?[0-9]{1,3}(\.[0-9]{1,9})?", found):
        raise Refused("{value} is no longitude or latitude in degrees: write it like 113.29510", value=shown(found))
    return found


def port(value: Value) -> int:
    """Parse a TCP port."""
    return _whole(value, 1, 65535)


def rtsp_port(value: Value) -> int:
    """Parse a TCP port; 0: the one that the device names."""
    return _whole(value, 0, 65535)


def channel(value: Value) -> int:
    """Parse a channel of a recorder, from 1, also where it is written `D3`, `CH03`, `通道3` or `3通道`."""
    found = re.fullmatch(
        r"(?i)(?:ip\s*)?(?:d|ch|通道|channel|camera)\s*([0-9]+)|([0-9]+)\s*号?通道", _half_width(value)
    )
    return _whole(found[1] or found[2] if found else value, 1, CHANNEL_MAX)


def days(value: Value) -> int:
    """Parse a number of days, also with `天` behind it and `≥` or `不少于` before it."""
    found = re.fullmatch(r"(?:[≥>=]*|不[少低]于|至少)\s*([0-9]+)\s*(?:天|日|days?|d)", _half_width(value).lower())
    return _whole(found[1] if found else value, 0, RETENTION_MAX_DAYS)


def day(value: Value) -> str:
    """Parse a day as an ISO date."""
    if isinstance(value, date):
        return value.isoformat()[:10]
    found = _half_width(value)
    match = _DAY.fullmatch(found) or re.fullmatch("((?:19|20)[0-9]{2})([0-9]{2})([0-9]{2})", found)
    try:
        if match:
            return date(int(match[1]), int(match[2]), int(match[3])).isoformat()
    except ValueError:
        pass
    if isinstance(value, int | float):
        raise Refused("{value} is a number, no date: format the cell as a date", value=shown(value))
    raise Refused("{value} is no day: write it like 2026-01-31", value=shown(found))


def flag(value: Value) -> bool:
    """Parse yes or no."""
    word = _half_width(value).lower()
    if isinstance(value, bool):
        return value
    if word in _YES or word in _NO:
        return word in _YES
    if does := _DOES.fullmatch(word):
        return does[1] in (None, "已")
    raise Refused("{value} is neither yes nor no: write 是 or 否", value=shown(word))


def driver(value: Value) -> str:
    """Parse a protocol or maker as its driver."""
    word = _half_width(value).lower()
    found = word if word in DRIVERS else driver_of(word)
    if not found:
        raise Refused("{value} is no way to read a device: use one of {known}", value=shown(word), known=_KNOWN)
    return found


def driver_of(maker: str) -> str:
    """Return the driver for a maker's name, empty for one that has none of its own."""
    return next((name for part, name in MAKERS if part in half_width(maker).lower()), "")


def mac(value: Value) -> str:
    """Parse a MAC as twelve hex digits in pairs, however it is written."""
    found = re.sub(r"[-:. ]", "", exact(value)).lower()
    if not re.fullmatch("[0-9a-f]{12}", found):
        raise Refused("{value} is no MAC address: twelve hex digits are due", value=shown(value))
    return ":".join(found[n : n + 2] for n in range(0, 12, 2))


def identifier(value: Value) -> str:
    """Parse an id of site.toml."""
    return _like(value, NAME, "{value} is no id: 1 to 64 of 0-9, A-Z, a-z, . _ and - are due")


def site_id(value: Value) -> str:
    """Parse a site's id."""
    return _like(value, SITE_ID.pattern, "{value} is no site id: 1 to 23 of 0-9, A-Z, a-z are due")


def city(value: Value) -> str:
    """Parse a city as a topic level."""
    return _like(value, CITY.pattern, "{value} is no city: 0-9, A-Z, a-z, _ and - are due, for example datong")


_KNOWN: Final = listed(DRIVERS)


def _like(value: Value, pattern: str, template: str) -> str:
    found = _half_width(value)
    if not re.fullmatch(pattern, found):
        raise Refused(template, value=shown(found))
    return found


def _whole(value: Value, low: int, high: int) -> int:
    found = _half_width(value)
    if not re.fullmatch("[0-9]{1,9}", found) or not low <= int(found) <= high:
        raise Refused("{value} is no whole number from {low} to {high}", value=shown(found), low=low, high=high)
    return int(found)


def _half_width(value: Value) -> str:
    """Convert a cell to plain half-width text, without the apostrophe that some programs leave before a text."""
    return half_width(text(value)).lstrip("'")
