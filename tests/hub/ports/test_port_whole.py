"""No promise without a proof: these tests call each method of each port by its name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_type_hints

import pytest

from agent.hub.ports.enroll import EnrollStore
from agent.hub.ports.files import Files
from agent.hub.ports.intake import Intake
from agent.hub.ports.log import LogStore
from agent.hub.ports.people import PeopleStore
from agent.hub.ports.store import Store
from agent.hub.ports.trust import TrustStore

CALLS = "\n".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("*.py")) + "\n".join(
    path.read_text("utf-8") for path in Path(__file__).parents[2].glob("support/portside.py")
)
AREAS = {
    name: get_type_hints(value.fget)["return"] for name, value in vars(Store).items() if isinstance(value, property)
}
PORTS = {
    "": Intake,
    "log": LogStore,
    "desk": EnrollStore,
    "people": PeopleStore,
    "files": Files,
    "trust": TrustStore,
    **AREAS,
}


def methods(port: type) -> list[str]:
    return [
        name for name, value in vars(port).items() if callable(value) and name != "close" and not name.startswith("_")
    ]


@pytest.mark.parametrize("area", PORTS)
def test_each_method_of_a_port_is_called_here(area: str) -> None:
    assert methods(PORTS[area])
    of = rf"\b{area}\." if area not in ("", "trust") else r"\b(?:store|trust|other|writers\[.*\]|reader|own)\."
    assert [name for name in methods(PORTS[area]) if not re.search(rf"{of}{name}\(", CALLS)] == []


def test_every_area_of_the_store_is_a_port_with_methods() -> None:
    assert len(AREAS) > 15
    assert {"findings", "trust", "chains", "seen"} <= set(AREAS)
