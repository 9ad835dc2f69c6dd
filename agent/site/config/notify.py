"""Parses `[[notify]]` of site.toml: the receivers of notices, their service, and what they hear of."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from agent.model.finding import Message, Severity
from agent.model.web_address import LOOPBACK, address_of
from agent.site.config.devices import NAME, NAME_RULE
from agent.site.config.messages import ROBOTS, MailServer, MailTls, Receiver, ReceiverKind
from agent.site.config.sections import read_credential, read_host
from agent.site.declarations.standing import Group
from agent.site.declarations.table import BY_ID, ZONE_TYPE
from agent.site.toml.table import Table
from drivers.model import Credential

RECEIVERS_MAX: Final = 8
"""Each has a thread of its own."""
TO_MAX: Final = 20
PORT: Final = MailServer("", "", ()).port

KINDS: Final[tuple[ReceiverKind, ...]] = ("wecom", "dingtalk", "feishu", "webhook", "mail")
SEVERITIES: Final[tuple[Severity, ...]] = ("critical", "major", "minor", "info")

TIME: Final = "([01][0-9]|2[0-3]):[0-5][0-9]"
QUIET_RULE: Final = "two times of day as HH:MM-HH:MM"

_MAILBOX: Final = re.compile(r"[0-9A-Za-z.!#$%&'*+/=?^_`{|}~-]{1,64}@[0-9A-Za-z](?:[0-9A-Za-z.-]{0,252}[0-9A-Za-z])?")
"""An address without a display name or quotes. Source: RFC 5321 section 4.1.2, `Dot-string`."""

_TLS: Final[tuple[MailTls, ...]] = ("tls", "starttls", "none")
_DEFAULT: Final = Receiver(name="")


def read_notify(
    top: Table, credentials: Mapping[str, Credential] | None, cameras: frozenset[str], groups: tuple[Group, ...]
) -> tuple[Receiver, ...]:
    """Read every `[[notify]]`. `credentials` None: the secrets file could not be read; `cameras`: the ids there are."""
    receivers = [_receiver(table, credentials, cameras, groups) for table in top.tables("notify", "receiver")]
    names = [receiver.name for receiver in receivers]
    for name in sorted({name for name in names if name and names.count(name) > 1}):
        top.note("notify", Message('two receivers have the name "{name}"', {"name": name}), "give each its own name")
    if len(receivers) > RECEIVERS_MAX:
        top.note(
            "notify",
            Message("there are {count} receivers, more than {most}", {"count": len(receivers), "most": RECEIVERS_MAX}),
            "remove some of them; a group of a chat or a list of addresses is one receiver",
        )
    return tuple(receivers)


def _receiver(
    table: Table,
    credentials: Mapping[str, Credential] | None,
    cameras: frozenset[str],
    groups: tuple[Group, ...],
) -> Receiver:
    table.only(*Receiver.__slots__)
    table.required("kind", '"wecom"')
    kind = table.choice("kind", _DEFAULT.kind, KINDS)
    receiver = Receiver(
        name=table.text("name", like=NAME, rule=NAME_RULE, example='"duty-room"'),
        kind=kind,
        credential=read_credential(table, credentials),
        sign_credential=read_credential(table, credentials, "sign_credential"),
        ca=table.file("ca", "webhook-ca.pem"),
        severity=table.choice("severity", _DEFAULT.severity, SEVERITIES),
        cameras=table.texts("cameras", cameras.__contains__, "ids of cameras", '["gate"]'),
        groups=table.texts("groups", {one.name for one in groups}.__contains__, "names of groups", '["entrances"]'),
        zone_types=table.texts(
            "zone_types",
            {choice.value for choice in BY_ID[ZONE_TYPE].choices}.__contains__,
            "values of the declaration zone-type",
            '["dressing-room"]',
        ),
        quiet_hours=table.text(
            "quiet_hours", _DEFAULT.quiet_hours, like=f"{TIME}-{TIME}", rule=QUIET_RULE, example='"22:00-07:00"'
        ),
        urgent=table.choice("urgent", _DEFAULT.urgent, ("", *SEVERITIES)),
        lang=table.choice("lang", _DEFAULT.lang, ("zh_CN", "en")),
    )
    if kind == "mail":
        return replace(receiver, mail=_mail(table))
    if "mail" in table.data:
        what = Message('{key} has no use with kind = "{kind}"', {"key": "mail", "kind": kind})
        table.note("mail", what, "remove it: the address of a robot or webhook is the password of its credential")
    _note_hook(table, receiver)
    return receiver


def _mail(table: Table) -> MailServer | None:
    if "sign_credential" in table.data:
        table.note("sign_credential", "mail is not signed", "remove it")
    inner = table.table("mail", "required" if "mail" not in table.data else "optional")
    if inner is None:
        return None
    inner.only(*MailServer.__slots__)
    tls = inner.choice("tls", _TLS[0], _TLS)
    if tls == "starttls":
        inner.required("port", "587")
    server = MailServer(
        host=read_host(inner, '"smtp.example.org"'),
        sender=inner.text("sender", like=_MAILBOX.pattern, rule="one mail address", example='"camwarden@..."'),
        to=inner.texts("to", is_mailbox, "mail addresses", '["duty@..."]'),
        port=inner.integer("port", PORT, 1, 65535),
        tls=tls,
    )
    if inner.required("to", '["duty@..."]') and not 1 <= len(server.to) <= TO_MAX:
        what = Message("to must name 1 to {most} mail addresses", {"most": TO_MAX})
        inner.note("to", what, "use an address of a list")
    if tls == "none" and server.host and server.host not in LOOPBACK:
        inner.note(
            "tls",
            "mail would leave this machine unencrypted",
            'set tls = "tls" or "starttls"; "none" is for a mail server on 127.0.0.1',
        )
    return server


def is_mailbox(text: str) -> bool:
    """Return whether a text is a mail address alone: no name, no quotes, nothing that could be another header."""
    return _MAILBOX.fullmatch(text) is not None


def _note_hook(table: Table, receiver: Receiver) -> None:
    if table.required("credential", '"robot"'):
        note_address(table, receiver.credential)
    if receiver.kind == "webhook":
        table.required("sign_credential", '"webhook-sign"')
    if receiver.kind == "wecom" and "sign_credential" in table.data:
        table.note("sign_credential", "WeCom signs nothing", "remove it")
    if receiver.kind in ROBOTS and "ca" in table.data:
        table.note("ca", "a chat service is trusted by the public authorities", "remove it")


def note_address(table: Table, credential: Credential | None) -> None:
    """Note a credential whose password is no address of a webhook."""
    is_read = credential is not None and bool(credential.user)  # without the secrets file it has its name alone
    if credential and is_read and address_of(credential.password) is None:
        table.note(
            "credential",
            Message(
                'the password of credential "{name}" must be the address of a webhook, beginning with https://',
                {"name": credential.name},
            ),
            "copy it whole from the robot's page into secrets.toml (http:// only to 127.0.0.1)",
        )
