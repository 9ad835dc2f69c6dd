"""The interface for programs: what the commands print, page by page, for whoever has a token; and its document."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import write_openapi
from city_told import COMPANY, NOW, OPERATOR, city
from hub_web import Client, add_person, serving
from jsonschema import Draft202012Validator

from agent.cli import main
from agent.contract.signing_keys import load_or_create_signer
from agent.hub.stores import signing_key
from agent.hub.stores.page.people import NAME, People
from agent.hub.stores.store import Store
from agent.hub.web.routes import ROUTES
from agent.hub.workers import orders

DOCUMENT: dict[str, Any] = json.loads(write_openapi.PLACE.read_text("utf-8"))
_MADE = re.compile(r"<code>(cwh_[\w-]{43})</code>")


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    directory = city(tmp_path / "hub")
    add_person(directory, "chief", "supervisor")
    add_person(directory, "anna", "operator", "", operators=(OPERATOR,))
    signer = load_or_create_signer(directory / signing_key.KEY_NAME)
    with closing(Store(directory)) as store, store.transaction():
        for site in ("S1", "F3", "S2"):
            orders.order_report_now(store, signer, site, NOW)
    return directory


@pytest.fixture
def client(hub: Path) -> Iterator[Client]:
    with serving(hub) as one:
        yield one


def printed(hub: Path, capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    main(["hub", *words, "--json", "--data", str(hub)])
    return json.loads(capsys.readouterr().out)


def all_pages(client: Client, path: str, rows: str) -> list[Any]:
    """Return the rows of every page, two a page."""
    found, after = [], ""
    while True:
        told = client.get(f"{path}{'&' if '?' in path else '?'}limit=2{after}").json
        found += told[rows]
        if told["next"] is None:
            assert told["total"] == len(found)
            return found
        assert len(told[rows]) == 2
        after = f"&after={told['next']}".replace(" ", "%20").replace("+", "%2B")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", ()),
        ("?status=fail", ("--status", "fail")),
        ("?division=140200&check=clock-offset", ("--division", "140200", "--check", "clock-offset")),
        ("?maintainer=Company%20One&since=2026-11-27", ("--maintainer", COMPANY, "--since", "2026-11-27")),
        ("?operator=Datong%20East&model=NVR-8", ("--operator", OPERATOR, "--model", "NVR-8")),
        ("?site=F4", ("F4",)),
        ("?assignee=nobody", ("--assignee", "nobody")),
    ],
)
def test_findings_are_what_the_command_prints(
    client: Client, hub: Path, capsys: pytest.CaptureFixture[str], query: str, words: tuple[str, ...]
) -> None:
    chief = client.let_in("chief")
    told = printed(hub, capsys, "findings", *words)
    assert chief.get(f"/api/v1/findings{query}").json == told
    assert all_pages(chief, f"/api/v1/findings{query}", "findings") == told["findings"]


def test_a_site_and_its_silence_and_orders_are_what_the_commands_print(
    client: Client, hub: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chief = client.let_in("chief")
    assert chief.get("/api/v1/sites/S1").json == printed(hub, capsys, "site", "S1")
    assert [one["site"] for one in all_pages(chief, "/api/v1/sites", "sites")] == ["F3", "F4", "S1", "S2"]
    (listed,) = chief.get("/api/v1/sites?division=1402&limit=1").json["sites"]
    assert listed == {
        "site": "S1", "city": "datong", "division": "140202", "operator": OPERATOR, "status": "ready",
        "arrived_at": "2026-11-27T06:20:00.000Z", "health_at": "2026-11-27T06:20:00.000Z",
        "made_at": "2026-11-27T06:20:00.000Z", "cameras": 2, "fails": 2, "warns": 2, "unknowns": 2,
    }  # fmt: skip
    orders_printed = printed(hub, capsys, "orders")["orders"]
    for one in orders_printed:
        one["state"] = "waiting"  # by the clock of the test
    assert all_pages(chief, "/api/v1/orders", "orders") == orders_printed
    anna = client.let_in("anna")
    assert {one["site"] for one in all_pages(anna, "/api/v1/orders", "orders")} == {"S1", "S2"}


def test_silent_sites_go_page_by_page(hub: Path) -> None:
    with serving(hub, clock=lambda: NOW + timedelta(hours=2)) as client:
        with closing(People(hub)) as people:  # a session of that time
            people.drop_sessions("9", "9")
        chief = client.let_in("chief")
        with closing(People(hub)) as people:
            digest = next(iter(people._all("SELECT digest FROM session")))[0]
            people.note_session(digest, "2026-11-27T08:29:00Z")
        found = all_pages(chief, "/api/v1/silent", "sites")
        assert [(one["site"], one["kind"]) for one in found] == [(site, "wedged") for site in ("F3", "F4", "S1", "S2")]


def test_an_answer_that_the_client_has_is_not_sent_again(client: Client) -> None:
    chief = client.let_in("chief")
    first = chief.get("/api/v1/findings")
    etag = first.headers["etag"]
    same = chief.get("/api/v1/findings", if_none_match=f'"other", W/{etag}')
    assert (same.status, same.text, same.headers["etag"]) == (304, "", etag)
    form = {"site": "S1", "check": "camera-online", "subject": "camera:gate", "text": "seen"}
    chief.post("/findings/comment", form)
    assert chief.get("/api/v1/findings", if_none_match=etag).status == 200


@pytest.mark.parametrize(
    "query",
    ["status=open", "since=today", "since=0001-01-01", "limit=0", "limit=1001", "limit=x", "after=x", "division_=1",
     "limit=1&after=fail%2Fa", "statuss=fail"],
)  # fmt: skip
def test_a_filter_that_is_none_is_refused_with_a_problem(client: Client, query: str) -> None:
    answer = client.let_in("chief").get(f"/api/v1/findings?{query}")
    assert answer.status == 422 and answer.headers["content-type"] == "application/problem+json"
    assert set(answer.json) == {"type", "title", "status", "detail"} and answer.json["status"] == 422
    fit(answer.json, "Problem")


def test_a_token_is_shown_once_and_sees_what_its_person_may_see(client: Client, hub: Path) -> None:
    anna = client.let_in("anna")
    made = anna.post("/account/tokens", {"label": "a program", "days": "9"})
    (token,) = _MADE.findall(made.text)
    assert not _MADE.findall(anna.get("/account").text)
    program = Client(client.port, client.url, hub, headers={"Authorization": f"Bearer {token}"})
    told = program.get("/api/v1/findings").json
    assert {one["site"] for one in told["findings"]} == {"S1", "S2"}
    assert program.get("/").status == 303  # it is for programs alone
    form = {"site": "S1", "check": "camera-online", "subject": "camera:gate", "text": "seen"}
    assert program.send("POST", "/findings/comment", form).status == 303
    with closing(People(hub)) as people:
        assert [row.act for row in people.audit()] == ["api", "token-make"]  # one row for all its calls of an hour
        (row,) = people.tokens("anna")
    assert client.let_in("chief").post("/account/tokens/revoke", {"id": row.id}).status == 404  # another's
    assert program.get("/api/v1/sites").status == 200
    assert anna.post("/account/tokens/revoke", {"id": row.id}).status == 303
    answer = program.get("/api/v1/sites")
    assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert token.encode() not in (hub / NAME).read_bytes()


@pytest.mark.parametrize("sent", ["Bearer", "Bearer ", "Bearer cwh_" + "x" * 43, "Basic eDp5", "bearer x", "cwh_x"])
def test_what_is_no_token_is_nobody(client: Client, sent: str) -> None:
    answer = client.get("/api/v1/findings", authorization=sent)
    assert answer.status == 401 and "problem" in answer.headers["content-type"]


def test_a_token_ends_by_its_day_and_with_its_person(hub: Path) -> None:
    times = [NOW]
    with serving(hub, clock=lambda: times[-1]) as client:
        made = client.let_in("anna").post("/account/tokens", {"label": "a", "days": "1"})
        (token,) = _MADE.findall(made.text)
        program = Client(client.port, client.url, hub, headers={"Authorization": f"Bearer {token}"})
        assert program.get("/api/v1/sites").status == 200
        with closing(People(hub)) as people:
            row = people.person("anna")
            assert row is not None
            people.keep_person(replace(row, disabled_at="2026-11-27T00:00:00Z"))
            assert program.get("/api/v1/sites").status == 401
            people.keep_person(replace(row, operators=("Elsewhere",)))
            assert program.get("/api/v1/sites").json["sites"] == []
        times.append(NOW + timedelta(days=1))
        assert program.get("/api/v1/sites").status == 401


@pytest.mark.parametrize(
    "form", [{"label": "", "days": "9"}, {"label": "a", "days": "0"}, {"label": "a", "days": "367"}]
)
def test_a_token_needs_a_label_and_a_day(client: Client, form: dict[str, str]) -> None:
    assert client.let_in("anna").post("/account/tokens", form).status == 422


def test_nobody_has_more_than_20_tokens(client: Client) -> None:
    anna = client.let_in("anna")
    answers = [anna.post("/account/tokens", {"label": f"{n}", "days": "9"}).status for n in range(21)]
    assert answers == [200] * 20 + [422]


def test_an_export_is_the_command_s_table_and_one_row_of_the_audit_log(
    client: Client, hub: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = client.let_in("chief").get("/findings.csv?status=fail")
    main(["hub", "findings", "--status", "fail", "--csv", "--data", str(hub)])
    assert answer.text.removeprefix("\ufeff").replace("\r\n", "\n") == capsys.readouterr().out.replace("\r\n", "\n")
    with closing(People(hub)) as people:
        assert [(row.who, row.act, row.what) for row in people.audit()] == [
            ("chief", "export", "findings status=fail (8)")
        ]


def test_the_document_is_made_from_the_table_of_routes_and_rows() -> None:
    assert write_openapi.PLACE.read_text("utf-8") == write_openapi.made(), "make generated"
    told = {(method.upper(), path) for path, one in DOCUMENT["paths"].items() for method in one}
    routes = {(one.method, one.path) for one in ROUTES if one.path.startswith("/api/v1/") and one.name != "api"}
    assert told == routes
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("path", list(DOCUMENT["paths"]))
def test_every_answer_is_what_the_document_says(client: Client, path: str) -> None:
    chief = client.let_in("chief")
    answer = chief.get(path.replace("{site}", "S1"))
    said = DOCUMENT["paths"][path]["get"]["responses"]["200"]["content"][answer.headers["content-type"]]
    name = said["schema"]["$ref"].rpartition("/")[2]
    fit(answer.json, name)
    with pytest.raises(AssertionError):
        fit({**answer.json, "schema": "another"}, name)


def fit(told: Any, name: str) -> None:
    schema = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    assert [error.message for error in Draft202012Validator(schema).iter_errors(told)] == []
