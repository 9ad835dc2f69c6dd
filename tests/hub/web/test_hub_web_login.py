"""Log-in to the hub's page: a right name and password begins a session, and nothing else does."""

from __future__ import annotations

from pathlib import Path

import pytest
from city_told import city
from hub_web import PASSWORD, add_person, serving


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    directory = city(tmp_path / "hub")
    add_person(directory, "anna", "viewer", PASSWORD)
    return directory


def test_a_right_password_begins_a_session_and_the_page_names_who_it_is(hub: Path) -> None:
    with serving(hub) as client:
        assert client.get("/").status == 303
        entered = client.log_in("anna")
        assert (entered.status, entered.headers["location"]) == (303, "/")
        shown = client.get("/")
        assert shown.status == 200 and ">anna</a>" in shown.text
