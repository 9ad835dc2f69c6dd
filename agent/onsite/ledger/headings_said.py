"""Stores a person's mapping of headings (`--map`) in a small file of the user's own, for every ledger."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from agent.host.files import write_atomic
from agent.model.errors import UsageError, os_words
from agent.model.finding import listed
from agent.onsite.ledger.columns import BY_KEY
from agent.onsite.ledger.headings import IGNORED, holds_passwords, normal

SCHEMA: Final = "camwarden-ledger-headings/1"
FORGET: Final = ""
MAX_BYTES: Final = 256 * 1024


def parse(texts: Iterable[str]) -> dict[str, str]:
    """Parse `--map HEADING=COLUMN`: normal heading -> key, `-`: left out, empty: forgotten. Raises UsageError."""
    found = {}
    for text in texts:
        heading, equals, key = text.rpartition("=")
        key = key.strip().lower().replace(" ", "_")
        if not equals or not normal(heading):
            raise UsageError('--map "{text}": write it as --map "HEADING=COLUMN"', text=text)
        if holds_passwords(heading):
            raise UsageError("--map: a column of passwords is never read; write passwords into secrets.toml")
        if key not in (*BY_KEY, IGNORED, FORGET):
            values = {"text": text, "key": key, "known": listed(BY_KEY)}
            raise UsageError('--map "{text}": no column "{key}"; there are: {known}, and - for none', **values)
        found[normal(heading)] = key
    return found


def load(path: Path) -> dict[str, str]:
    """Return the stored mapping, empty where the file is missing or cannot be parsed."""
    try:
        data = json.loads(path.read_bytes()[:MAX_BYTES])
        said = data["headings"] if data["schema"] == SCHEMA else {}
        return {str(heading): key for heading, key in said.items() if key in (*BY_KEY, IGNORED)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def save(path: Path, said: Mapping[str, str]) -> None:
    """Store a mapping. Raises UsageError where the file cannot be written."""
    content = {"schema": SCHEMA, "headings": dict(sorted(said.items()))}
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomic(path, (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode(), 0o600)
    except OSError as error:
        raise UsageError("{path} cannot be written: {why}", path=path, why=os_words(error)) from None
