"""Explains why a device or camera could not be read, with the next step: the one table for it. Pure.

Keys are those of `Reason`, and of `Cause`, which takes precedence.
"""

from types import MappingProxyType
from typing import Final

from agent.model.finding import Message
from drivers.model import Cause, Device, Reason, Unavailable

ROWS: Final = MappingProxyType[Reason | Cause, Message](
    {
        "unreachable": Message("no connection", next_step="check power, cable and address"),
        "port-closed": Message(
            "the host answers, but nothing listens on port {port}",
            next_step="correct the port, or switch the device's {driver} service on",
        ),
        "no-route": Message(
            "nobody is at its address, or no way leads there",
            next_step="check power and cable, its address, and the network between",
        ),
        "name-unknown": Message("its host name has no address", next_step="correct the name, or use its IP address"),
        "untrusted": Message(
            "its certificate is not vouched for", next_step="name a file that does as ca, or correct host"
        ),
        "other-certificate": Message(
            "it shows another certificate than the pinned one, so nothing was sent",
            next_step="find out who changed it; if you did, correct pin",
        ),
        "tls-too-old": Message(
            "it offers only TLS that is no longer safe, so nothing was sent",
            next_step="update its firmware, or set its web service to TLS 1.2",
        ),
        "protocol-broken": Message(
            "it accepts connections on port {port} and breaks them off",
            next_step="check port and tls, then its log and firmware",
        ),
        "deadline": Message(
            "it accepts connections but does not answer in time", next_step="restart it or look at its load"
        ),
        "no-answer": Message(
            "no connection within {seconds} s", next_step="check power and cable, its address, and firewalls between"
        ),
        "refused": Message(
            "the login was refused, and is not tried again",
            next_step="correct it in secrets.toml; to try the same once more: camwarden credentials retry {device}",
        ),
        "no-right": Message("its login has not the right to see this", next_step="give the login viewing rights"),
        "locked": Message(
            "it has locked the account or our address, and is not asked again",
            next_step="wait, correct the login, then: camwarden credentials retry {device}",
        ),
        "not-tried": Message(
            "the login was refused before, so nothing was sent",
            next_step="correct it in secrets.toml; to try the same once more: camwarden credentials retry {device}",
        ),
        "no-credential": Message("it asks for a login, and none is configured", next_step="name its credential"),
        "no-password": Message(
            "its login has no password yet, so nothing was sent",
            next_step="write the password of [credential.{login}] into secrets.toml",
        ),
        "in-use": Message(
            "another look of camwarden had it all that time, so nothing was sent",
            next_step="end that one, or check again",
        ),
        "busy": Message("its connection limit is reached", next_step="close other clients"),
        "unsupported": Message("it offers no stream over this driver", next_step="choose another driver"),
        "fault": Message("it answers with an error of its own", next_step="look at its log and firmware"),
        "malformed": Message("it answers, but not with its protocol", next_step="look at its port, log and firmware"),
        "not-looked-at": Message("nothing was asked"),
        "interrupted": Message("the look was ended before it came back", next_step="check again"),
        "too-old": Message("what was read of it is too old, or from before the clock was set", next_step="check again"),
        "other-box": Message("another box answered in the same look", next_step="look for two devices at one address"),
        "other-source": Message("it is of another channel of the device", next_step="correct the channel in site.toml"),
        "damaged": Message(
            "its picture arrived damaged, so that nothing in it is judged",
            next_step="check again; where it comes so each time, look at its network and its storage",
        ),
        "worker-not-confined": Message(
            "its pictures are not judged: the process that decodes them cannot be confined on this gateway",
            next_step="see why: camwarden doctor",
        ),
    }
)

LOCKED_FOR: Final = Message(
    "it has locked the account or our address for {minutes} min, and is not asked again",
    next_step="wait that long, correct the login, then: camwarden credentials retry {device}",
)
"""Where the device reports how long."""

_WRONG_HERE: Final = Message(
    "the login was refused, and is not tried again",
    next_step="check user and password before the next run: a few wrong ones lock the account",
)

ASKED_ON_THE_SPOT: Final = MappingProxyType[Reason | Cause, Message](
    {
        "refused": _WRONG_HERE,
        "not-tried": _WRONG_HERE,
        "locked": Message(
            "it has locked the account or our address", next_step="wait half an hour, then use the right password"
        ),
        "no-credential": Message("it asks for a login, and none was given", next_step="add --user and --ask-password"),
    }
)
"""The messages where there is no file to correct."""


def unavailable_message(why: Unavailable, device: Device, deadline_s: float, on_the_spot: bool = False) -> Message:
    """Return the message on a fact of this device that could not be read.

    `deadline_s`: the time that the device had, seconds. `on_the_spot`: address and login came from the command line, so
    that no file can be corrected.
    """
    key = why.cause or why.reason
    row = ROWS[key]
    if key == "locked" and why.unlocks_in_s:
        row = LOCKED_FOR
    elif on_the_spot:
        row = ASKED_ON_THE_SPOT.get(key, row)
    values: dict[str, str | int | float] = {
        "device": device.id,
        "login": device.credential.name if device.credential else "",
        "driver": device.driver,
        "port": device.port,
        "seconds": round(deadline_s),
        "minutes": -(-why.unlocks_in_s // 60),
    }
    return Message(row.template, values, row.next_step)
