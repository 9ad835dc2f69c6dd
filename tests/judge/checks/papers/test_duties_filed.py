"""What was filed against what is there; the file of the last filing; registers and logs that nobody reads yet."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from duty_sites import FACTS, IN_USE, TODAY, declared_site, judged, verdict, word
from sites import NOW, camera, healthy_device, without

from agent.contract.envelope import CHECK_TYP, flatten, sign_payload
from agent.contract.signing_keys import load_or_create_signer
from agent.judge.checks.table import run_checks
from agent.judge.wording.declared_words import FOLDED
from agent.model.finding import Moment
from agent.observe.facts.facts import Facts, gather
from agent.observe.facts.filed_file import MAX_BYTES, NAME, read_filed, write_filed
from agent.observe.facts.filed_system import FiledDevice, Filing
from agent.service.cycle.cycle import see
from agent.service.cycle.environment import Environment
from agent.site.config.site import Policy, Rules, Site, Storage
from drivers.credentials import Credentials
from drivers.model import Identity

MATCH, CHANGE, LIST = "filing-facts-match", "filing-change-pending", "filing-device-list-match"
FILED = Filing("dt0001", IN_USE, ("gate", "yard"), 30, (FiledDevice("box", "N8", "42"),))


def after(filed: Filing | None = FILED, facts: Facts = FACTS) -> Facts:
    return replace(facts, filed=filed)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ((), ("pass", "")),
        ((word("filed-cameras", 3),), ("fail", "cameras-differ")),
        ((word("filed-storage-days", 15),), ("fail", "storage-differs")),
        ((word("filed-storage-days", 90),), ("warn", "storage-unchecked")),
        ((word("legal-unit", until=TODAY + timedelta(days=20)),), ("warn", "expiring")),
        ((word("legal-unit", until=TODAY - timedelta(days=20)),), ("warn", "grace")),
        ((word("legal-unit", until=TODAY - timedelta(days=31)),), ("unknown", "expired")),
        ((word("national-class", "9"),), ("not_applicable", "exempt")),
    ],
)
def test_the_numbers_that_were_filed_are_those_of_the_site(rows: tuple, expected: tuple[str, str]) -> None:  # type: ignore[type-arg]
    assert verdict(MATCH, declared_site(*rows)) == expected


def test_a_number_that_is_wrong_outweighs_one_that_is_missing() -> None:
    a_site = declared_site(word("filed-cameras", 3), without=("legal-unit",))
    assert verdict(MATCH, a_site) == ("fail", "cameras-differ")
    (finding,) = judged(MATCH, declared_site(without=("filed-cameras",)))
    assert (finding.status, finding.caused_by) == ("unknown", FOLDED)


def test_the_longest_period_that_is_due_here_counts() -> None:
    longer = declared_site(policy=Policy(retention_floor_days=90))
    assert verdict(MATCH, longer) == ("fail", "storage-differs")
    one = declared_site(cameras=(camera("gate"), camera("yard", retention_days=60)))
    assert verdict(MATCH, one) == ("fail", "storage-differs")


@pytest.mark.parametrize(
    ("filed", "expected"),
    [
        (FILED, ("pass", "")),
        (replace(FILED, cameras=("gate",)), ("warn", "changed")),
        (replace(FILED, cameras=("gate", "roof")), ("warn", "changed")),
        (replace(FILED, storage_days=90), ("warn", "changed")),
        (replace(FILED, devices=()), ("warn", "changed")),
        (None, ("pass", "")),
    ],
)
def test_a_change_since_the_last_filing_is_due_to_be_filed(filed: Filing | None, expected: tuple[str, str]) -> None:
    assert verdict(CHANGE, declared_site(), after(filed)) == expected


def test_without_a_filing_from_here_the_declared_numbers_count_and_are_one_finding() -> None:
    a_site = declared_site(word("filed-cameras", 3))
    (finding,) = judged(CHANGE, a_site)
    assert (finding.status, finding.evidence["basis"], finding.caused_by) == ("warn", "declared", f"{MATCH} site")


def test_a_swapped_camera_is_told_though_the_numbers_are_the_same() -> None:
    (finding,) = judged(CHANGE, declared_site(), after(replace(FILED, cameras=("gate", "roof"))))
    assert (finding.evidence["new"], finding.evidence["gone"], finding.caused_by) == (["yard"], ["roof"], "")
    assert "(+yard, -roof): file the change" in str(finding.message)


def test_what_nobody_filed_or_declared_is_the_one_open_item() -> None:
    a_site = declared_site(without=("filed-cameras", "filed-storage-days"))
    assert [(f.status, f.reason, f.caused_by) for f in judged(CHANGE, a_site)] == [("unknown", "not-declared", FOLDED)]


@pytest.mark.parametrize("check", [MATCH, CHANGE, LIST])
def test_the_default_profile_files_nothing(check: str) -> None:
    assert verdict(check, declared_site(rules=Rules())) == ("not_applicable", "profile")


def test_a_place_that_the_order_frees_files_no_change() -> None:
    assert verdict(CHANGE, declared_site(word("national-class", "9")))[0] == "not_applicable"


@pytest.mark.parametrize(
    ("devices", "facts", "expected"),
    [
        ((FiledDevice("box", "N8", "42"),), FACTS, ("pass", "")),
        ((FiledDevice("box", "N8"),), FACTS, ("pass", "")),
        ((FiledDevice("box", "N8", "43"),), FACTS, ("fail", "differ")),
        ((FiledDevice("box", "N9", "42"),), FACTS, ("fail", "differ")),
        ((), FACTS, ("fail", "differ")),
        ((FiledDevice("box"), FiledDevice("gone")), FACTS, ("fail", "differ")),
        ((FiledDevice("box", "N8", "42"),), gather(without(healthy_device(), Identity)), ("unknown", "not-read")),
    ],
)
def test_each_device_is_the_one_of_the_filed_list(
    devices: tuple[FiledDevice, ...], facts: Facts, expected: tuple[str, str]
) -> None:
    assert verdict(LIST, declared_site(), after(replace(FILED, devices=devices), facts)) == expected


def test_without_a_filed_list_nothing_is_compared() -> None:
    (finding,) = judged(LIST, declared_site(without=("paper-device-list",)))
    assert (finding.status, finding.reason, finding.caused_by) == ("unknown", "nothing-filed", FOLDED)


def test_no_serial_number_is_told() -> None:
    (finding,) = judged(LIST, declared_site(), after(replace(FILED, devices=(FiledDevice("box", "N8", "SN-77"),))))
    assert finding.status == "fail"
    assert "SN-77" not in str(finding.message) + json.dumps(dict(finding.evidence))


def keep(folder: Path, filed: Filing = FILED) -> Path:
    write_filed(folder, filed, load_or_create_signer(folder / "report-key.pem"))
    return folder / NAME


def test_a_filing_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = keep(tmp_path)
    assert read_filed(tmp_path, "dt0001") == FILED
    assert path.stat().st_mode & 0o777 == 0o600


def test_where_nothing_was_filed_there_is_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert read_filed(tmp_path, "dt0001") is None
    assert caplog.records == []


def other_kind(data: bytes, folder: Path) -> bytes:
    """Return a file that the same key signed for something else."""
    payload = json.loads(data)["payload"].encode()
    return flatten(payload, sign_payload(payload, load_or_create_signer(folder / "report-key.pem"), CHECK_TYP))


DAMAGE = {
    "a number was changed": lambda data, _: data.replace(b'storage_days\\":30', b'storage_days\\":90'),
    "cut short": lambda data, _: data[:-20],
    "empty": lambda data, _: b"",
    "no JSON": lambda data, _: b"\xff\xfe\x00",
    "deep": lambda data, _: b"[" * 100_000,
    "too large": lambda data, _: data + b" " * MAX_BYTES,
    "signed for something else": other_kind,
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_filing_that_is_damaged_counts_as_none_and_is_named(
    damage: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = keep(tmp_path)
    changed = DAMAGE[damage](path.read_bytes(), tmp_path)
    assert changed != path.read_bytes()
    path.write_bytes(changed)
    with caplog.at_level(logging.WARNING):
        assert read_filed(tmp_path, "dt0001") is None
    (record,) = caplog.records
    assert str(path) in record.getMessage()
    assert "gate" not in record.getMessage()


@pytest.mark.parametrize("name", ["\x1b[31mgate", "", "g" * 65, "a\nb"])
def test_a_filing_with_names_that_no_site_has_counts_as_none(name: str, tmp_path: Path) -> None:
    keep(tmp_path, replace(FILED, cameras=(name,)))
    assert read_filed(tmp_path, "dt0001") is None
    keep(tmp_path, replace(FILED, devices=(FiledDevice(name),)))
    assert read_filed(tmp_path, "dt0001") is None


def test_a_look_reads_what_was_filed_and_judges_by_it(tmp_path: Path) -> None:
    keep(tmp_path, replace(FILED, cameras=("gate", "yard")))
    a_site = declared_site(cameras=(), devices=(), storage=Storage(tmp_path))
    env = Environment(Credentials(None), lambda job: pytest.fail("no picture is looked at"), lambda: NOW)
    seen = see(a_site, env, Moment(NOW, 0, "boot", True))
    (finding,) = [f for f in seen.findings if f.check == CHANGE]
    assert (finding.status, finding.evidence["gone"]) == ("warn", ["box", "gate", "yard"])


def test_another_sites_filing_counts_as_none(tmp_path: Path) -> None:
    keep(tmp_path)
    assert read_filed(tmp_path, "dt0002") is None


def shown(a_site: Site) -> set[str]:
    return {f.check for f in run_checks(a_site, after(), NOW) if f.status == "unknown" and not f.caused_by}


@pytest.mark.parametrize(
    ("check", "rows", "expected"),
    [
        ("access-register-match", (), ("unknown", "not-read-yet")),
        ("access-register-match", (word("access-register", False),), ("fail", "no-register")),
        ("access-register-match", (word("national-class", "9"),), ("not_applicable", "exempt")),
        ("access-register-match", (word("access-register", until=TODAY - timedelta(days=31)),), ("unknown", "expired")),
        ("export-log-present", (), ("unknown", "not-read-yet")),
        ("export-log-present", (word("national-class", "9"),), ("not_applicable", "exempt")),
        ("view-library-keepalive", (), ("not_applicable", "not-linked")),
        ("view-library-keepalive", (word("view-library", True),), ("unknown", "not-read-yet")),
    ],
)
def test_what_no_driver_reads_is_unknown_where_it_is_due(check: str, rows: tuple, expected: tuple[str, str]) -> None:  # type: ignore[type-arg]
    assert verdict(check, declared_site(*rows)) == expected


@pytest.mark.parametrize(
    ("check", "duty"), [("access-register-match", "access-register"), ("view-library-keepalive", "view-library")]
)
def test_a_register_and_a_link_that_nobody_declared_are_the_one_open_item(check: str, duty: str) -> None:
    (finding,) = judged(check, declared_site(without=(duty,)))
    assert (finding.status, finding.reason, finding.caused_by) == ("unknown", "not-declared", FOLDED)
    assert verdict(check, declared_site(rules=Rules("filing"))) == ("not_applicable", "profile")


def test_the_log_of_exports_is_told_once_for_the_register_too() -> None:
    found = shown(declared_site())
    assert "export-log-present" in found
    assert "access-register-match" not in found
