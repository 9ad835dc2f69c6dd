"""Each module's docstring begins with a verb of the list and its object, asks nothing, and uses words of the field."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = next(path for path in Path(__file__).parents if (path / "pyproject.toml").exists())
PACKAGES = ("agent", "drivers", "masking")

VERBS = frozenset(
    {
        "Accesses", "Adds", "Answers", "Approves", "Asks", "Assembles", "Bounds", "Builds", "Caches",
        "Calculates", "Captures", "Checks", "Classifies", "Collects", "Compares", "Compiles", "Connects",
        "Converts", "Counts", "Creates", "Decides", "Declares", "Decodes", "Defines", "Delivers", "Derives",
        "Describes", "Detects", "Determines", "Diagnoses", "Discovers", "Drains", "Draws", "Drops", "Edits",
        "Encodes", "Enforces", "Enrolls", "Estimates", "Evicts", "Exchanges", "Expires", "Explains", "Exports",
        "Extracts", "Fetches", "Files", "Finds", "Follows", "Forecasts", "Formats", "Gathers", "Generates",
        "Groups", "Holds", "Identifies", "Imports", "Indexes", "Infers", "Installs", "Interprets",
        "Interrupts", "Issues", "Judges", "Learns", "Limits", "Lists", "Loads", "Locates", "Locks", "Looks",
        "Marks", "Matches", "Measures", "Merges", "Notifies", "Numbers", "Observes", "Opens", "Orders", "Packs",
        "Parses", "Plans", "Prepares", "Prints", "Probes", "Protects", "Publishes", "Queries",
        "Queues", "Rasterizes", "Re-anchors", "Reads", "Receives", "Records", "Redacts", "Reduces", "Remembers",
        "Removes", "Renders", "Renews", "Replaces", "Reports", "Requests", "Reserves", "Resolves", "Rewrites",
        "Rotates", "Runs", "Samples", "Sanitizes", "Scans", "Schedules", "Searches", "Selects", "Sends",
        "Serves", "Settles", "Shares", "Shows", "Signs", "Simulates", "Skips", "Starts", "Stores", "Subscribes",
        "Sums", "Switches", "Tracks", "Translates", "Tries", "Trusts", "Unrolls", "Updates", "Validates",
        "Verifies", "Writes",
    }
)  # fmt: skip
"""What a module may do, in the third person. A new verb is a word here: first look whether one of these says it."""

PLAIN_WORDS = re.compile(r"\b(keeps?|kept|tells?|told|says?|said|stands?|heard|knows)\b")
"""Words of talk and posture: the field says stores, reports, is, receives, has."""


@cache
def docstrings() -> dict[Path, str]:
    """Return each module's docstring, empty where there is none."""
    files = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return {path: ast.get_docstring(ast.parse(path.read_text("utf-8")), clean=False) or "" for path in files}


def first_lines() -> dict[str, str]:
    """Return the first line of each docstring, by the module's path from the root."""
    return {str(path.relative_to(ROOT)): text.partition("\n")[0] for path, text in docstrings().items()}


def wrong_with(line: str) -> str:
    """Say what breaks the rule of CONTRIBUTING.md, "How it is written"; empty where nothing does."""
    verb = line.partition(" ")[0].rstrip(",")
    if verb not in VERBS:
        return f"{verb!r} is no verb of the list"
    if "?" in line:
        return "asks a question"
    plain = PLAIN_WORDS.search(line)
    return f"{plain[0]!r} is no word of the field" if plain else ""


def named_and_gone(path: Path, text: str) -> list[str]:
    """Return the modules that a docstring names in backticks and that are neither beside it nor in the tree."""
    named = re.findall(r"`([a-z0-9_/]+\.py)`", text)
    return [one for one in named if not (path.parent / one).exists() and not (ROOT / one).exists()]


def test_the_first_line_of_each_module_is_a_verb_of_the_field_and_its_object() -> None:
    lines = first_lines()
    assert len(lines) > 600
    assert {name: f"{wrong}: {line}" for name, line in lines.items() if (wrong := wrong_with(line))} == {}


def test_a_first_line_that_asks_or_has_another_word_is_noticed() -> None:
    assert wrong_with("") and wrong_with("What of the footage is missing.") and wrong_with("Parse a file.")
    assert wrong_with("Parses what? Replies.") == "asks a question"
    assert wrong_with("Stores what devices said.") == "'said' is no word of the field"
    assert wrong_with("Parses, validates and caches replies.") == ""


def test_no_verb_is_listed_that_no_module_uses() -> None:
    used = {line.partition(" ")[0].rstrip(",") for line in first_lines().values()}
    assert VERBS - used == set()


def test_the_modules_that_a_docstring_names_are_there() -> None:
    gone = {
        str(path.relative_to(ROOT)): lost for path, text in docstrings().items() if (lost := named_and_gone(path, text))
    }
    assert gone == {}
