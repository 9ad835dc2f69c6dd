"""Renews the certificate that a gateway was enrolled with, before it ends and without a person.

Decides when one is due, and what may replace the present one: only a certificate by the same authority that lasts
longer, for a key that was made for it. The old pair stays until the new one is whole on disk
(`agent/service/enroll/renewed_pair.py`). A running agent asks the desk on a thread of its own, so that a desk that
hangs delays neither cycle nor watchdog.
"""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from agent.contract.signing_keys import Signer
from agent.deliver.keys.tls_certificate import issued_by
from agent.host.log_kinds import about
from agent.model.errors import AgentError, HubUnavailable, UsageError
from agent.model.finding import Message, utc_text
from agent.observe.facts.delivery import NotRenewed, OwnCertificate
from agent.service.enroll.channel import WrongServer
from agent.service.enroll.gateway import granted, renewal_request
from agent.service.enroll.place import NOTE_NAME, DeskAddress, read_desk
from agent.service.enroll.renewed_pair import finish_replacement, next_of, own_at, replace_pair
from agent.site.config.report_key import TlsPlace
from agent.site.config.site import Site

log = logging.getLogger("camwarden.renewal")

RENEW_AT_RATIO: Final = 1 / 3
"""A certificate is renewed when no more than this share of its life is left."""

TRY_AGAIN_AFTER: Final = timedelta(hours=1)


def is_due(own: OwnCertificate, now: datetime) -> bool:
    """Return whether a certificate is to be renewed now; an expired one is as well."""
    return own.not_after - now <= (own.not_after - own.not_before) * RENEW_AT_RATIO


def renew(desk: DeskAddress, place: TlsPlace, signer: Signer, now: datetime) -> datetime:
    """Replace certificate and key by the desk's next certificate and the key made for it; return its end.

    Args:
        desk: Where the gateway was enrolled.
        place: Where key and certificate are.
        signer: The report key.
        now: The clock here.

    Raises:
        HubUnavailable: The desk cannot be asked, or has trouble of its own: it may be asked again.
        AgentError: It refuses, or its certificate must not replace ours; nothing was changed.
    """
    request = renewal_request(place, signer, now)
    grant, certificate, ends = granted(desk, next_of(place), request, now, renewing=True)
    own = own_at(place)
    if own is not None:
        if not issued_by(place.certificate.read_bytes(), grant.authorities.encode()):
            raise UsageError(
                "{path}: is of another authority than that of the desk where this gateway was enrolled; renew it "
                "where it came from (`camwarden keys csr` and `keys import`), or enroll again with a token",
                path=place.certificate,
            )
        if ends <= own.not_after:
            raise UsageError(
                "the hub's desk gave a certificate that ends {until}, no later than the one that is there; ask the "
                "hub's team whether its authority ends then, or it lost data",
                until=utc_text(ends),
            )
    replace_pair(place, certificate)
    return ends


def finish(site: Site) -> None:
    """Finish a renewal that was cut off: before the first connection, which needs a pair that fits."""
    place = _place_of(site)
    if place is None:
        return
    try:
        finish_replacement(place)
    except AgentError as error:
        log.warning("the renewed certificate could not be put in its place: %s", error)


class Renewals:
    """Renewal in a running agent. `renewed` is called, on a thread, when a new certificate is in place."""

    def __init__(
        self, site: Site, signer: Signer, clock: Callable[[], datetime], renewed: Callable[[], None] = lambda: None
    ) -> None:
        self._place = _place_of(site)
        self._signer = signer
        self._clock = clock
        self._renewed = renewed
        self._tried_at: datetime | None = None
        self._thread: threading.Thread | None = None
        self.trouble: NotRenewed | None = None
        """What is wrong, None where nothing is: read at any time, from any thread."""

    def begin(self) -> None:
        """Begin a renewal that is due, where none runs and the last try is long enough ago."""
        place, now = self._place, self._clock()
        if place is None or (self._thread is not None and self._thread.is_alive()):
            return
        if self._tried_at is not None and abs(now - self._tried_at) < TRY_AGAIN_AFTER:
            return
        own = own_at(place)
        if own is None or not is_due(own, now) or not (place.directory / NOTE_NAME).exists():
            return
        self._tried_at = now
        self._thread = threading.Thread(target=self._try, args=(place, now), name="renewal", daemon=True)
        self._thread.start()

    def wait(self, seconds: float) -> None:
        """Wait for a renewal under way, at most so long; one unfinished by then is retried later."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _try(self, place: TlsPlace, now: datetime) -> None:
        try:
            ends = renew(read_desk(place), place, self._signer, now)
        except AgentError as error:
            weather = isinstance(error, HubUnavailable) and not isinstance(error, WrongServer)
            self._failed(now, error.message, refused=not weather)
        except Exception as error:  # a thread has nobody to tell, and delivery goes on with what is there
            log.exception("the renewal failed")
            self._failed(now, type(error).__name__, refused=True)
        else:
            self.trouble = None
            words = "the certificate for the hub was renewed and is valid until %s"
            log.info(words, utc_text(ends), extra=about("certificate-renewed"))
            self._renewed()

    def _failed(self, now: datetime, why: Message | str, refused: bool) -> None:
        since = self.trouble.since if self.trouble is not None else now
        self.trouble = NotRenewed(since, why, refused)
        log.warning("the certificate for the hub was not renewed: %s", why, extra=about("certificate-not-renewed"))


def _place_of(site: Site) -> TlsPlace | None:
    """Return where the certificate for the broker is, None where none is configured."""
    hub = site.hub
    if hub is None or not hub.tls or hub.key is None or hub.certificate is None:
        return None
    return TlsPlace(site.id, site.storage.directory, hub.key, hub.certificate, named=True)
