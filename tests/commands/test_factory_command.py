"""`credentials factory`: nothing is sent without a word, one login then, and never again. Against a real recorder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from smaller_site import unhurried

from agent.cli import main
from agent.demo.site import SITE_ID, SimulatedSite
from agent.demo.world.cameras import ISAPI_CAMERAS, ISAPI_DEVICES, DemoDevice
from agent.host.clock import utc_now
from agent.host.paths import CREDENTIALS_NAME
from agent.model import exits
from agent.observe.facts.factory_logins import NAME, read_tried
from agent.site.config.load import load
from drivers.credentials import Credentials
from drivers.http.factory_logins import FACTORY

NVR = ISAPI_DEVICES[0]
SECRETS = {one.password for one in FACTORY.values()}


class Place:
    """A site of one recorder, and what its agent keeps."""

    def __init__(self, site: SimulatedSite, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.site, self.capsys = site, capsys
        self.config = unhurried(site.write_config(folder, {"host": "127.0.0.1", "tls": False, "confirm": "broker"}))
        self.state = load(self.config).storage.directory

    def works(self) -> None:
        """The service has read the recorder with its own login."""
        self.state.mkdir(exist_ok=True, parents=True)
        Credentials(self.state / CREDENTIALS_NAME).accepted(load(self.config).devices[0], utc_now())

    def run(self, *words: str, code: int = exits.OK) -> str:
        common = ("--config", str(self.config), "--lang", "en", "--no-color")
        assert main(["credentials", "factory", *words, *common]) == code
        said = self.capsys.readouterr()
        assert not [secret for secret in SECRETS - {"admin", "pass"} if secret in said.out + said.err]
        return said.out

    @property
    def failed(self) -> int:
        return self.site.failed_logins[NVR.id]

    def become(self, **changes: object) -> None:
        self.site.replace(DemoDevice(**{**_fields(), **changes}))  # type: ignore[arg-type]


def _fields() -> dict[str, object]:
    return {name: getattr(NVR, name) for name in NVR.__slots__}


@pytest.fixture
def place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Place]:
    with SimulatedSite(utc_now, (NVR,), ISAPI_CAMERAS[:1]) as site:
        yield Place(site, tmp_path, capsys)


def test_without_a_word_nothing_is_sent(place: Place) -> None:
    place.works()
    assert "may be tried; with --yes one login is sent, once" in place.run()
    assert place.failed == 0
    assert not (place.state / NAME).exists()


def test_where_the_sites_own_login_has_not_worked_nothing_is_sent(place: Place) -> None:
    assert "its own login has not worked yet" in place.run("--yes")
    Credentials(place.state / CREDENTIALS_NAME).refused(load(place.config).devices[0], utc_now())
    assert "its own login has not worked yet" in place.run("--yes")
    assert place.failed == 0


def test_one_login_is_sent_and_never_a_second(place: Place) -> None:
    place.works()
    assert "refuses the login of its factory" in place.run("--yes")
    assert place.failed == 1
    for _ in range(3):
        assert "refuses the login of its factory" in place.run("--yes", NVR.id)
    assert place.failed == 1
    states = Credentials(place.state / CREDENTIALS_NAME).entries()
    assert [one.state for one in states] == ["worked"], "what the site's own login may do is not touched"


def test_another_configuration_allows_another_try(place: Place) -> None:
    place.works()
    place.run("--yes")
    place.config.write_text(f"{place.config.read_text('utf-8')}\n# another one\n", "utf-8")
    assert "may be tried" in place.run()
    place.run("--yes")
    assert place.failed == 2
    assert [one.result for one in read_tried(place.state, SITE_ID)] == ["refused", "refused"]


def test_a_recorder_that_takes_it_is_told_and_may_be_asked_again_once_it_is_mended(place: Place) -> None:
    place.works()
    place.become(factory_login=True)
    assert "takes the login of its factory" in place.run("--yes", code=exits.FAILS)
    assert "takes the login of its factory" in place.run(code=exits.FAILS)
    assert place.failed == 0
    place.become(factory_login=False)
    assert "refuses the login of its factory" in place.run("--yes")
    assert place.failed == 1


def test_what_is_told_to_programs_has_no_password(place: Place) -> None:
    place.works()
    told = json.loads(place.run("--yes", "--json"))
    (row,) = told["devices"]
    assert (told["schema"], row["device"], row["maker"], row["result"]) == (
        "camwarden-factory/1", NVR.id, "hikvision", "refused",
    )  # fmt: skip
    assert row["sent"] is True
    again = json.loads(place.run("--yes", "--json"))["devices"][0]
    assert (again["result"], again["sent"]) == ("refused", False)


def test_a_recorder_that_cannot_be_reached_may_be_tried_later(place: Place) -> None:
    place.works()
    place.site.stop()
    assert "no login was sent" in place.run("--yes")
    assert read_tried(place.state, SITE_ID) == ()


def test_a_crash_after_the_login_was_sent_leaves_no_second_try(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.works()

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("agent.commands.factory.try_factory", crash)
    place.run("--yes", code=exits.INTERRUPTED)
    monkeypatch.undo()
    assert "says neither yes nor no" in place.run("--yes")
    assert place.failed == 0


def test_a_damaged_list_of_tries_stops_every_try(place: Place) -> None:
    place.works()
    (place.state / NAME).write_text("{")
    assert place.run("--yes", code=exits.USAGE) == ""
    assert place.failed == 0


def test_a_device_that_is_not_there_is_a_mistake(place: Place) -> None:
    assert place.run("gate", code=exits.USAGE) == ""
