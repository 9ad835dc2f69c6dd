"""What a site tells of its people is taken from its own key alone, is stored apart, and goes with what used it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from delivery import DAY, NOW, Maker, site
from hubdesk import Desk, chain_of, trusted
from live_site import NOON, Live

from agent.contract.authors import Names, author_id, write_names
from agent.contract.chain import utc_text
from agent.contract.envelope import NAMES_TYP, REPORT_TYP, REPORTED_TYP, flatten, sign_payload
from agent.contract.topics import topic
from agent.hub.domain.rows.keeping import Hold
from agent.hub.stores.keeping.authors import ERASED, NAME
from agent.hub.stores.keeping.backup import back_up, verify_backup
from agent.hub.stores.keeping.restore import restore
from agent.hub.stores.store import Store
from agent.hub.views.people import speaker
from agent.hub.workers.expire import expire_names
from agent.judge.memory.authors import author_key
from agent.model.finding import Draft

HOUR = timedelta(hours=1)


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path / "site")


def wang(maker: Maker, site: str = "S1") -> str:
    return author_id(author_key(maker.directory), site, "王工")


def hand_in(desk: Desk, maker: Maker, at: Any = NOW, now: Any = None, **more: Any) -> dict[str, Any]:
    names = Names("S1", "datong", at, more.get("names", {wang(maker): "王工"}))
    payload = write_names(names)
    jws = sign_payload(payload, maker.signer, more.get("typ", NAMES_TYP))
    name = topic("datong", more.get("on", "S1"), "names")
    if more.get("flat"):
        payload, jws = flatten(payload, jws), ""
    return desk.hand_in(name, payload, jws, now or at)


def everywhere(desk: Desk, name: str = "王工") -> list[str]:
    forms = (name.encode(), json.dumps(name)[1:-1].encode())
    paths = (path for path in desk.directory.rglob("*") if path.is_file())
    return sorted(path.name for path in paths if any(form in path.read_bytes() for form in forms))


def test_names_of_a_trusted_key_are_stored_apart_in_either_form(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    for flat in (False, True):
        told = hand_in(desk, maker, NOW + flat * HOUR, flat=flat)
        assert told == {"event": "names", "site": "S1", "new": 0 if flat else 1, "contradicted": 0}
    assert everywhere(desk) == [NAME]
    assert speaker(desk.store)(f"{wang(maker)} said") == "王工 said"


def test_what_nobody_vouches_for_is_refused_and_in_no_file(desk: Desk, maker: Maker) -> None:
    told = hand_in(desk, maker)
    assert (told["event"], told["reason"]) == ("rejected", "unknown-key")
    trusted(desk, maker)
    stranger = Maker(maker.directory / "stranger")
    told = hand_in(desk, stranger)
    assert (told["event"], told["reason"]) == ("rejected", "unknown-key")
    assert everywhere(desk) == []
    assert desk.store.all("SELECT count(*) FROM waiting") == [(0,)]


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"on": "S2"}, "key-of-another-site"),
        ({"typ": REPORTED_TYP}, "typ"),
        ({"names": {"author-S2-0000000000000001": "王工"}}, "site"),
        ({"names": {"author-S1-0000000000000001": "王工\n"}}, "payload"),
        ({"names": {"author-S1-0000000000000001": "王工" * 300}}, "payload"),
        ({"names": {"author-S1-0000000000000001": "\u202e王工"}}, "payload"),
    ],
)
def test_a_forged_or_hostile_message_is_refused_and_in_no_file(
    desk: Desk, maker: Maker, more: dict[str, Any], reason: str
) -> None:
    trusted(desk, maker)
    told = hand_in(desk, maker, **more)
    assert (told["event"], told["reason"]) == ("rejected", reason)
    assert everywhere(desk) == []
    assert desk.store.authors.listed() == []


def test_a_changed_byte_is_refused(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    payload = write_names(Names("S1", "datong", NOW, {wang(maker): "王工"}))
    jws = sign_payload(payload, maker.signer, NAMES_TYP)
    changed = payload.replace("王工".encode(), "李工".encode())
    told = desk.hand_in(topic("datong", "S1", "names"), changed, jws)
    assert (told["event"], told["reason"]) == ("rejected", "signature")


def test_an_erased_name_comes_back_by_no_message_old_or_new(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    hand_in(desk, maker)
    assert desk.store.authors.erase(wang(maker), "局长", "申请", NOW + HOUR)
    assert hand_in(desk, maker, NOW, NOW + 2 * HOUR)["event"] == "stale-names", "replayed"
    assert hand_in(desk, maker, NOW + 3 * HOUR)["new"] == 0
    assert everywhere(desk) == []
    assert speaker(desk.store)(wang(maker)) == f"{wang(maker)} (name erased on 2026-11-24)"
    other = author_id(author_key(maker.directory), "S1", "Li")
    assert speaker(desk.store)(other) == f"{other} (name not told)"


def test_names_that_cannot_be_stored_hold_up_no_report(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    (desk.directory / NAME).write_bytes(b"no database " * 400)
    assert hand_in(desk, maker)["event"] == "names-left"
    assert [desk.send(one)["event"] for one in chain_of(maker, 2)] == ["verified", "verified"]


def test_no_backup_has_a_name_and_a_restore_brings_none_back(desk: Desk, maker: Maker, tmp_path: Path) -> None:
    trusted(desk, maker)
    other = author_id(author_key(maker.directory), "S1", "Li")
    hand_in(desk, maker, names={wang(maker): "王工", other: "Li"})
    desk.store.authors.erase(wang(maker), "局长", "申请", NOW)
    back_up(desk.directory, tmp_path / "copy", NOW)
    assert NAME not in verify_backup(tmp_path / "copy")["files"]
    desk.store.authors.erase(other, "局长", "later than the backup", NOW + HOUR)
    again = tmp_path / "again"
    again.mkdir()
    (again / ERASED).write_bytes((desk.directory / ERASED).read_bytes())
    restore(tmp_path / "copy", again)
    store = Store(again)
    names = Names("S1", "datong", NOW + DAY, {wang(maker): "王工", other: "Li"})
    assert store.authors.take(names, NOW + DAY).new == 0, "who was erased before the backup, and after it"
    assert {one.id for one in store.authors.listed() if one.erased_at} == {wang(maker), other}
    store.close()
    restore(tmp_path / "copy", tmp_path / "bare")
    store = Store(tmp_path / "bare")
    assert [one.id for one in store.authors.listed()] == [wang(maker)]
    store.close()


def test_a_name_goes_with_the_bodies_that_used_it_and_a_hold_keeps_it(desk: Desk, live: Live) -> None:
    live.plan("site", NOON, NOON + DAY)
    live.look(NOON)
    (one,) = [one for one in desk.store.authors.of_site("S1") if one.name == "王工"]
    assert one.told_at == utc_text(NOON)
    assert expire_names(desk.store, NOON + 366 * DAY) == 0
    hold = Hold(
        number=0, site="S1", from_at=utc_text(NOON), to_at=utc_text(NOON + HOUR), kind="person", held_by="x", why="y",
        at=utc_text(NOON), until="2029-01-01",
    )  # fmt: skip
    number = desk.store.holds.keep(hold)
    assert expire_names(desk.store, NOON + 367 * DAY) == 0
    desk.store.holds.release(number, "x", "over", NOON + 367 * DAY)
    assert expire_names(desk.store, NOON + 367 * DAY) == 1
    assert everywhere(desk) == []


def test_why_there_is_no_name_is_said_in_the_readers_language(desk: Desk, maker: Maker) -> None:
    desk.store.authors.erase(wang(maker), "局长", "申请", NOW)
    assert speaker(desk.store, "zh_CN")(f"{wang(maker)}: x") == f"{wang(maker)}\uff08姓名已于 2026-11-24 删除\uff09: x"
    assert speaker(desk.store, "zh_CN")("nobody") == "nobody"


@pytest.mark.parametrize("is_escaped", [False, True])
def test_another_sites_id_in_a_report_names_nobody(desk: Desk, maker: Maker, is_escaped: bool) -> None:
    """Its signed bytes stay as they are; what is shown of them has another site's people nowhere."""
    trusted(desk, maker)
    hand_in(desk, maker)
    other = Maker(maker.directory / "other", site("S2"))
    desk.birth(other, "e2")
    desk.vouch(other)
    foreign, own = wang(maker), "author-S2-0000000000000001"
    words = [{"check": "c", "subject": "site", "by": by, "at": utc_text(NOW), "until": utc_text(NOW + DAY), "why": by}
             for by in (foreign, own)]  # fmt: skip
    (envelope,), _ = other.envelopes([Draft("config", {"division": "140200", "acknowledged": words})], {}, "e2")
    payload = envelope.report.payload
    if is_escaped:
        payload = payload.replace(b"author-S1", b"\\u0061uthor-S1")
    jws = sign_payload(payload, other.signer, REPORT_TYP)
    assert desk.hand_in(topic("datong", "S2", "config"), payload, jws)["event"] == "verified"
    shown = speaker(desk.store)(json.dumps(desk.status("S2"), ensure_ascii=False))
    assert "王工" not in shown and foreign not in shown and f"{own} (name not told)" in shown
    assert '"by": "***"' in shown
    body = desk.store.body_at("S2", "e2", "config", 1)
    assert body is not None and body[1] == payload
