"""How far forwarding is behind is told by status, doctor and metrics; who may forward, by its command and audit log."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from delivery import NOW, Maker
from here_run import run_here
from hubdesk import Desk, chain_of
from two_levels import hub_key

from agent.contract.jwk import jwk_set
from agent.contract.signing_keys import Signer
from agent.hub.doctor import forwarding as probe
from agent.hub.doctor.model import Situation
from agent.hub.domain.forwarding.rows import Lane, Told
from agent.hub.stores import trust
from agent.hub.stores.engines import open_store
from agent.hub.views.forwarding import lag_blocks, lag_line
from agent.text.translate import render

LANE = Lane("S1", "e1", "event")


def judged(desk: Desk, after: timedelta) -> tuple[str, str]:
    outcome = probe.forwarding(Situation(desk.directory, desk.directory, NOW + after))
    return outcome.status, outcome.reason


def test_the_probe_judges_by_how_long_the_oldest_report_waits(desk: Desk, maker: Maker) -> None:
    assert judged(desk, timedelta(minutes=5))[0] == "pass"
    assert judged(desk, timedelta(minutes=15)) == ("warn", "forwarding-behind")
    assert judged(desk, timedelta(hours=2)) == ("fail", "forwarding-behind")
    desk.store.forwarding.keep_confirmed(LANE, 3, chain_of(maker, 3)[2].report.digest, NOW)
    assert judged(desk, timedelta(hours=2))[0] == "pass"


def test_files_may_take_a_day(desk: Desk) -> None:
    desk.store.forwarding.note_link("files", NOW, "")
    assert judged(desk, timedelta(hours=30))[0] == "pass"
    assert judged(desk, timedelta(days=3)) == ("warn", "forwarding-behind")
    assert judged(desk, timedelta(days=9)) == ("fail", "forwarding-behind")


def test_what_the_upper_hub_refuses_is_a_warning(desk: Desk) -> None:
    desk.store.forwarding.keep_told("S1", Told(3, "event 2: division"))
    assert judged(desk, timedelta(minutes=1)) == ("warn", "refused-above")


def test_a_site_that_lacks_what_forwarding_needs_is_named_and_one_left_out_by_choice_is_not(desk: Desk) -> None:
    desk.store.forwarding.mark("S1", "division")
    assert judged(desk, timedelta(days=9))[0] == "pass"
    desk.store.forwarding.mark("S1", "no-division")
    outcome = probe.forwarding(Situation(desk.directory, desk.directory, NOW + timedelta(days=9)))
    assert (outcome.status, outcome.reason) == ("warn", "not-forwarded")
    assert "S1 (no-division)" in render(outcome.what, "en")


def test_a_hub_that_forwards_nothing_is_not_judged_and_has_no_metric(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "other")
    with closing(desk.store):
        assert judged(desk, timedelta(days=9))[0] == "not_applicable"
        page = "".join(lag_blocks(desk.store.forwarding.lag(), NOW))
    assert page and all(line.startswith("#") for line in page.splitlines())


def test_the_numbers_are_those_of_the_store_and_the_line_says_them(desk: Desk) -> None:
    desk.store.forwarding.note_link("b:8883", NOW, "connection refused")
    lag = desk.store.forwarding.lag()
    assert lag is not None
    page = "".join(lag_blocks(lag, NOW + timedelta(minutes=20)))
    for sample in ("reports_waiting 3", "waiting_oldest_seconds 1200", "reached 0", "sites_refused 0", "sites_held 0"):
        assert f"\ncamwarden_hub_forward_{sample}" in page
    line = lag_line(lag, NOW + timedelta(minutes=20))
    assert str(line) == (
        "forwarding to b:8883: not reached (connection refused); 3 reports wait, the oldest for 20 min"
    )
    assert "上级" not in str(line) and "3 份报告" in render(line, "zh_CN")


def test_status_has_a_line_and_a_member_of_it(desk: Desk) -> None:
    said = run_here("hub", "status", "--data", desk.directory, environ={})
    assert "forwarding to b:8883: 3 reports of 1 sites are not confirmed there" in said.stdout
    told = json.loads(run_here("hub", "status", "--json", "--data", desk.directory, environ={}).stdout)["forwarding"]
    assert (told["waiting"], told["sites"], told["upper"], told["failing_since"]) == (3, 1, "b:8883", None)


def lower(*words: object, data: Path, code: int = 0) -> Any:
    done = run_here("hub", "lower", *words, "--json", "--data", data, environ={})
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout)["lower"] if code == 0 else done.stderr


def test_people_grant_and_take_back_and_each_is_a_row_of_the_audit_log(
    tmp_path: Path, datong: Signer, maker: Maker
) -> None:
    data, jwks = tmp_path / "province", tmp_path / "datong.jwks.json"
    hub_key(data)
    open_store(data).close()
    jwks.write_text(json.dumps(jwk_set({datong.kid: datong.public})))
    said = ("--by", "Li", "--why", "agreed")
    (made,) = lower("add", "datong", "--jwks", jwks, "--division", "140200", *said, data=data)
    assert (made["name"], made["kid"], made["divisions"], made["revoked_at"]) == (
        "datong",
        datong.kid,
        ["140200"],
        None,
    )
    assert [one["sites"] for one in lower("list", data=data)] == [0]
    (gone,) = lower("revoke", "datong", *said, data=data)
    assert gone["revoked_at"]
    assert trust.load(data).bindings == {}
    audit = json.loads(run_here("hub", "audit", "--json", "--data", data, environ={}).stdout)["rows"]
    assert sorted(row["act"] for row in audit) == ["lower-add", "lower-revoke"]
    assert all("Li agreed" in row["what"] for row in audit)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("add", "datong", "--jwks", "{jwks}", "--division", "14", "--by", "Li", "--why", "x"), "six digits"),
        (("add", "datong", "--jwks", "{none}", "--division", "140200", "--by", "Li", "--why", "x"), "hub jwks"),
        (("add", "datong", "--jwks", "{jwks}", "--division", "140200", "--by", "", "--why", "x"), ""),
        (("revoke", "nobody", "--by", "Li", "--why", "x"), "no lower hub here"),
    ],
)
def test_a_mistake_is_one_clear_line_and_grants_nothing(
    tmp_path: Path, datong: Signer, words: tuple[str, ...], says: str
) -> None:
    data, jwks = tmp_path / "province", tmp_path / "datong.jwks.json"
    hub_key(data)
    open_store(data).close()
    jwks.write_text(json.dumps(jwk_set({datong.kid: datong.public})))
    filled = [word.format(jwks=jwks, none=tmp_path / "none") for word in words]
    done = run_here("hub", "lower", *filled, "--data", data, environ={})
    assert done.returncode in (2, 78) and says in done.stderr and done.stderr.count("\n") == 1


def test_files_go_up_and_an_acknowledgement_comes_back_by_the_commands(
    desk: Desk, tmp_path: Path, datong: Signer
) -> None:
    data, jwks, up = tmp_path / "province", tmp_path / "datong.jwks.json", tmp_path / "province.jwks.json"
    jwks.write_text(json.dumps(jwk_set({datong.kid: datong.public})))
    up.write_text(run_here("hub", "jwks", "--data", data, environ={}).stdout)
    open_store(data).close()
    lower("add", "datong", "--jwks", jwks, "--division", "140200", "--by", "Li", "--why", "x", data=data)
    mine = ("--data", desk.directory)
    told = json.loads(run_here("hub", "forward", "--batch", tmp_path / "out", "--json", *mine, environ={}).stdout)
    (file,) = told["files"]
    assert (told["reports"], told["held"], told["is_more"]) == (3, {}, False)
    ack = tmp_path / "S1.ack.json"
    done = run_here("hub", "import", file, "--ack", ack, "--data", data, environ={})
    assert done.returncode == 0, done.stdout + done.stderr
    assert run_here("hub", "forward", "--ack", ack, *mine, environ={}).returncode == 2  # by whose key?
    assert run_here("hub", "forward", "--ack", ack, "--jwks", jwks, *mine, environ={}).returncode == 1
    assert run_here("hub", "forward", "--ack", ack, "--jwks", up, *mine, environ={}).returncode == 0
    assert desk.store.forwarding.behind(None, 9) == []
