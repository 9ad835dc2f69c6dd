"""Defines the errors that end a command of the agent or the hub, with their exit codes.

AgentError                  one clear line for the user; `exit_code` is the command's
├── UsageError              the command cannot be used this way now (2)
│   └── Locked              another process holds the spool, or the hub's data
├── HubUnavailable          broker or hub unreachable, or login refused (69)
├── ProgramMissing          another program that does part of the work is not installed, or failed (69)
├── KeyUnavailable          the report key's token is gone or does not answer (69); in `signing_keys`
├── Bug                     camwarden itself is wrong (70)
│   ├── ChainBroken         a report to be committed does not continue its stream
│   ├── StoreFailed         the hub's database failed
│   │   └── StoreWaits      it is locked, full or gone: a running hub waits (69)
│   └── SpoolFailed         the spool's file failed; open it again
│       ├── SpoolFull       evicting everything that may be evicted made no room
│       └── SpoolCorrupt    the file is damaged; opening it again sets it aside
├── Forbidden               a file may not be read by this user, or may be read by too many (77)
├── ConfigurationError      a file or value of the configuration is wrong (78)
└── NotVerified             bytes that claim to be signed fail verification; `reason` is a word for scripts (1)
    └── UnknownKey          signed by a key that nobody vouched for (yet)

Only `agent/cli.py` prints the message and exits with the code; nothing else catches the whole tree.
"""

from typing import ClassVar

from agent.model import exits
from agent.model.finding import Message, sentence


class AgentError(Exception):
    """One clear line: what, where, what to do; never a secret. `message` can be translated, `str` is English.

    Made of a message, or of a template and its values; a text without values is literal.
    """

    exit_code: ClassVar[int] = exits.BUG

    def __init__(self, message: Message | str, /, **values: object) -> None:
        if isinstance(message, str) and values:
            message = Message(message, values)
        self.message = sentence(message)
        super().__init__(self.message)


class UsageError(AgentError):
    """The command cannot be used this way now."""

    exit_code = exits.USAGE


class Locked(UsageError):
    """Another process holds the spool, or the hub's data."""


class HubUnavailable(AgentError):
    """The broker or hub cannot be reached, or refuses the login."""

    exit_code = exits.UNAVAILABLE


class ProgramMissing(AgentError):
    """Another program that does part of the work is not installed, or failed."""

    exit_code = exits.UNAVAILABLE


class Bug(AgentError):
    """The camwarden program itself is wrong."""

    exit_code = exits.BUG


class ChainBroken(Bug):
    """A report to be committed does not continue its stream. Nothing was committed."""


class StoreFailed(Bug):
    """The hub's database failed. Nothing was stored or confirmed; the sites still have it all."""


class StoreWaits(StoreFailed):
    """The hub's database is locked, full or gone, which passes: the running hub waits and retries."""

    exit_code = exits.UNAVAILABLE


class SpoolFailed(Bug):
    """The spool's file failed (input/output error). Nothing was committed."""


class SpoolFull(SpoolFailed):
    """Evicting everything that may be evicted made no room. Nothing was committed or dropped."""


class SpoolCorrupt(SpoolFailed):
    """The spool's file is damaged. Opening it again sets it aside and starts a new epoch."""


class Forbidden(AgentError):
    """A file may not be read by this user, or may be read by too many."""

    exit_code = exits.PERMISSION


class ConfigurationError(AgentError):
    """A file or value of the configuration is wrong."""

    exit_code = exits.CONFIG


class NotVerified(AgentError):
    """Bytes that claim to be signed fail verification; `reason` is a kebab-case word, the payload is never quoted."""

    exit_code = exits.FAILS

    def __init__(self, reason: str, message: Message | str, /, **values: object) -> None:
        super().__init__(message, **values)
        self.reason = reason


class UnknownKey(NotVerified):
    """Signed by a key that nobody vouched for (yet)."""

    def __init__(self, kid: str) -> None:
        super().__init__("unknown-key", "signed by a key that is not trusted here: {kid!r}", kid=kid[:64])
        self.kid = kid


def os_words(error: OSError) -> Message:
    """Return the operating system's text for a failure, as a message: so it is translated."""
    return sentence(error.strerror or type(error).__name__)
