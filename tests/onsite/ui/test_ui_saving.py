"""What is saved and approved over the local page: nothing before the review, nothing that changed, nothing unseen."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from ui_client import Client, served
from ui_desk import OnDesk, desk_of, hand_in, with_look_of
from ui_fixtures import inside, looked, on_desk, page_worker, status, tab, written

from agent.observe.approvals.approvals import read_approvals
from agent.onsite.ui import reviewing
from agent.onsite.ui.refusals import Changed
from agent.onsite.ui.replacing import accept_drawn, replace_site
from agent.onsite.ui.values import State
from masking.worker.client import Worker

__all__ = ["inside", "looked", "on_desk", "page_worker", "tab"]

BARE = {"name": "door", "polygon": [[0.05, 0.05], [0.25, 0.05], [0.25, 0.25]]}

# What changed underneath


def test_a_file_that_was_changed_underneath_is_not_overwritten(inside: Client, on_desk: OnDesk) -> None:
    gate = inside.get("/api/camera/gate")
    inside.post("/api/camera/gate/draft", {"version": gate["version"], "zones": [*gate["zones"], BARE]})
    review = inside.get("/api/review")
    text = on_desk.config.read_text() + "# another hand\n"
    on_desk.config.write_text(text)
    body = {"version": review["version"], "why": "", "approve": []}
    code, told, _ = inside.ask("POST", "/api/review", body)
    assert (code, told["reason"]) == (409, "changed")
    assert status(inside, "GET", "/api/review") == 409
    assert on_desk.config.read_text() == text


def test_loading_anew_keeps_the_drawings_of_cameras_that_the_file_has_not_changed(
    inside: Client, on_desk: OnDesk
) -> None:
    for name in ("gate", "yard"):
        one = inside.get(f"/api/camera/{name}")
        inside.post(f"/api/camera/{name}/draft", {"version": one["version"], "zones": [*one["zones"], BARE]})
    before = on_desk.config.read_text()
    on_desk.config.write_text(before.replace('name = "window"', 'name = "another hand"'))
    assert status(inside, "GET", "/api/review") == 409
    assert "1 of your drawings are gone" in inside.post("/api/reload", {})["words"]
    assert [zone["name"] for zone in inside.get("/api/camera/gate")["zones"]] == ["another hand"]
    assert [zone["name"] for zone in inside.get("/api/camera/yard")["zones"]] == ["door"]
    review = inside.get("/api/review")
    inside.post("/api/review", {"version": review["version"], "why": "", "approve": []})
    text = on_desk.config.read_text()
    assert "another hand" in text and text.count('name = "door"') == 1


def test_no_tile_says_of_a_zone_that_moved_what_was_true_before(inside: Client, on_desk: OnDesk) -> None:
    """Another hand moves the zone beside its mask: nobody has to open the camera to see that."""

    def tile() -> str:
        return next(str(one["status"]) for one in inside.get("/api/wall")["cameras"] if one["id"] == "gate")

    assert tile() == "pass"
    text = on_desk.config.read_text()
    moved = text.replace("[[0.3, 0.3], [0.6, 0.3], [0.6, 0.75], [0.3, 0.75]]", str(BARE["polygon"]))
    assert moved != text
    on_desk.config.write_text(moved)
    inside.post("/api/reload", {})
    assert tile() == "fail"


def test_a_file_in_which_more_than_drawings_changed_is_not_loaded_anew(inside: Client, on_desk: OnDesk) -> None:
    text = on_desk.config.read_text()
    for changed, words in (
        (text.replace('device = "box"\nchannel = 2', 'device = "box"\nchannel = 3'), "more than zones"),
        ("[[", "not TOML"),
    ):
        assert changed != text
        on_desk.config.write_text(changed)
        code, told, _ = inside.ask("POST", "/api/reload", {})
        assert code == 422 and words in told["error"]["message"]
    assert on_desk.desk.state.text == text


def test_the_writer_itself_refuses_a_file_that_changed_after_the_check(inside: Client, on_desk: OnDesk) -> None:
    before = hashlib.sha256(on_desk.config.read_bytes()).hexdigest()
    on_desk.config.write_text(on_desk.config.read_text() + "# another hand\n")
    with pytest.raises(Changed):
        replace_site(on_desk.config, b"x", before, accept_drawn)
    assert on_desk.config.read_text().endswith("# another hand\n")


def test_two_tabs_do_not_overwrite_each_others_drawing(inside: Client) -> None:
    seen = inside.get("/api/camera/gate")
    inside.post("/api/camera/gate/draft", {"version": seen["version"], "zones": [*seen["zones"], BARE]})
    code, told, _ = inside.ask("POST", "/api/camera/gate/draft", {"version": seen["version"], "zones": []})
    assert (code, told["reason"]) == (409, "changed")
    assert [zone["name"] for zone in inside.get("/api/camera/gate")["zones"]] == ["window", "door"]


def test_a_review_that_changed_since_it_was_read_saves_nothing(inside: Client, on_desk: OnDesk) -> None:
    before = on_desk.config.read_text()
    review = inside.get("/api/review")
    gate = inside.get("/api/camera/gate")
    inside.post("/api/camera/gate/draft", {"version": gate["version"], "zones": [*gate["zones"], BARE]})
    body = {"version": review["version"], "why": "", "approve": []}
    assert status(inside, "POST", "/api/review", body) == 409
    assert on_desk.config.read_text() == before


def test_what_the_loader_refuses_is_not_saved(inside: Client, on_desk: OnDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    before = on_desk.config.read_text()
    monkeypatch.setattr(reviewing, "with_zones", lambda text, cameras: text + "[nonsense]\n")
    review = inside.get("/api/review")
    code, told, _ = inside.ask("POST", "/api/review", {"version": review["version"], "approve": []})
    assert (code, "nonsense" in told["error"]["message"]) == (422, True)
    assert on_desk.config.read_text() == before


# Approvals


def approvals(on_desk: OnDesk) -> list[str]:
    site = on_desk.desk.state.site
    return sorted(read_approvals(site.storage.directory, site.id))


def test_a_camera_whose_pictures_were_on_screen_is_approved(inside: Client, on_desk: OnDesk) -> None:
    inside.post("/api/camera/gate/mark", {"picture": inside.see("gate")})
    review = inside.get("/api/review")
    told = inside.post("/api/review", {"version": review["version"], "why": "", "approve": ["gate"]})
    assert (told["saved"], approvals(on_desk)) == (False, ["gate"])


def test_a_picture_that_was_not_on_screen_approves_nothing(inside: Client, on_desk: OnDesk) -> None:
    digests = {row["path"]: row["digest"] for row in inside.get("/api/camera/gate")["paths"]}
    assert status(inside, "POST", "/api/camera/gate/mark", {"picture": digests}) == 422
    inside.ask("GET", "/api/camera/gate/picture/main?black=1")
    assert status(inside, "POST", "/api/camera/gate/mark", {"picture": digests}) == 422, "black ones do not count"
    inside.ask("GET", "/api/camera/gate/picture/main?w=640")
    assert status(inside, "POST", "/api/camera/gate/mark", {"picture": digests}) == 422, "nor does one of two"
    seen = inside.see("gate")
    del seen["sub"]
    assert status(inside, "POST", "/api/camera/gate/mark", {"picture": seen}) == 422, "each path is named"


def test_pictures_of_another_look_approve_nothing(inside: Client, on_desk: OnDesk) -> None:
    seen = inside.see("gate")
    wrong = {path: hashlib.sha256(path.encode()).hexdigest() for path in seen}
    assert status(inside, "POST", "/api/camera/gate/mark", {"picture": wrong}) == 409
    other = inside.see("yard")
    assert status(inside, "POST", "/api/camera/gate/mark", {"picture": other}) == 409


def test_pictures_of_yesterday_approve_nothing(inside: Client, on_desk: OnDesk) -> None:
    seen = inside.see("gate")
    inside.post("/api/camera/gate/mark", {"picture": seen})
    review = inside.get("/api/review")
    on_desk.clock.ahead_s += 86400
    assert status(inside, "POST", "/api/camera/gate/mark", {"picture": seen}) == 409
    body = {"version": review["version"], "why": "", "approve": ["gate"]}
    assert status(inside, "POST", "/api/review", body) == 409
    assert approvals(on_desk) == []


def test_a_new_look_takes_the_mark_back(inside: Client, on_desk: OnDesk) -> None:
    inside.post("/api/camera/gate/mark", {"picture": inside.see("gate")})
    hand_in(on_desk)
    assert inside.get("/api/review")["approvals"] == []


def test_a_change_of_the_drawing_takes_the_mark_back(inside: Client) -> None:
    inside.post("/api/camera/gate/mark", {"picture": inside.see("gate")})
    gate = inside.get("/api/camera/gate")
    inside.post("/api/camera/gate/draft", {"version": gate["version"], "zones": [*gate["zones"], BARE]})
    assert inside.get("/api/review")["approvals"] == []


def test_nobody_approves_in_bulk_or_what_was_not_marked(inside: Client, on_desk: OnDesk) -> None:
    review = inside.get("/api/review")
    for ids in (["gate"], ["gate", "yard"], ["other"], "gate", [1]):
        assert status(inside, "POST", "/api/review", {"version": review["version"], "approve": ids}) == 422
    assert approvals(on_desk) == []


def test_what_shows_something_private_is_not_approved_whatever_the_reason(inside: Client, on_desk: OnDesk) -> None:
    gate = inside.get("/api/camera/gate")
    gate = inside.post("/api/camera/gate/draft", {"version": gate["version"], "zones": [*gate["zones"], BARE]})
    assert (gate["may_approve"], gate["needs_reason"], bool(gate["refusal"])) == (False, False, True)
    body = {"picture": inside.see("gate"), "why": "the boss says so"}
    assert status(inside, "POST", "/api/camera/gate/mark", body) == 422


def test_nothing_private_in_view_needs_a_reason_where_the_device_hides_something(inside: Client) -> None:
    yard = inside.get("/api/camera/yard")
    body = {"version": yard["version"], "zones": [], "no_private_area": True}
    yard = inside.post("/api/camera/yard/draft", body)
    assert (yard["may_approve"], yard["needs_reason"]) == (True, True)
    seen = inside.see("yard")
    assert status(inside, "POST", "/api/camera/yard/mark", {"picture": seen, "why": " "}) == 422
    inside.post("/api/camera/yard/mark", {"picture": seen, "why": "a wall"})


def test_a_session_that_may_not_draw_approves_and_draws_nothing(
    tmp_path: Path, page_worker: Worker, looked: State
) -> None:
    found = desk_of(written(tmp_path), page_worker, may_edit=False)
    with_look_of(found, looked)
    with served(found.desk, found.entrance) as tab:
        assert tab.enter(found.entrance)["may_edit"] is False
        gate = tab.get("/api/camera/gate")
        body = {"version": gate["version"], "zones": []}
        assert status(tab, "POST", "/api/camera/gate/draft", body) == 403
        tab.post("/api/camera/gate/mark", {"picture": tab.see("gate")})
        review = tab.get("/api/review")
        tab.post("/api/review", {"version": review["version"], "approve": ["gate"]})
    assert approvals(found) == ["gate"]
