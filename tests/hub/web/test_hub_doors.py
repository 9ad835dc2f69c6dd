"""One site reads the same through each door of the hub."""

from __future__ import annotations

from pathlib import Path

from city_worked import worked_city
from hub_doors import hub_doors
from hub_web import add_person, serving


def test_the_doors_of_the_hub_that_fold_count_the_same_of_a_site(tmp_path: Path) -> None:
    directory = worked_city(tmp_path / "hub")
    add_person(directory, "anna", "viewer")
    with serving(directory) as client:
        told = hub_doors(directory, client.let_in("anna"), "S1")
    first = told["site page"]
    assert sum(first.values()) > 0
    assert {door: counted for door, counted in told.items() if counted != first} == {}
