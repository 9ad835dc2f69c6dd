"""Write `runtime.lock`: the part of `requirements.lock` that our packages ship, same versions and hashes.

Decides what that is: what pyproject.toml names as a dependency, the extras in SHIPPED_EXTRAS, and what these need in
turn, as the `# via` lines of the lock tell. Lines that can never hold on Linux are left out.
"""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
LOCK = ROOT / "requirements.lock"
RUNTIME_LOCK = ROOT / "packaging" / "runtime.lock"
OURSELVES = "camwarden (pyproject.toml)"
SHIPPED_EXTRAS = ("pkcs11", "ui", "hub")  # whoever installs a package cannot add an extra with pip
HEAD = "# What our packages ship, from requirements.lock; anew with: make generated\n"


def named(requirement: str) -> str:
    """Return the normalised name of a requirement such as `Jinja2>=3.1,<4`."""
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", requirement)[0]).lower()


def entries(lock: str) -> list[tuple[str, str, frozenset[str]]]:
    """Return each pinned line of a lock: its name, its text with hashes, and who needs it."""
    found = []
    for text in re.split(r"(?m)^(?=[\w])", lock):
        if "==" in text:
            pins, _, via = text.partition("    # via")
            found.append((named(text), pins, frozenset(re.findall(r"(?m)^ *#? +(\S.*)$", via.replace("#", " ")))))
    return found


def shipped(lock: str, project: dict) -> str:
    """Return the runtime lock that belongs to a lock and the `[project]` table of pyproject.toml."""
    extras = project["optional-dependencies"]
    wanted = {named(one) for one in project["dependencies"]}
    wanted |= {named(one) for extra in SHIPPED_EXTRAS for one in extras[extra]}
    pinned = entries(lock)
    grown = True
    while grown:
        needed = {name for name, _, via in pinned if via & wanted} - wanted
        grown = bool(needed)
        wanted |= needed
    missing = wanted - {name for name, _, _ in pinned}
    if missing:
        raise SystemExit(f"requirements.lock lacks {', '.join(sorted(missing))}: make lock")
    return HEAD + "".join(text for name, text, _ in pinned if name in wanted and "'win32'" not in text)


if __name__ == "__main__":
    with (ROOT / "pyproject.toml").open("rb") as file:
        RUNTIME_LOCK.write_text(shipped(LOCK.read_text("utf-8"), tomllib.load(file)["project"]), "utf-8")
