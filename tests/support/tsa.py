"""A time-stamping authority of its own for tests: OpenSSL's `ts` answers, over HTTP on loopback."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = timedelta(days=1)
CONFIG = """
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
signer_cert = {folder}/tsa.crt
signer_key = {folder}/tsa.key
default_policy = 1.2.3.4.1
digests = sha256, sha512
signer_digest = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
"""


class StampAuthority:
    """An authority with a root of its own in `ca`.

    `usage`: for what its certificate is; `lasts`: from when until when, from now; `chain`: it sends the root too.
    """

    def __init__(
        self,
        folder: Path,
        usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.TIME_STAMPING,
        lasts: tuple[timedelta, timedelta] = (-2 * DAY, 10 * DAY),
        chain: bool = False,
    ) -> None:
        folder.mkdir(parents=True)
        self.folder, self.ca = folder, folder / "ca.crt"
        self.asked: list[bytes] = []
        root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        root, name = _name("test root"), _name("test time stamps")
        now = datetime.now(UTC)
        own = _certificate(root, root, root_key.public_key(), (now - 400 * DAY, now + 400 * DAY))
        self.ca.write_bytes(
            own.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(root_key, hashes.SHA256()).public_bytes(Encoding.PEM)
        )  # fmt: skip
        of_tsa = _certificate(name, root, key.public_key(), (now + lasts[0], now + lasts[1]))
        (folder / "tsa.crt").write_bytes(
            of_tsa.add_extension(x509.ExtendedKeyUsage([usage]), critical=True)
            .sign(root_key, hashes.SHA256()).public_bytes(Encoding.PEM)
        )  # fmt: skip
        (folder / "tsa.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        (folder / "serial").write_text("01\n")
        config = CONFIG.format(folder=folder) + (f"certs = {folder}/ca.crt\n" if chain else "")
        (folder / "tsa.cnf").write_text(config)

    def answer(self, request: bytes) -> bytes:
        """Return the response to a request, as OpenSSL makes it."""
        self.asked.append(request)
        (self.folder / "request").write_bytes(request)
        words = ["openssl", "ts", "-reply", "-queryfile", str(self.folder / "request"), "-out"]
        words += [str(self.folder / "response"), "-config", str(self.folder / "tsa.cnf")]
        subprocess.run(words, check=True, capture_output=True)
        return (self.folder / "response").read_bytes()


class StampServer:
    """Serves `answer` on loopback; `head` is the status and the type of what it says. Use as a context manager."""

    def __init__(
        self, answer: Callable[[bytes], bytes], head: tuple[int, str] = (200, "application/timestamp-reply")
    ) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                told = answer(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(head[0])
                self.send_header("Content-Type", head[1])
                self.send_header("Content-Length", str(len(told)))
                if head[0] == 302:
                    self.send_header("Location", "http://127.0.0.1:1/")
                self.end_headers()
                with suppress(OSError):
                    self.wfile.write(told)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/tsa"

    def __enter__(self) -> StampServer:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, lasts: tuple[datetime, datetime]
) -> x509.CertificateBuilder:
    built = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    return built.serial_number(x509.random_serial_number()).not_valid_before(lasts[0]).not_valid_after(lasts[1])
