"""Defines the errors of reading a device.

DriverError                 the reading ended without an answer; `reason` is its kind, a word of `Reason`
├── Unreachable             no connection, or it broke
│   ├── PortClosed          the host answers, and nothing listens on the port
│   ├── NoRoute             the network knows no way to the host, or nobody is at its address
│   ├── NameUnknown         the host name has no address
│   ├── HungUp              a connection that had answered before ended without an answer to this request
│   └── Untrusted           nobody vouches for the certificate that it shows
├── DeadlineExceeded        the device's time was used up
│   └── NoAnswer            all of it while waiting for a connection
├── Refused                 a request that carried the credential was refused
│   ├── NotPermitted        the login is good, but has not the right to ask this
│   └── Locked              the device has locked the account or our address, for a while
├── NotTried                the credential is known to be wrong or doubtful: nothing was sent
│   ├── NoCredential        the device asks for a login, and none is configured
│   └── NoPassword          the login that is configured has no password yet
├── Busy                    the device reports that its connection limit is reached
├── Unsupported             the device reports that it has no such operation
├── DeviceFault             the device answered with any other fault
└── Malformed               the answer is not what the protocol promises

Drivers raise these; `unavailable` makes a fact of one. Their wording is in `agent/judge/wording/unavailable.py`.
"""

from __future__ import annotations

from typing import ClassVar

from drivers.model import Cause, Fact, Reason, Unavailable
from drivers.picture import PathName


class DriverError(Exception):
    """An answer that did not come. The message names operation and cause, never a secret or a picture."""

    reason: ClassVar[Reason]
    cause: ClassVar[Cause] = ""
    unlocks_in_s: int = 0


def unavailable(fact: Fact, error: DriverError, path: PathName | None = None) -> Unavailable:
    """Return the missing fact, with the reason and detail of the error."""
    return Unavailable(fact, error.reason, str(error), path, error.cause, error.unlocks_in_s)


class Unreachable(DriverError):
    """No connection to the device, or it broke before the answer was complete."""

    reason = "unreachable"


class HungUp(Unreachable):
    """The device ended a connection that had answered before, without an answer to this request.

    Small web servers end a connection after an answer without announcing it, when a request may already be on its way;
    it can be repeated on a new connection. Source: RFC 9112 section 9.3.1.
    """


class PortClosed(Unreachable):
    """The host refused the connection: nothing listens on that port."""

    cause = "port-closed"


class NoRoute(Unreachable):
    """The network reports that the host cannot be reached."""

    cause = "no-route"


class NameUnknown(Unreachable):
    """The host name has no address."""

    cause = "name-unknown"


class Untrusted(Unreachable):
    """The device's certificate is not trusted, or is for another host."""

    cause = "untrusted"


class DeadlineExceeded(DriverError):
    """The one deadline that all reads of a device share has passed."""

    reason = "deadline"


class NoAnswer(DeadlineExceeded):
    """All of the device's time went by without a connection: packets are swallowed, or nothing is switched on."""

    cause = "no-answer"


class Refused(DriverError):
    """The device refused a request that carried the credential. A first challenge is not a refusal."""

    reason = "refused"


class NotPermitted(Refused):
    """The device took the login and does not let it ask this. Its credential is not wrong."""

    cause = "no-right"


class Locked(Refused):
    """The device has locked the account or our address; `unlocks_in_s` as it reports, 0 where it does not."""

    cause = "locked"

    def __init__(self, message: str, unlocks_in_s: int = 0) -> None:
        super().__init__(message)
        self.unlocks_in_s = unlocks_in_s


class NotTried(DriverError):
    """The credential was refused before, so that nothing was sent (DESIGN: no lock-out)."""

    reason = "not-tried"


class NoCredential(NotTried):
    """The device asks for a login and none is configured for it."""

    cause = "no-credential"


class NoPassword(NotTried):
    """The configured login has an empty password, as a ledger leaves it: sending it could only lock the account."""

    cause = "no-password"


class Busy(DriverError):
    """The device's limit of connections or users is reached."""

    reason = "busy"


class Unsupported(DriverError):
    """The device reports that it has no such service or operation."""

    reason = "unsupported"


class DeviceFault(DriverError):
    """The device understood the request and answered with a fault of its own."""

    reason = "fault"


class Malformed(DriverError):
    """The bytes are not a complete answer to this operation."""

    reason = "malformed"
