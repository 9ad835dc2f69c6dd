"""What can go wrong while reading a device.

DriverError                 the reading ended without an answer; `reason` says which kind, in the words of `Reason`
├── Unreachable             no connection, or it broke
├── DeadlineExceeded        the device's time was used up
├── Refused                 a request that carried the credential was refused
│   └── NotPermitted        the login is good, but has not the right to ask this
├── NotTried                the credential is known to be wrong or doubtful: nothing was sent
├── Busy                    the device says that its connection limit is reached
├── Unsupported             the device says that it has no such operation
├── DeviceFault             the device answered with any other fault
└── Malformed               the answer is not what the protocol promises

Drivers raise these; `agent/probe.py` is the one place that turns them into `Unavailable` observations.
"""

from __future__ import annotations

from typing import ClassVar

from drivers.model import Reason


class DriverError(Exception):
    """An answer that did not come. The message names operation and cause, never a secret or a picture."""

    reason: ClassVar[Reason]


class Unreachable(DriverError):
    """No connection to the device, or it broke before the answer was complete."""

    reason = "unreachable"


class DeadlineExceeded(DriverError):
    """The one deadline that all reads of a device share has passed."""

    reason = "deadline"


class Refused(DriverError):
    """The device refused a request that carried the credential. A first challenge is not a refusal."""

    reason = "refused"


class NotPermitted(Refused):
    """The device took the login and does not let it ask this. Its credential is not wrong."""


class NotTried(DriverError):
    """The credential was refused before, so that nothing was sent (DESIGN: no lock-out)."""

    reason = "not-tried"


class Busy(DriverError):
    """The device's limit of connections or users is reached."""

    reason = "busy"


class Unsupported(DriverError):
    """The device has no such service or operation, and says so."""

    reason = "unsupported"


class DeviceFault(DriverError):
    """The device understood the request and answered with a fault of its own."""

    reason = "fault"


class Malformed(DriverError):
    """The bytes are not a complete answer to this operation."""

    reason = "malformed"
