"""The schema of site.toml: it takes what the loader takes, and refuses what a schema can see."""

from __future__ import annotations

import json
import random
import re
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import tomli

from agent.site.config.json_schema import site_schema
from agent.site.config.load import load_declared
from agent.site.toml.problems import ConfigError

ROOT = Path(__file__).parents[3]
BAD_FILES = Path(__file__).parents[2] / "badfiles"
SCHEMA = site_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
SAMPLE = (ROOT / "packaging/site.toml.sample").read_text("utf-8")

BEYOND_A_SCHEMA = {
    "credential-unknown": "a name in another file",
    "duplicates": "an id that stands twice",
    "hub-without-jwks": "an option that another needs",
    "policy-order": "two thresholds that contradict each other",
    "secrets-missing": "another file",
    "secrets-syntax": "another file",
    "secrets-values": "another file",
    "site-period": "two options that contradict each other",
}
"""Bad files whose mistakes lie between values, or outside of the file."""


def plain(text: str) -> Any:
    """Return a TOML text as JSON has it: days as texts."""
    return json.loads(json.dumps(tomli.loads(text), default=lambda value: value.isoformat()))


def parsed() -> list[str]:
    names = []
    for path in sorted(BAD_FILES.glob("*.toml")):
        if path.name.endswith(".secrets.toml"):
            continue
        try:
            plain(path.read_text("utf-8"))
        except (ValueError, UnicodeDecodeError):
            continue  # not TOML: no schema is ever asked
        names.append(path.stem)
    return names


def test_it_is_a_schema_of_2020_12() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("everything", [False, True])
def test_it_takes_the_sample(everything: bool) -> None:
    text = SAMPLE
    if everything:
        text = re.sub(r"(?m)^# ([a-z_]+ = )", r"\1", text).replace('source = "file"', 'source = "token"')
    assert [error.message for error in VALIDATOR.iter_errors(plain(text))] == []


def test_it_knows_every_option_of_the_sample_with_the_samples_default() -> None:
    """Each key of the sample stands in the schema; where both name a default, it is the same."""

    def walk(value: Any, schema: Any, where: str) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                assert key in schema["properties"], f"{where}.{key}"
                walk(inner, schema["properties"][key], f"{where}.{key}")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            walk(value[0], schema["items"], where)
        elif "default" in schema and where not in (".store.pattern", ".site.id"):
            assert schema["default"] == value, where

    walk(plain(re.sub(r"(?m)^# ([a-z_]+ = )", r"\1", SAMPLE)), SCHEMA, "")


@pytest.mark.parametrize("case", parsed())
def test_each_bad_file_is_refused_unless_the_mistake_lies_beyond_a_schema(case: str) -> None:
    refused = not VALIDATOR.is_valid(plain((BAD_FILES / f"{case}.toml").read_text("utf-8")))
    assert refused is (case not in BEYOND_A_SCHEMA)


def test_what_the_schema_refuses_the_loader_refuses(tmp_path: Path) -> None:
    """Values of the sample are replaced by others, by a seeded hand: an editor never marks what would be taken."""
    hand = random.Random(2)
    values = ["5", "0", '"x"', '""', "[]", "true", "1979-05-27", "-1", "0.5", "1e9", "[[0.1, 0.1]]", '"140200"', "{}"]
    lines = [line for line in SAMPLE.splitlines() if not re.match(r"\s*(#|$)", line)]
    (tmp_path / "hub-jwks.json").write_text("{}")
    path = tmp_path / "site.toml"
    refused = taken = 0
    for _ in range(600):
        at = hand.randrange(len(lines))
        if "=" not in lines[at]:
            continue
        changed = [*lines]
        changed[at] = f"{changed[at].partition('=')[0]}= {hand.choice(values)}"
        path.write_text("\n".join(changed))
        try:
            load_declared(path)
        except ConfigError:
            continue
        taken += 1
        errors = [error.message for error in VALIDATOR.iter_errors(plain("\n".join(changed)))]
        assert errors == [], changed[at]
    for _ in range(600):
        at = hand.randrange(len(lines))
        if "=" not in lines[at]:
            continue
        changed = [*lines]
        changed[at] = f"{changed[at].partition('=')[0]}= {hand.choice(values)}"
        refused += not VALIDATOR.is_valid(plain("\n".join(changed)))
    assert taken > 20
    assert refused > 200


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('[site]\nid = "a b"\n', "does not match"),
        ("[polcy]\n", "Additional properties are not allowed"),
        ("[policy]\nretention_floor_days = 7\n", "less than the minimum of 30"),
        ('[[device]]\nid = "a"\n', "'host' is a required property"),
        ('[key]\nsource = "token"\n', "'module' is a required property"),
        ('[key]\ntoken = "x"\n', "False schema does not allow 'x'"),
        ('[[camera]]\n[[camera.private_zone]]\nname = "w"\npolygon = [[0, 0], [2, 0], [1, 1]]\n', "2 is greater than"),
        ("[[camera]]\n[camera.ptz]\nlocked = false\n", "True was expected"),
    ],
)
def test_an_editor_says_what_is_wrong(text: str, what: str) -> None:
    assert any(what in error.message for error in VALIDATOR.iter_errors(plain(text)))


def test_days_are_texts_in_json() -> None:
    assert plain("at = 2026-01-31") == {"at": date(2026, 1, 31).isoformat()}
