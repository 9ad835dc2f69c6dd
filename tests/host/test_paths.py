"""Which site.toml counts where a command names none: the service's, else that of the folder a person stands in."""

import os
from pathlib import Path

import pytest

from agent.host import paths


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr(paths, "CONFIG", tmp_path / "etc" / "site.toml")
    return tmp_path


def test_the_site_of_the_present_folder_counts_where_the_service_has_none(here: Path) -> None:
    assert paths.default_config() == here / "etc/site.toml"
    (here / "here/site.toml").touch()
    assert paths.default_config() == Path("site.toml")
    (here / "etc").mkdir()
    (here / "etc/site.toml").touch()
    assert paths.default_config() == here / "etc/site.toml"


def test_a_site_file_of_somebody_else_is_not_taken(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planted = here / "here/site.toml"
    planted.touch()
    if os.geteuid() == 0:
        os.chown(planted, 65534, 65534)
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    assert paths.default_config() == here / "etc/site.toml"


def test_a_hub_keeps_its_data_where_the_environment_says() -> None:
    assert paths.hub_data({}) == Path("/var/lib/camwarden-hub")
    assert paths.hub_data({"CAMWARDEN_HUB_DATA": "/srv/hub"}) == Path("/srv/hub")
