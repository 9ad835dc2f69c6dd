"""Decides who is enrolled: by a valid token, a fitting request, and the key's binding in the hub's trust file.

The token vouches for the report key: whoever the hub's team gave it to speaks for the site. A repeated request gets the
same certificate as long as the token lives; a used token refuses every other key. To renew, the report key that the hub
trusts and a TLS key that was enrolled both vouch for the next TLS key.

Order of writing: database, then trust file, then the answer. The gateway's next try repairs a desk that ended between
two of them. The file is written while the database is locked, so that a site that is being revoked meanwhile does not
come out trusted.
"""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from agent.contract.chain import utc_text
from agent.contract.enrollment import Grant, Reason, Refusal, Request, read_request
from agent.contract.enrollment_token import SECRET_BYTES, Token, secret_digest, write_token
from agent.hub.domain.rows.enrollment import CertificateRow, TokenRow
from agent.hub.enroll import authority
from agent.hub.enroll.place import DeskFolder, write_revocations
from agent.hub.ports.enroll import EnrollStore
from agent.hub.stores.engines import open_trust
from agent.hub.stores.signing_key import hub_signer
from agent.model.errors import NotVerified, UsageError

RENEWED_LATELY = timedelta(days=1)
"""A gateway that renews again within this time gets the certificate that it got before."""


def make_tokens(
    place: DeskFolder, store: EnrollStore, sites: Iterable[str], valid: timedelta, now: datetime
) -> list[tuple[Token, str]]:
    """Make a token for each site, and return it with its line; unused older ones of these sites are revoked.

    Raises:
        StoreFailed: The disk failed; no token was made.
    """
    made = []
    with store.changing():
        for site in sites:
            expires_at = (now + valid).replace(microsecond=0)
            secret = secrets.token_bytes(SECRET_BYTES)
            token = Token(place.settings.host, place.settings.port, site, expires_at, place.pin, secret)
            store.keep_token(TokenRow(secret_digest(secret), site, utc_text(now), utc_text(expires_at)))
            made.append((token, write_token(token)))
    return made


def revoke(place: DeskFolder, store: EnrollStore, site: str, now: datetime) -> list[str]:
    """Revoke everything of a site: tokens, certificates, trust in its report keys. Safe to repeat.

    Returns the serial numbers of its certificates.

    Raises:
        UsageError: No token was ever made for it.
        AgentError: A file cannot be written; repeat it.
    """
    if not any(token.site == site for token in store.tokens()):
        raise UsageError("site {site!r} was never enrolled here; see `camwarden hub enroll list`", site=site[:64])
    with store.changing():
        store.revoke(site, utc_text(now))
    with store.changing():  # who revokes another site meanwhile must not write an older list over this one
        write_revocations(place, store, now)
    open_trust(place.data).revoke_site(site, now)
    return [one.serial for one in store.certificates(site)]


def answer(place: DeskFolder, store: EnrollStore, data: bytes, now: datetime) -> tuple[Grant | Refusal, Request | None]:
    """Decide one request, given as its bytes; return the answer, and the request where it was one.

    Raises:
        AgentError: The desk's own files fail: nothing was granted, and the gateway may try again.
    """
    try:
        request = read_request(data)
    except NotVerified:
        return Refusal("malformed", now), None
    try:
        tls_key = authority.asked_key(request.csr, request.site)
    except authority.BadRequest:
        return Refusal("request", now), request
    with store.changing():
        found = (_enrolled if request.secret else _renewed)(place, store, request, tls_key, now)
    if isinstance(found, str):
        return Refusal(found, now), request
    with store.changing():  # nobody revokes between the look and the trust
        kept = store.certificate(found.serial)
        if kept is None or kept.revoked_at:
            return Refusal("revoked", now), request
        if open_trust(place.data).of_key(request.key.kid).decide(request.site, request.key.kid) == "unknown-key":
            open_trust(place.data).add(request.site, request.key.kid, now, by="enrollment", key=request.key)
    signer = hub_signer(place.data)
    settings = place.settings
    hub_keys = {signer.kid: signer.public}
    grant = Grant(request.site, found.pem, place.authorities, hub_keys, settings.broker_host, settings.broker_port, now)
    return grant, request


def _enrolled(
    place: DeskFolder, store: EnrollStore, request: Request, tls_key: authority.PublicKey, now: datetime
) -> CertificateRow | Reason:
    """Return the certificate for a token, or the refusal."""
    token = store.token(secret_digest(request.secret))
    if token is None:
        return "unknown"
    if token.site != request.site:
        return "site"
    if token.revoked_at:
        return "revoked"
    if now >= datetime.fromisoformat(token.expires_at):
        return "expired"
    believed = open_trust(place.data).of_key(request.key.kid)
    decision = believed.decide(request.site, request.key.kid, now)
    if decision == "key-of-another-site":
        return "key"
    if decision in ("revoked-key", "expired-key") or believed.rotated(request.key.kid):
        return "revoked"  # the hub would refuse every report of it
    if token.used_at:
        used = store.certificate(token.serial)
        same = used is not None and (used.tls_key, used.kid) == (authority.key_name(tls_key), request.key.kid)
        return used if used is not None and same and not used.revoked_at else "used"
    return _issue(place, store, request, tls_key, now, token.digest)


def _renewed(
    place: DeskFolder, store: EnrollStore, request: Request, tls_key: authority.PublicKey, now: datetime
) -> CertificateRow | Reason:
    """Return the certificate that replaces an expiring one, or the refusal."""
    believed = open_trust(place.data).of_key(request.key.kid)
    decision = believed.decide(request.site, request.key.kid, now)
    certificates = store.certificates(request.site)
    before = [one for one in certificates if request.before and authority.certified_kid(one.pem) == request.before.kid]
    if not before or decision in ("unknown-key", "key-of-another-site"):
        return "unknown"
    mine = [one for one in certificates if one.tls_key == authority.key_name(tls_key)]
    if decision != "trusted" or believed.rotated(request.key.kid) or any(one.revoked_at for one in (*before, *mine)):
        return "revoked"
    if mine and now - datetime.fromisoformat(mine[-1].issued_at) < RENEWED_LATELY:
        return mine[-1]
    return _issue(place, store, request, tls_key, now, "")


def _issue(
    place: DeskFolder, store: EnrollStore, request: Request, tls_key: authority.PublicKey, now: datetime, token: str
) -> CertificateRow:
    pem = authority.site_certificate(place.authority, request.site, tls_key, now)
    serial, ends = authority.serial_and_end(pem)
    row = CertificateRow(
        f"{serial:x}",
        request.site,
        authority.key_name(tls_key),
        request.key.kid,
        pem.decode(),
        utc_text(now),
        utc_text(ends),
    )
    store.keep_certificate(row, token)
    return row
