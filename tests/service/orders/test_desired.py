"""Policy of the hub: taken whole or not at all, never looser than the site's own file, kept as it was signed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from delivery import NOW
from orders_by_hub import HOUR, policy
from sites import camera, site

from agent.contract.orders import Desired
from agent.contract.signing_keys import Signer, load_or_create_signer
from agent.model.errors import NotVerified
from agent.service.orders.desired_policy import (
    PolicyRefused,
    StoredPolicy,
    accept_document,
    in_force,
    judge,
    read_stored,
    store,
    tampered,
)
from agent.site.config.site import Policy, Probe, Site
from agent.site.duties.bounds import overlay
from agent.site.duties.figures import RULES

LOCAL = site(camera(), camera("yard", retention_days=60), period_s=900)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    return load_or_create_signer(tmp_path_factory.mktemp("hub") / "hub.pem")


def keys(signer: Signer) -> dict[str, Any]:
    return {signer.kid: signer.public}


def taken(
    hub: Signer, version: int, values: dict[str, Any], kept: StoredPolicy | None = None, **more: Any
) -> StoredPolicy:
    return accept_document(policy(version, NOW, hub, values, **more), kept, LOCAL, keys(hub), NOW)


def refused(
    hub: Signer, version: int, values: dict[str, Any], kept: StoredPolicy | None = None, **more: Any
) -> tuple[str, str]:
    with pytest.raises(PolicyRefused) as error:
        taken(hub, version, values, kept, **more)
    assert error.value.refused.version == version
    return error.value.refused.reason, error.value.refused.why


STRICTER = {
    "period_s": 60,
    "retention_floor_days": 45,
    "retention_ceiling_days": 90,
    "forecast_days": 60,
    "clock_warn_s": 0.5,
    "clock_fail_s": 10,
    "completeness_warn_ratio": 0.995,
    "completeness_fail_ratio": 0.97,
    "gap_warn_s": 600,
    "gap_fail_s": 7200,
    "recording_stale_s": 300,
    "mask_uncovered_max_ratio": 0.005,
}


def test_every_name_of_the_closed_list_can_be_set_stricter(hub: Signer) -> None:
    assert set(STRICTER) == set(RULES)
    after = in_force(LOCAL, taken(hub, 1, STRICTER), NOW)
    assert after.version == 1
    assert after.site.period_s == 60
    for name, value in STRICTER.items():
        if name != "period_s":
            assert getattr(after.site.policy, name) == value
            assert type(getattr(after.site.policy, name)) is type(getattr(LOCAL.policy, name))
    assert after.site.digest == LOCAL.digest
    assert replace(after.site, policy=LOCAL.policy, period_s=900) == LOCAL, "nothing else changes"


@pytest.mark.parametrize("name", [name for name in STRICTER if name not in ("period_s", "retention_ceiling_days")])
def test_no_value_may_be_looser_than_the_site_s_own(hub: Signer, name: str) -> None:
    own, value = getattr(LOCAL.policy, name), STRICTER[name]
    step = (own - value) / 2
    reason, why = refused(hub, 1, {name: max(1, int(own + step)) if RULES[name].whole else own + step}) \
        if name != "retention_floor_days" else strict_floor(hub)  # fmt: skip
    assert reason == "loosens"
    assert why.startswith(f"{name}: ")
    assert judge(LOCAL, Desired("dt0001", 1, NOW, {name: own})) is None, "the same value loosens nothing"


def strict_floor(hub: Signer) -> tuple[str, str]:
    """A floor above the law's, which the hub would put back to the law's."""
    local = replace(LOCAL, policy=Policy(retention_floor_days=40))
    with pytest.raises(PolicyRefused) as error:
        accept_document(policy(1, NOW, hub, {"retention_floor_days": 30}), None, local, keys(hub), NOW)
    return error.value.refused.reason, error.value.refused.why


def test_a_ceiling_may_be_named_and_lowered_and_never_raised_or_taken_away(hub: Signer) -> None:
    local = replace(LOCAL, policy=Policy(retention_ceiling_days=90))
    assert judge(local, Desired("dt0001", 1, NOW, {"retention_ceiling_days": 80})) is None
    raised = judge(local, Desired("dt0001", 1, NOW, {"retention_ceiling_days": 91}))
    assert raised is not None and raised.reason == "loosens"
    gone = judge(local, Desired("dt0001", 1, NOW, {"retention_ceiling_days": 0}))
    assert gone is not None and gone.reason == "not-valid"


def test_a_floor_counts_for_a_camera_whose_own_is_lower(hub: Signer) -> None:
    days = [c.retention_days for c in in_force(LOCAL, taken(hub, 1, {"retention_floor_days": 90}), NOW).site.cameras]
    assert days == [0, 90], "0 stands for the floor"


WRONG: dict[str, Any] = {
    "unknown name": {"own_clock": "trusted"},
    "address": {"host": "198.51.100.1"},
    "credential": {"password": "x"},
    "rules": {"rules": {}},
    "text": {"period_s": "60"},
    "flag": {"period_s": True},
    "fraction": {"retention_floor_days": 30.5},
    "null": {"gap_warn_s": None},
    "object": {"gap_warn_s": {"a": 1}},
    "too short a period": {"period_s": 59},
    "too long a period": {"period_s": 86_401},
    "below the law": {"retention_floor_days": 29},
    "the largest number": {"gap_warn_s": 2**53 - 1},
    "negative": {"clock_fail_s": -1},
}


@pytest.mark.parametrize("name", WRONG)
def test_a_document_with_one_wrong_value_is_refused_whole_and_the_value_named(hub: Signer, name: str) -> None:
    reason, why = refused(hub, 1, {"recording_stale_s": 300, **WRONG[name]})
    (key,) = WRONG[name]
    assert reason == "not-valid"
    assert key in why
    assert len(why) <= 500


def test_not_a_number_is_no_number() -> None:
    for value in (float("nan"), float("inf"), float("-inf")):
        found = judge(LOCAL, Desired("dt0001", 1, NOW, {"gap_warn_s": value}))
        assert found is not None and found.reason == "not-valid"


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"clock_fail_s": 0.5}, "clock_warn_s"),
        ({"gap_fail_s": 600}, "gap_warn_s"),
        ({"completeness_fail_ratio": 0.999}, "completeness_fail_ratio"),
        ({"retention_ceiling_days": 50}, "retention_ceiling_days"),
        ({"retention_floor_days": 100, "retention_ceiling_days": 90}, "retention_ceiling_days"),
    ],
)
def test_values_that_contradict_each_other_or_the_site_are_refused(
    hub: Signer, values: dict[str, Any], key: str
) -> None:
    reason, why = refused(hub, 1, values)
    assert (reason, why.split(":")[0]) == ("not-valid", key)


def test_a_period_no_longer_than_a_device_may_take_is_refused() -> None:
    slow: Site = replace(LOCAL, probe=Probe(deadline_s=120))
    found = judge(slow, Desired("dt0001", 1, NOW, {"period_s": 90}))
    assert found is not None and (found.reason, found.why[:9]) == ("not-valid", "period_s:")


def test_versions_rise_and_the_same_document_again_is_silent(hub: Signer) -> None:
    first = taken(hub, 5, {"period_s": 600})
    assert taken(hub, 5, {"period_s": 600}, first) is first
    assert refused(hub, 5, {"period_s": 601}, first)[0] == "version-not-rising"
    assert refused(hub, 4, {"period_s": 600}, first)[0] == "version-not-rising"
    assert taken(hub, 6, {}, first).desired.policy == {}, "a hub takes its values back by an empty policy"


def test_a_refused_version_does_not_stand_in_the_way_of_a_right_one(hub: Signer) -> None:
    first = taken(hub, 5, {})
    refused(hub, 9, {"host": "x"}, first)
    assert taken(hub, 6, {}, first).desired.version == 6


def test_expiry_is_judged_by_a_trusted_clock_only_and_ends_in_the_site_s_own_policy(hub: Signer) -> None:
    kept = taken(hub, 3, {"period_s": 60}, expires_at=NOW + HOUR)
    assert in_force(LOCAL, kept, NOW + HOUR - timedelta(seconds=1)).site.period_s == 60
    after = in_force(LOCAL, kept, NOW + HOUR)
    assert (after.site, after.version, after.digest) == (LOCAL, 0, "")
    assert after.refused is not None and (after.refused.version, after.refused.reason) == (3, "expired")
    assert in_force(LOCAL, kept, None).version == 3
    assert refused(hub, 3, {}, expires_at=NOW)[0] == "expired"


def test_a_kept_policy_no_longer_counts_where_the_site_s_own_file_has_become_stricter(hub: Signer) -> None:
    kept = taken(hub, 1, {"clock_fail_s": 10})
    stricter = replace(LOCAL, policy=Policy(clock_fail_s=5))
    after = in_force(stricter, kept, NOW)
    assert after.site is stricter
    assert after.refused is not None and after.refused.reason == "loosens"


def test_an_overlay_of_nothing_changes_nothing() -> None:
    assert overlay(LOCAL, {}) == LOCAL


def test_only_a_pinned_hub_and_only_this_site_count(hub: Signer, tmp_path: Path) -> None:
    stranger = load_or_create_signer(tmp_path / "stranger.pem")
    for order, reason in (
        (policy(1, NOW, stranger, {}), "unknown-key"),
        (policy(1, NOW, hub, {}, site="dt0002"), "site"),
        (replace(policy(1, NOW, hub, {}), payload=b"{}"), "signature"),
    ):
        with pytest.raises(NotVerified) as error:
            accept_document(order, None, LOCAL, keys(hub), NOW)
        assert error.value.reason == reason


def test_the_kept_file_is_exactly_what_was_signed_and_nobody_else_reads_it(hub: Signer, tmp_path: Path) -> None:
    path, kept = tmp_path / "desired.json", taken(hub, 7, {"period_s": 60})
    assert read_stored(path, keys(hub), "dt0001") is None
    store(path, kept)
    assert read_stored(path, keys(hub), "dt0001") == kept
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_changed_file_a_foreign_one_and_one_of_a_hub_no_longer_pinned_are_not_believed(
    hub: Signer, tmp_path: Path
) -> None:
    path = tmp_path / "desired.json"
    store(path, taken(hub, 7, {"period_s": 60}))
    data = path.read_bytes()
    for wrong in (data.replace(b"60", b"61"), data[:-1], b"", b"null", b"\xff" * 100, b"[" * 400_000):
        assert wrong != data
        path.write_bytes(wrong)
        with pytest.raises(NotVerified):
            read_stored(path, keys(hub), "dt0001")
    path.write_bytes(data)
    with pytest.raises(NotVerified, match="another site"):
        read_stored(path, keys(hub), "dt0002")
    with pytest.raises(NotVerified):
        read_stored(path, {}, "dt0001")
    path.unlink()
    path.mkdir()
    with pytest.raises(NotVerified, match="cannot be read"):
        read_stored(path, keys(hub), "dt0001")


def test_what_is_told_of_a_changed_file_is_a_failure_with_its_reason() -> None:
    finding = tampered("signature")
    assert (finding.status, finding.reason, finding.evidence) == ("fail", "desired-tampered", {"reason": "signature"})
    assert "changed the file" in str(finding.message)
