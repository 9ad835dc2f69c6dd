"""`keys csr`, `keys import` and `keys rotate` as a person uses them."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import delivery
import pytest
from certificates import Authority
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from delivery import Maker

from agent.commands import keys as keys_command
from agent.contract.signing_keys import load_signer
from agent.model.errors import AgentError


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "site.toml"
    path.write_text(
        '[site]\nid = "S1"\ncity = "datong"\ndivision = "140200"\n'
        f'[storage]\ndirectory = "{tmp_path / "state"}"\nruntime = "{tmp_path}"\n'
    )
    (tmp_path / "state").mkdir()
    return path


def run(config: Path, *words: str, as_json: bool = False) -> int:
    parser = argparse.ArgumentParser()
    keys_command.add_arguments(parser)
    args = parser.parse_args(words)
    args.config, args.json, args.quiet, args.lang = config, as_json, False, "en"
    return keys_command.run(args)


class City(Authority):
    """The city's authority: answers a request as it should, or in a wrong way."""

    def answer(
        self,
        request: bytes,
        cn: str = "",
        begins: timedelta = timedelta(days=-1),
        ends: timedelta = timedelta(days=90),
        usage: x509.ObjectIdentifier | None = ExtendedKeyUsageOID.CLIENT_AUTH,
    ) -> bytes:
        """Return a certificate in PEM for a request."""
        asked = x509.load_pem_x509_csr(request)
        assert asked.is_signature_valid
        now = datetime.now(UTC)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, cn)]) if cn else asked.subject
        builder = (
            x509.CertificateBuilder(self._name, subject, asked.public_key(), x509.random_serial_number())
            .not_valid_before(now + begins)
            .not_valid_after(now + ends)
        )
        if usage is not None:
            builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        return builder.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM)


@pytest.fixture
def city(tmp_path: Path) -> City:
    return City(tmp_path / "city")


def request_of(config: Path, tmp_path: Path) -> bytes:
    out = tmp_path / "site.csr"
    assert run(config, "csr", "--out", str(out)) == 0
    return out.read_bytes()


def test_a_request_names_the_site_and_its_key_stays_here(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(config, "csr") == 0
    first = x509.load_pem_x509_csr(capsys.readouterr().out.encode())
    assert first.subject.rfc4514_string() == "CN=S1"
    assert first.is_signature_valid
    key = tmp_path / "state/site-key.pem"
    assert key.stat().st_mode & 0o777 == 0o600
    assert run(config, "csr", as_json=True) == 0
    told = json.loads(capsys.readouterr().out)
    again = x509.load_pem_x509_csr(told["csr"].encode())
    assert again.public_key() == first.public_key()
    assert told["key"] == str(key)
    assert not (tmp_path / "state/report-key.pem").exists()


def test_a_request_can_be_made_where_the_hub_names_files_that_are_not_there_yet(config: Path, tmp_path: Path) -> None:
    config.write_text(config.read_text() + '[hub]\nhost = "h"\nkey = "tls/k.pem"\ncertificate = "tls/c.pem"\n')
    (tmp_path / "tls").mkdir()
    request = request_of(config, tmp_path)
    assert (tmp_path / "tls/k.pem").exists()
    (tmp_path / "back.pem").write_bytes(City(tmp_path / "city").answer(request))
    assert run(config, "import", str(tmp_path / "back.pem")) == 0
    assert (tmp_path / "tls/c.pem").exists()


def test_the_certificate_that_comes_back_goes_into_its_place(
    config: Path, tmp_path: Path, city: City, capsys: pytest.CaptureFixture[str]
) -> None:
    back = tmp_path / "back.pem"
    back.write_bytes(city.answer(request_of(config, tmp_path)))
    assert run(config, "import", str(back), "--ca", str(city.ca)) == 0
    said = capsys.readouterr().out
    placed = tmp_path / "state/site.pem"
    assert f'certificate = "{placed}"' in said
    assert x509.load_pem_x509_certificate(placed.read_bytes()) == x509.load_pem_x509_certificate(back.read_bytes())


Wrong = Callable[[City, bytes], bytes]


def other_key(city: City, request: bytes) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "S1")])
    builder = x509.CertificateSigningRequestBuilder().subject_name(name)
    strange = builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    return city.answer(strange.public_bytes(Encoding.PEM))


WRONG: dict[str, tuple[Wrong, str]] = {
    "other-key": (other_key, "the certificate is for another key than"),
    "other-name": (lambda city, csr: city.answer(csr, cn="S2"), "the certificate's CN is S2, this site is S1"),
    "ended": (lambda city, csr: city.answer(csr, ends=timedelta(hours=-1)), "the certificate ended on"),
    "not-yet": (lambda city, csr: city.answer(csr, begins=timedelta(days=1)), "look at the clock, or wait"),
    "server": (lambda city, csr: city.answer(csr, usage=ExtendedKeyUsageOID.SERVER_AUTH), "not for TLS clients"),
    "request": (lambda city, csr: csr, "the certificate is not in PEM form"),
    "empty": (lambda city, csr: b"", "the certificate is not in PEM form"),
    "binary": (lambda city, csr: b"\x00\xff" * 50, "the certificate is not in PEM form"),
    "large": (lambda city, csr: b"x" * 300_000, "too large for a certificate"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_certificate_that_does_not_fit_is_refused_and_the_one_in_place_stays(
    config: Path, tmp_path: Path, city: City, name: str
) -> None:
    request = request_of(config, tmp_path)
    placed = tmp_path / "state/site.pem"
    placed.write_text("the one in use")
    make, expected = WRONG[name]
    back = tmp_path / "back.pem"
    back.write_bytes(make(city, request))
    with pytest.raises(AgentError, match=expected) as caught:
        run(config, "import", str(back))
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)
    assert placed.read_text() == "the one in use"


def test_a_certificate_of_another_authority_is_refused_where_the_right_one_is_named(
    config: Path, tmp_path: Path, city: City
) -> None:
    back = tmp_path / "back.pem"
    back.write_bytes(City(tmp_path / "elsewhere", "test authority").answer(request_of(config, tmp_path)))
    with pytest.raises(AgentError, match="no authority of the --ca file issued"):
        run(config, "import", str(back), "--ca", str(city.ca))


def test_a_certificate_before_its_key_is_refused(config: Path, tmp_path: Path, city: City) -> None:
    crt, _ = city.issue("S1")
    with pytest.raises(AgentError, match="there is no key yet; make it with `camwarden keys csr`"):
        run(config, "import", str(crt))


def test_a_private_key_in_the_answer_is_not_copied(config: Path, tmp_path: Path, city: City) -> None:
    back = tmp_path / "back.pem"
    _, strange = city.issue("S9")
    back.write_bytes(city.answer(request_of(config, tmp_path)) + strange.read_bytes())
    assert run(config, "import", str(back)) == 0
    assert b"PRIVATE" not in (tmp_path / "state/site.pem").read_bytes()


def test_rotate_without_the_service_does_it_at_once(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    maker = Maker(tmp_path / "state")
    assert run(config, "rotate", as_json=True) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["from"], told["done"]) == (maker.signer.kid, True)
    assert load_signer(tmp_path / "state/report-key.pem").kid == told["to"] != told["from"]
    with closing(maker.open()) as spool:
        (row,) = spool.pending(10, delivery.NOW + timedelta(days=999))
    assert json.loads(row.payload)["body"]["rotation"]["to"] == told["to"]


def test_rotate_beside_the_service_leaves_it_to_the_service_and_twice_is_once(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    maker = Maker(tmp_path / "state")
    with closing(maker.open()):
        for _ in range(2):
            assert run(config, "rotate") == 0
    first, _, second, _ = capsys.readouterr().out.splitlines()
    waiting = load_signer(tmp_path / "state/report-key.next.pem").kid
    assert first == second == f"the running service changes the report key to {waiting} before its next cycle"
    assert load_signer(tmp_path / "state/report-key.pem").kid == maker.signer.kid


def test_rotate_before_the_first_start_makes_nothing(config: Path, tmp_path: Path) -> None:
    with pytest.raises(AgentError, match="there is no key; `camwarden run` makes it"):
        run(config, "rotate")
    assert list((tmp_path / "state").iterdir()) == []
