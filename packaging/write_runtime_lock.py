"""Write `runtime.lock` and `hub.lock`: what our packages ship of `requirements.lock`, same versions and hashes.

Decides what that is. The agent's: what pyproject.toml names as a dependency, and the extras in SHIPPED_EXTRAS. The
hub's: what HUB_NEEDS names. Both with what these need in turn, as the `# via` lines of the lock tell. Lines that can
never hold on Linux are left out.
"""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
LOCK = ROOT / "requirements.lock"
RUNTIME_LOCK = ROOT / "packaging" / "runtime.lock"
HUB_LOCK = ROOT / "packaging" / "hub.lock"
OURSELVES = "camwarden (pyproject.toml)"
SHIPPED_EXTRAS = ("pkcs11", "ui", "hub")  # whoever installs a package cannot add an extra with pip
HUB_NEEDS = (
    "argon2-cffi", "authlib", "backports-zstd", "cryptography", "jinja2", "msgspec", "openpyxl", "paho-mqtt", "psutil",
    "rfc3161-client", "rich", "starlette", "tomli", "uvicorn",
)  # fmt: skip
"""What the commands of `camwarden hub` load: a test runs them with nothing else there."""

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
    return closed(lock, wanted)


def closed(lock: str, wanted: set[str]) -> str:
    """Return the runtime lock of these packages, by name, and of what they need."""
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
    HUB_LOCK.write_text(closed(LOCK.read_text("utf-8"), set(HUB_NEEDS)), "utf-8")
