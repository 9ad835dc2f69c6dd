"""Lists how each kind of receiver is sent notices: chats get counts alone, own mail and own webhook all of it."""

import importlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from agent.service.alerts.notice_text import chat_text, mail_of, object_of, tally
from agent.service.alerts.notices import Notice
from agent.service.alerts.refusals import NO_ADDRESS, Refusal
from agent.service.alerts.webhook import hook_of, post, robot_body
from agent.site.config.messages import Receiver, ReceiverKind
from agent.site.config.site import Site

Clock = Callable[[], datetime]
Send = Callable[[Receiver, Site, Sequence[Notice], Clock, bool], Refusal | None]

MAIL: Final = "agent.service.alerts.mail"
"""Loaded where a mail is sent: its libraries are 0.7 MB that a gateway without mail is spared."""


def _to_robot(receiver: Receiver, site: Site, notices: Sequence[Notice], clock: Clock, test: bool) -> Refusal | None:
    text = chat_text(tally(site, notices, clock(), test=test), receiver.lang)
    return post(hook_of(receiver), robot_body(receiver.kind, text), clock)


def _to_webhook(receiver: Receiver, site: Site, notices: Sequence[Notice], clock: Clock, test: bool) -> Refusal | None:
    return post(hook_of(receiver), object_of(site, notices, clock(), test=test), clock)


def _to_mail(receiver: Receiver, site: Site, notices: Sequence[Notice], clock: Clock, test: bool) -> Refusal | None:
    if receiver.mail is None:
        return NO_ADDRESS
    mail: Any = importlib.import_module(MAIL)
    way = mail.Way(receiver.mail, receiver.credential, receiver.ca)
    refusal: Refusal | None = mail.send(way, mail_of(site, notices, receiver.lang, clock(), test=test), clock)
    return refusal


SENDERS: Final[dict[ReceiverKind, Send]] = {
    "wecom": _to_robot,
    "dingtalk": _to_robot,
    "feishu": _to_robot,
    "mail": _to_mail,
    "webhook": _to_webhook,
}
"""Every kind. A new one is a function and a line here."""


def send(receiver: Receiver, site: Site, notices: Sequence[Notice], clock: Clock, test: bool = False) -> Refusal | None:
    """Send notices to a receiver in one message; None once it is accepted. `test`: one that says so, without any."""
    return SENDERS[receiver.kind](receiver, site, notices, clock, test)
