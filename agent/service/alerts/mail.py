"""Sends one mail through the site's mail server: over TLS, with one login, within one deadline.

The standard library speaks SMTP; what it leaves open is bounded here: the size of replies, the time of all of them
together, and the number of login attempts (it tries each mechanism in turn, which locks a mailbox sooner). Nothing is
sent over a connection that should be TLS and is not.

Source: RFC 5321; RFC 3207 (STARTTLS); RFC 4954 (AUTH); RFC 8314 section 3.3 (implicit TLS); RFC 3834 section 5
(Auto-Submitted).
"""

import logging
import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Final

from agent.host.log_kinds import about
from agent.service.alerts.notice_text import Mail
from agent.service.alerts.refusals import NO_LOGIN, NO_STARTTLS, Refusal, of_mail, of_network
from agent.site.config.messages import MailServer
from drivers.deadline import Deadline, connect, resolve
from drivers.errors import DeadlineExceeded, DriverError, ProtocolBroken
from drivers.http.tls import tls_failure
from drivers.model import Credential

log = logging.getLogger("camwarden.notify")

SEND_WITHIN_S: Final = 15.0
"""A mail takes a dozen exchanges."""
REPLIES_MAX_BYTES: Final = 64 * 1024

_OWN_NAME: Final = "[127.0.0.1]"
"""What the gateway calls itself: its host name would tell the provider more than it needs. RFC 5321 section 4.1.3."""
_READY: Final = 220


@dataclass(frozen=True, slots=True)
class Way:
    """The way of a mail: its server, the login there, and the authority of its certificate; None: the public ones."""

    server: MailServer
    credential: Credential | None = None
    ca: Path | None = None


def send(way: Way, mail: Mail, clock: Callable[[], datetime]) -> Refusal | None:
    """Send a mail; return None once the server has taken it, else why not. An address that it refuses is logged."""
    server = way.server
    message = message_of(server, mail, clock())
    addresses = resolve(server.host)
    deadline = Deadline(SEND_WITHIN_S)
    try:
        with ExitStack() as stack:
            sock = connect(addresses, server.port, deadline)
            stack.callback(sock.close)
            stack.enter_context(deadline.guarding(sock))
            client = smtplib.SMTP(local_hostname=_OWN_NAME)
            stack.callback(client.close)
            if server.tls == "tls":
                sock = _context(way).wrap_socket(sock, server_hostname=server.host)
            _take(client, sock, deadline)
            return _spoken(client, way, message, deadline)
    except smtplib.SMTPRecipientsRefused as error:
        return of_mail(min((code for code, _ in error.recipients.values()), default=550))
    except smtplib.SMTPResponseException as error:
        return of_mail(error.smtp_code)
    except DriverError as error:
        return of_network(error)
    except (smtplib.SMTPException, OSError, ValueError) as error:
        return of_network(_translated(error, deadline))


def message_of(server: MailServer, mail: Mail, now: datetime) -> EmailMessage:
    """Return a mail with its headers; a line break in a subject raises ValueError, as the library does."""
    message = EmailMessage(policy=SMTP)
    message["From"] = server.sender
    message["To"] = ", ".join(server.to)
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{mail.message_id}@camwarden.invalid>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text, cte="base64")
    return message


def _spoken(client: smtplib.SMTP, way: Way, message: EmailMessage, deadline: Deadline) -> Refusal | None:
    code, _ = client.getreply()
    if code != _READY:
        return of_mail(code)
    client.ehlo_or_helo_if_needed()
    if way.server.tls == "starttls":
        if not client.has_extn("starttls"):
            return NO_STARTTLS
        code, _ = client.docmd("STARTTLS")
        if code != _READY or client.sock is None:
            return of_mail(code)
        _take(client, _context(way).wrap_socket(client.sock, server_hostname=way.server.host), deadline)
        client.ehlo_or_helo_if_needed()
    return _sent(client, way, message)


def _sent(client: smtplib.SMTP, way: Way, message: EmailMessage) -> Refusal | None:
    if way.credential is not None:
        offered = client.esmtp_features.get("auth", "").upper().split()
        mechanism = next((one for one in _AUTH if one in offered), None)
        if mechanism is None:
            return NO_LOGIN
        client.user, client.password = way.credential.user, way.credential.password
        client.auth(mechanism, _AUTH[mechanism](client))
    refused = client.send_message(message, way.server.sender, list(way.server.to))
    for number, address in enumerate(way.server.to, 1):
        if address in refused:  # the others have it: to send it again would only repeat it to them
            words = "the mail server refuses address number %d of to (reply %d): correct it in site.toml"
            log.warning(words, number, refused[address][0], extra=about("notice-undelivered"))
    client.quit()
    return None


def _take(client: smtplib.SMTP, sock: socket.socket, deadline: Deadline) -> None:
    """Let a client speak over a connection as at its beginning; what was read of the one before is dropped.

    Source: RFC 3207 section 4.2: what was learned before TLS does not count.
    """
    client.sock = sock
    client.file = _Replies(sock, deadline)
    client.helo_resp = client.ehlo_resp = None
    client.esmtp_features, client.does_esmtp = {}, False


_AUTH: Final[dict[str, Callable[[smtplib.SMTP], Any]]] = {
    "PLAIN": lambda client: client.auth_plain,
    "LOGIN": lambda client: client.auth_login,
    "CRAM-MD5": lambda client: client.auth_cram_md5,
}


def _context(way: Way) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(way.ca) if way.ca else None)


class _Replies:
    """The lines of a server, bounded in bytes and time: the library reads replies of any length for any time."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock = sock
        self._deadline = deadline
        self._came = 0
        self._left = b""

    def readline(self, limit: int) -> bytes:
        while b"\n" not in self._left and len(self._left) < limit:
            self._sock.settimeout(self._deadline.remaining_s())
            part = self._sock.recv(4096)
            self._came += len(part)
            if self._came > REPLIES_MAX_BYTES:
                raise ProtocolBroken("the mail server says too much")
            if not part:
                break
            self._left += part
        end = self._left.find(b"\n") + 1 or len(self._left)
        line, self._left = self._left[: min(end, limit)], self._left[min(end, limit) :]
        return line

    def close(self) -> None:
        """Nothing is open but the socket, which the library closes."""


def _translated(error: Exception, deadline: Deadline) -> DriverError:
    """Return the network's error behind one of the library, whose text may hold what a stranger said."""
    if deadline.passed:
        return DeadlineExceeded("mail")
    return tls_failure("mail", [error]) or ProtocolBroken("mail")
