"""Builds the TLS context for a broker, and explains a failed handshake with its repair.

paho-mqtt reports "Unspecified error" where a broker refuses a certificate, and forgets to close a socket whose
handshake fails; both are corrected here.

Source: RFC 8446 section 6.2 (alerts), OpenSSL's names for them and for what is wrong with a certificate.
"""

import ssl
from pathlib import Path
from typing import Any, Final

from agent.model.errors import ConfigurationError, os_words
from agent.site.config.site import Hub

_SIGNED: Final = "the broker's certificate is not signed by the configured CA"
_VERIFY_CODES: Final = {
    9: "the broker's certificate is not valid yet, or our clock is behind",
    10: "the broker's certificate has expired, or our clock is ahead",
    18: _SIGNED,
    19: _SIGNED,
    20: _SIGNED,
    21: _SIGNED,
    62: "the broker's certificate is for another host name",
    64: "the broker's certificate is for another address",
}
"""OpenSSL's faults of the broker's certificate. Source: X509_V_ERR_* of x509_vfy.h."""

_ALERTS: Final = (
    ("CERTIFICATE_EXPIRED", "the broker says that our certificate has expired"),
    ("CERTIFICATE_REVOKED", "the broker says that our certificate is revoked"),
    ("CERTIFICATE_UNKNOWN", "the broker does not accept our certificate"),
    ("BAD_CERTIFICATE", "the broker does not accept our certificate"),
    ("UNSUPPORTED_CERTIFICATE", "the broker does not accept our kind of certificate"),
    ("UNKNOWN_CA", "the broker does not know the CA that signed our certificate"),
    ("CERTIFICATE_REQUIRED", "the broker wants a certificate, and none is configured"),
    ("ACCESS_DENIED", "the broker does not let our certificate in"),
    ("WRONG_VERSION_NUMBER", "the broker does not speak TLS on this port"),
    ("PROTOCOL_VERSION", "the broker offers no TLS version that is still safe"),
)


class TlsSocket(ssl.SSLSocket):
    """A TLS socket that records its failure: with TLS 1.3 our certificate is refused only after the handshake."""

    trouble: str = ""

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        """Receive as the standard library does, recording a failure."""
        try:
            return super().recv(buflen, flags)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except ssl.SSLError as error:
            self.trouble = tls_words(error)
            raise


class TlsContext(ssl.SSLContext):
    """A client's TLS context that holds its socket: paho forgets to close one whose handshake fails."""

    sslsocket_class = TlsSocket
    socket: ssl.SSLSocket | None = None

    def wrap_socket(self, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        """Wrap as the standard library does."""
        self.socket = super().wrap_socket(*args, **kwargs)
        return self.socket


def tls_words(error: ssl.SSLError) -> str:
    """Return in plain words why TLS failed; OpenSSL's own for an unknown cause."""
    if isinstance(error, ssl.SSLCertVerificationError):
        words = _VERIFY_CODES.get(error.verify_code)
        return words or f"the broker's certificate is not accepted: {error.verify_message}"
    reason = error.reason or ""
    if not reason:  # OpenSSL knows no more than that the socket failed
        return "the broker reset the connection"
    return next((words for name, words in _ALERTS if name in reason), f"TLS failed: {reason.replace('_', ' ').lower()}")


def failure_words(error: OSError) -> str:
    """Return in plain words why there is no connection."""
    return tls_words(error) if isinstance(error, ssl.SSLError) else error.strerror or str(error)


def tls_context(hub: Hub) -> TlsContext | None:
    """Return the TLS context of a hub, None for plain MQTT.

    Raises:
        ConfigurationError: A file is missing, unreadable, or not what it should be; the message names it.
    """
    if not hub.tls:
        return None
    context = TlsContext(ssl.PROTOCOL_TLS_CLIENT)  # checks certificate and host name
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if hub.ca is None:
        context.load_default_certs()
    else:
        try:
            context.load_verify_locations(cadata=_readable("ca", hub.ca))
        except (ssl.SSLError, ValueError):
            raise ConfigurationError("{path}: holds no PEM certificate; correct `ca`", path=hub.ca) from None
    if hub.certificate is not None or hub.key is not None:
        if hub.certificate is None or hub.key is None:
            raise ConfigurationError("certificate and key for the broker belong together: name both or neither")
        for name, path in (("certificate", hub.certificate), ("key", hub.key)):
            _readable(name, path)
        try:
            # The callback keeps OpenSSL from asking for a passphrase at the terminal.
            context.load_cert_chain(hub.certificate, hub.key, password=lambda: b"")
        except (ssl.SSLError, OSError, ValueError):
            raise ConfigurationError(
                "{certificate} and {key}: not a PEM certificate and its unencrypted private key; correct "
                "`certificate` and `key`",
                certificate=hub.certificate,
                key=hub.key,
            ) from None
    return context


def _readable(name: str, path: Path) -> str:
    try:
        return path.read_text("ascii")
    except UnicodeDecodeError:
        raise ConfigurationError("{path}: not a PEM file; correct `{name}`", path=path, name=name) from None
    except OSError as error:
        raise ConfigurationError("{path}: {why}; correct `{name}`", path=path, why=os_words(error), name=name) from None
