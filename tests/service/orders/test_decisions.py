"""Whose decision on a dispute a site takes: the pinned hub's, for this site, on a dispute of its own, the latest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from camera_cycles import ONLINE
from delivery import NOW
from disputing import GATE, DisputedSite
from orders_by_hub import HOUR, order

from agent.cli import main
from agent.commands.findings import command as findings
from agent.contract.disputes import Decided, Outcome
from agent.contract.orders import Command, Order
from agent.contract.signing_keys import Signer, load_or_create_signer
from agent.judge.memory.disputes import Contested
from agent.judge.memory.hub_words import pinned_keys
from agent.judge.memory.notes import FOLDER, contested_of, read_notes
from agent.model.errors import AgentError
from agent.service.orders import desk as desk_module


@pytest.fixture
def hub(tmp_path: Path) -> Signer:
    return load_or_create_signer(tmp_path / "hub.pem")


@pytest.fixture
def site(tmp_path: Path, hub: Signer, monkeypatch: pytest.MonkeyPatch) -> Iterator[DisputedSite]:
    """A site whose gate is disputed since NOW."""
    made = DisputedSite(tmp_path / "site", {hub.kid: hub.public})
    monkeypatch.setattr(findings, "utc_now", lambda: NOW)
    made.cycle(NOW - HOUR, gate="fail", yard="pass")
    words = ["findings", "dispute", ONLINE, GATE, "--by", "业主张", "--why", "那天停电", "--quiet"]
    assert main(["--config", str(made.config), *words]) == 0
    yield made
    made.spool.close()


def known(site: DisputedSite) -> Contested:
    (one,) = contested_of(read_notes(site.folder, "S1"), "S1", pinned_keys(site.maker.site))
    return one


def decided(
    site: DisputedSite, outcome: Outcome = "overturned", at: datetime = NOW, name: str = "d1", **changed: str
) -> Command:
    said = {"dispute": known(site).dispute.said.id, "check": ONLINE, "subject": GATE, **changed}
    word = Decided(outcome=outcome, by="科长李", why="停电单已核对", at=at, **said)
    return Command(name, "S1", "decide", at, at + HOUR, decided=word)


def outcome(site: DisputedSite) -> Outcome | None:
    decision = known(site).decision
    return decision.outcome if decision else None


def test_a_decision_of_the_pinned_hub_stands_beside_the_finding_and_changes_no_status(
    site: DisputedSite, hub: Signer
) -> None:
    before = site.statuses()
    site.take(NOW, order(decided(site), hub))
    assert outcome(site) == "overturned"
    site.cycle(NOW + HOUR, gate="fail", yard="pass")
    assert site.statuses() == before
    assert site.bodies["config"][0]["disputed"][0]["outcome"] == "overturned"


def test_a_forged_decision_is_refused(site: DisputedSite, hub: Signer) -> None:
    """What the hub signed says upheld; somebody on the way made it overturned."""
    signed = order(decided(site, "upheld"), hub)
    forged = Order("cmd", signed.topic_id, signed.payload.replace(b'"upheld"', b'"overturned"'), signed.jws)
    assert forged.payload != signed.payload
    site.take(NOW, forged)
    assert outcome(site) is None and site.desk.ignored() == {"signature": 1}


def test_a_strangers_decision_is_refused(site: DisputedSite, tmp_path: Path) -> None:
    """It is signed well, by a hub that this site has not pinned."""
    site.take(NOW, order(decided(site), load_or_create_signer(tmp_path / "stranger.pem")))
    assert outcome(site) is None and site.desk.ignored() == {"unknown-key": 1}


def test_a_decision_for_another_site_is_refused(site: DisputedSite, hub: Signer) -> None:
    site.take(NOW, order(replace(decided(site), site="S2"), hub))
    assert outcome(site) is None and site.desk.ignored() == {"site": 1}


def test_a_replayed_decision_does_not_undo_a_later_one(site: DisputedSite, hub: Signer) -> None:
    """Also where the site has lost what it had answered, and under another command: the hub's own time decides."""
    first = order(decided(site, "upheld"), hub)
    later = NOW + timedelta(minutes=1)
    site.take(NOW, first, order(decided(site, "overturned", later, "d2"), hub))
    assert outcome(site) == "overturned"
    site.take(later, first)
    (site.folder / desk_module.FILE_NAME).unlink()
    site.desk = site.open_desk()
    site.take(later, first)
    assert outcome(site) == "overturned"
    assert site.results()[-1].reason == "older-decision"
    site.take(NOW + 2 * HOUR, order(decided(site, "upheld", NOW, "d3"), hub))
    assert outcome(site) == "overturned", "it has expired, too"


def test_the_same_decision_again_under_another_command_is_done(site: DisputedSite, hub: Signer) -> None:
    """The hub says it again where its first command expired on the way back."""
    site.take(NOW, order(decided(site), hub), order(decided(site, name="d2"), hub))
    assert [(one.id, one.status) for one in site.results()] == [("d1", "done"), ("d2", "done")]


@pytest.mark.parametrize(("changed", "reason"), [
    ({"dispute": "0" * 32}, "unknown-dispute"),
    ({"subject": "camera:yard"}, "other-finding"),
    ({"check": "clock-offset"}, "other-finding"),
])  # fmt: skip
def test_a_decision_on_what_nobody_disputes_is_refused_with_a_word(
    site: DisputedSite, hub: Signer, changed: dict[str, str], reason: str
) -> None:
    site.take(NOW, order(decided(site, **changed), hub))
    assert [(one.status, one.reason) for one in site.results()] == [("refused", reason)]
    assert outcome(site) is None


def test_a_decision_that_the_disk_refuses_is_not_answered_and_comes_again(
    site: DisputedSite, hub: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = order(decided(site), hub)

    def full(*_: object) -> str:
        raise AgentError("no room")

    with monkeypatch.context() as patched:
        patched.setattr(desk_module, "write_note", full)
        site.take(NOW, given)
    assert site.results() == [] and outcome(site) is None
    site.take(NOW, given)
    assert outcome(site) == "overturned"


def test_a_dispute_of_another_sites_folder_is_not_told(site: DisputedSite) -> None:
    """Copied here with its file name, it is another site's word."""
    (path,) = (site.folder / FOLDER).glob("dispute-*.json")
    path.write_text(path.read_text().replace('"site": "S1"', '"site": "S2"'))
    site.cycle(NOW, gate="fail", yard="pass")
    assert [body for body in site.bodies["event"] if "dispute" in body] == []


def edited(site: DisputedSite, **changed: str) -> None:
    """Let somebody write into the note of the decision, under its own name."""
    (path,) = (site.folder / FOLDER).glob("decision-*.json")
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **changed}), "utf-8")


def spoken(site: DisputedSite, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["--config", str(site.config), "findings"]) == 1
    return " ".join(capsys.readouterr().out.split())


def test_what_somebody_writes_into_the_note_of_a_decision_is_not_shown_as_the_hubs_word(
    site: DisputedSite, hub: Signer, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is beside the signed bytes counts for nothing: the hub said upheld."""
    site.take(NOW, order(decided(site, "upheld"), hub))
    assert "the finding stands" in spoken(site, capsys)
    edited(site, outcome="overturned", why="so they say", by="nobody")
    assert outcome(site) == "upheld"
    said = spoken(site, capsys)
    assert "the finding stands" in said and "so they say" not in said
    site.cycle(NOW + HOUR, gate="fail", yard="pass")
    assert site.bodies["config"][-1]["disputed"][0]["outcome"] == "upheld"


@pytest.mark.parametrize("how", ["payload", "jws", "unsigned", "another key"])
def test_signed_bytes_that_were_changed_on_the_disk_are_no_decision(
    how: str, site: DisputedSite, hub: Signer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    signed = order(decided(site, "upheld"), hub)
    site.take(NOW, signed)
    own = order(decided(site, "overturned"), load_or_create_signer(tmp_path / "own.pem"))
    changed = {
        "payload": {"payload": signed.payload.decode().replace('"upheld"', '"overturned"')},
        "jws": {"jws": own.jws},
        "unsigned": {"payload": "", "jws": ""},
        "another key": {"payload": own.payload.decode(), "jws": own.jws},
    }[how]
    edited(site, outcome="overturned", **changed)
    assert outcome(site) is None
    assert "no decision of the hub yet" in spoken(site, capsys)
    site.cycle(NOW + HOUR, gate="fail", yard="pass")
    assert site.bodies["config"][-1]["disputed"][0]["outcome"] is None


def test_a_decision_of_another_dispute_or_site_is_not_moved_here_by_a_file(site: DisputedSite, hub: Signer) -> None:
    """Both are the hub's own words, and neither is about this."""
    site.take(NOW, order(decided(site, "upheld"), hub))
    for other in (decided(site, "overturned", dispute="0" * 32), replace(decided(site, "overturned"), site="S2")):
        said = order(other, hub)
        edited(site, outcome="overturned", payload=said.payload.decode(), jws=said.jws)
        assert outcome(site) is None
