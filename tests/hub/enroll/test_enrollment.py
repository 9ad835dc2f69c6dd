"""Who is enrolled: each way in which a token, a request, a key or a certificate can be good or not."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from enrolling import DAY, NOW, EnrollDesk, Gateway

from agent.contract.enrollment import REQUEST_MAX_BYTES, Refusal
from agent.contract.envelope import ENROLL_TYP, flatten, sign_payload, unflatten
from agent.contract.signing_keys import load_or_create_signer
from agent.deliver.keys.tls_certificate import certificate_request
from agent.hub.enroll import desk as enrollment
from agent.hub.enroll import place
from agent.hub.enroll.place import CRL_NAME
from agent.hub.stores import trust
from agent.hub.stores.enroll import EnrollStore
from agent.model.errors import UsageError
from agent.verify.bindings import Rotated


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[EnrollDesk]:
    made = EnrollDesk(tmp_path / "hub", now=NOW)
    yield made
    made.store.close()


@pytest.fixture
def gateway(tmp_path: Path) -> Gateway:
    return Gateway(tmp_path / "site")


def revoked_in_list(desk: EnrollDesk) -> set[int]:
    return {one.serial_number for one in x509.load_pem_x509_crl(desk.place.path(CRL_NAME).read_bytes())}


def test_a_good_token_gives_certificate_authority_and_hub_keys_and_the_report_key_is_trusted(
    desk: EnrollDesk, gateway: Gateway
) -> None:
    grant = desk.granted(gateway.request(desk.token()))
    leaf = x509.load_pem_x509_certificate(grant.certificate.encode())
    leaf.verify_directly_issued_by(x509.load_pem_x509_certificate(grant.authorities.encode()))
    assert (grant.site, grant.broker_host, grant.broker_port, grant.at) == ("S1", "127.0.0.1", 8883, NOW)
    binding = trust.load(desk.place.data).bindings[gateway.signer.kid]
    assert (binding.site, binding.by) == ("S1", "enrollment")
    assert list(grant.hub_keys) == [load_or_create_signer(desk.place.data / "hub-key.pem").kid]


def test_no_private_key_and_no_secret_is_in_request_or_files_of_the_desk_that_others_may_read(
    desk: EnrollDesk, gateway: Gateway
) -> None:
    token = desk.token()
    request = gateway.request(token)
    desk.granted(request)
    for secret in (gateway.tls_key.read_bytes(), (gateway.tls_key.parent / "report-key.pem").read_bytes()):
        assert secret[40:100] not in request
    for path in desk.place.directory.iterdir():
        data, mode = path.read_bytes(), path.stat().st_mode & 0o777
        assert token.secret not in data and token.secret.hex().encode() not in data
        assert mode == (0o644 if path.suffix in (".crt", ".crl", ".json") else 0o600) or path.name.endswith(
            ("-wal", "-shm")
        ), path
        assert (b"PRIVATE KEY" in data) == (path.suffix == ".key")


def test_the_same_request_again_gives_the_same_certificate_and_changes_nothing(
    desk: EnrollDesk, gateway: Gateway
) -> None:
    token = desk.token()
    first, again = desk.granted(gateway.request(token)), desk.granted(gateway.request(token), NOW + DAY / 2)
    assert first.certificate == again.certificate
    assert len(desk.store.certificates()) == 1


def test_a_desk_that_died_before_it_wrote_the_trust_file_is_made_good_by_the_next_try(
    desk: EnrollDesk, gateway: Gateway
) -> None:
    token = desk.token()
    desk.granted(gateway.request(token))
    (desk.place.data / trust.NAME).unlink()
    desk.granted(gateway.request(token))
    assert trust.load(desk.place.data).decide("S1", gateway.signer.kid) == "trusted"


def test_a_used_token_is_refused_to_another_gateway_and_to_another_key_of_the_same(
    desk: EnrollDesk, gateway: Gateway, tmp_path: Path
) -> None:
    token = desk.token()
    desk.granted(gateway.request(token))
    thief = Gateway(tmp_path / "thief")
    assert desk.reason(thief.request(token)) == "used"
    assert trust.load(desk.place.data).decide("S1", thief.signer.kid) == "unknown-key"
    gateway.tls_key.unlink()
    assert desk.reason(gateway.request(token)) == "used"


def test_an_expired_token_is_refused_to_the_second_even_to_who_used_it(desk: EnrollDesk, gateway: Gateway) -> None:
    token = desk.token(valid=timedelta(minutes=5))
    desk.granted(gateway.request(token), token.expires_at - timedelta(seconds=1))
    assert desk.reason(gateway.request(token), token.expires_at) == "expired"


def test_a_token_that_nobody_made_is_unknown(desk: EnrollDesk, gateway: Gateway, tmp_path: Path) -> None:
    foreign = EnrollDesk(tmp_path / "other", now=NOW)
    assert desk.reason(gateway.request(foreign.token())) == "unknown"
    foreign.store.close()


def test_a_newer_token_revokes_the_older_one_of_its_site_that_nobody_used(desk: EnrollDesk, gateway: Gateway) -> None:
    old, other, new = desk.token(), desk.token("S2"), desk.token()
    assert desk.reason(gateway.request(old)) == "revoked"
    desk.granted(gateway.request(new))
    desk.granted(Gateway(gateway.tls_key.parent / "S2", "S2").request(other))


def test_a_token_for_one_site_is_no_good_for_another(desk: EnrollDesk, tmp_path: Path) -> None:
    assert desk.reason(Gateway(tmp_path / "S2", "S2").request(desk.token("S1"))) == "site"


def test_a_report_key_of_another_site_is_refused(desk: EnrollDesk, gateway: Gateway) -> None:
    trust.add(desk.place.data, "S2", gateway.signer.kid, NOW)
    assert desk.reason(gateway.request(desk.token())) == "key"


def test_a_report_key_that_was_revoked_does_not_come_back_by_a_token(desk: EnrollDesk, gateway: Gateway) -> None:
    token = desk.token()
    desk.granted(gateway.request(token))
    trust.revoke(desk.place.data, gateway.signer.kid, NOW)
    assert desk.reason(gateway.request(token)) == "revoked"
    assert desk.reason(gateway.request(desk.token())) == "revoked"


def test_revoking_a_site_takes_certificate_token_and_trust_and_can_be_repeated(
    desk: EnrollDesk, gateway: Gateway
) -> None:
    token = desk.token()
    grant = desk.granted(gateway.request(token))
    assert revoked_in_list(desk) == set()
    for _ in range(2):
        (serial,) = enrollment.revoke(desk.place, desk.store, "S1", NOW)
        assert revoked_in_list(desk) == {int(serial, 16)}
        assert x509.load_pem_x509_certificate(grant.certificate.encode()).serial_number == int(serial, 16)
    assert trust.load(desk.place.data).decide("S1", gateway.signer.kid) == "revoked-key"
    assert desk.reason(gateway.request(token)) == "revoked"
    assert desk.reason(gateway.renewal(), NOW + 2 * DAY) == "revoked"
    with pytest.raises(UsageError, match="never enrolled"):
        enrollment.revoke(desk.place, desk.store, "S9", NOW)


def beside(monkeypatch: pytest.MonkeyPatch, owner: object, name: str, does: Callable[[], object]) -> threading.Thread:
    """Let somebody else begin when `owner.name` has been called first, and wait a moment for him to end."""
    real, thread = getattr(owner, name), threading.Thread(target=does)

    def called(*args: object) -> object:
        found = real(*args)
        if thread.ident is None:
            thread.start()
            thread.join(0.3)
        return found

    monkeypatch.setattr(owner, name, called)
    return thread


def test_a_key_that_names_its_successor_while_its_site_is_revoked_saves_neither(
    desk: EnrollDesk, gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.granted(gateway.request(desk.token()))
    limit = Rotated(load_or_create_signer(tmp_path / "next.pem").kid, "e1", {})
    other = beside(
        monkeypatch, trust, "_bindings", lambda: trust.rotate(desk.place.data, "S1", gateway.signer.kid, limit, NOW)
    )
    enrollment.revoke(desk.place, desk.store, "S1", NOW)
    other.join()
    assert [one.kid for one in trust.load(desk.place.data).bindings.values() if not one.revoked_at] == []


def test_two_sites_that_are_revoked_at_once_are_both_on_the_list(
    desk: EnrollDesk, gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.granted(gateway.request(desk.token()))
    desk.granted(Gateway(tmp_path / "S2", "S2").request(desk.token("S2")))
    second = EnrollStore(desk.place.directory)
    other = beside(monkeypatch, place, "revocation_list", lambda: enrollment.revoke(desk.place, second, "S2", NOW))
    enrollment.revoke(desk.place, desk.store, "S1", NOW)
    other.join()
    second.close()
    assert revoked_in_list(desk) == {int(one.serial, 16) for one in desk.store.certificates()}
    assert len(revoked_in_list(desk)) == 2


def test_a_report_key_that_the_hub_no_longer_takes_gets_no_certificate_by_a_token(
    desk: EnrollDesk, gateway: Gateway, tmp_path: Path
) -> None:
    """As on a gateway that was put back from an old backup: it would be enrolled, and each report refused."""
    trust.add(desk.place.data, "S1", gateway.signer.kid, NOW, until=NOW + DAY)
    assert desk.reason(gateway.request(desk.token(now=NOW + DAY)), NOW + 1.5 * DAY) == "revoked"
    limit = Rotated(load_or_create_signer(tmp_path / "next.pem").kid, "e1", {})
    assert trust.rotate(desk.place.data, "S1", gateway.signer.kid, limit, NOW)
    assert desk.reason(gateway.request(desk.token())) == "revoked"
    assert desk.store.certificates() == []


def test_after_a_revocation_a_new_token_and_new_keys_let_the_site_in_again(desk: EnrollDesk, tmp_path: Path) -> None:
    desk.granted(Gateway(tmp_path / "stolen").request(desk.token()))
    enrollment.revoke(desk.place, desk.store, "S1", NOW)
    desk.granted(Gateway(tmp_path / "new").request(desk.token()))
    assert len(revoked_in_list(desk)) == 1


def test_a_renewal_needs_no_token_and_gives_a_later_certificate_for_the_next_key(
    desk: EnrollDesk, gateway: Gateway
) -> None:
    first = desk.granted(gateway.request(desk.token()))
    later = desk.granted(gateway.renewal(), NOW + 300 * DAY)
    old, new = (x509.load_pem_x509_certificate(one.certificate.encode()) for one in (first, later))
    assert new.not_valid_after_utc - old.not_valid_after_utc == 300 * DAY
    assert new.public_key() != old.public_key()
    again = desk.granted(gateway.renewal(), NOW + 300 * DAY + timedelta(hours=5))
    assert again.certificate == later.certificate
    gateway.tls_key = gateway.tls_key.with_name("next.pem")
    desk.granted(gateway.renewal("third.pem"), NOW + 600 * DAY)
    assert len(desk.store.certificates("S1")) == 3


def test_a_renewal_is_for_the_trusted_report_key_with_its_own_tls_key_alone(
    desk: EnrollDesk, gateway: Gateway, tmp_path: Path
) -> None:
    assert desk.reason(gateway.renewal()) == "unknown"
    desk.granted(gateway.request(desk.token()))
    thief = Gateway(tmp_path / "thief")
    assert desk.reason(thief.renewal(), NOW + 300 * DAY) == "unknown"
    own, thief.signer = thief.signer, gateway.signer  # the report key alone was stolen
    assert desk.reason(thief.renewal(), NOW + 300 * DAY) == "unknown"
    thief.signer, thief.tls_key = own, gateway.tls_key  # the TLS key alone was
    assert desk.reason(thief.renewal("thief.pem"), NOW + 300 * DAY) == "unknown"


def test_who_has_the_report_key_cannot_use_what_the_tls_key_has_vouched_for_before(
    desk: EnrollDesk, gateway: Gateway, tmp_path: Path
) -> None:
    """He has heard an earlier renewal, and puts his own request for a certificate into it."""
    desk.granted(gateway.request(desk.token()))
    heard, _ = unflatten(gateway.renewal())
    csr = certificate_request(tmp_path / "his.pem", "S1").decode()
    payload = json.dumps({**json.loads(heard), "csr": csr}).encode()
    forged = flatten(payload, sign_payload(payload, gateway.signer, ENROLL_TYP))
    assert desk.reason(forged, NOW + 300 * DAY) == "malformed"
    without = json.dumps({name: one for name, one in json.loads(payload).items() if name != "before"}).encode()
    bare = flatten(without, sign_payload(without, gateway.signer, ENROLL_TYP))
    assert desk.reason(bare, NOW + 300 * DAY) == "unknown"


@pytest.mark.parametrize("before", ["x", ["jwk"], 7, {"x": 1}, {"jwk": {}}, {"jwk": None, "jws": 7}], ids=str)
def test_what_vouches_in_no_way_that_is_known_is_malformed(desk: EnrollDesk, gateway: Gateway, before: object) -> None:
    desk.granted(gateway.request(desk.token()))
    payload = json.dumps({**json.loads(unflatten(gateway.renewal())[0]), "before": before}).encode()
    assert desk.reason(flatten(payload, sign_payload(payload, gateway.signer, ENROLL_TYP))) == "malformed"


def test_a_report_key_that_has_handed_over_renews_nothing_and_its_successor_does(
    desk: EnrollDesk, gateway: Gateway, tmp_path: Path
) -> None:
    desk.granted(gateway.request(desk.token()))
    old, new = gateway.signer, load_or_create_signer(tmp_path / "next.pem")
    assert trust.rotate(desk.place.data, "S1", old.kid, Rotated(new.kid, "e1", {}), NOW)
    assert desk.reason(gateway.renewal(), NOW + 300 * DAY) == "revoked"
    gateway.signer = new
    desk.granted(gateway.renewal(), NOW + 300 * DAY)


def test_a_request_for_another_site_or_of_another_kind_is_refused(desk: EnrollDesk, gateway: Gateway) -> None:
    token = desk.token()
    for csr in (b"", b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n", b"x" * 9000):
        assert desk.reason(gateway.request(token, csr=csr or b" ")) == "request"
    other = Gateway(gateway.tls_key.parent / "S2", "S2")
    assert desk.reason(other.request(token, site="S1")) == "request"


def changed(request: bytes, **members: object) -> bytes:
    """Return a request whose payload was changed after it was signed."""
    payload, jws = unflatten(request)
    return flatten(json.dumps({**json.loads(payload), **members}).encode(), jws)


def test_a_request_that_was_changed_or_signed_by_another_key_is_refused(desk: EnrollDesk, gateway: Gateway) -> None:
    """A stranger's report key cannot be bound: the request is signed by the key that it shows."""
    token = desk.token()
    good = gateway.request(token)
    stranger = load_or_create_signer(gateway.tls_key.parent / "stranger.pem")
    payload, _ = unflatten(good)
    assert desk.reason(changed(good, jwk=dict(stranger.jwk))) == "malformed"
    assert desk.reason(changed(good, at="2026-01-01T00:00:00Z")) == "malformed"
    assert desk.reason(flatten(payload, sign_payload(payload, stranger, ENROLL_TYP))) == "malformed"
    assert desk.reason(flatten(payload, sign_payload(payload, gateway.signer, "vss-report+json"))) == "malformed"
    assert desk.store.certificates() == []
    first = desk.granted(good)
    assert desk.granted(good).certificate == first.certificate, "who repeats it gets what is of no use without the key"
    assert len(desk.store.certificates()) == len(trust.load(desk.place.data).bindings) == 1


BYTES = [
    b"", b"{}", b"[]", b"\xff\xfe", b"null", b"[" * 16_000, b'{"a":' * 3000, b"x" * (REQUEST_MAX_BYTES + 1),
    b'{"payload":"{}","protected":"e30","signature":""}', b'{"payload":"[]","protected":"","signature":"AA"}',
]  # fmt: skip


@pytest.mark.parametrize("data", BYTES, ids=range(len(BYTES)))
def test_hostile_bytes_are_no_request_and_leave_nothing(desk: EnrollDesk, data: bytes) -> None:
    said, request = enrollment.answer(desk.place, desk.store, data, NOW)
    assert isinstance(said, Refusal) and said.reason == "malformed" and request is None


WRONG = [
    {"site": "../S1"}, {"site": 7}, {"site": ""}, {"csr": 7}, {"csr": "证书"}, {"csr": None}, {"jwk": []},
    {"jwk": {"kty": "RSA"}}, {"at": "now"}, {"at": "2026-01-01T00:00:00"}, {"at": 7}, {"secret": "=="}, {"secret": 7},
    {"schema": "x"},
]  # fmt: skip


@pytest.mark.parametrize("members", WRONG, ids=str)
def test_a_signed_request_with_a_wrong_member_is_malformed(
    desk: EnrollDesk, gateway: Gateway, members: dict[str, object]
) -> None:
    payload, _ = unflatten(gateway.request(desk.token()))
    payload = json.dumps({**json.loads(payload), **members}).encode()
    assert desk.reason(flatten(payload, sign_payload(payload, gateway.signer, ENROLL_TYP))) == "malformed"
