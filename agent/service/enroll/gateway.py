"""Requests enrollment for the gateway with its two keys, and validates the desk's answer.

Decides which answers count: a grant for this site by a clock that agrees with ours. `agent/service/enroll/place.py`
installs it.
"""

import os
from contextlib import closing
from datetime import datetime, timedelta
from typing import Final

from agent.contract.enrollment import Grant, Reason, Refusal, Request, read_answer, write_request
from agent.contract.signing_keys import Signer, load_signer
from agent.deliver.keys.place import place_of
from agent.deliver.keys.tls_certificate import READ_BY_GROUP_WRONG_BITS, certificate_request, fitting_certificate
from agent.host.files import as_owner_of
from agent.host.users import account, is_root
from agent.model import exits
from agent.model.errors import AgentError, HubUnavailable, UsageError
from agent.model.finding import Message, utc_text
from agent.service.enroll.channel import ask
from agent.service.enroll.place import DeskAddress, writing
from agent.service.enroll.renewed_pair import next_of
from agent.site.config.report_key import TlsPlace
from agent.site.config.site import Site
from agent.site.toml.storage import Storage

SERVICE_USER: Final = "camwarden"
CLOCK_MOST: Final = timedelta(minutes=5)
"""A gateway whose clock is further off gets nothing written: neither its certificate nor its reports would hold."""

REFUSED: Final[dict[Reason, Message]] = {
    "malformed": Message(
        "the hub's enrollment desk does not understand this gateway: bring both to the same version of camwarden"
    ),
    "unknown": Message(
        "the hub does not know this token, which is another hub's or older than its desk: ask for a new one"
    ),
    "expired": Message("the time of this token is over; ask the hub's team for a new one"),
    "used": Message(
        "this token was used before, with other keys than this gateway's: if that was not you, have the hub's team "
        "revoke the site at once; else ask for a new token"
    ),
    "revoked": Message("the hub has taken back this token, or the keys of this gateway; ask the hub's team"),
    "site": Message("this token is for another site; ask the hub's team for the one of this site"),
    "request": Message("the hub gives no certificate for this gateway's key: it must be EC P-256 or Ed25519"),
    "key": Message(
        "the report key of this gateway is that of another site at the hub: it was copied; move report-key.pem away, "
        "and repeat"
    ),
    "busy": Message("the hub's enrollment desk has trouble of its own: repeat in a while; a token stays good"),
}
"""What the desk's refusals mean at the gateway, each with the next step."""

NOT_KNOWN_TO_RENEW: Final = Message(
    "the hub knows no certificate of this gateway's keys; ask for a token, enroll again"
)


class NotEnrolled(AgentError):
    """The desk refuses."""

    exit_code = exits.REFUSED


def make_state_folder(storage: Storage) -> None:
    """Create the service's folder where the service never ran, owned by its user. Raises Forbidden or UsageError."""
    directory = storage.directory
    if directory.exists():
        return
    with writing(directory):
        directory.mkdir(mode=0o700, parents=True)
        of_service = account(SERVICE_USER) if is_root() and directory == Storage().directory else None
        if of_service is not None:  # else no service is installed here
            os.chown(directory, *of_service)


def report_key(site: Site, place: TlsPlace) -> Signer:
    """Return the report key, created where there is none. Raises AgentError where it cannot be created or used."""
    with as_owner_of(place.directory), closing(place_of(site, os.environ)) as keys:
        return keys.current() or keys.create()


def signed_request(place: TlsPlace, signer: Signer, secret: bytes, now: datetime) -> bytes:
    """Request with a token a certificate for the TLS key, which is created where there is none.

    `secret` is the token's. Raises AgentError where a key cannot be created, read or used.
    """
    with as_owner_of(place.key.parent):
        csr = certificate_request(place.key, place.site_id).decode()
    return write_request(Request(place.site_id, csr, signer.public, now, secret), signer)


def renewal_request(place: TlsPlace, signer: Signer, now: datetime) -> bytes:
    """Request without a token a certificate for the next TLS key, which is created now.

    A try that was cut off goes on with the key that it created. The report key signs the request, and the TLS key in
    use names the next one as its successor.

    Raises:
        NotEnrolled: The TLS key is gone: nothing vouches for another.
        AgentError: A key cannot be created, read or used.
    """
    if not place.key.exists():
        raise _refusal(NOT_KNOWN_TO_RENEW)
    with as_owner_of(place.key.parent):
        csr = certificate_request(next_of(place).key, place.site_id).decode()
    request = Request(place.site_id, csr, signer.public, now)
    return write_request(request, signer, load_signer(place.key, READ_BY_GROUP_WRONG_BITS))


def granted(
    desk: DeskAddress, place: TlsPlace, request: bytes, now: datetime, renewing: bool = False
) -> tuple[Grant, bytes, datetime]:
    """Ask the desk for a certificate; return its grant, the certificate in PEM and its end.

    Args:
        desk: Its address.
        place: Where the TLS key is.
        request: `signed_request`, or `renewal_request` and `place` then that of the next pair.
        now: The clock here.
        renewing: Whether the request goes without a token.

    Raises:
        NotEnrolled: The desk refuses.
        HubUnavailable: The desk cannot be asked.
        NotVerified: Its answer cannot be parsed.
        UsageError: The clock is wrong, or the certificate does not fit.
    """
    answer = read_answer(ask(desk.host, desk.port, desk.pin, request))
    if isinstance(answer, Refusal):
        said = NOT_KNOWN_TO_RENEW if answer.reason == "unknown" and renewing else REFUSED[answer.reason]
        raise _refusal(said, answer.reason == "busy")
    if answer.site != place.site_id:
        raise _refusal(REFUSED["site"])
    if abs(answer.at - now) > CLOCK_MOST:
        raise UsageError(
            "the clock here says {here}, the hub's {there}: set it (NTP), then repeat; nothing was written",
            here=utc_text(now),
            there=utc_text(answer.at),
        )
    certificate, ends = fitting_certificate(
        answer.certificate.encode(), place.key, place.site_id, now, answer.authorities.encode()
    )
    return answer, certificate, ends


def _refusal(said: Message, later: bool = False) -> AgentError:
    return HubUnavailable(said) if later else NotEnrolled(said)
