"""Defines the errors of reading a device.

Drivers raise these; `reason` is the kind, a word of `Reason`; `unavailable` makes a fact of one. Their wording is in
`agent/judge/wording/unavailable.py`.
"""

from typing import ClassVar

from drivers.model import Cause, Fact, Reason, Unavailable
from drivers.picture import PathName


class DriverError(Exception):
    """An answer that did not come. The message names operation and cause, never a secret or a picture."""

    reason: ClassVar[Reason]
    cause: ClassVar[Cause] = ""
    unlocks_in_s: int = 0
    sent: bool = False
    """Whether the request may have reached the device."""


def unavailable(fact: Fact, error: DriverError, path: PathName | None = None) -> Unavailable:
    """Return the missing fact, with the reason and detail of the error."""
    return Unavailable(fact, error.reason, str(error), path, error.cause, error.unlocks_in_s)


class Unreachable(DriverError):
    """No connection to the device, or it broke before the answer was complete."""

    reason = "unreachable"


class ProtocolBroken(Unreachable):
    """The device took the connection and broke it off, or does not speak TLS where it should."""

    cause = "protocol-broken"


class HungUp(ProtocolBroken):
    """The device ended a connection that had answered before, without an answer to this request.

    Small web servers end a connection after an answer without announcing it, when a request may already be on its way;
    it can be repeated on a new connection. Source: RFC 9112 section 9.3.1.
    """


class PortClosed(Unreachable):
    """The host refused the connection: nothing listens on that port."""

    cause = "port-closed"


class NoRoute(Unreachable):
    """The network reports no route to the host, or nobody at its address."""

    cause = "no-route"


class NameUnknown(Unreachable):
    """The host name has no address."""

    cause = "name-unknown"


class Untrusted(Unreachable):
    """The device's certificate is not trusted, or is for another host."""

    cause: ClassVar[Cause] = "untrusted"


class OtherCertificate(Untrusted):
    """The device shows another certificate than the pinned one."""

    cause = "other-certificate"


class TlsTooOld(Unreachable):
    """The device offers only versions, ciphers or keys of TLS that are no longer safe."""

    cause = "tls-too-old"


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
    """The credential is known to be wrong or doubtful, so that nothing was sent (DESIGN: no lock-out)."""

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


class InUse(Busy):
    """Another process of camwarden has a session with the device."""

    cause = "in-use"


class Unsupported(DriverError):
    """The device reports that it has no such service or operation."""

    reason = "unsupported"


class DeviceFault(DriverError):
    """The device understood the request and answered with any other fault."""

    reason = "fault"


class Malformed(DriverError):
    """The bytes are not a complete answer to this operation."""

    reason = "malformed"
