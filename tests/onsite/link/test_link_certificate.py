"""The paper of a self-test says what was found, by whom and for whom, and on its face that it is no acceptance.

No secret, no address of a box and no picture is in any of its files.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from handed_over import SIGNER
from link_papers import KEY, certificate, page, result
from link_room import BEGAN, HOST, PLAN, room_with, whole_test

from agent.contract.envelope import flatten, sign_payload, unflatten
from agent.demo.gb28181.bodies import SECRETS
from agent.demo.gb28181.habits import Habits
from agent.hub.stores import trust
from agent.model.finding import Json, Message, utc_text
from agent.onsite.link.certificate import files_of, render_page, without_address
from agent.onsite.link.result import Step, StepStatus
from agent.text.translate import LANGUAGES
from agent.verify.archive import open_container
from agent.verify.judge import Judgement, Trusted
from agent.verify.manifest import NAME as MANIFEST
from agent.verify.paper import DOSSIER, LINK_TEST, is_paper, judge_paper, signed_files


def sha256(value: object) -> str:
    return hashlib.sha256(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


FACE = {
    "en": "Self-test: no acceptance under article 14 of the Datong Measures, no word of the police",
    "zh_CN": "《大同市公共安全视频图像信息系统管理办法》第十四条规定的验收",
}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_its_face_says_what_it_is_not_and_who_made_it_for_whom_and_when(lang: str) -> None:
    text = page(certificate(), lang)
    assert FACE[lang] in text
    assert all(words in text for words in ("北辰智能", "育才小学", "2026-11-29 12:00", "Asia/Shanghai"))


def test_its_steps_have_their_times_and_the_beginning_of_their_digests() -> None:
    test = result()
    text = page(certificate(test))
    assert [step.name for step in test.steps][:2] == ["register", "catalog"]
    for step in without_address(test).steps:
        assert step.at is not None and step.at >= BEGAN
        assert f"{step.at + timedelta(hours=8):%H:%M:%S}" in text and step.digest[:16] in text
    assert without_address(test).digest in text


def test_a_digest_is_that_of_the_row_in_the_file_for_programs() -> None:
    data = json.loads(files_of(certificate(), KEY)[LINK_TEST.content])
    assert data["test_sha256"] == sha256(data["test"])
    assert data["steps_sha256"] == [sha256(row) for row in data["test"]["steps"]]
    changed = result(replace(Habits(), record_days=20))
    assert json.loads(files_of(certificate(changed), KEY)[LINK_TEST.content])["test_sha256"] != data["test_sha256"]
    assert data["says"].startswith("Self-test: no acceptance under article 14")


def test_three_questions_are_answered_and_what_was_not_asked_is_no_yes() -> None:
    text = page(certificate())
    assert 'It registered</th><td><span class="s pass">seen' in text
    assert 'It answered</th><td><span class="s pass">told' in text and "6 of 6 as due" in text
    assert 'It played</th><td><span class="s not_applicable">not asked' in text


def test_one_query_without_an_answer_is_unknown_on_its_face() -> None:
    text = page(certificate(result(Habits(unanswered=frozenset({"DeviceInfo"})))))
    assert 'It answered</th><td><span class="s unknown">unknown' in text and "5 of 6 as due" in text


def test_a_failed_query_fails_on_its_face_though_another_is_unknown() -> None:
    text = page(certificate(result(Habits(repeated_codes=True, unanswered=frozenset({"DeviceInfo"})))))
    assert 'It answered</th><td><span class="s fail">fail' in text


def test_a_device_that_never_came_gets_a_paper_that_says_so() -> None:
    plan = replace(PLAN, lasts_s=5.0)
    silent = whole_test(replace(room_with(Habits()), device=None), plan)
    text = page(certificate(silent))
    assert 'It registered</th><td><span class="s unknown">unknown' in text
    assert "nothing came from [address 1]" in text and HOST not in text


@pytest.mark.parametrize(
    ("quiet_after_s", "says"), [(60.0, "60 s"), (10.0, "10 s, as set with --quiet-after; a test on site waits 60 s")]
)
def test_a_shorter_silence_than_on_site_is_named(quiet_after_s: float, says: str) -> None:
    test = result(Habits(heartbeat_s=5), quiet_after_s)
    assert says in page(certificate(test))
    assert ("--quiet-after" in page(certificate(test))) == (quiet_after_s < 60)
    assert json.loads(files_of(certificate(test), KEY)[LINK_TEST.content])["test"]["quiet_after_s"] == quiet_after_s


def test_slots_that_were_not_read_are_told_as_such() -> None:
    assert "not read: a person said that no platform used the slot" in page(certificate())
    assert json.loads(files_of(certificate(), KEY)[LINK_TEST.content])["test"]["slots"] == "not-read"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_habits_are_named(lang: str) -> None:
    text = page(certificate(result(Habits(parental_65535=True, several_parents=True))), lang)
    assert {"en": "65535 as Parental; several parents", "zh_CN": "65535"}[lang] in text


def test_no_secret_no_address_and_no_picture_is_in_any_file() -> None:
    said = Message("it calls itself {words}", {"words": "NVR at 192.0.2.77, fd00::7, 02:00:5e:00:53:01"})
    row = Step(name="device-info", status="told", what=said, evidence={"model": "10.1.2.3", "channels": 4})
    test = result()
    one = certificate(replace(test, steps=(*test.steps, row)))
    gone = (*SECRETS, PLAN.password, HOST, "192.0.2.77", "fd00::7", "10.1.2.3", "02:00:5e")
    for name, data in files_of(one, KEY).items():
        assert [one for one in gone if one.encode() in data] == [], name
        assert b"<img" not in data and b"base64" not in data and b"http" not in data.replace(b"http-equiv", b""), name


def test_what_a_device_or_a_person_wrote_is_text_and_no_markup() -> None:
    words = "<script>x</script>\x1b[31m"
    row = Step(name="device-info", status="told", what=Message("it calls itself {words}", {"words": words}))
    one = certificate(replace(result(), steps=(row,)), made_by=words, made_for=words)
    for lang in LANGUAGES:
        text = render_page(one, KEY, lang)
        assert "<script" not in text and "\x1b" not in text and "&lt;script&gt;" in text
    assert b"\x1b" not in files_of(one, KEY)[LINK_TEST.content]


# --- its signature


def written(folder: Path, site: str = "S1", at: str = "") -> Path:
    one = certificate(site=site)
    where = folder / "paper"
    where.mkdir()
    at = at or utc_text(one.test.ended_at)
    for name, data in signed_files(LINK_TEST, one.site, at, files_of(one, KEY), SIGNER).items():
        (where / name).write_bytes(data)
    return where


def judged(path: Path, *, keys: bool = True, sites: trust.Trust | None = None) -> list[Judgement]:
    with open_container(path) as container:
        return judge_paper(container, Trusted({SIGNER.kid: SIGNER.public} if keys else {}, sites))


def reasons(found: list[Judgement]) -> list[tuple[str, str]]:
    return [(one.verdict, one.reason) for one in found if one.verdict != "verified"]


def test_a_whole_paper_is_verified_and_without_its_key_only_shown_unchanged(tmp_path: Path) -> None:
    path = written(tmp_path)
    assert is_paper(path) and reasons(judged(path)) == []
    assert reasons(judged(path, keys=False)) == [("unchecked", "unknown-key")]


@pytest.mark.parametrize("name", ["link-test.json", "link-test.en.html", "link-test.zh_CN.html"])
def test_a_changed_byte_of_any_file_fails_whoever_reads_it(name: str, tmp_path: Path) -> None:
    path = written(tmp_path)
    data = (path / name).read_bytes()
    (path / name).write_bytes(data[:-40] + bytes([data[-40] ^ 1]) + data[-39:])
    assert reasons(judged(path)) == reasons(judged(path, keys=False)) == [("failed", "changed")]
    (path / name).unlink()
    assert ("failed", "missing") in reasons(judged(path))


def test_a_manifest_of_a_dossier_makes_no_self_test_of_it(tmp_path: Path) -> None:
    """The same key signs both: a dossier of the site must not stand as a self-test, nor the other way round."""
    path = written(tmp_path)
    payload, _ = unflatten((path / MANIFEST).read_bytes())
    (path / MANIFEST).write_bytes(flatten(payload, sign_payload(payload, SIGNER, DOSSIER.manifest.typ)))
    assert reasons(judged(path)) == [("failed", "typ")]


def bound(site: str = "S1", **changes: str) -> trust.Trust:
    return trust.Trust({SIGNER.kid: trust.Binding(SIGNER.kid, site, "2026-11-01T00:00:00Z", **changes)})


@pytest.mark.parametrize(
    ("binding", "expected"),
    [
        (bound(), []),
        (bound("S2"), [("failed", "key-of-another-site")]),
        (bound(until="2026-11-28T00:00:00Z"), [("failed", "expired-key")]),
        (bound(revoked_at="2026-11-28T00:00:00Z"), [("failed", "expired-key")]),
        (bound(until="2026-11-30T00:00:00Z", revoked_at="2026-12-01T00:00:00Z"), []),
    ],
)
def test_a_key_of_another_site_or_one_that_had_ended_before_is_told(
    binding: trust.Trust, expected: list[tuple[str, str]], tmp_path: Path
) -> None:
    assert reasons(judged(written(tmp_path), sites=binding)) == expected


def test_a_paper_without_a_time_is_not_older_than_the_end_of_its_key(tmp_path: Path) -> None:
    path = written(tmp_path, at="whenever")
    assert reasons(judged(path, sites=bound(until="2026-11-30T00:00:00Z"))) == [("failed", "expired-key")]


def test_a_whole_test_at_a_heartbeat_of_a_minute_ends_within_four_minutes_without_typing() -> None:
    test = result(Habits(heartbeat_s=60.0))
    evidence: Json = {step.name: step.status for step in test.steps}
    assert test.ended_at - test.began_at <= timedelta(minutes=4), evidence
    assert test.exit_code == 0


@pytest.mark.parametrize(
    ("status", "says", "slots"),
    [
        ("told", "read before, during and after the test", "read"),
        ("failed", "read before, during and after the test", "read"),
        ("unknown", "read before the test; how they are after it is not known", "not-read"),
    ],
)
def test_slots_that_were_read_are_told_as_such_and_one_that_was_not_read_again_is_not(
    status: StepStatus, says: str, slots: str
) -> None:
    test = result()
    row = Step(name="other-slots", status=status, what=Message("slot {slots} is off", {"slots": 2}))
    one = certificate(replace(test, steps=(*test.steps, row)))
    assert says in page(one) and "a person said" not in page(one)
    assert json.loads(files_of(one, KEY)[LINK_TEST.content])["test"]["slots"] == slots
