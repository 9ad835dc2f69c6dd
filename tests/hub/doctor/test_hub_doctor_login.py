"""`camwarden hub doctor` looks at the city's login and at an upgrade that waits for somebody."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from delivery import NOW
from oidc_peers import SECRET, own_provider, settings_in

from agent.hub.doctor import kept, login
from agent.hub.doctor.model import Situation
from agent.hub.stores.engines import open_store
from agent.model.errors import ConfigurationError


@pytest.fixture
def situation(tmp_path: Path) -> Situation:
    open_store(tmp_path / "hub").close()
    return Situation(tmp_path / "hub", tmp_path / "backups", NOW)


def test_a_provider_that_answers_passes_and_hears_no_secret(situation: Situation) -> None:
    with own_provider(NOW) as told:
        settings_in(situation.directory, told.issuer)
        outcome = login.city_login(situation)
        assert (outcome.status, outcome.reason) == ("pass", "")
        assert [path for path, _ in told.asked] == ["/.well-known/openid-configuration"]
        assert not any(SECRET.encode() in body for _, body in told.asked)


@pytest.mark.parametrize(
    ("document", "answer", "words"),
    [
        ({"issuer": "https://other.example"}, None, "names itself otherwise"),
        ({"token_endpoint": "http://other.example/token"}, None, "not https"),
        ({}, (503, b""), "HTTP status 503"), ({}, (200, b"<html>"), "no JSON object"), ({}, (200, b"[]"), "no JSON"),
        ({}, (302, b""), "HTTP status 302"),
    ],
)  # fmt: skip
def test_a_provider_that_is_another_or_answers_nothing_of_use_fails(
    situation: Situation, document: dict[str, str], answer: tuple[int, bytes] | None, words: str
) -> None:
    with own_provider(NOW) as told:
        settings_in(situation.directory, told.issuer)
        told.document = dict(document)
        if answer is not None:
            told.answers["/.well-known/openid-configuration"] = answer
        outcome = login.city_login(situation)
    assert (outcome.status, outcome.reason) == ("fail", "no-answer") and words in str(outcome.what)
    outcome = login.city_login(situation)
    assert (outcome.status, outcome.reason) == ("fail", "no-answer"), "it is gone"


def test_settings_that_are_wrong_or_a_secret_that_others_can_read_fail_before_anybody_is_asked(
    situation: Situation,
) -> None:
    assert login.city_login(situation).status == "not_applicable"
    with own_provider(NOW) as told:
        settings_in(situation.directory, told.issuer)
        (situation.directory / "oidc.secret").chmod(0o644)
        outcome = login.city_login(situation)
        assert (outcome.status, outcome.reason) == ("fail", "settings") and SECRET not in str(outcome)
        with pytest.raises(ConfigurationError, match="no such file"):
            settings_in(situation.directory, told.issuer, more='ca_file = "gone.pem"\n')
        assert login.city_login(situation).reason == "settings"
    (situation.directory / "oidc.toml").write_text("issuer = ")
    assert (login.city_login(situation).reason, told.asked) == ("settings", [])


def test_an_upgrade_that_stopped_is_a_warning_and_one_that_runs_is_none(situation: Situation) -> None:
    assert kept.upgrade(situation).status == "not_applicable"
    with closing(open_store(situation.directory)) as store:
        for state, status, reason in (
            ("running", "pass", ""), ("stopped", "warn", "failing"), ("done", "pass", ""),
        ):  # fmt: skip
            with store.transaction():
                number = store.upgrades.begin("0.9.1", "all", "", timedelta(hours=24))
                store.upgrades.keep_state(number, state)  # type: ignore[arg-type]
                store.upgrades.keep_verdict(number, reason, (1, 2, 0, 9))
            outcome = kept.upgrade(situation)
            assert (outcome.status, outcome.reason, outcome.evidence["version"]) == (status, reason, "0.9.1")
