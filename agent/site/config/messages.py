"""Defines who is sent messages of a site: the daily digest, and the receivers of notices."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from agent.model.finding import Severity
from drivers.model import Credential

Lang = Literal["en", "zh_CN"]
RobotKind = Literal["wecom", "dingtalk", "feishu"]
ReceiverKind = Literal["wecom", "dingtalk", "feishu", "mail", "webhook"]
MailTls = Literal["tls", "starttls", "none"]

ROBOTS: Final = frozenset[str]({"wecom", "dingtalk", "feishu"})
"""Chat services of strangers: they learn the site's code, severities and counts, and no name or place."""


@dataclass(frozen=True, slots=True)
class DailyDigest:
    """One message a day about what is new or worse.

    The password of `credential` is the webhook's address, that of `sign_credential` the secret with which DingTalk and
    Feishu have messages signed. `at` and `quiet_hours` (`HH:MM-HH:MM`, empty: none) are in the site's time. After
    `heartbeat_days` without anything new a message reports that; 0: never.
    """

    kind: Literal["json", "wecom", "dingtalk", "feishu"] = "json"
    credential: Credential | None = None
    sign_credential: Credential | None = None
    ca: Path | None = None
    at: str = "08:00"
    quiet_hours: str = ""
    heartbeat_days: int = 7
    lang: Lang = "zh_CN"


@dataclass(frozen=True, slots=True)
class MailServer:
    """The site's own mail server, who sends by it, and to whom. `tls`: from the beginning, or by STARTTLS.

    Source: RFC 8314 section 7.3 for the port.
    """

    host: str
    sender: str
    to: tuple[str, ...]
    port: int = 465
    tls: MailTls = "tls"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """A person or group that is told at once of a new fail and of its end.

    Of a robot or webhook the password of `credential` is the address, and that of `sign_credential` the secret that
    signs; of mail `credential` is the login at the server of `mail`. `severity`: the least that is told. `cameras`,
    `groups` and `zone_types` (values of the declaration `zone-type`): of which cameras and their devices; all empty:
    of the whole site. In `quiet_hours` (`HH:MM-HH:MM` in the site's time, empty: none) what is less severe than
    `urgent` (empty: everything) waits for their end.
    """

    name: str
    kind: ReceiverKind = "webhook"
    credential: Credential | None = None
    sign_credential: Credential | None = None
    ca: Path | None = None
    mail: MailServer | None = None
    severity: Severity = "info"
    cameras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    zone_types: tuple[str, ...] = ()
    quiet_hours: str = ""
    urgent: Severity | Literal[""] = ""
    lang: Lang = "zh_CN"


def in_quiet_hours(quiet_hours: str, time: str) -> bool:
    """Return whether a time of day, `HH:MM`, lies in quiet hours, `HH:MM-HH:MM`; those may span midnight."""
    first, _, last = quiet_hours.partition("-")
    if first <= last:
        return first <= time < last
    return time >= first or time < last
