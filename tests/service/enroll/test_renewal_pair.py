"""A new certificate and its key take the place of the old ones together, whatever ends the process in between."""

from __future__ import annotations

import errno
import os
import ssl
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from enrolling import DAY, NOW
from renewing import DUE, Enrolled, enrolled_in

from agent.deliver.keys.tls_certificate import certificate_request
from agent.host.files import replace_content, write_atomic
from agent.hub.enroll.authority import asked_key, site_certificate
from agent.model.errors import AgentError
from agent.service.daemon.parts import parts_of
from agent.service.enroll import place, renewed_pair
from agent.service.enroll.place import put_certificate
from agent.service.enroll.renewal import finish, renew
from agent.service.enroll.renewed_pair import next_of, own_at


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Enrolled]:
    with enrolled_in(tmp_path) as enrolled:
        yield enrolled


@pytest.mark.parametrize("step", range(1, 6))
def test_a_power_cut_at_any_step_leaves_a_pair_that_fits_once_the_service_has_started_again(
    gateway: Enrolled, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every change of a name on disk is a step: the certificate that waits, both files, and what is taken away."""
    first, steps = gateway.certificate(), iter(range(1, 99))

    class Cut(BaseException):
        """No `except` of ours sees a power cut."""

    def cutting(does: Callable[..., object]) -> Callable[..., object]:
        def done(*args: object, **more: object) -> object:
            if (does is not unlink or more) and next(steps) == step:
                raise Cut
            return does(*args, **more)

        return done

    unlink = Path.unlink  # ours says `missing_ok`
    with gateway.desk_runs(), monkeypatch.context() as patched:
        patched.setattr(place, "write_atomic", cutting(write_atomic))
        patched.setattr(renewed_pair, "replace_content", cutting(replace_content))
        patched.setattr(Path, "unlink", cutting(unlink))
        gateway.now = DUE
        with pytest.raises(Cut):
            renew(gateway.at_desk, gateway.place, gateway.signer, DUE)
    finish(gateway.site)
    own = own_at(gateway.place)
    assert own is not None and own.key_fits
    assert (gateway.certificate() == first) == (step == 1), "what waited whole has taken its place"
    assert gateway.left_over() == (["site-key.pem.next"] if step == 1 else [])
    with gateway.desk_runs():
        gateway.cycle(DUE + DAY / 2)
    assert gateway.certificate().not_valid_after_utc > DUE + 364 * DAY and not gateway.left_over()
    assert len(gateway.desk.store.certificates("S1")) == 2


def test_a_start_after_a_power_cut_between_key_and_certificate_connects_with_a_pair_that_fits(
    gateway: Enrolled,
) -> None:
    """Without it the service would end with 78, a wrong configuration, and not be started again."""
    waits = next_of(gateway.place)
    csr = certificate_request(waits.key, "S1").decode()
    put_certificate(waits, site_certificate(gateway.desk.place.authority, "S1", asked_key(csr, "S1"), DUE))
    replace_content(gateway.place.key, waits.key.read_bytes())
    assert gateway.site.hub is not None
    site = replace(gateway.site, hub=replace(gateway.site.hub, confirm="broker"))
    with parts_of(site, lambda: DUE) as parts:
        assert parts.publisher is not None
        own = own_at(gateway.place)
        assert own is not None and own.key_fits and not gateway.left_over()


def test_nobody_s_files_are_given_to_anybody_for_it(gateway: Enrolled, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service's unit forbids every call that changes an owner, even to the one that it has."""

    def forbidden(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "fchown", forbidden)
    with gateway.desk_runs():
        gateway.cycle(DUE)
    assert gateway.renewals.trouble is None and gateway.renewed == 1


def test_without_the_key_nothing_can_be_renewed_and_the_next_step_is_a_token(gateway: Enrolled) -> None:
    gateway.place.key.unlink()
    with pytest.raises(AgentError, match="ask for a token, enroll again"):
        renew(gateway.at_desk, gateway.place, gateway.signer, DUE)
    assert not gateway.left_over() and not gateway.place.key.exists()


def test_a_copy_of_the_old_key_is_of_no_use_for_the_new_certificate(gateway: Enrolled, tmp_path: Path) -> None:
    """Certificates are no secret: before TLS 1.3 each handshake shows them to whoever listens."""
    old, copy = gateway.certificate(), tmp_path / "copy.pem"
    copy.write_bytes(gateway.place.key.read_bytes())
    with gateway.desk_runs():
        gateway.cycle(DUE)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_cert_chain(gateway.place.certificate, gateway.place.key)
    with pytest.raises(ssl.SSLError, match="mismatch"):
        context.load_cert_chain(gateway.place.certificate, copy)
    assert old.not_valid_after_utc < DUE + 122 * DAY


def test_what_waits_and_would_be_a_step_back_is_dropped(gateway: Enrolled) -> None:
    """A certificate came by another way since."""
    before = gateway.certificate()
    waits = next_of(gateway.place)
    csr = certificate_request(waits.key, "S1").decode()
    older = site_certificate(gateway.desk.place.authority, "S1", asked_key(csr, "S1"), NOW, days=30)
    put_certificate(waits, older)
    finish(gateway.site)
    assert gateway.certificate() == before and not gateway.left_over()
    for rubbish in (b"", b"rubbish", gateway.place.certificate.read_bytes()):
        put_certificate(waits, rubbish)
        finish(gateway.site)
        assert gateway.certificate() == before and not gateway.left_over()


def test_links_owner_and_mode_of_key_and_certificate_stay(gateway: Enrolled) -> None:
    """As where somebody keeps them elsewhere, readable for the service's group."""
    elsewhere = gateway.folder / "elsewhere"
    elsewhere.mkdir()
    gateway.place.key.chmod(0o640)
    for path in (gateway.place.key, gateway.place.certificate):
        path.rename(elsewhere / path.name)
        path.symlink_to(elsewhere / path.name)
    with gateway.desk_runs():
        gateway.cycle(DUE)
    assert gateway.place.key.is_symlink() and gateway.place.certificate.is_symlink()
    assert (elsewhere / "site-key.pem").stat().st_mode & 0o777 == 0o640
    own = own_at(gateway.place)
    assert own is not None and own.key_fits and own.not_after > DUE + 364 * DAY
