"""What a device shows of GB 35114: never more than told, with a certificate that openssl made on the curve of SM2."""

from __future__ import annotations

import base64
import random
import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from agent.onsite.link.plan import random_plan
from agent.onsite.link.platform import Platform
from agent.onsite.link.security import security
from agent.verify.device_certificate import read_device_certificate
from drivers.gb28181.gb35114 import CERTIFICATE_MAX_BYTES, Shown, shown_in
from drivers.gb28181.sip import Sip, parse
from drivers.gb28181.wire import Dropped, Flow, Incoming

DEVICE = "14021300001180000001"
NOW = datetime.now(UTC) + timedelta(hours=1)


@pytest.fixture(scope="module")
def sm2(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A certificate of the device, valid for a year from now, signed by SM2 with SM3."""
    folder = tmp_path_factory.mktemp("sm2")
    for words in (
        "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:SM2 -out key.pem",
        f"req -x509 -new -key key.pem -sm3 -days 365 -subj /CN={DEVICE} -out cert.pem",
    ):
        subprocess.run(["openssl", *words.split()], cwd=folder, check=True, capture_output=True, timeout=60)
    return (folder / "cert.pem").read_bytes()


def header(certificate: bytes, scheme: str = "Capability") -> str:
    coded = base64.b64encode(certificate).decode()
    return (
        f'{scheme} algorithm="A:SM2;H:SM3;S:SM4/OFB/PKCS5;SI:SM3-SM2", keyversion="2026", cnonce="devicecert:{coded}"'
    )


def test_the_dates_of_a_certificate_of_sm2_are_read_and_its_key_is_proven_by_nothing(sm2: bytes) -> None:
    shown = shown_in(header(sm2))
    assert shown == Shown("Capability", sm2)
    step = security(shown, DEVICE, NOW)
    assert (step.status, step.reason) == ("unknown", "library-missing")
    assert step.evidence["sm2"] is True and step.evidence["names_device"] is True
    assert step.evidence["proof"] == "library-missing"
    until = datetime.fromisoformat(str(step.evidence["valid_until"]))
    assert timedelta(days=364) < until - NOW < timedelta(days=366)


@pytest.mark.parametrize(
    ("device", "days", "status", "reason"),
    [
        (DEVICE, 0, "unknown", "library-missing"), (DEVICE, 310, "unknown", "library-missing"),
        (DEVICE, 367, "failed", "certificate-not-valid"), (DEVICE, -2, "failed", "certificate-not-valid"),
        ("14021300001180000002", 0, "failed", "other-id"),
    ],
)  # fmt: skip
def test_a_certificate_of_another_time_or_id_fails(
    sm2: bytes, device: str, days: int, status: str, reason: str
) -> None:
    step = security(Shown("Bidirection", sm2), device, NOW + timedelta(days=days))
    assert (step.status, step.reason) == (status, reason)
    assert (days == 310) is (step.what.next_step == "have the certificate renewed in time")


@pytest.mark.parametrize(
    "data",
    [b"", b"\x00" * 400, b"-----BEGIN CERTIFICATE-----\nxxxx\n-----END CERTIFICATE-----\n", b"\x30\x82\xff\xff" * 100],
)
def test_what_is_no_certificate_is_none(data: bytes) -> None:
    assert read_device_certificate(data, DEVICE) is None
    assert security(Shown("Capability", data), DEVICE, NOW).status == "unknown"


def test_der_is_read_as_pem_is(sm2: bytes) -> None:
    body = b"".join(line for line in sm2.splitlines() if not line.startswith(b"-----"))
    assert read_device_certificate(base64.b64decode(body), DEVICE) == read_device_certificate(sm2, DEVICE)


def test_a_certificate_that_was_tampered_with_is_read_or_is_none_and_warns_nobody(sm2: bytes) -> None:
    der = base64.b64decode(b"".join(line for line in sm2.splitlines() if not line.startswith(b"-----")))
    lot = random.Random(1)
    for _ in range(5_000):
        data = bytearray(der)
        for _ in range(lot.randint(1, 4)):
            data[lot.randrange(len(data))] = lot.randrange(256)
        read_device_certificate(bytes(data), DEVICE)
    version = der.index(bytes((0xA0, 0x03, 0x02, 0x01, 0x02))) + 4
    assert read_device_certificate(der[:version] + b"\x09" + der[version + 1 :], DEVICE) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", None), ('Digest username="x"', None), ("Capability", Shown("Capability")),
        ('unidirection random1="x"', Shown("Unidirection")),
        ('Capability cnonce="devicecert:%%%"', Shown("Capability")),
        ('Capability cnonce="devicecert:YQ"', Shown("Capability")),
        (header(b"x" * (CERTIFICATE_MAX_BYTES + 1)), Shown("Capability")),
    ],
)  # fmt: skip
def test_a_header_shows_a_scheme_and_no_more_than_a_small_certificate(value: str, expected: Shown | None) -> None:
    assert shown_in(value) == expected


class Device:
    """A device of which nothing is heard but the requests that it sent."""

    local, port, dropped = "192.0.2.1", 5060, Dropped()

    def __init__(self, *headers: str) -> None:
        self.left = [register(number, value) for number, value in enumerate(headers, 1)]
        self.now_s = 0.0
        self.answers: list[Sip] = []

    def next(self, within_s: float) -> Incoming | None:
        self.now_s += 1.0
        return Incoming(self.left.pop(0), Flow("UDP", "192.0.2.9", 5060)) if self.left else None

    def send(self, flow: Flow, message: Sip) -> bool:
        self.answers.append(message)
        return True


def register(number: int, authorization: str) -> Sip:
    head = (
        "REGISTER sip:x@1402130000 SIP/2.0", "Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK1",
        f"From: <sip:{DEVICE}@1402130000>;tag=1", f"To: <sip:{DEVICE}@1402130000>", "Call-ID: 1",
        f"CSeq: {number} REGISTER", f"Authorization: {authorization}", "Content-Length: 0", "", "",
    )  # fmt: skip
    return parse("\r\n".join(head).encode())


def heard(*headers: str) -> Shown | None:
    device = Device(*headers)
    platform = Platform(random_plan(DEVICE, "MD5", 60, 1, ()), device, lambda: device.now_s, lambda verdict: None)
    platform.pump(lambda: False, 10)
    assert [one.status for one in device.answers] == [401] * len(headers), "no certificate is believed"
    assert platform.heard.registration is None
    return platform.heard.shown


def test_a_certificate_is_kept_and_lets_nobody_in(sm2: bytes) -> None:
    assert heard(header(sm2), 'Unidirection random1="x"') == Shown("Capability", sm2)
    assert heard('Unidirection random1="x"', header(sm2)) == Shown("Capability", sm2)
    assert heard("Capability", "Bidirection") == Shown("Bidirection")
    assert heard('Digest username="x"') is None
