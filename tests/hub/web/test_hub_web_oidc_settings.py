"""The file `oidc.toml`: what is wrong in it is one line that names it, and its secret is for the hub's user alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from oidc_peers import RULES, settings_in

from agent.hub.web.people.oidc.settings import NAME, read_secret, read_settings
from agent.model.errors import ConfigurationError

HEAD = 'issuer = "https://login.city.example"\nclient_id = "c"\n'
RULE = '[[role]]\nclaim = "groups"\nvalue = "x"\n'


def test_no_file_is_no_such_log_in(tmp_path: Path) -> None:
    assert read_settings(tmp_path) is None


def test_a_file_says_whom_to_believe_and_who_is_who(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text(HEAD + RULES)
    found = read_settings(tmp_path)
    assert found is not None
    assert (found.label, found.person_claim, found.scopes) == ("OIDC", "preferred_username", ("profile",))
    assert [(one.value, one.role, one.divisions) for one in found.rules] == [
        ("heads", "supervisor", ()), ("east", "operator", ("140200",)),
    ]  # fmt: skip
    assert read_secret(found) == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("issuer = ", "no TOML"),
        ("\udcff", "no TOML"),
        (HEAD, "[[role]]"),
        (HEAD + "role = 3\n", "[[role]]"),
        (HEAD + "role = [3]\n", "[[role]]"),
        (HEAD + 'client_secret = "s"\n' + RULES, "client_secret: no such key"),
        (HEAD.replace("https", "http") + RULES, "issuer: an https address"),
        (HEAD.replace("https://", "https://li:pw@") + RULES, "an https address"),
        ('client_id = "c"\n' + RULES, "issuer: a text on one line is needed"),
        (HEAD + RULE + 'role = "king"\n', "role 1: role must be one of viewer"),
        (HEAD + RULE + 'role = "operator"\n', "role 1: operator needs divisions, operators or maintainers"),
        (HEAD + RULE + 'role = "viewer"\ndivisions = ["east"]\n', "role 1: east is no division"),
        (HEAD + RULE + 'role = "viewer"\ndivisions = "14"\n', "divisions: a list of texts is needed"),
        (HEAD + RULE + 'role = "viewer"\nsites = ["S1"]\n', "role 1: sites: no such key"),
        (HEAD + 'label = "a\\nb"\n' + RULES, "label: a text on one line is needed"),
        ("#" * 300_000, "is too large"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_file(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / NAME).write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ConfigurationError) as caught:
        read_settings(tmp_path)
    assert str(caught.value).startswith(f"{tmp_path / NAME}: ") and said in str(caught.value)
    assert "\n" not in str(caught.value) and "li:pw" not in str(caught.value)


def test_a_secret_that_others_can_read_or_that_is_missing_is_none(tmp_path: Path) -> None:
    provider = settings_in(tmp_path, "https://login.city.example")
    path = tmp_path / "oidc.secret"
    path.chmod(0o640)
    with pytest.raises(ConfigurationError, match="chmod 0600"):
        read_secret(provider.settings)
    path.chmod(0o600)
    path.write_text("\n")
    with pytest.raises(ConfigurationError, match="has no secret"):
        read_secret(provider.settings)
    path.unlink()
    with pytest.raises(ConfigurationError, match="has no secret"):
        read_secret(provider.settings)
