"""The screen of the whole site: findings with next steps, footage, declarations into the review, signed papers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from patience import PATIENCE_S
from smaller_site import only, unhurried
from ui_client import Client, served
from ui_desk import OnDesk, desk_of, office_for

from agent.cli import main
from agent.demo.site import SimulatedSite
from agent.demo.world.cameras import CAMERAS, DEVICES
from agent.host.access_register import read_openings
from agent.onsite.ui.site_desk import SiteDesk
from agent.site.config.load import load
from masking.worker.client import Worker

ON_SITE = ("recorder",)


@pytest.fixture(scope="module")
def running() -> Iterator[SimulatedSite]:
    devices = tuple(device for device in DEVICES if device.id in ON_SITE)
    cameras = tuple(camera for camera in CAMERAS if camera.device in ON_SITE)
    with SimulatedSite(lambda: datetime.now(UTC), devices, cameras) as site:
        yield site


@pytest.fixture(scope="module")
def on_desk(running: SimulatedSite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OnDesk]:
    folder = tmp_path_factory.mktemp("site")
    config = unhurried(running.write_config(folder, {"host": "127.0.0.1", "confirm": "broker", "tls": False}))
    config.write_text(only(config.read_text(), ON_SITE, ("gate", "yard")))
    with Worker() as worker:
        yield desk_of(config, worker)


@pytest.fixture(scope="module")
def office(on_desk: OnDesk) -> Iterator[SiteDesk]:
    with Worker() as worker:
        yield office_for(on_desk.desk, worker)


@pytest.fixture(scope="module")
def client(on_desk: OnDesk, office: SiteDesk) -> Iterator[Client]:
    with served(on_desk.desk, on_desk.entrance, office=office) as one:
        one.enter(on_desk.entrance)
        yield one


@pytest.fixture(scope="module")
def site(client: Client, office: SiteDesk) -> dict[str, Any]:
    assert client.get("/api/site")["running"], "the first look starts by itself"
    assert office.wait(3 * PATIENCE_S)
    found: dict[str, Any] = client.get("/api/site")
    assert not found["failed"], found["failed"]
    return found


def test_findings_come_by_harm_with_the_next_step(site: dict[str, Any]) -> None:
    first = site["findings"][0]
    assert (first["check"], first["status"], first["subject"]) == ("privacy-mask-effective", "fail", "camera:yard")
    assert all(one["harm"] and one["title"] and one["words"] for one in site["findings"])
    assert any(one["next"] for one in site["findings"])
    assert (site["running"], site["age_s"] >= 0) == (False, True)


def test_the_footage_of_each_camera_is_drawn(site: dict[str, Any]) -> None:
    assert site["timeline"].startswith("<svg ") and "</svg>" in site["timeline"]


def test_devices_say_what_they_are(site: dict[str, Any]) -> None:
    assert [(one["id"], one["cameras"], bool(one["make"])) for one in site["devices"]] == [("recorder", 2, True)]


def test_without_a_running_service_the_delivery_says_so(site: dict[str, Any]) -> None:
    assert len(site["delivery"]["lines"]) == 1


def test_papers_are_signed_and_their_opening_is_recorded(
    site: dict[str, Any], client: Client, on_desk: OnDesk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for kind, ending in (("report", "html"), ("dossier", "zip")):
        status, data, headers = client.ask("GET", f"/api/{kind}?lang=zh_CN")
        assert (status, headers["content-disposition"].endswith(f'.{ending}"')) == (200, True)
        path = tmp_path / f"paper.{ending}"
        path.write_bytes(data)
    assert "yard" in (tmp_path / "paper.html").read_text()
    capsys.readouterr()
    main(["verify", str(tmp_path / "paper.html"), "--lang", "en"])
    assert "not changed since it was signed" in capsys.readouterr().out
    opened = read_openings(on_desk.desk.state.site.storage.directory)
    assert {("ui report", "pictures"), ("ui dossier", "equipment")} <= {(one.command, one.what) for one in opened}


def test_a_declaration_goes_into_the_review_and_is_saved_with_it(
    site: dict[str, Any], client: Client, on_desk: OnDesk
) -> None:
    form = next(one for one in site["declarations"] if one["key"] == "zone-type")
    assert form["fields"][0]["choices"]
    value = form["fields"][0]["choices"][0]["value"]
    before = on_desk.config.read_text()
    told = client.post("/api/declare", {"key": "zone-type", "value": value, "cameras": ["gate"]})
    assert next(one for one in told["declarations"] if one["key"] == "zone-type")["state"] == "waiting"
    assert on_desk.config.read_text() == before
    review = client.get("/api/review")
    assert any(row["kind"] == "add" and "zone-type" in row["text"] for row in review["diff"])
    client.post("/api/review", {"version": review["version"], "why": "", "approve": []})
    row = load(on_desk.config).declarations[-1]
    assert (row.duty, row.value, row.by, row.cameras) == ("zone-type", value, "Li Na", ("gate",))
    assert on_desk.config.read_text().startswith(before)


@pytest.mark.parametrize(
    "body",
    [
        {}, {"key": "none"}, {"key": ["zone-type"], "value": "x"}, {"key": "zone-type", "value": "moon"},
        {"key": "zone-type", "value": None}, {"key": "key-target", "value": True, "cameras": ["gate"]},
        {"key": "zone-type", "value": "hall", "cameras": ["other"]}, {"key": "key-target", "value": "x" * 501},
        {"key": "key-target", "value": True, "until": "tomorrow"},
    ],
    ids=lambda body: json.dumps(body)[:50],
)  # fmt: skip
def test_what_is_no_declaration_is_refused(client: Client, body: dict[str, Any]) -> None:
    drafts = client.get("/api/wall")["drafts"]
    assert client.ask("POST", "/api/declare", body)[0] == 422
    assert client.get("/api/wall")["drafts"] == drafts
