"""Endpoints of other systems by command: what is printed once, what is never shown, and that each act is a row."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from city_told import city
from hooked import receiver
from webhook_server import Hook, serving

from agent.cli import main
from agent.hub.domain.rows.webhooks import KINDS, Progress
from agent.hub.domain.scope import Scope
from agent.hub.stores.store import Store
from agent.hub.web.people.store import People


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    return city(tmp_path / "hub")


@pytest.fixture
def server() -> Iterator[Hook]:
    with serving() as one:
        yield one


def webhook(hub: Path, *words: str, lang: str = "en") -> int:
    return main(["hub", "webhook", *words, "--data", str(hub), "--lang", lang])


def told(hub: Path, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    code = webhook(hub, *words, "--json")
    return code, json.loads(capsys.readouterr().out)


def test_a_secret_is_printed_once_and_signs_what_is_sent(
    hub: Path, server: Hook, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    address = tmp_path / "address"
    address.write_text(f"{server.url('/SECRET-PATH?token=SECRET')}\n")
    assert webhook(hub, "add", "tickets", "--url-file", str(address), "--private") == 0
    printed = capsys.readouterr().out
    secret = printed.split()[-1]
    assert secret.startswith("whsec_") and "SECRET" not in printed
    assert webhook(hub, "test", "tickets") == 0
    assert webhook(hub, "list") == 0
    assert webhook(hub, "list", "--json") == 0
    shown = capsys.readouterr().out
    assert "tickets took it, with 200" in shown
    assert secret not in shown and "SECRET" not in shown
    with receiver() as library:
        body = library.verify(secret, server.heard[0], server.requests[0][1])
        assert (body["type"], body["data"]) == ("webhook.test", {"hook": "tickets"})
        assert server.requests[0][0] == "/SECRET-PATH?token=SECRET"
        assert told(hub, capsys, "secret", "tickets")[1]["secret"] not in (secret, None)
        assert webhook(hub, "test", "tickets", "--quiet") == 0
        assert library.verify(secret, server.heard[1], server.requests[1][1]) is not None, "both sign for a day"


def test_what_it_is_told_and_to_whom_it_is_bound_are_kept(hub: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--kind", "site.back", "--kind", "finding.failed", "--division", "1402", "--maintainer", "Company One")
    assert webhook(hub, "add", "one", "--url", "https://one.test/x", *words) == 0
    assert webhook(hub, "add", "two", "--url", "https://two.test/x") == 0
    with closing(Store(hub)) as store:
        one, two = store.webhooks.listed()
    assert (one.kinds, one.scope) == (("finding.failed", "site.back"), Scope(("1402",), (), ("Company One",)))
    assert (two.kinds, two.scope, two.is_private) == (KINDS, Scope(everything=True), False)
    capsys.readouterr()
    code, listed = told(hub, capsys, "list")
    assert code == 0
    assert [(row["name"], row["host"], row["state"]) for row in listed["webhooks"]] == [
        ("one", "one.test", "new"), ("two", "two.test", "new"),
    ]  # fmt: skip
    assert listed["webhooks"][0]["maintainers"] == ["Company One"]


def test_disable_enable_and_remove_and_one_that_was_given_up_is_told(
    hub: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert webhook(hub, "add", "tickets", "--url", "https://tickets.test/") == 0
    for action, state in (("disable", "disabled"), ("enable", "new")):
        assert webhook(hub, action, "tickets") == 0
        capsys.readouterr()
        assert told(hub, capsys, "list")[1]["webhooks"][0]["state"] == state
    with closing(Store(hub)) as store:
        at = "2026-11-27T06:30:00.000Z"
        store.webhooks.keep_progress(
            "tickets", Progress(stopped_at=at, failing_since=at, last_status=500, delivered=2, given_up=3)
        )
    assert webhook(hub, "list") == 1
    assert capsys.readouterr().out == (
        "tickets  tickets.test  given up  2 taken, 3 given up, answers 500 since 2026-11-27T06:30Z\n"
    )
    assert webhook(hub, "list", lang="zh_CN") == 1
    assert "已停发" in capsys.readouterr().out
    assert webhook(hub, "enable", "tickets") == 0
    assert webhook(hub, "list", "--quiet") == 0
    assert webhook(hub, "remove", "tickets") == 0
    capsys.readouterr()
    assert webhook(hub, "list") == 0
    assert "no other system is told of anything" in capsys.readouterr().out


def test_each_act_is_a_row_without_address_and_secret(hub: Path, server: Hook) -> None:
    words = ("--url", server.url("/SECRET"), "--private", "--division", "14")
    assert webhook(hub, "add", "tickets", *words) == 0
    for action in ("test", "secret", "disable", "enable", "remove"):
        assert webhook(hub, action, "tickets") == 0
    assert webhook(hub, "enable", "tickets") == 2
    with closing(People(hub)) as people:
        rows = list(reversed(people.audit()))
    assert [row.act for row in rows] == [
        f"webhook-{act}" for act in ("add", "test", "secret", "disable", "enable", "remove")
    ]
    assert rows[0].what == "tickets 127.0.0.1 division=14"
    assert not any("SECRET" in row.what or "whsec_" in row.what for row in rows)


@pytest.mark.parametrize(
    "url",
    [
        "http://tickets.test/", "ftp://tickets.test/", "tickets.test", "https://", "https://u:SECRET@tickets.test/",
        "https://tickets.test/#SECRET", "https://tickets.test/\x00", "https://tickets.test:99999/", "https://大.test/",
        " ",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_and_not_shown(
    hub: Path, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    path = tmp_path / "address"
    path.write_text(url, encoding="utf-8")
    assert webhook(hub, "add", "tickets", "--url-file", str(path)) == 2
    said = capsys.readouterr()
    assert "this is no address of an endpoint" in said.err
    assert "SECRET" not in said.err + said.out + caplog.text
    with closing(Store(hub)) as store:
        assert store.webhooks.listed() == []


def test_a_name_that_is_taken_too_many_and_a_file_that_is_none_are_refused(
    hub: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(20):
        assert webhook(hub, "add", f"e{number}", "--url", "https://e.test/", "--quiet") == 0
    assert webhook(hub, "add", "e3", "--url", "https://e.test/") == 2
    assert webhook(hub, "add", "e20", "--url", "https://e.test/") == 2
    assert webhook(hub, "remove", "e19") == 0
    assert webhook(hub, "add", "x", "--url-file", str(tmp_path / "none")) == 78
    (tmp_path / "ca.pem").write_text("no certificate")
    assert webhook(hub, "add", "x", "--url", "https://e.test/", "--ca", str(tmp_path / "ca.pem")) == 78
    assert webhook(hub, "add", "x", "--url", "https://e.test/", "--division", "datong") == 2
    assert webhook(hub, "test", "e0") == 1
    assert "e0 did not answer" in capsys.readouterr().out


def test_an_endpoint_in_a_private_network_needs_to_be_said_so(
    hub: Path, server: Hook, capsys: pytest.CaptureFixture[str]
) -> None:
    assert webhook(hub, "add", "tickets", "--url", server.url()) == 0
    assert webhook(hub, "test", "tickets", lang="zh_CN") == 1
    assert "解析到了不允许访问的地址" in capsys.readouterr().out
    assert server.requests == []
