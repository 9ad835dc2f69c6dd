"""A device proves that it holds the key of its certificate (GB 35114, level A), and nothing else counts as that proof.

openssl signs, as the device does; GmSSL verifies.
"""

from __future__ import annotations

import base64
import os
import re
import secrets
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from link_room import BEGAN, DEVICE_ID, PLAN, Room, room_with, whole_test

from agent.demo.gb28181.habits import Habits
from agent.onsite.link.registrar import decide
from agent.onsite.link.result import Step
from agent.onsite.link.security import security
from agent.verify import device_certificate
from agent.verify.device_certificate import read_device_certificate, sm2_verify
from drivers.gb28181.gb35114 import Shown, Signed, signed_in
from drivers.gb28181.sip import parse, render
from drivers.gb28181.wire import Flow

VALID = ("-not_before", "20260101000000Z", "-not_after", "20280101000000Z")


def openssl(folder: Path, *words: str, data: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True, input=data).stdout


@dataclass
class Holder:
    """A device with a key of SM2. `raw`: signs the random numbers as bytes; `said`: every login that it wrote."""

    folder: Path
    raw: bool = False
    shows: str = "cert.pem"
    signs_with: str = "key.pem"
    server: str = PLAN.platform_id
    names: str = ""
    said: list[str] = field(default_factory=list)

    def login(self, challenge: str) -> str:
        if challenge.startswith("Digest"):
            return ""
        self.said.append(self._signed(challenge) if challenge else self._capability())
        return self.said[-1]

    def _capability(self) -> str:
        shown = base64.b64encode((self.folder / self.shows).read_bytes()).decode() if self.shows else ""
        certificate = f', cnonce="devicecert:{shown}"' if shown else ""
        return f'Capability algorithm="A:SM2;H:SM3;S:SM4/OFB/PKCS5;SI:SM3-SM2", keyversion="2026"{certificate}'

    def _signed(self, challenge: str) -> str:
        (random1,) = re.findall(r'random1="([^"]+)"', challenge)
        random2 = base64.b64encode(secrets.token_bytes(16)).decode()
        server = self.server.encode()
        over = f"{random2}{random1}".encode() + server
        if self.raw:
            over = base64.b64decode(random2) + base64.b64decode(random1) + server
        (self.folder / "message").write_bytes(over)
        words = (
            f"pkeyutl -sign -inkey {self.signs_with} -rawin -digest sm3 -pkeyopt distid:1234567812345678 -in message"
        )
        signature = base64.b64encode(openssl(self.folder, *words.split())).decode()
        scheme = "Bidirection" if self.names else "Unidirection"
        device = f', deviceid="{self.names}"' if self.names else ""
        numbers = f'random1="{random1}", random2="{random2}"'
        return f'{scheme} {numbers}, serverid="{self.server}"{device}, sign1="{signature}", algorithm="A:SM2;H:SM3"'


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two keys of SM2, and a certificate for each in the device's name."""
    folder = tmp_path_factory.mktemp("sm2")
    for prefix in ("", "other-"):
        openssl(folder, *f"genpkey -algorithm EC -pkeyopt ec_paramgen_curve:SM2 -out {prefix}key.pem".split())
        subject = f"req -x509 -new -key {prefix}key.pem -sm3 -subj /C=CN/CN={DEVICE_ID} -out {prefix}cert.pem"
        openssl(folder, *subject.split(), *VALID)
    return folder


def step_of(holder: Holder, room: Room | None = None, *, with_library: bool = True) -> Step:
    """Return the step of a whole test of a device that begins with a certificate, and has the password too."""
    room = room or room_with(Habits())
    assert room.device is not None
    room.device.by_certificate = holder.login
    result = whole_test(room, verify=sm2_verify() if with_library else None)
    assert result.step("register").status == "seen"  # type: ignore[union-attr]
    step = result.step("security")
    assert step is not None
    return step


def challenges(room: Room) -> list[str]:
    return [parse(one).header("www-authenticate").split()[0] for one in room.sent if b"401" in one[:12]]


@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.parametrize("names", ["", DEVICE_ID])
def test_a_device_that_signs_our_question_holds_the_key_of_its_certificate(keys: Path, raw: bool, names: str) -> None:
    room = room_with(Habits())
    step = step_of(Holder(keys, raw=raw, names=names), room)
    assert (step.status, step.reason, step.evidence["proof"]) == ("seen", "", "signature")
    assert challenges(room) == ["Unidirection", "Digest", "Digest"], (
        "one question for the key, then the password as ever, and once more to leave"
    )
    assert "who issued the certificate is not verified" in str(step.what)


def test_without_the_library_nobody_is_asked_to_sign(keys: Path) -> None:
    room = room_with(Habits())
    step = step_of(Holder(keys), room, with_library=False)
    assert (step.status, step.reason, step.evidence["proof"]) == ("unknown", "library-missing", "library-missing")
    assert b"Unidirection" not in b"".join(room.sent)


def test_where_the_extra_is_not_installed_there_is_no_verifier(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_certificate, "gmssl_pyx", None)
    assert sm2_verify() is None


@pytest.mark.parametrize(
    ("holder", "reason"),
    [
        ({"signs_with": "other-key.pem"}, "other-key"), ({"shows": "other-cert.pem"}, "other-key"),
        ({"server": "34020000002000000001"}, "other-platform"), ({"names": "14021300001180000002"}, "other-device"),
        ({"shows": ""}, "no-certificate"),
    ],
)  # fmt: skip
def test_a_signature_of_another_key_platform_or_device_proves_nothing(
    keys: Path, holder: dict[str, str], reason: str
) -> None:
    step = step_of(Holder(keys, **holder))
    assert (step.status, step.reason) == ("unknown", reason)
    assert step.evidence.get("proof") in (reason, None)


def test_the_signature_of_an_earlier_test_proves_nothing(keys: Path) -> None:
    yesterday = Holder(keys)
    assert step_of(yesterday).status == "seen"
    (kept,) = (one for one in yesterday.said if one.startswith("Unidirection"))
    today = Holder(keys)
    today._signed = lambda challenge: kept  # type: ignore[method-assign]
    step = step_of(today)
    assert (step.status, step.reason) == ("unknown", "old-challenge")


def test_yesterdays_signature_with_todays_number_written_into_it_proves_nothing(keys: Path) -> None:
    today = Holder(keys)
    first = today._signed('Unidirection random1="AAAAAAAAAAAAAAAAAAAAAA=="')

    def forged(challenge: str) -> str:
        (random1,) = re.findall(r'random1="([^"]+)"', challenge)
        return first.replace("AAAAAAAAAAAAAAAAAAAAAA==", random1)

    today._signed = forged  # type: ignore[method-assign]
    assert step_of(today).reason == "other-key"


def test_a_device_that_does_not_sign_is_asked_twice_and_then_for_its_password(keys: Path) -> None:
    room, holder = room_with(Habits()), Holder(keys)
    holder._signed = lambda challenge: holder._capability()  # type: ignore[method-assign]
    step = step_of(holder, room)
    assert (step.status, step.reason) == ("unknown", "not-signed")
    assert challenges(room) == ["Unidirection", "Unidirection", "Digest", "Digest"]


def test_a_challenge_for_a_password_is_none_to_sign() -> None:
    """Who could have a device sign any number, as a nonce is, would have its word for another question."""
    key, flow = bytes(32), Flow("UDP", "192.0.2.64", 5060)
    room = room_with(Habits())
    assert room.device is not None
    (request,) = (parse(one) for one in room.device.tick(0.0))
    nonce = re.search(r'nonce="([0-9a-f]+)"', decide(request, flow, PLAN, key, 0.0).answer.header("www-authenticate"))
    assert nonce is not None
    random1 = base64.b64encode(bytes.fromhex(nonce[1])).decode()
    login = f'Unidirection random1="{random1}", random2="{random1}", serverid="{PLAN.platform_id}", sign1="MAA="'
    forged = parse(render(request).replace(b"Content-Length", f"Authorization: {login}\r\nContent-Length".encode()))
    assert decide(forged, flow, PLAN, key, 0.0).signed == "old-challenge"


def test_a_certificate_of_another_id_or_time_fails_whatever_was_signed(keys: Path) -> None:
    shown, verify = Shown("Unidirection", (keys / "cert.pem").read_bytes()), sm2_verify()
    signed = Signed(random1=bytes(16), random2=bytes(16), server="1", device="", signature=b"x")
    always = lambda key, messages, signature: True  # noqa: E731
    assert security(shown, DEVICE_ID, BEGAN, signed, always).status == "seen"
    assert security(shown, f"{DEVICE_ID[:-1]}2", BEGAN, signed, always).reason == "other-id"
    assert security(shown, DEVICE_ID[1:], BEGAN, signed, always).reason == "other-id", "a part of an id is none"
    assert security(shown, DEVICE_ID, BEGAN.replace(year=2029), signed, always).reason == "certificate-not-valid"
    assert security(shown, DEVICE_ID, BEGAN, signed, verify).reason == "other-key"


@pytest.mark.parametrize("curve", ["prime256v1", "secp384r1"])
def test_a_certificate_of_another_curve_has_no_key_to_verify_by(tmp_path: Path, curve: str) -> None:
    openssl(tmp_path, *f"genpkey -algorithm EC -pkeyopt ec_paramgen_curve:{curve} -out key.pem".split())
    openssl(tmp_path, *f"req -x509 -new -key key.pem -subj /CN={DEVICE_ID} -out cert.pem".split(), *VALID)
    data = (tmp_path / "cert.pem").read_bytes()
    read = read_device_certificate(data, DEVICE_ID)
    assert read is not None and read.key == b""
    signed = Signed(random1=bytes(16), random2=bytes(16), server="1", device="", signature=b"x")
    assert security(Shown("Capability", data), DEVICE_ID, BEGAN, signed, lambda *_: True).reason == "other-key"


def test_a_key_that_stands_in_the_name_of_a_certificate_is_not_its_key(keys: Path) -> None:
    """Where its bytes were searched for, whoever writes the name would choose the key."""
    own = read_device_certificate((keys / "cert.pem").read_bytes(), DEVICE_ID)
    other = read_device_certificate((keys / "other-cert.pem").read_bytes(), DEVICE_ID)
    assert own is not None and other is not None and own.key != other.key and len(own.key) == 64
    info = openssl(keys, "pkey", "-in", "other-key.pem", "-pubout", "-outform", "DER")
    assert info.endswith(other.key)
    name = f"req -x509 -new -key key.pem -sm3 -subj /CN={DEVICE_ID}/description={'x' * len(info)} -outform DER"
    der = openssl(keys, *name.split(), *VALID)
    named = read_device_certificate(der.replace(b"x" * len(info), info, 1), DEVICE_ID)
    assert named is not None and named.key == own.key


HOSTILE = [
    b"", b"\x30", b"\x30\x06\x02\x01\x00\x02\x01\x00", b"\x30\x06\x02\x01\x01\x02\x01\x00", b"\x30\x82\xff\xff" * 20,
    b"\x30\x06\x02\x01\xff\x02\x01\x01", b"\x30\x84\xff\xff\xff\xff\x02", bytes(72), b"\xff" * 96,
    b"\x30\x46" + b"\x02\x21\x00" + b"\xff" * 32 + b"\x02\x21\x00" + b"\xff" * 32,
]  # fmt: skip


@pytest.mark.parametrize("signature", HOSTILE)
@pytest.mark.parametrize("key", [None, b"", bytes(64), b"\xff" * 64, b"\x04" * 65, b"\x02" * 33])
def test_hostile_numbers_and_points_verify_nothing(keys: Path, signature: bytes, key: bytes | None) -> None:
    verify = sm2_verify()
    own = read_device_certificate((keys / "cert.pem").read_bytes(), DEVICE_ID)
    assert verify is not None and own is not None
    assert verify(own.key if key is None else key, [b"", b"x"], signature) is False


def test_what_the_library_writes_of_a_wrong_signature_reaches_no_terminal(
    keys: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    verify, own = sm2_verify(), read_device_certificate((keys / "cert.pem").read_bytes(), DEVICE_ID)
    assert verify is not None and own is not None
    assert verify(own.key, [b"x"], b"\x30\x06\x02\x01\x01\x02\x01\x01") is False
    os.write(2, b"still here\n")
    assert capfd.readouterr().err == "still here\n"


GOOD = base64.b64encode(bytes(16)).decode()


@pytest.mark.parametrize(
    "login",
    [
        "", "Unidirection", f'Capability random1="{GOOD}", random2="{GOOD}", serverid="1", sign1="MAA="',
        f'Unidirection random1="{GOOD}", random2="{GOOD}", sign1="MAA="',
        f'Unidirection random1="{GOOD}", random2="AAAA", serverid="1", sign1="MAA="',
        f'Unidirection random1="%", random2="{GOOD}", serverid="1", sign1="MAA="',
        f'Unidirection random1="{GOOD}", random2="{GOOD}", serverid="\u00e9", sign1="MAA="',
        f'Unidirection random1="{GOOD}", random2="{GOOD}", serverid="1", sign1=""',
        f'Unidirection random1="{GOOD}", random2="{GOOD}", serverid="1", sign1="{"A" * 400}"',
    ],
)  # fmt: skip
def test_what_is_no_signature_is_none(login: str) -> None:
    assert signed_in(login) is None
