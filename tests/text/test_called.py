"""The hub's own package names its commands as they can be typed there."""

import sys

import pytest

from agent import cli
from agent.model.errors import ConfigurationError
from agent.model.finding import Message
from agent.text.translate import render

SENT = Message("{site} is not known: see `camwarden hub status {site}`", {"site": "camwarden hub"})


def test_a_text_names_the_command_of_the_package_that_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/usr/bin/camwarden-hub", "hub", "status"])
    assert render(SENT, "en") == "camwarden hub is not known: see `camwarden-hub status camwarden hub`"
    monkeypatch.setattr(sys, "argv", ["/usr/bin/camwarden"])
    assert render(SENT, "en") == "camwarden hub is not known: see `camwarden hub status camwarden hub`"


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_usage_errors_and_version_have_the_name_too(
    lang: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["/usr/bin/camwarden-hub"])
    assert cli.main(["hub", "hold", "--help", "--lang", lang]) == 0
    assert cli.main(["hub", "--version"]) == 0
    assert cli.main(["hub", "status", "--data", "/nowhere", "--lang", lang]) == ConfigurationError.exit_code
    said = "".join(capsys.readouterr())
    assert "camwarden-hub hold" in said
    assert "camwarden hub" not in said
    names = [line.split()[0] for line in said.splitlines() if line.startswith("camwarden")]
    assert names == ["camwarden-hub", "camwarden-hub:"]
