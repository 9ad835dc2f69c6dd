"""Ask the package index which weaknesses are known of what a lock pins, and name libraries inside wheels that are old.

Decides: a known weakness is a failure until `audit.toml` accepts it, with a reason and until a day. What could not be
asked is not "none": then the exit code is 69. C libraries are in no index of Python packages: those inside wheels are
held against the table that `advisories.py` reads, in the versions that their binaries tell, and those with a note are
listed from the SBOM, which is what a scanner with its own database wants.

    python packaging/audit.py [LOCK] [--site FOLDER] [--sbom FILE] [--index URL] [--on DAY]

Source: PyPI JSON API, key `vulnerabilities` of a release (from the OSV database).
"""

from __future__ import annotations

import argparse
import json
import re
import ssl
import subprocess
import sys
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from advisories import Held, held_by, held_in, judge, read_table
from bundled import UnknownPartError

PACKAGING: Final = Path(__file__).resolve().parent
FOUND: Final = 1
NOT_ASKED: Final = 69
TIMEOUT_S: Final = 30
ANSWER_MAX_BYTES: Final = 32 << 20
DEFAULT_INDEX: Final = "from pip._internal.models.index import PyPI; print(PyPI.simple_url)"
"""pip knows where it asks when nothing is configured."""


class NotAskedError(Exception):
    """The index did not tell: the message says which package, and why."""


@dataclass(frozen=True, slots=True)
class Weakness:
    """One known weakness of a pinned release: `names` are all its identifiers, `mended_in` may be empty."""

    package: str
    version: str
    names: tuple[str, ...]
    mended_in: tuple[str, ...]
    summary: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """A weakness that somebody has looked at and that does not reach camwarden, until a day."""

    name: str
    until: date
    why: str


def pins(lock: str) -> tuple[tuple[str, str], ...]:
    """Return name and version of each line of a lock, each once."""
    return tuple(dict.fromkeys(re.findall(r"(?m)^([\w.-]+)==([\w.!+-]+)", lock)))


def weaknesses(package: str, version: str, answer: dict[str, Any]) -> Iterator[Weakness]:
    """Return what an answer of the index tells of one release; withdrawn entries are none."""
    for one in answer["vulnerabilities"]:
        if not one.get("withdrawn"):
            names = (str(one["id"]), *map(str, one.get("aliases") or ()))
            summary = str(one.get("summary") or one.get("details") or "").strip().split("\n", 1)[0]
            yield Weakness(package, version, names, tuple(map(str, one.get("fixed_in") or ())), summary[:160])


def accepted(text: str) -> tuple[Accepted, ...]:
    """Return what `audit.toml` accepts: each entry has a name, a reason and a last day.

    Raises:
        ValueError: it is not TOML, or an entry lacks one of the three.
    """
    try:
        rows = [Accepted(one["id"], one["until"], one["why"]) for one in tomllib.loads(text).get("accepted", ())]
    except (KeyError, TypeError) as error:
        raise ValueError(f"an entry of [[accepted]] lacks {error}") from None
    if not all(row.name and row.why and type(row.until) is date for row in rows):
        raise ValueError("each entry of [[accepted]] needs id, until (a day) and why")
    return tuple(rows)


def open_ones(found: Sequence[Weakness], rows: Sequence[Accepted], on: date) -> tuple[Weakness, ...]:
    """Return the weaknesses that nobody has accepted, or no longer."""
    in_force = {row.name for row in rows if on <= row.until}
    return tuple(one for one in found if in_force.isdisjoint(one.names))


def old_libraries(sbom: dict[str, Any]) -> tuple[str, ...]:
    """Return one line for each library inside a wheel that has a note, such as an end of support."""
    return tuple(
        f"{part['name']} {part.get('version', '(version unknown)')}: {part['description']}"
        for part in sbom["components"]
        if "description" in part
    )


def ask(index: str, package: str, version: str, context: ssl.SSLContext | None) -> dict[str, Any]:
    """Return what the index says of one release.

    Raises:
        NotAskedError: no answer, or none that tells weaknesses.
    """
    url = f"{re.sub(r'/simple/?$', '', index)}/pypi/{package}/{version}/json"
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_S, context=context) as reply:  # noqa: S310 - the operator's index
            answer = json.loads(reply.read(ANSWER_MAX_BYTES))
    except (OSError, ValueError) as error:
        raise NotAskedError(f"{package} {version}: the index does not tell ({error})") from None
    told = answer.get("vulnerabilities") if isinstance(answer, dict) else None
    if not isinstance(told, list) or not all(isinstance(one, dict) and "id" in one for one in told):
        raise NotAskedError(f"{package} {version}: the index answers without a list of weaknesses")
    return answer


def _configured(key: str) -> str:
    command = [sys.executable, "-m", "pip", "config", "get", key]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def _index() -> str:
    found = _configured("global.index-url")
    if not found:
        command = [sys.executable, "-c", DEFAULT_INDEX]
        found = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    if not found:
        raise NotAskedError("no index: pip config set global.index-url URL, or --index URL")
    return found


def _judge_libraries(table: str, held: Sequence[Held], on: date) -> int:
    """Print what the table says of libraries inside wheels; return how many lines fail.

    Raises:
        ValueError: The table is malformed.
    """
    judged = judge(read_table(table), held, on)
    for line in judged.notes:
        print(f"note: {line}")
    for line in judged.accepted:
        print(f"accepted: {line}")
    for line in judged.failed:
        print(line)
    counts = f"{len(judged.failed) + len(judged.accepted)} advisories concern them, {len(judged.failed)} not accepted"
    print(f"audit: {len(held)} libraries inside wheels, {counts}")
    return len(judged.failed)


def main() -> int:
    """Tell what is known of a lock; return the exit code. What was told before the index fell silent counts."""
    parser = argparse.ArgumentParser(description="ask the index which weaknesses are known of what a lock pins")
    parser.add_argument("lock", type=Path, nargs="?", default=PACKAGING / "runtime.lock")
    parser.add_argument("--site", type=Path, help="where the lock is installed: judges the libraries inside wheels")
    parser.add_argument("--sbom", type=Path, help="an SBOM by write_sbom.py: the same, and names old ones")
    parser.add_argument("--accepted", type=Path, default=PACKAGING / "audit.toml")
    parser.add_argument("--advisories", type=Path, default=PACKAGING / "advisories.toml")
    parser.add_argument("--index", help="in place of the one that pip is configured with")
    parser.add_argument("--on", type=date.fromisoformat, default=datetime.now(UTC).date(), help="the day to judge for")
    args = parser.parse_args()
    found: list[Weakness] = []
    silent = ""
    failed = 0
    try:
        pinned = pins(args.lock.read_text("utf-8"))
        rows = accepted(args.accepted.read_text("utf-8"))
        held = held_in(args.site, pinned) if args.site else ()
        if args.sbom:
            sbom = json.loads(args.sbom.read_bytes())
            held += held_by(sbom)
            for line in old_libraries(sbom):
                print(f"note: {line}")
        if args.site or args.sbom:
            failed = _judge_libraries(args.advisories.read_text("utf-8"), held, args.on)
        index = args.index or _index()
        https = index.startswith("https:")
        context = ssl.create_default_context(cafile=_configured("global.cert") or None) if https else None
        for name, version in pinned:
            found += weaknesses(name, version, ask(index, name, version, context))
    except NotAskedError as error:
        silent = f"{error}; nothing is known of it and of those behind it: "
        silent += "run it where the index answers, or give the SBOM to a scanner"
    except (OSError, ValueError, UnknownPartError) as error:
        print(f"audit: {error}", file=sys.stderr)
        return 2
    unaccepted = open_ones(found, rows, args.on)
    for one in unaccepted:
        mended = f"mended in {', '.join(one.mended_in)}" if one.mended_in else "mended in no release"
        print(f"{one.package} {one.version}: {' '.join(one.names)}: {mended}: {one.summary}")
    counts = f"{len(found)} known weaknesses, {len(unaccepted)} of them not accepted"
    print(f"audit: {silent or f'{len(pinned)} releases asked, {counts}'}")
    if unaccepted or failed:
        return FOUND
    return NOT_ASKED if silent else 0


if __name__ == "__main__":
    sys.exit(main())
