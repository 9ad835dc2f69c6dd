"""A lower hub vouches for its own sites, within its divisions, and for no others; what it lies about is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import delivery
import pytest
from delivery import NOW, Maker
from hubdesk import chain_of
from two_levels import DATONG, TAIYUAN, Province, lower_hub, voucher_of

from agent.contract.envelope import STATE_TYP, VOUCHER_TYP, flatten, sign_payload, unflatten
from agent.contract.signing_keys import Signer
from agent.contract.topics import topic
from agent.contract.voucher import VouchedKey, parse_voucher, read_voucher, write_voucher
from agent.contract.watermark import read_watermark
from agent.hub.stores import trust
from agent.hub.workers.forwarding import vouching
from agent.hub.workers.imports import take_batch
from agent.hub.workers.intake import Intake
from agent.model.errors import NotVerified, UsageError
from agent.verify.archive import pack


def site_of(tmp_path: Path, name: str, division: str = DATONG) -> Maker:
    return Maker(tmp_path / name, replace(delivery.site(name), division=division))


def events_of(maker: Maker, division: object = DATONG, count: int = 1) -> list:
    drafts = [replace(one, body={**one.body, "division": division}) for one in map(delivery.event, range(count))]
    return list(maker.envelopes(drafts, {}, "e1")[0])


def test_reports_that_waited_count_once_their_hub_vouches(province: Province, datong: Signer, maker: Maker) -> None:
    first = chain_of(maker, 1)[0]
    assert province.desk.send(first)["event"] == "untrusted"
    event = province.vouch(datong, voucher_of(maker))
    assert (event["event"], event["hub"], event["keys"]) == ("vouched", "datong", 1)
    assert [one["event"] for one in province.desk.told] == ["verified"]
    assert province.desk.watermark("e1") == {"event": 1}
    bound = trust.load(province.desk.directory).bindings[maker.signer.kid]
    assert (bound.site, bound.by, bound.revoked_at) == ("S1", "hub", "")


def test_a_voucher_that_comes_twice_changes_nothing(province: Province, datong: Signer, maker: Maker) -> None:
    assert province.vouch(datong, voucher_of(maker))["changed"] == 1
    before = trust.load(province.desk.directory)
    assert province.vouch(datong, voucher_of(maker))["changed"] == 0
    assert trust.load(province.desk.directory) == before


def test_a_hub_that_was_granted_nothing_vouches_for_nobody(province: Province, taiyuan: Signer, maker: Maker) -> None:
    assert province.vouch(taiyuan, voucher_of(maker))["reason"] == "unknown-key"
    assert trust.load(province.desk.directory).bindings == {}


@pytest.mark.parametrize("division", [TAIYUAN, "140000", "000000", "110101"])
def test_a_hub_does_not_vouch_for_another_division(
    province: Province, datong: Signer, maker: Maker, division: str
) -> None:
    assert province.vouch(datong, voucher_of(maker, division=division))["reason"] == "division"
    assert trust.load(province.desk.directory).bindings == {}


def test_a_hub_does_not_take_over_a_site_for_which_another_one_vouches(
    province: Province, datong: Signer, taiyuan: Signer, maker: Maker, tmp_path: Path
) -> None:
    province.store.lower_hubs.keep(lower_hub(taiyuan, TAIYUAN, name="taiyuan"))
    assert province.vouch(taiyuan, voucher_of(maker, division=TAIYUAN))["event"] == "vouched"
    thief = Maker(tmp_path / "thief")
    for lie in (voucher_of(maker, 2), voucher_of(thief, 2), voucher_of(maker, 2, keys=(), revoked=(maker.signer.kid,))):
        assert province.vouch(datong, lie)["reason"] == "another-hub"
    bound = trust.load(province.desk.directory)
    assert bound.decide("S1", maker.signer.kid) == "trusted"
    assert bound.decide("S1", thief.signer.kid) == "unknown-key"


def test_a_hub_does_not_take_over_a_site_that_people_here_have_bound(
    province: Province, datong: Signer, maker: Maker, tmp_path: Path
) -> None:
    trust.add(province.desk.directory, "S1", maker.signer.kid, NOW)
    assert province.vouch(datong, voucher_of(Maker(tmp_path / "thief")))["reason"] == "bound-here"
    assert province.vouch(datong, voucher_of(maker, keys=(), revoked=(maker.signer.kid,)))["reason"] == "bound-here"
    assert trust.load(province.desk.directory).decide("S1", maker.signer.kid) == "trusted"


def test_a_hub_does_not_bind_the_key_of_another_site(
    province: Province, datong: Signer, maker: Maker, tmp_path: Path
) -> None:
    other = site_of(tmp_path, "S2")
    assert province.vouch(datong, voucher_of(maker))["event"] == "vouched"
    lie = voucher_of(other, keys=(VouchedKey(maker.signer.public), VouchedKey(other.signer.public)))
    assert province.vouch(datong, lie)["reason"] == "key-of-another-site"
    assert trust.load(province.desk.directory).bindings.keys() == {maker.signer.kid}


def test_a_key_that_people_here_revoked_stays_revoked(province: Province, datong: Signer, maker: Maker) -> None:
    province.vouch(datong, voucher_of(maker))
    trust.revoke(province.desk.directory, maker.signer.kid, NOW)
    assert province.vouch(datong, voucher_of(maker, 2))["changed"] == 0
    until = VouchedKey(maker.signer.public, NOW + timedelta(days=1))
    assert province.vouch(datong, voucher_of(maker, 3, keys=(until,)))["changed"] == 0
    assert trust.load(province.desk.directory).decide("S1", maker.signer.kid) == "revoked-key"


def test_a_key_that_the_lower_hub_revokes_is_revoked_and_an_older_voucher_brings_it_not_back(
    province: Province, datong: Signer, maker: Maker
) -> None:
    province.vouch(datong, voucher_of(maker, 5))
    province.vouch(datong, voucher_of(maker, 6, keys=(), revoked=(maker.signer.kid,)))
    assert province.desk.send(chain_of(maker, 1)[0])["reason"] == "revoked-key"
    assert province.vouch(datong, voucher_of(maker, 5))["reason"] == "old-voucher"
    assert trust.load(province.desk.directory).decide("S1", maker.signer.kid) == "revoked-key"


def test_a_hub_revokes_no_key_of_another_site(
    province: Province, datong: Signer, taiyuan: Signer, maker: Maker, tmp_path: Path
) -> None:
    province.store.lower_hubs.keep(lower_hub(taiyuan, TAIYUAN, name="taiyuan"))
    province.vouch(taiyuan, voucher_of(maker, division=TAIYUAN))
    other = site_of(tmp_path, "S2")
    assert province.vouch(datong, voucher_of(other, revoked=(maker.signer.kid,)))["event"] == "vouched"
    assert trust.load(province.desk.directory).decide("S1", maker.signer.kid) == "trusted"


def test_a_key_is_trusted_no_longer_than_the_voucher_says(province: Province, datong: Signer, maker: Maker) -> None:
    until = NOW + timedelta(hours=1)
    province.vouch(datong, voucher_of(maker, keys=(VouchedKey(maker.signer.public, until),)))
    one, two = chain_of(maker, 2)
    assert province.desk.send(one)["event"] == "verified"
    assert province.desk.send(two, at=NOW + timedelta(hours=2))["reason"] == "expired-key"
    longer = voucher_of(maker, 2, keys=(VouchedKey(maker.signer.public, NOW + timedelta(hours=3)),))
    assert province.vouch(datong, longer)["changed"] == 1
    assert province.desk.send(two, at=NOW + timedelta(hours=2))["event"] == "verified"


@pytest.mark.parametrize("division", [TAIYUAN, "140000", "not a code"])
def test_a_report_that_names_a_foreign_division_is_refused(
    province: Province, datong: Signer, maker: Maker, division: str
) -> None:
    """Datong's hub vouches for a site of Taiyuan as if it were its own; the site's own word shows it."""
    province.vouch(datong, voucher_of(maker))
    event = province.desk.send(events_of(maker, division)[0])
    assert (event["event"], event["reason"], event["signed"]) == ("rejected", "division", True)
    assert province.desk.watermark("e1") == {}
    assert province.store.all("SELECT count(*) FROM report") == [(0,)]


def test_a_report_of_a_district_within_the_granted_division_counts(
    province: Province, datong: Signer, maker: Maker
) -> None:
    province.vouch(datong, voucher_of(maker, division="140202"))
    assert province.desk.send(events_of(maker, "140213")[0])["event"] == "verified"


def test_a_narrower_grant_holds_from_the_next_report_on(province: Province, datong: Signer, maker: Maker) -> None:
    one, two = chain_of(maker, 2)
    province.vouch(datong, voucher_of(maker))
    assert province.desk.send(one)["event"] == "verified"
    province.store.lower_hubs.keep(lower_hub(datong, "140213"))
    assert province.desk.send(two)["reason"] == "grant-revoked"
    assert province.vouch(datong, voucher_of(maker, 2))["reason"] == "division"


def test_a_hub_that_is_revoked_takes_all_its_sites_with_it(province: Province, datong: Signer, maker: Maker) -> None:
    one, two = chain_of(maker, 2)
    province.vouch(datong, voucher_of(maker))
    assert province.desk.send(one)["event"] == "verified"
    hub = province.store.lower_hubs.find(datong.kid)
    assert hub is not None
    assert vouching.revoke(province.store, hub, NOW) == 1
    assert province.desk.send(two)["reason"] == "grant-revoked"  # also before the running hub has read its trust again
    assert trust.load(province.desk.directory).decide("S1", maker.signer.kid) == "revoked-key"
    assert province.vouch(datong, voucher_of(maker, 9))["reason"] == "grant-revoked"


def test_two_lower_hubs_have_two_names(province: Province, taiyuan: Signer) -> None:
    with pytest.raises(UsageError, match="another hub is called 'datong'"):
        province.store.lower_hubs.keep(lower_hub(taiyuan, TAIYUAN))


def test_a_voucher_on_the_topic_of_another_site_is_refused(province: Province, datong: Signer, maker: Maker) -> None:
    assert province.vouch(datong, voucher_of(maker), on_site="S2")["reason"] == "site"


def test_a_voucher_signed_as_something_else_or_by_a_site_is_refused(
    province: Province, datong: Signer, maker: Maker
) -> None:
    assert province.vouch(datong, voucher_of(maker), typ=STATE_TYP)["reason"] == "typ"
    assert province.vouch(maker.signer, voucher_of(maker))["reason"] == "unknown-key"


@pytest.mark.parametrize(
    "payload", [b"", b"{}", b"[]", b"\xff", b"null", b'{"schema":"vss-voucher/1"}', b"[" * 5000, b"x" * 2_000_000]
)
@pytest.mark.parametrize("is_signed", [True, False])
def test_junk_on_a_voucher_s_topic_is_refused_in_one_line(
    province: Province, datong: Signer, payload: bytes, is_signed: bool
) -> None:
    jws = sign_payload(payload, datong, VOUCHER_TYP) if is_signed else ""
    name = topic("datong", "S1", "voucher")
    with province.store.transaction():
        event = vouching.take(province.store, province.desk.intake, name, payload, jws, NOW)
    assert event["event"] == "rejected"
    assert trust.load(province.desk.directory).bindings == {}


def test_a_voucher_is_read_as_it_was_written(datong: Signer, maker: Maker) -> None:
    voucher = voucher_of(maker, 7, keys=(VouchedKey(maker.signer.public, NOW),), revoked=("x" * 43,))
    payload = write_voucher(voucher, NOW)
    assert read_voucher(payload, sign_payload(payload, datong, VOUCHER_TYP), {datong.kid: datong.public}) == (
        voucher,
        datong.kid,
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"site": "a-b"}, {"city": "x y"}, {"division": "14"}, {"division": "140200\n"}, {"number": 0},
        {"number": 2**53}, {"revoked": ("short",)}, {"revoked": ("x" * 43, "x" * 43)},
        {"revoked": tuple(f"{number:043}" for number in range(33))},
    ],
)  # fmt: skip
def test_a_voucher_out_of_bounds_is_none(maker: Maker, changes: dict[str, object]) -> None:
    with pytest.raises(NotVerified):
        parse_voucher(write_voucher(voucher_of(maker, **changes), NOW))


def test_a_voucher_that_revokes_what_it_names_is_none(maker: Maker) -> None:
    with pytest.raises(NotVerified):
        parse_voucher(write_voucher(voucher_of(maker, revoked=(maker.signer.kid,)), NOW))


def test_a_batch_brings_its_voucher_and_its_reports_count_at_once(
    province: Province, datong: Signer, maker: Maker, tmp_path: Path
) -> None:
    payload = write_voucher(voucher_of(maker), NOW)
    files = {f"{one.report.seq}.json": flatten(one.report.payload, one.jws) for one in chain_of(maker, 3)}
    files["voucher.json"] = flatten(payload, sign_payload(payload, datong, VOUCHER_TYP))
    (tmp_path / "batch.zip").write_bytes(pack(files))
    store, desk = province.store, province.desk
    intake = Intake(store, trust.load(desk.directory), is_carried=True)
    done = take_batch(tmp_path / "batch.zip", store, intake, desk.signer, NOW)
    assert (dict(done.counts), done.faults) == ({"vouched": 1, "verified": 3}, 0)
    assert done.ack is not None
    again = take_batch(tmp_path / "batch.zip", store, intake, desk.signer, NOW)
    assert (dict(again.counts), again.faults) == ({"vouched": 1, "duplicate": 3}, 0)


def test_a_batch_of_another_hub_s_site_brings_nothing(
    province: Province, taiyuan: Signer, maker: Maker, tmp_path: Path
) -> None:
    payload = write_voucher(voucher_of(maker), NOW)
    files = {f"{one.report.seq}.json": flatten(one.report.payload, one.jws) for one in chain_of(maker, 2)}
    files["voucher.json"] = flatten(payload, sign_payload(payload, taiyuan, VOUCHER_TYP))
    (tmp_path / "batch.zip").write_bytes(pack(files))
    store, desk = province.store, province.desk
    done = take_batch(
        tmp_path / "batch.zip", store, Intake(store, trust.load(desk.directory), is_carried=True), desk.signer, NOW
    )
    assert (dict(done.counts), done.ack) == ({"rejected": 1, "untrusted": 2}, None)


def test_a_batch_whose_new_voucher_is_refused_brings_back_what_counts_by_the_old_one(
    province: Province, datong: Signer, maker: Maker, tmp_path: Path
) -> None:
    other = site_of(tmp_path, "S2")
    province.vouch(datong, voucher_of(other))
    province.vouch(datong, voucher_of(maker))
    foreign = voucher_of(maker, 2, keys=(VouchedKey(maker.signer.public), VouchedKey(other.signer.public)))
    payload = write_voucher(foreign, NOW)
    files = {f"{one.report.seq}.json": flatten(one.report.payload, one.jws) for one in chain_of(maker, 2)}
    files["voucher.json"] = flatten(payload, sign_payload(payload, datong, VOUCHER_TYP))
    (tmp_path / "batch.zip").write_bytes(pack(files))
    store, desk = province.store, province.desk
    for counts in ({"rejected": 1, "verified": 2}, {"rejected": 1, "duplicate": 2}):
        intake = Intake(store, trust.load(desk.directory), is_carried=True)
        done = take_batch(tmp_path / "batch.zip", store, intake, desk.signer, NOW)
        assert dict(done.counts) == counts and done.ack is not None
        mark = read_watermark(*unflatten(done.ack), {desk.signer.kid: desk.signer.public}, "S1")
        assert mark.streams["event"].seq == 2
