"""Reads the site's own certificate for its broker: its subject, its end, and whether the key fits.

Judged in `agent/judge/checks/service/delivery.py`. A broker refuses an expired certificate only after the handshake,
and then every site of a city may be silent at once: so each checks its own in time.

Source: RFC 5280 sections 4.1.2.5 (validity) and 4.1.2.6 (subject).
"""

from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from cryptography.x509.oid import NameOID

from agent.observe.facts.delivery import Delivery, NoCertificate, NotRenewed, OwnCertificate
from agent.observe.facts.delivery_status import DeliveryStatus
from agent.site.config.site import Hub, Site


def delivery_facts(site: Site, status: DeliveryStatus | None, not_renewed: NotRenewed | None) -> Delivery:
    """Return the facts on the site's delivery for a cycle."""
    return Delivery(status, read_own(site.hub) if site.hub else None, not_renewed)


def read_own(hub: Hub) -> OwnCertificate | NoCertificate | None:
    """Return the first certificate of the file for this broker, read anew each time; None where none is configured."""
    if not hub.tls or hub.certificate is None or hub.key is None:
        return None
    path = hub.certificate
    try:
        certificate = x509.load_pem_x509_certificates(path.read_bytes())[0]
        path = hub.key
        key = load_pem_private_key(path.read_bytes(), None)
        path = hub.ca or path
        ends = [ca.not_valid_after_utc for ca in x509.load_pem_x509_certificates(path.read_bytes())] if hub.ca else []
        fits = _public(certificate.public_key()) == _public(key.public_key())
    except OSError as error:
        return NoCertificate(f"{path}: {error.strerror}")
    except (ValueError, TypeError, UnsupportedAlgorithm):  # TypeError: the key has a passphrase
        return NoCertificate(f"{path}: not what it should be in PEM")
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return OwnCertificate(
        str(names[-1].value) if names else "",
        certificate.not_valid_before_utc,
        certificate.not_valid_after_utc,
        fits,
        max(ends, default=None),
    )


def ends_at(hub: Hub) -> datetime | None:
    """Return the end of the certificate for this broker, None where none can be read."""
    own = read_own(hub)
    return own.not_after if isinstance(own, OwnCertificate) else None


def _public(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
