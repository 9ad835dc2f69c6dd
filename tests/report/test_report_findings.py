"""How findings stand in a config report: all of them, in little room; and how both forms are read back."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from contract_schemas import SCHEMAS, validator
from hypothesis import given
from hypothesis import strategies as st

from agent.model.finding import Finding, Message, Source
from agent.report.build import finding_json
from agent.report.config import CHAIN_BYTES, limit_bytes
from agent.report.config_findings import EVIDENCE_MAX_BYTES, SubjectIds, encoded, write_findings
from agent.report.plain_findings import plain_findings, with_plain_findings
from bench.delivery_sizes import WORST, config_of

BODY = validator("config").evolve(schema=SCHEMAS["config"]["properties"]["body"])
NAMES = SubjectIds(("a", "b", "c"), ("box",))
SOURCE = Source("Order 799", "article 13")
MUCH = 1_000_000


def finding(check: str, subject: str, status: Any = "pass", **more: Any) -> Finding:
    message = more.pop("message", "well")
    return Finding(check, subject, status, more.pop("severity", "major"), Message(message), SOURCE, **more)


def body(*findings: Finding, room: int = MUCH) -> dict[str, Any]:
    ids = {"cameras": [{"id": one} for one in NAMES.cameras], "devices": [{"id": one} for one in NAMES.devices]}
    written: dict[str, Any] = json.loads(json.dumps({**ids, **write_findings(findings, NAMES, room, {})}))
    return written


def judged(found: list[dict[str, Any]]) -> dict[tuple[str, str], tuple[Any, ...]]:
    members = ("status", "severity", "reason", "caused_by", "source")
    return {(one["check"], one["subject"]): tuple(str(one[member]) for member in members) for one in found}


@pytest.mark.parametrize("cameras", [1, 64, 256])
@pytest.mark.parametrize("state", WORST)
def test_every_finding_of_a_large_site_is_told_within_its_room(state: str, cameras: int) -> None:
    told, findings = config_of(state, cameras)
    assert len(encoded(told)) + CHAIN_BYTES <= limit_bytes(cameras) == {1: 131_072, 64: 131_072, 256: 524_288}[cameras]
    assert judged(plain_findings(json.loads(encoded(told)))) == judged([finding_json(one) for one in findings])
    BODY.validate(json.loads(encoded(told)))


def test_equal_faults_are_one_row_with_its_subjects_and_what_differs() -> None:
    faults = [
        finding("camera-online", f"camera:{n}", "fail", reason="down", message="no answer", evidence={"tried": n})
        for n in "ab"
    ]
    told = body(*faults, finding("camera-online", "camera:c", "fail", reason="slow"))
    assert [row["subjects"] for row in told["open"]] == [{"cameras_but": ["c"]}, {"cameras": ["c"]}]
    assert told["open"][0]["told"] == [{"subjects": {"cameras": [n]}, "evidence": {"tried": n}} for n in "ab"]
    assert [one["evidence"] for one in plain_findings(told)] == [{"tried": "a"}, {"tried": "b"}, {}]


def test_evidence_of_what_is_wrong_is_cut_by_whole_members_and_a_digest_stands_for_it() -> None:
    long = {"first": 1, "much": ["x" * 50] * 9, "last": 2}
    told = body(
        finding("x", "camera:a", "fail", evidence=long), finding("x", "camera:b", "fail", evidence={"first": 1})
    )
    first, second = plain_findings(told)
    assert first["evidence"] == {"first": 1, "last": 2} and len(first["evidence_digest"]) == 64
    assert second["evidence"] == {"first": 1} and "evidence_digest" not in second
    other = body(finding("x", "camera:a", "fail", evidence={**long, "much": []}))
    assert plain_findings(other)[0] != first
    assert max(len(encoded(part["evidence"])) for part in told["open"][0]["told"]) <= EVIDENCE_MAX_BYTES


def test_what_passes_keeps_of_its_evidence_what_a_hub_compares() -> None:
    word = {"duty": "signage", "state": "declared", "at": "2026-01-31", "by": "Li", "ref": "no. 7"}
    told = body(
        finding("privacy-mask-present", "camera:a", evidence={"zones": ["door"], "seen": 5}),
        finding("signage-declared", "site", "unknown", reason="x", evidence={"declared": [word], "cameras": ["a"]}),
    )
    masks, signage = plain_findings(told)
    assert masks["evidence"] == {"zones": ["door"]}
    assert signage["evidence"] == {
        "cameras": ["a"], "declared": [{"duty": "signage", "state": "declared", "at": "2026-01-31"}]
    }  # fmt: skip
    assert "Li" not in json.dumps(told)


def test_what_each_path_showed_is_told_whatever_it_was() -> None:
    shown = [{"path": "main", "zone": "door", "verdict": "PASS", "reason": "", "numbers": {"grey": 5}}]
    told = body(
        finding("m", "camera:a", evidence={"paths": shown}),
        finding("m", "camera:b", "fail", evidence={"paths": shown, "n": 1}),
    )
    bad, good = plain_findings(told)
    short = [{"path": "main", "zone": "door", "verdict": "PASS", "reason": ""}]
    assert good["evidence"] == {"paths": short}
    assert bad["evidence"] == {"paths": short, "n": 1}
    assert len(bad["evidence_digest"]) == 64, "numbers were cut"


def test_without_room_the_most_severe_are_told_first_and_none_is_left_out() -> None:
    faults = [
        finding(name, f"camera:{n}", "fail", severity=name, evidence={"of": n, "text": "x" * 100})
        for name in ("minor", "critical") for n in NAMES.cameras
    ]  # fmt: skip
    whole, bare = body(*faults), body(*faults, room=0)
    assert all(row["left_out"]["count"] == 3 and "told" not in row for row in bare["open"])
    some = body(*faults, room=len(encoded(bare)) + 560)
    assert [len(row.get("told", ())) for row in some["open"]] == [0, 3]
    assert judged(plain_findings(whole)) == judged(plain_findings(bare)) == judged(plain_findings(some))
    changed = body(*faults[:-1], replace(faults[-1], evidence={"of": "z"}), room=0)
    assert changed["open"][1]["left_out"] != bare["open"][1]["left_out"]


def test_a_cause_is_told_with_its_own_subject_that_of_the_site_or_another() -> None:
    causes = {"camera:a": "online camera:a", "camera:b": "fault site", "device:box": "online camera:c", "camera:c": ""}
    told = body(*(finding("x", name, "unknown", reason="r", caused_by=cause) for name, cause in causes.items()))
    assert {one["subject"]: one["caused_by"] for one in plain_findings(told)} == causes


def test_the_first_form_is_read_as_it_is_and_one_to_come_as_none() -> None:
    rows = [finding_json(finding("x", "camera:a", evidence={"n": 1}))]
    assert plain_findings({"findings": rows}) == rows
    assert plain_findings({"findings": [1, None, *rows]}) == rows
    assert plain_findings({"form": 3, "findings": rows, "open": rows}) == plain_findings({}) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(["open", "rest", "told", "kept", "subjects", "cameras", "cameras_but", "site", "causes", "id",
                         "check", "evidence", "source", "form", "findings", "devices"]), inner, max_size=6),
)  # fmt: skip


@given(
    st.dictionaries(st.sampled_from(["open", "rest", "cameras", "devices", "findings"]), JSON),
    st.sampled_from([1, 2, "2"]),
)
def test_any_body_is_read_to_findings_or_none(told: dict[str, Any], form: Any) -> None:
    for one in plain_findings({"form": form, **told}):
        assert isinstance(one["check"], str) and isinstance(one["subject"], str)
    plain_findings(told)
    for of in (told, {"form": form, **told}):
        made = with_plain_findings({"ts": "t", "body": of})
        assert plain_findings(made["body"]) == plain_findings(of), "who reads it reads the same"
        assert {**made["body"], "findings": 0} == {**of, "findings": 0} or "form" in of
    assert with_plain_findings({"body": [told]}) == {"body": [told]}


def test_a_few_rows_that_name_every_camera_again_and_again_are_not_followed_for_ever() -> None:
    cameras = [{"id": f"{n:x}"} for n in range(20_000)]
    every = {"check": "x", "subjects": {"cameras_but": []}}
    none = {"check": "y", "subjects": {"cameras_but": [one["id"] for one in cameras]}}
    for row in (every, none, {**every, "subjects": {"cameras": []}, "told": [every] * 20_000}):
        assert len(plain_findings({"form": 2, "cameras": cameras, "open": [row] * 20_000})) <= 200_000
