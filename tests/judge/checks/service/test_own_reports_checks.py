"""The site's own reports, read back from a real spool: what is not signed by its key, and what no report may hold."""

from __future__ import annotations

import base64
import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import cv2
import pytest
from delivery import NOW, Maker, event, health, moment

from agent.contract.chain import link
from agent.contract.envelope import sign
from agent.contract.key_rotation import rotation_body
from agent.contract.signing_keys import load_or_create_signer
from agent.demo.scene.scene import jpeg, picture
from agent.demo.world.cameras import CAMERAS
from agent.judge.checks.service import own_reports
from agent.judge.memory.episodes import open_episodes
from agent.judge.memory.memory import Memory
from agent.judge.memory.transitions import transitions
from agent.model.finding import Draft, Finding
from agent.observe.facts.delivery import OwnReports
from agent.observe.facts.facts import gather
from agent.service.daemon.read_back import NEWEST, forbidden_content, read_own, secrets_of
from agent.site.config.site import Rules
from agent.site.rules.read import shipped
from drivers.model import Credential, Device

LOGIN = Credential("recorder", "camwarden", 'Ma"uer-blau-7')
WEAK = Credential("door", "guard", "12345")
SECRETS = secrets_of((LOGIN, WEAK))
JPEG = jpeg(picture(CAMERAS[0], "sub", NOW))
PNG = cv2.imencode(".png", picture(CAMERAS[0], "sub", NOW))[1].tobytes()


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    made = Maker(tmp_path)
    made.site = replace(
        made.site, devices=tuple(Device(one.name, "192.0.2.7", 80, "onvif", one) for one in (LOGIN, WEAK))
    )
    return made


def look(maker: Maker) -> OwnReports:
    return read_own(maker.directory / "spool.db", maker.signer.public, maker.site)


def judged(maker: Maker, own: OwnReports | None) -> tuple[Finding, Finding]:
    facts = replace(gather(()), own_reports=own)
    rows = (own_reports.SIGNED, own_reports.NO_IMAGE)
    signed, bare = (finding for row in rows for finding in row.run(row, maker.site, facts, NOW))
    return signed, bare


def words(finding: Finding) -> tuple[str, str]:
    return finding.status, finding.reason


def reported(maker: Maker, cycles: int = 2) -> None:
    with closing(maker.open()) as spool:
        for _ in range(cycles):
            maker.cycle(spool)


def change(maker: Maker, statement: str, *values: object) -> None:
    """Somebody who may write the state directory changes the spool."""
    with closing(sqlite3.connect(maker.directory / "spool.db")) as database, database:
        assert database.execute(statement, values).rowcount > 0


def test_reports_that_are_signed_and_bare_pass_and_name_the_key(maker: Maker) -> None:
    reported(maker)
    own = look(maker)
    assert (own.looked, own.unsigned, own.holding) == (4, (), ())
    signed, bare = judged(maker, own)
    assert words(signed) == words(bare) == ("pass", "")
    assert signed.evidence == {"kid": maker.signer.kid}


@pytest.mark.parametrize("made", [True, False])
def test_where_nothing_was_reported_yet_there_is_nothing_to_judge(maker: Maker, made: bool) -> None:
    if made:
        maker.open().close()
    assert [words(one) for one in judged(maker, look(maker))] == [("unknown", "nothing-reported")] * 2


def test_the_first_looks_of_a_fresh_site_open_nothing_about_its_own_reports(maker: Maker) -> None:
    memory = Memory()
    for n in range(3):
        changed, memory = transitions(judged(maker, look(maker)), memory, NOW + n * timedelta(minutes=5))
        assert [one for one in changed if one.told or one.episode] == []
        reported(maker, 1)
    assert open_episodes(memory.known) == ()
    assert {known.status for known in memory.known.values()} == {"pass"}


def test_a_command_that_reports_nothing_judges_no_reports(maker: Maker) -> None:
    assert [words(one) for one in judged(maker, None)] == [("unknown", "not-looked-at")] * 2


def test_a_spool_that_cannot_be_read_proves_nothing(maker: Maker) -> None:
    (maker.directory / "spool.db").write_bytes(b"no database" * 1000)
    own = look(maker)
    assert own.unread
    assert [words(one) for one in judged(maker, own)] == [("unknown", "unreadable")] * 2
    assert own.unread in str(judged(maker, own)[0].message)


def test_a_payload_that_somebody_changed_is_not_signed(maker: Maker) -> None:
    reported(maker)
    change(maker, "UPDATE report SET payload = CAST(replace(payload, 'fail', 'pass') AS BLOB) WHERE id = 4")
    signed, bare = judged(maker, look(maker))
    assert words(signed) == ("fail", "not-signed-signature")
    assert signed.evidence["reports"] == [{"report": "health 2", "reason": "signature"}]
    assert "health 2" in str(signed.message)
    assert bare.status == "pass"


@pytest.mark.parametrize(
    "statement", ["UPDATE report SET payload = 7 WHERE id = 4", "UPDATE report SET jws = 7 WHERE id = 4"]
)
def test_a_column_that_holds_something_else_is_no_crash(maker: Maker, statement: str) -> None:
    reported(maker)
    change(maker, statement)
    assert look(maker).unsigned == (("health 2", "malformed"),)
    change(maker, "UPDATE report SET payload = 'rtsp://camera' WHERE stream = 'health' AND seq = 2")
    assert look(maker).holding == (("health 2", "stream-address"),)


@pytest.mark.parametrize(("jws", "reason"), [("", "malformed"), ("e30..AAAA", "header")])
def test_a_report_without_a_signature_is_not_signed(maker: Maker, jws: str, reason: str) -> None:
    reported(maker)
    change(maker, "UPDATE report SET jws = ? WHERE stream = 'event'", jws)
    own = look(maker)
    assert own.unsigned == (("event 2", reason), ("event 1", reason))
    assert words(judged(maker, own)[0]) == ("fail", f"not-signed-{reason}")


def test_a_report_by_another_key_is_not_signed(maker: Maker) -> None:
    reported(maker)
    maker.signer = load_or_create_signer(maker.directory / "another.pem")
    assert words(judged(maker, look(maker))[0]) == ("fail", "not-signed-unknown-key")


def test_what_the_key_before_a_rotation_signed_is_not_held_against_the_new_one(maker: Maker) -> None:
    reported(maker)
    old, new = maker.signer, load_or_create_signer(maker.directory / "another.pem")
    with closing(maker.open()) as spool:
        body = rotation_body("140200", maker.site.id, spool.epoch, old, new, spool.heads())
        reports, _ = link((Draft("event", body),), spool.heads(), spool.epoch, maker.site.origin, moment())
        spool.commit((sign(reports[0], old),), "{}", NOW)
        assert look(maker).unsigned == ()  # nothing is signed by the new one yet
        maker.signer = new
        assert look(maker).unsigned == ()
        signed, bare = judged(maker, look(maker))
        assert words(signed) == ("unknown", "nothing-by-this-key")  # no report was verified, so none passes
        assert bare.status == "pass"
        maker.cycle(spool)
    assert look(maker).unsigned == ()
    change(maker, "UPDATE report SET jws = '' WHERE id = (SELECT max(id) FROM report)")
    assert look(maker).unsigned == (("health 3", "malformed"),)


def test_an_event_that_is_nested_without_end_is_no_crash(maker: Maker) -> None:
    reported(maker)
    change(maker, "UPDATE report SET payload = ? WHERE stream = 'event'", b"[" * 100_000)
    assert ("event 2", "signature") in look(maker).unsigned


def test_what_lies_long_back_is_not_looked_at_again(maker: Maker) -> None:
    reported(maker, 1)
    change(maker, "UPDATE report SET jws = ''")
    with closing(maker.open()) as spool:
        maker.cycle(spool, events=NEWEST)
    own = look(maker)
    assert (own.looked, own.unsigned) == (NEWEST, ())


def base64_text(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (base64_text(JPEG), "picture"),
        (base64_text(PNG), "picture"),
        (base64.urlsafe_b64encode(JPEG).decode(), "picture"),
        (base64_text(JPEG)[:120], "picture"),
        ("data:image/jpeg;base64,AAAA", "picture"),
        (base64_text(bytes(1000) + bytes(range(256)) * 4), "picture"),  # of no kind that is known
        ("http://camwarden:wall@192.0.2.7/snapshot", "login"),
        ('taken with Ma"uer-blau-7', "login"),
        ("12345", "login"),
        ("Authorization: Digest username=...", "login"),
        (base64_text(b'camwarden:Ma"uer-blau-7'), "login"),
        ("-----BEGIN EC PRIVATE KEY-----", "login"),
        ("rtsp://192.0.2.7:554/Streaming/Channels/101", "stream-address"),
        ("RTSPS://192.0.2.7/1", "stream-address"),
    ],
)
@pytest.mark.parametrize("ascii_only", [False, True])
def test_what_no_report_may_hold_is_found_in_its_bytes(text: str, what: str, ascii_only: bool) -> None:
    payload = json.dumps({"body": {"detail": text}}, ensure_ascii=ascii_only).encode()
    assert list(forbidden_content(payload, SECRETS)) == [what]


def test_a_picture_is_found_as_raw_bytes_too() -> None:
    assert list(forbidden_content(b'{"body": "' + JPEG, SECRETS)) == ["picture"]


@pytest.mark.parametrize("password", ["camwarden", "hikvision", "recorder", "firmware"])
def test_a_password_that_is_a_word_of_every_report_is_no_alarm_by_itself(password: str) -> None:
    """A weak one, and no leak: where it stands with its user it is found all the same."""
    secrets = secrets_of((Credential("recorder", "guard", password),))
    said = {"driver": "hikvision", "source": "camwarden", "fault_class": "recorder", "check": "firmware-drift"}
    assert list(forbidden_content(json.dumps(said).encode(), secrets)) == []
    basic = base64_text(f"guard:{password}".encode())
    for text in (f"guard:{password}", f"http://guard:{password}@192.0.2.7/", basic):
        assert list(forbidden_content(json.dumps({"detail": text}).encode(), secrets)) == ["login"]


@pytest.mark.parametrize(
    "text",
    [
        "a port 123456 and 12345 of them",  # a short password counts as a whole value only
        "http://192.0.2.7/onvif/device_service",
        "C" * 800,
        "ffd8ff" * 10,
        "mail@example.org: //",
        "9j/ is how it begins",
    ],
)
def test_plain_texts_are_not_taken_for_what_no_report_may_hold(text: str) -> None:
    assert list(forbidden_content(json.dumps({"detail": text}).encode(), SECRETS)) == []


def test_a_report_that_holds_a_picture_fails_and_is_named(maker: Maker) -> None:
    shown = {**event().body, "detail": base64_text(JPEG)}
    with closing(maker.open()) as spool:
        made, _ = maker.envelopes([Draft("event", shown), health()], spool.heads(), spool.epoch)
        spool.commit(made, "{}", NOW)
    signed, bare = judged(maker, look(maker))
    assert signed.status == "pass"
    assert words(bare) == ("fail", "picture")
    assert bare.evidence == {"reports": [{"report": "event 1", "holds": "picture"}]}
    assert "event 1 holds a picture" in str(bare.message)
    assert base64_text(JPEG)[:40] not in json.dumps(bare.evidence) + str(bare.message)


def inspected(maker: Maker, own: OwnReports | None, profile: str = "full") -> Finding:
    site = replace(maker.site, rules=Rules(profile), packs=shipped())  # type: ignore[arg-type]
    row = own_reports.INSPECTION
    (finding,) = row.run(row, site, replace(gather(()), own_reports=own), NOW)
    return finding


def test_an_inspection_gets_reports_that_verify_and_what_does_not_hangs_on_the_finding_that_says_why(
    maker: Maker,
) -> None:
    assert words(inspected(maker, None)) == ("unknown", "not-looked-at")
    assert words(inspected(maker, look(maker))) == ("unknown", "nothing-reported")
    reported(maker)
    found = inspected(maker, look(maker))
    assert (words(found), found.evidence["reports"]) == (("pass", ""), 4)
    assert words(inspected(maker, look(maker), "filing")) == ("not_applicable", "profile")
    for own, status in ((OwnReports("k", 9, 0), "unknown"), (OwnReports("k", 9, 9, (("event 1", "kid"),)), "fail")):
        found = inspected(maker, own)
        assert (words(found), found.caused_by) == ((status, "not-verified"), "report-signed site")
