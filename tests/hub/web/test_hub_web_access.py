"""Every route, as every role, within and outside of what a person may see; made from the table of routes.

A route that is added is asked here without a further line, but for a POST, whose form stands in `FORMS`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
from city_told import COMPANY, DIVISION, HIDDEN, NOW, OPERATOR, PLACES, city
from hooked import hook
from hub_web import Client, add_person, serving

from agent.contract.chain import utc_text
from agent.contract.disputes import Disputed
from agent.contract.signing_keys import load_or_create_signer
from agent.hub.domain.people.person import ROLES, Role, is_at_least
from agent.hub.domain.rows.enrollment import CertificateRow, TokenRow
from agent.hub.domain.scope import Scope
from agent.hub.stores import signing_key
from agent.hub.stores.dispute_columns import insert
from agent.hub.stores.engines import open_enroll
from agent.hub.stores.store import Store
from agent.hub.web.asked import Route
from agent.hub.web.routes import ROUTES
from agent.hub.workers.orders import order_report_now

FINDING = {"check": "camera-online", "subject": "camera:gate"}
FOREIGN = {"check": "camera-online", "subject": f"camera:{HIDDEN[0]}"}
WORDS = {"until": "2026-12-30", "due": "2026-12-30", "why": "ordered", "to": "somebody", "text": "seen"}
FORMS: dict[str, dict[str, str]] = {
    "enter": {"name": "nobody", "password": "a wrong one"},
    "leave": {},
    "password": {"old": "a wrong one", "new": "another sentence", "again": "another sentence"},
    "make-token": {"label": "a program", "days": "9"},
    "revoke-token": {"id": "none"},
    "acknowledge": WORDS,
    "assign": WORDS,
    "plan": {**WORDS, "until": "2026-12-20"},
    "comment": WORDS,
}
OF_FINDINGS = ("acknowledge", "assign", "plan", "comment")

BOUND: dict[str, dict[str, tuple[str, ...]]] = {
    "division": {"divisions": (DIVISION,)},
    "operator": {"operators": (OPERATOR,)},
    "maintainer": {"maintainers": (COMPANY,)},
}
VALUES = {"site": "S1", "name": "by-status", **FINDING}
FOREIGN_DESK = {"F3": "b", "F9": "c"}
"""Sites with a token and a certificate, and their digests' letter; nobody has heard of F9: it is of no division."""
FOREIGN_VALUES = {"site": "F3", "name": HIDDEN[0], **FOREIGN}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    directory = city(tmp_path_factory.mktemp("web") / "hub")
    signer = load_or_create_signer(directory / signing_key.KEY_NAME)
    with closing(Store(directory)) as store, store.transaction():
        for site in PLACES:
            order_report_now(store, signer, site, NOW)
            insert(store.run, site, disputed(PLACES[site][3]), NOW)
        foreign = Scope((HIDDEN[3],), (HIDDEN[1],), (HIDDEN[2],))
        store.webhooks.keep(hook(HIDDEN[0], f"https://{HIDDEN[0]}.test/", scope=foreign))
        store.webhooks.keep(hook())
    (directory / "enroll").mkdir()
    later = utc_text(NOW + timedelta(days=400))
    with closing(open_enroll(directory / "enroll")) as desk, desk.changing():
        for site, letter in {"S1": "a", **FOREIGN_DESK}.items():
            desk.keep_token(TokenRow(letter * 64, site, utc_text(NOW), later))
            row = CertificateRow(f"0{letter}", site, letter * 64, letter * 43, "", utc_text(NOW), later)
            desk.keep_certificate(row, letter * 64)
    for role in ROLES:
        add_person(directory, role, role)
        for kind, bound in BOUND.items():
            add_person(directory, f"{role}-{kind}", role, "", **bound)
    with serving(directory) as one:
        yield one


def disputed(camera: str) -> Disputed:
    return Disputed(
        check="camera-online", subject=f"camera:{camera}", status="fail", reason="unreachable", detected_at=NOW,
        repaired_at=None, by="Wang", at=NOW, why="it was off",
    )  # fmt: skip


def path_of(route: Route, values: dict[str, str]) -> str:
    return re.sub(r"{(\w+)(?::\w+)?}", lambda found: values[found[1]], route.path)


def sent(client: Client, route: Route, name: str, values: dict[str, str], query: str = "") -> tuple[int, str]:
    """Ask a route as somebody, or as nobody: an empty name."""
    one = (client.let_in(name) if route.name == "leave" else _let_in(client, name)) if name else client
    path = path_of(route, values) + query
    if route.method == "GET":
        answer = one.get(path)
    else:
        form = {**values, **FORMS[route.name]}
        answer = one.post(path, form) if name else one.send("POST", path, form)
    return answer.status, answer.text


@cache
def _let_in(client: Client, name: str) -> Client:
    return client.let_in(name)


def ids(route: Route) -> str:
    return f"{route.method} {route.path}"


@pytest.mark.parametrize("route", ROUTES, ids=ids)
def test_a_route_is_for_its_least_role_and_those_above_it(client: Client, route: Route) -> None:
    status, _ = sent(client, route, "", VALUES)
    if route.least_role is None:
        assert status in (200, 422)
        return
    assert status == (401 if route.path.startswith("/api/") else 303)
    for role in ROLES:
        of_all = role if role not in ("maintainer", "operator") else f"{role}-division"
        status, text = sent(client, route, of_all, VALUES)
        if is_at_least(role, route.least_role):
            assert status in ((303,) if route.name in (*OF_FINDINGS, "leave") else (200, 404, 422)), (role, text)
            assert (status == 404) == (route.name == "revoke-token"), role
        else:
            assert status == 403, role


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("kind", BOUND)
@pytest.mark.parametrize("route", [one for one in ROUTES if one.least_role is not None], ids=ids)
def test_who_is_bound_sees_and_changes_nothing_else(client: Client, route: Route, kind: str, role: Role) -> None:
    assert route.least_role is not None
    if not is_at_least(role, route.least_role):
        return
    name = f"{role}-{kind}"
    if route.method == "POST":
        if route.name in OF_FINDINGS:
            assert sent(client, route, name, FOREIGN_VALUES)[0] == 404
            assert sent(client, route, name, VALUES)[0] == 303
        return
    status, text = sent(client, route, name, VALUES)
    assert status == 200
    assert not [word for word in (*HIDDEN, "F3", "F4", "F9") if word in text]
    assert not [letter for letter in FOREIGN_DESK.values() if letter * 8 in text]
    for query in (
        "?site=F3",
        "?division=149999",
        f"?operator={HIDDEN[1].replace(' ', '+')}",
        "?site=F3&status=fail",
        "?site=F9",
    ):
        status, text = sent(client, route, name, VALUES, query)
        assert not [letter for letter in FOREIGN_DESK.values() if letter * 8 in text], query
        assert status in (200, 422) and HIDDEN[0] not in text, query
    if "{" in route.path:
        status, foreign = sent(client, route, name, FOREIGN_VALUES)
        none, unknown = sent(client, route, name, {**VALUES, "site": "F9", "name": "none"})
        assert (status, none) == (404, 404)
        assert foreign.replace("F3", "F9").replace(HIDDEN[0], "gate") == unknown  # as one that does not exist


@pytest.mark.parametrize("role", ROLES)
def test_who_is_bound_to_nothing_sees_everything_or_nothing_by_its_role(client: Client, role: Role) -> None:
    told = client.let_in(role).get("/api/v1/findings").json
    sites = {one["site"] for one in told["findings"]}
    assert sites == (set() if role in ("maintainer", "operator") else {"S1", "S2", "F3", "F4"})
    assert told["total"] == 6 * len(sites)


def test_a_foreign_finding_that_is_assigned_to_a_maintainer_is_seen_alone(tmp_path: Path) -> None:
    directory = city(tmp_path / "hub")
    add_person(directory, "head", "supervisor")
    add_person(directory, "mender", "maintainer", "", maintainers=("Mender",))
    with serving(directory) as client:
        mender = client.let_in("mender")
        assert mender.get("/api/v1/findings").json["findings"] == []
        assert mender.get("/api/v1/sites/F3").status == 404
        form = {**FOREIGN, "site": "F3", "to": "Mender", "due": "2026-12-01"}
        assert client.let_in("head").post("/findings/assign", form).status == 303
        seen = mender.get("/api/v1/findings").json
        assert [(one["site"], one["subject"]) for one in seen["findings"]] == [("F3", FOREIGN["subject"])]
        site = mender.get("/api/v1/sites/F3").json
        assert [one["subject"] for one in site["findings"]] == [FOREIGN["subject"]]
        assert {one["subject"] for one in site["history"]} == {FOREIGN["subject"]}
