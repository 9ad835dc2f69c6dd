"""A case holds all the hub has about one check in a time, verifies offline, and any changed byte is told."""

from __future__ import annotations

import argparse
import json
import random
import zipfile
from pathlib import Path

import pytest
from caseside import Day, at, config, event, finding, health, shown, told_day
from delivery import Maker
from hubdesk import Desk

from agent.commands.verify import command as verify_command
from agent.hub.case.case import Case, write_case
from agent.hub.case.history import durations
from agent.hub.stores import trust
from agent.model.errors import AgentError, UsageError
from agent.model.finding import Draft
from agent.verify.archive import pack


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path / "site")


def case_of(desk: Desk, first: float, last: float, check: str = "camera-online", site: str = "S1") -> Case:
    return write_case(desk.store, trust.load(desk.directory), desk.signer, site, check, at(first), at(last))


def verify(*words: object) -> int:
    parser = argparse.ArgumentParser()
    parser.set_defaults(json=True)
    verify_command.add_arguments(parser)
    return verify_command.run(parser.parse_args([str(word) for word in words]))


def kids(desk: Desk, maker: Maker) -> list[str]:
    return ["--kid", maker.signer.kid, "--kid", desk.signer.kid]


def test_a_case_tells_the_status_over_time_and_silence_as_unknown(desk: Desk, maker: Maker) -> None:
    told_day(desk, maker)
    case = case_of(desk, 8, 18)
    assert shown(case.rows) == [
        (8, 10, "pass", "unreachable"),
        (10, 11, "fail", "unreachable"),
        (11, 14.25, "pass", "unreachable"),
        (14.25, 16, "unknown", "silent"),
        (16, 18, "pass", "unreachable"),
    ]
    assert durations(case.rows)["camera:c0"] == {"pass": 7.25 * 3600, "fail": 3600, "unknown": 1.75 * 3600}
    assert [row.told_by for row in case.rows if row.status == "fail"] == [("e1:event:1",)]
    assert case.missing == 0


def test_a_case_holds_envelopes_keys_trust_rule_and_pages_and_verifies_without_the_hub(
    desk: Desk, maker: Maker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    day = told_day(desk, maker)
    file = tmp_path / "case.zip"
    file.write_bytes(case_of(desk, 9, 12).data)
    with zipfile.ZipFile(file) as archive:
        names = {name for name in archive.namelist() if not name.startswith("envelopes/")}
        page = {name: archive.read(name).decode() for name in ("README.en.md", "README.zh.md")}
        rules, keys = json.loads(archive.read("rules.json")), json.loads(archive.read("keys.jwks.json"))
        bound = json.loads(archive.read("trust.json"))
        envelope = archive.read("envelopes/e1-event-1.json")
    assert names == {
        *(
            "README.en.md",
            "README.zh.md",
            "calculation.json",
            "disputes.json",
            "gaps.json",
            "keys.jwks.json",
            "manifest.json",
            "names.json",
        ),
        *("rules.json", "trust.json"),
    }
    assert "Technical indication, no legal finding" in page["README.en.md"]
    assert "不构成法律认定" in page["README.zh.md"]
    for text in page.values():
        assert f"--kid {maker.signer.kid} --kid {desk.signer.kid}" in text
        assert "camera:c0" in text
    assert rules["sources"] == [{"document": "GB 50348-2018", "article": "6.4.3"}]
    assert rules["duty"]["en"]
    assert {key["kid"] for key in keys["keys"]} == {maker.signer.kid, desk.signer.kid}
    assert [(b["site"], b["kid"], b["by"], b["added_at"]) for b in bound] == [
        ("S1", maker.signer.kid, "person", "2026-11-24T15:04:00.000Z")
    ]
    first_event = next(e for e in day.made if e.report.stream == "event")
    assert json.loads(envelope)["payload"].encode() == first_event.report.payload
    assert verify(file, *kids(desk, maker)) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["chain"] == []
    # the manifest, the config of 00:00, two events, the health from the one before 09:00 to the one at 12:00
    assert len(result["files"]) == 1 + 1 + 2 + 14
    unpacked = tmp_path / "unpacked"
    with zipfile.ZipFile(file) as archive:
        archive.extractall(unpacked)
    assert verify(unpacked, *kids(desk, maker)) == 0
    (unpacked / "README.en.md").write_text("A legal finding.")
    assert verify(unpacked, *kids(desk, maker)) == 1


def test_the_same_database_gives_the_same_bytes(desk: Desk, maker: Maker) -> None:
    told_day(desk, maker)
    assert case_of(desk, 9, 12).data == case_of(desk, 9, 12).data
    assert case_of(desk, 9, 12).data != case_of(desk, 9, 13).data


def test_keys_inside_are_believed_only_by_the_thumbprints_that_the_reader_names(
    desk: Desk, maker: Maker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told_day(desk, maker)
    file = tmp_path / "case.zip"
    file.write_bytes(case_of(desk, 9, 10).data)
    with pytest.raises(UsageError, match="say whom to believe"):
        verify(file)
    with pytest.raises(AgentError, match="nothing here shows the key"):
        verify(file, "--kid", "A" * 43)
    assert verify(file, "--kid", maker.signer.kid) == 1  # nobody vouches for the hub: the manifest proves nothing
    files = json.loads(capsys.readouterr().out)["files"]
    assert [(f["path"][-13:], f["reason"]) for f in files if f["verdict"] != "verified"] == [
        ("manifest.json", "unknown-key")
    ]
    other = Maker(tmp_path / "other", key="other.pem")
    keys = tmp_path / "other.jwks"
    keys.write_text(json.dumps({"keys": [dict(other.signer.jwk)]}))
    assert verify(file, "--jwks", keys) == 1


def test_a_case_whose_makers_signed_it_with_their_own_key_is_told(desk: Desk, maker: Maker, tmp_path: Path) -> None:
    told_day(desk, maker)
    forger = Desk(tmp_path / "forger")
    made = write_case(desk.store, trust.load(desk.directory), forger.signer, "S1", "camera-online", at(9), at(10))
    forger.store.close()
    (tmp_path / "case.zip").write_bytes(made.data)
    keys = tmp_path / "keys.jwks"
    keys.write_text(json.dumps({"keys": [dict(maker.signer.jwk), dict(desk.signer.jwk)]}))
    assert verify(tmp_path / "case.zip", "--jwks", keys) == 1


def test_any_changed_byte_of_a_case_is_told(desk: Desk, maker: Maker, tmp_path: Path) -> None:
    told_day(desk, maker)
    data = case_of(desk, 10, 10.5).data
    file = tmp_path / "case.zip"
    chance = random.Random(6)
    edges = [*range(64), *range(len(data) - 64, len(data))]
    for place in [*edges, *sorted(chance.sample(range(len(data)), 150))]:
        file.write_bytes(data[:place] + bytes([data[place] ^ 0x01]) + data[place + 1 :])
        try:
            code = verify(file, *kids(desk, maker))
        except AgentError as error:
            code = error.exit_code
            assert "\n" not in str(error)
        assert code != 0, place
    for changed in (data[:-1], data + b"x", data[: len(data) // 2]):
        file.write_bytes(changed)
        try:
            assert verify(file, *kids(desk, maker)) != 0
        except AgentError as error:
            assert error.exit_code == 78


def test_a_file_added_or_taken_out_of_a_case_is_told(
    desk: Desk, maker: Maker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told_day(desk, maker)
    file = tmp_path / "case.zip"
    file.write_bytes(case_of(desk, 10, 10.5).data)
    with zipfile.ZipFile(file) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    capsys.readouterr()
    rows = [
        ({**files, "note.txt": b"trust me"}, "not-listed"),
        ({name: of for name, of in files.items() if name != "envelopes/e1-event-1.json"}, "missing"),
        ({**files, "trust.json": b"[]\n"}, "changed"),
    ]
    for changed, reason in rows:
        file.write_bytes(pack(changed))
        assert verify(file, *kids(desk, maker)) == 1
        assert reason in {f["reason"] for f in json.loads(capsys.readouterr().out)["files"]}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, of in files.items():
            archive.writestr(name, of)
    assert verify(file, *kids(desk, maker)) == 1
    assert {f["reason"] for f in json.loads(capsys.readouterr().out)["files"]} == {"", "repacked"}


def test_reports_that_are_missing_make_the_time_unknown_until_it_is_told_again(
    desk: Desk, maker: Maker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.vouch(maker)
    desk.birth(maker, "e1")
    day = Day(maker)
    online = config(finding("camera:c0", "pass"))
    day.report(at(0), online, health(at(0)))
    day.quarter_hours(0.25, 4)
    lost = day.report(at(4), event("camera:c0", "pass", "fail"))
    day.report(at(4), health(at(4)))
    day.quarter_hours(4.25, 6)
    day.report(at(6), event("camera:c9", "pass", "fail"), health(at(6)))
    day.quarter_hours(6.25, 8)
    day.report(at(8), online, health(at(8)))
    for envelope in day.made:
        if envelope is not lost[0]:
            desk.send(envelope)
    case = case_of(desk, 1, 9)
    assert case.missing == 1
    assert shown(case.rows) == [
        (1, 3.75, "pass", "unreachable"),  # until the last word that no event had been made yet
        (3.75, 8, "unknown", "reports-missing"),
        (8, 8.25, "pass", "unreachable"),
        (8.25, 9, "unknown", "silent"),
    ]
    (tmp_path / "case.zip").write_bytes(case.data)
    with zipfile.ZipFile(tmp_path / "case.zip") as archive:
        gaps = json.loads(archive.read("gaps.json"))
    assert gaps["missing"] == [{"epoch": "e1", "stream": "event", "from_seq": 1, "to_seq": 1}]
    capsys.readouterr()
    assert verify(tmp_path / "case.zip", *kids(desk, maker)) == 0


def test_a_hole_that_the_site_explained_goes_into_the_case_with_its_gap_record(
    desk: Desk, maker: Maker, tmp_path: Path
) -> None:
    desk.vouch(maker)
    desk.birth(maker, "e1")
    day = Day(maker)
    day.report(at(0), config(finding("camera:c0", "pass")), health(at(0)))
    events = [day.report(at(n), event("camera:c0", "pass", "fail"), health(at(n)))[0] for n in (1, 2, 3)]
    body = {"stream": "event", "epoch": "e1", "from_seq": 2, "to_seq": 2, "count": 1, "reason": "spool-full"}
    day.report(at(20), Draft("gap", {**body, "last_digest": events[1].report.digest}))
    for envelope in day.made:
        if envelope is not events[1]:
            desk.send(envelope)
    case = case_of(desk, 0, 4)
    (tmp_path / "case.zip").write_bytes(case.data)
    with zipfile.ZipFile(tmp_path / "case.zip") as archive:
        gaps = json.loads(archive.read("gaps.json"))
        assert "envelopes/e1-gap-1.json" in archive.namelist()
    assert [(gap["from_seq"], gap["reason"]) for gap in gaps["explained"]] == [(2, "spool-full")]
    assert verify(tmp_path / "case.zip", *kids(desk, maker)) == 0


def test_a_fork_is_in_the_case_and_verify_tells_it(
    desk: Desk, maker: Maker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told_day(desk, maker)
    twin = Day(maker)
    (other,) = twin.report(at(10), event("camera:c0", "pass", "warn"))
    assert desk.send(other)["event"] == "fork"
    (tmp_path / "case.zip").write_bytes(case_of(desk, 9, 12).data)
    assert verify(tmp_path / "case.zip", *kids(desk, maker)) == 1
    assert [p["fault"] for p in json.loads(capsys.readouterr().out)["chain"]] == ["fork"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((9, 9, "camera-online", "S1"), "--from must be before --to"),
        ((9, 10, "camera-online", "S9"), "no verified report of site 'S9' is here"),
        ((9, 10, "no-such-check", "S1"), "tells of 'no-such-check' in this time; they tell of camera-online"),
        ((-90, -80, "camera-online", "S1"), "no report of site S1 bears on this time"),
    ],
)
def test_a_case_about_nothing_gives_one_line(
    desk: Desk, maker: Maker, words: tuple[float, float, str, str], expected: str
) -> None:
    told_day(desk, maker)
    with pytest.raises(UsageError) as caught:
        case_of(desk, *words)
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_text_of_a_site_cannot_break_out_of_the_page(desk: Desk, maker: Maker) -> None:
    desk.vouch(maker)
    desk.birth(maker, "e1")
    day = Day(maker)
    bad = {**finding("camera:c0", "fail"), "message": "x | y\n# Legal finding\x1b[31m <script>"}
    day.report(at(0), config(bad), health(at(0)))
    for envelope in day.made:
        desk.send(envelope)
    data = case_of(desk, 0, 1).data
    assert b"\n# Legal finding" not in data
    assert b"\x1b[31m" not in data
    assert rb"x \| y \# Legal" in data or rb"x \| y # Legal" in data


def test_a_lost_event_that_nothing_follows_leaves_no_pass_behind_it(desk: Desk, maker: Maker) -> None:
    desk.vouch(maker)
    desk.birth(maker, "e1")
    day = Day(maker)
    day.report(at(0), config(finding("camera:c0", "pass")), health(at(0)))
    (lost,) = day.report(at(0.1), event("camera:c0", "pass", "fail"))
    day.quarter_hours(0.25, 3)
    for envelope in day.made:
        if envelope is not lost:
            desk.send(envelope)
    case = case_of(desk, 0, 2)
    assert case.missing == 1
    assert [(row.status, row.reason) for row in case.rows] == [("unknown", "reports-missing")]
