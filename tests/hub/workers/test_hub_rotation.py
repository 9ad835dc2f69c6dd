"""A trusted key names its successor; the old one keeps what it signed before, and nothing more."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import delivery
import pytest
from delivery import NOW, Maker
from hubdesk import Desk, chain_of, trusted

from agent.contract.key_rotation import rotation_body
from agent.hub.stores import trust
from agent.model.errors import StoreFailed, UsageError
from agent.model.finding import Draft, Envelope, Head, Json, StreamName
from agent.verify.bindings import SCHEMA, Rotated, entry_of


@pytest.fixture
def old(tmp_path: Path) -> Maker:
    return Maker(tmp_path / "site")


@pytest.fixture
def new(tmp_path: Path) -> Maker:
    return Maker(tmp_path / "site", key="new.pem")


def heads_of(reports: list[Envelope]) -> dict[StreamName, Head]:
    """Return the newest report of each stream."""
    return {one.report.stream: Head(one.report.seq, one.report.digest) for one in reports}


def handover(old: Maker, new: Maker, before: list[Envelope], site: str = "S1", **changes: Json) -> Envelope:
    """Return the event by which the old key hands over, behind what it has signed."""
    body = rotation_body("140200", site, "e1", old.signer, new.signer, heads_of(before))
    said = {**body["rotation"], **changes}
    (event,), _ = old.envelopes([Draft("event", {**body, "rotation": said})], heads_of(before), "e1")
    return event


def after(maker: Maker, event: Envelope, count: int) -> list[Envelope]:
    """Return events that continue the chain behind an event, signed by a maker."""
    made, _ = maker.envelopes([delivery.event(n) for n in range(count)], heads_of([event]), "e1")
    return list(made)


def test_what_the_new_key_signs_is_verified_once_the_old_one_has_named_it(desk: Desk, old: Maker, new: Maker) -> None:
    trusted(desk, old)
    before = chain_of(old, 3)
    event = handover(old, new, before)
    for one in (*before, event):
        assert desk.send(one)["event"] == "verified"
    assert [desk.send(one)["event"] for one in after(new, event, 2)] == ["verified"] * 2
    assert desk.watermark("e1") == {"event": 6}
    entries = [entry_of(one) for one in trust.load(desk.directory).bindings.values()]
    assert [(entry["site"], entry.get("by")) for entry in entries] == [("S1", None), ("S1", "rotation")]
    assert trust.load(desk.directory).decide("S1", new.signer.kid) == "trusted"
    assert [event["event"] for event in desk.told] == ["rotated"]
    assert desk.birth(new, "e1", 2)["event"] == "state"


@pytest.mark.parametrize("shown", [True, False], ids=["its birth came", "no birth came"])
def test_reports_of_the_new_key_that_come_before_the_hand_over_wait_for_it(
    desk: Desk, old: Maker, new: Maker, shown: bool
) -> None:
    trusted(desk, old)
    before = chain_of(old, 2)
    event = handover(old, new, before)
    if shown:
        assert desk.birth(new, "e1", 2)["event"] == "untrusted"
    for one in after(new, event, 3):
        assert desk.send(one)["event"] == "untrusted"
    for one in (*before, event):
        assert desk.send(one)["event"] == "verified"
    assert desk.watermark("e1") == {"event": 6}
    assert desk.status()["untrusted"] == 0


def test_two_hand_overs_that_come_in_the_wrong_order_are_both_taken(desk: Desk, tmp_path: Path, old: Maker) -> None:
    second, third = (Maker(tmp_path / "site", key=f"{name}.pem") for name in ("second", "third"))
    trusted(desk, old)
    first_event = handover(old, second, [])
    second_event = handover(second, third, [first_event])
    last = after(third, second_event, 1)
    for one in (*last, second_event, first_event):
        desk.send(one)
    assert desk.watermark("e1") == {"event": 3}


def test_the_old_key_is_taken_at_its_heads_in_any_order_and_not_beyond(desk: Desk, old: Maker, new: Maker) -> None:
    trusted(desk, old)
    before = chain_of(old, 3)
    event = handover(old, new, before)
    desk.send(event)
    assert [desk.send(one)["event"] for one in before] == ["verified"] * 3  # the backlog of the old key
    assert desk.send(event)["event"] == "duplicate"
    stolen = desk.send(after(old, event, 1)[0])
    assert (stolen["event"], stolen["reason"]) == ("rejected", "rotated-key")
    (elsewhere,), _ = old.envelopes([delivery.event()], {}, "e9")
    assert desk.send(elsewhere)["reason"] == "rotated-key"
    (health,), _ = old.envelopes([delivery.health()], {}, "e1")
    assert desk.send(health)["reason"] == "rotated-key"


def test_an_epoch_met_before_the_hand_over_stays_open_to_the_old_key(desk: Desk, old: Maker, new: Maker) -> None:
    trusted(desk, old, "e0")
    desk.birth(old, "e1")
    event = handover(old, new, [])
    desk.send(event)
    assert desk.send(chain_of(old, 1, "e0")[0])["event"] == "verified"


def test_a_stolen_old_key_speaks_no_birth_but_the_will_of_its_own_connection_counts(
    desk: Desk, old: Maker, new: Maker
) -> None:
    trusted(desk, old)
    desk.send(handover(old, new, []))
    birth = desk.birth(old, "e1", 9, confirmed={"event": Head(99, "9" * 64)})
    assert (birth["event"], birth["reason"]) == ("rejected", "rotated-key")
    assert desk.birth(old, "e1", 1, "lost")["event"] == "state"  # signed before it handed over
    desk.birth(new, "e1", 2)
    assert desk.birth(old, "e1", 2, "lost")["reason"] == "rotated-key"
    assert desk.status()["state"]["status"] == "ready"


def bad_handovers(old: Maker, new: Maker, tmp_path: Path) -> dict[str, Envelope]:
    stranger = Maker(tmp_path / "site", key="stranger.pem")
    good = rotation_body("140200", "S1", "e1", old.signer, new.signer, {})["rotation"]
    other = rotation_body("140200", "S1", "e1", stranger.signer, new.signer, {})
    (of_another,), _ = old.envelopes([Draft("event", other)], {}, "e1")
    assert isinstance(good, dict)
    return {
        "of another key": of_another,
        "for another site": handover(old, new, [], "S2"),
        "unproved": handover(old, new, [], proof=str(good["proof"])[:-8] + "AAAAAAAA"),
        "of a stranger's key": handover(old, new, [], jwk=dict(stranger.signer.jwk)),
        "malformed": handover(old, new, [], heads={}),
    }


@pytest.mark.parametrize("name", ["of another key", "for another site", "unproved", "of a stranger's key", "malformed"])
def test_a_hand_over_that_is_not_to_be_believed_binds_nothing(
    desk: Desk, old: Maker, new: Maker, tmp_path: Path, name: str
) -> None:
    trusted(desk, old)
    event = desk.send(bad_handovers(old, new, tmp_path)[name])
    assert event["event"] == "rejected"
    assert str(event["reason"]).startswith("rotation")
    assert set(trust.load(desk.directory).bindings) == {old.signer.kid}


def test_a_revoked_key_and_an_unknown_one_hand_nothing_over(desk: Desk, old: Maker, new: Maker) -> None:
    assert desk.send(handover(old, new, []))["event"] == "untrusted"
    trusted(desk, new)
    desk.intake.trust = trust.revoke(desk.directory, new.signer.kid, NOW)
    assert desk.send(handover(new, old, []))["reason"] == "revoked-key"
    assert set(trust.load(desk.directory).bindings) == {new.signer.kid}


def test_a_person_who_revoked_a_key_a_moment_ago_is_not_overruled(desk: Desk, old: Maker, new: Maker) -> None:
    trusted(desk, old)
    trust.revoke(desk.directory, old.signer.kid, NOW)  # the running hub has not looked yet
    assert desk.send(handover(old, new, []))["reason"] == "rotation"
    assert trust.load(desk.directory).decide("S1", new.signer.kid) == "unknown-key"


def test_a_key_that_another_site_uses_is_not_bound(desk: Desk, old: Maker, new: Maker) -> None:
    trusted(desk, old)
    trust.add(desk.directory, "S2", new.signer.kid, NOW)
    assert desk.send(handover(old, new, []))["reason"] == "rotation"


def test_a_key_that_a_person_revoked_takes_over_from_no_other(desk: Desk, old: Maker, new: Maker) -> None:
    """Whoever stole the one has the other hand over to it."""
    trusted(desk, old)
    trust.add(desk.directory, "S1", new.signer.kid, NOW)
    trust.revoke(desk.directory, new.signer.kid, NOW)
    assert desk.send(handover(old, new, []))["reason"] == "rotation"
    bindings = trust.load(desk.directory)
    assert bindings.decide("S1", new.signer.kid) == "revoked-key"
    assert bindings.decide("S1", old.signer.kid) == "trusted" and bindings.rotated(old.signer.kid) is None


def test_a_key_that_has_named_its_successor_names_no_other(desk: Desk, old: Maker, new: Maker, tmp_path: Path) -> None:
    """The running hub has not yet looked at what another process has written of the true hand-over."""
    trusted(desk, old)
    limit = Rotated(new.signer.kid, "e1", dict.fromkeys(("event", "health", "config", "gap"), 0))
    assert trust.rotate(desk.directory, "S1", old.signer.kid, limit, NOW) is not None
    thief = Maker(tmp_path / "site", key="thief.pem")
    assert desk.send(handover(old, thief, []))["reason"] == "rotation"
    assert trust.load(desk.directory).decide("S1", thief.signer.kid) == "unknown-key"


def test_a_successor_is_trusted_no_longer_than_the_key_that_named_it(desk: Desk, old: Maker, new: Maker) -> None:
    trusted(desk, old)
    desk.intake.trust = trust.add(desk.directory, "S1", old.signer.kid, NOW, date(2026, 11, 25))
    event = handover(old, new, [])
    assert desk.send(event)["event"] == "verified"
    first, second = after(new, event, 2)
    end = datetime(2026, 11, 26, tzinfo=UTC)
    assert desk.send(first, at=end)["event"] == "verified"
    assert desk.send(second, at=end + timedelta(milliseconds=1))["reason"] == "expired-key"


def test_a_hub_killed_between_trust_file_and_database_takes_the_hand_over_again(
    desk: Desk, old: Maker, new: Maker
) -> None:
    trusted(desk, old)
    event = handover(old, new, [])
    with pytest.raises(StoreFailed), desk.store.transaction():
        desk.intake.take("vss/v1/datong/S1/event", event.report.payload, event.jws, NOW)
        desk.store.run("INSERT INTO nowhere VALUES (1)")
    desk.intake.trust = trust.load(desk.directory)
    assert desk.send(event)["event"] == "verified"
    assert desk.send(after(new, event, 1)[0])["event"] == "verified"


def test_a_trust_file_that_cannot_be_written_loses_nothing(desk: Desk, old: Maker, new: Maker) -> None:
    trusted(desk, old)
    event, good = handover(old, new, []), (desk.directory / "trust.db").read_bytes()
    (desk.directory / "trust.db").write_bytes(b"{")
    assert desk.send(event)["reason"] == "trust-file"
    (desk.directory / "trust.db").write_bytes(good)
    assert desk.send(event)["event"] == "verified"


def test_a_key_is_taken_until_the_end_of_its_last_day_by_arrival(desk: Desk, old: Maker) -> None:
    trusted(desk, old)
    desk.intake.trust = trust.add(desk.directory, "S1", old.signer.kid, NOW, date(2026, 11, 25))
    first, second = chain_of(old, 2)
    end = datetime(2026, 11, 26, tzinfo=UTC)
    assert desk.send(first, at=end)["event"] == "verified"
    assert desk.send(second, at=end + timedelta(milliseconds=1))["reason"] == "expired-key"
    with pytest.raises(UsageError, match="2026-11-23 is over"):
        trust.add(desk.directory, "S1", old.signer.kid, NOW, date(2026, 11, 23))


def test_what_waited_for_a_key_is_judged_by_the_day_on_which_it_came(desk: Desk, old: Maker) -> None:
    desk.birth(old, "e1")
    desk.send(chain_of(old, 1)[0])
    desk.intake.trust = trust.add(desk.directory, "S1", old.signer.kid, NOW, date(2026, 11, 24))
    with desk.store.transaction():
        assert [event["event"] for event in desk.intake.retry()] == ["state", "verified"]


def test_trust_files_of_before_stay_readable_and_bad_new_members_are_refused(tmp_path: Path) -> None:
    entry = {"kid": "A" * 43, "site": "S1", "added_at": "2026-11-24T00:00:00.000Z", "revoked_at": ""}
    path = tmp_path / "trust.json"
    path.write_text(json.dumps({"schema": SCHEMA, "keys": [entry]}))
    assert trust.load(tmp_path).decide("S1", "A" * 43) == "trusted"
    bad: list[dict[str, object]] = [
        {"until": "soon"}, {"until": "2026-11-24T00:00:00"}, {"by": "nobody"}, {"rotated": {"to": "x"}}, {"rotated": 5},
        {"rotated": {"to": "B" * 43, "epoch": "e", "heads": {"event": "1"}, "earlier": []}},
    ]  # fmt: skip
    for change in bad:
        path.write_text(json.dumps({"schema": SCHEMA, "keys": [entry | change]}))
        with pytest.raises(Exception, match="not a trust file") as caught:
            trust.load(tmp_path)
        assert getattr(caught.value, "exit_code", None) == 78


def test_what_the_hub_writes_into_the_trust_file_is_read_back_whole(tmp_path: Path) -> None:
    trust.add(tmp_path, "S1", "A" * 43, NOW, date(2027, 1, 1))
    limit = Rotated("B" * 43, "e1", {"event": 5, "health": 0}, ("e0",))
    written = trust.rotate(tmp_path, "S1", "A" * 43, limit, NOW)
    assert written == trust.load(tmp_path)
    assert written is not None
    assert written.rotated("A" * 43) == limit
    assert trust.rotate(tmp_path, "S1", "A" * 43, replace(limit, to="C" * 43), NOW) is None
