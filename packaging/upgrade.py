#!/usr/bin/python3 -IS
"""Install the version of the agent that the hub has named, as root's timer runs it: one apt-get, within local bounds.

The service writes the release that the hub names into `wanted-version` of its own folder, and runs nothing. This reads
it as what a stranger may have written: a regular file of the service's user, a few bytes, a release and nothing else.
Then it holds the bounds that only root can change: `[upgrade] allow` and `hours` in root's own site.toml, the signed
folder of `camwarden.sources` and no other source, and never a version that is not newer than the installed one. No
other package is removed or upgraded. What became of it is one line in the journal and `outcome.json`, which the service
tells the hub. Nothing is taken back by itself: after a failure dpkg's state is told, and a person decides.

Standard library only: it has to work while the package's own folder is replaced.

Source: apt-get(8), apt.conf(5), dpkg-query(1), deb-version(7).
"""

import json
import os
import pwd
import re
import stat
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

PACKAGE = "camwarden"
USER = "camwarden"
SITE = Path("/etc/camwarden/site.toml")
WANTED = Path("/var/lib/camwarden/wanted-version")
SOURCES = Path("/etc/apt/sources.list.d/camwarden.sources")
STATE = Path("/var/lib/camwarden-upgrade")
OUTCOME_NAME = "outcome.json"
TIME_ZONE = "Asia/Shanghai"
RELEASE = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6}){1,3}")
HOURS = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]")
OFFER = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6}){1,3})-([0-9]{1,4})~[a-z0-9.]{1,32}")
"""A package of ours, as `build_deb.version` names it: release, revision, system."""
WANTED_MAX_BYTES = 64
SITE_MAX_BYTES = 4 * 1024 * 1024
WAIT_S = 1800
"""Lists and packages are fetched within that, or the fetching is ended. What unpacks a package is never ended."""
OPTIONS = (
    "APT::Get::AllowUnauthenticated=false", "Acquire::AllowInsecureRepositories=false",
    "Acquire::AllowDowngradeToInsecureRepositories=false", "DPkg::Lock::Timeout=120",
    "Dpkg::Options::=--force-confdef", "Dpkg::Options::=--force-confold",
)  # fmt: skip


class Refused(Exception):
    """Why nothing is installed now; `is_told`: the hub is to hear of it."""

    def __init__(self, why: str, is_told: bool = True) -> None:
        super().__init__(why)
        self.is_told = is_told


@dataclass(frozen=True)
class Bounds:
    """What root's site.toml says; `hours` is `HH:MM-HH:MM` in `time_zone`, empty: any."""

    allow: bool = False
    hours: str = ""
    time_zone: str = TIME_ZONE


def numbers(release: str) -> tuple[int, ...]:
    """Return a release as numbers, without zeros at its end."""
    found = [int(part) for part in release.split(".")]
    while found and found[-1] == 0:
        found.pop()
    return tuple(found)


def release_of(version: str) -> str:
    """Return the release of a package's version: what stands before the revision, or before `~` of a trial."""
    return re.split(r"[-~+]", version.rpartition(":")[2], maxsplit=1)[0]


def bounds_of(text: str) -> Bounds:
    """Read the bounds out of site.toml. Raises Refused where it cannot be read, or they are none."""
    try:
        site = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        raise Refused("site.toml is not TOML; see `camwarden config validate`") from None
    own, place = site.get("upgrade", {}), site.get("site", {})
    if not isinstance(own, dict) or not isinstance(place, dict):
        raise Refused("[upgrade] of site.toml is no table; see `camwarden config validate`")
    allow, hours, zone = own.get("allow", False), own.get("hours", ""), place.get("time_zone", TIME_ZONE)
    if not isinstance(allow, bool) or not isinstance(zone, str) or not isinstance(hours, str) or (
        hours and not HOURS.fullmatch(hours)
    ):  # fmt: skip
        raise Refused("[upgrade] of site.toml is wrong; see `camwarden config validate`")
    return Bounds(allow, hours, zone)


def is_time(bounds: Bounds, now: datetime) -> bool:
    """Return whether a moment lies in the allowed hours, which may span midnight. Raises Refused: no such time zone."""
    if not bounds.hours:
        return True
    try:
        time = now.astimezone(ZoneInfo(bounds.time_zone)).strftime("%H:%M")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Refused(f"time zone {bounds.time_zone!a} is not known here; install the package tzdata") from None
    first, _, last = bounds.hours.partition("-")
    return first <= time < last if first <= last else time >= first or time < last


def is_due(wanted: str, installed: str, bounds: Bounds, now: datetime) -> bool:
    """Return whether a newer version is wanted, allowed, and to be installed now.

    Args:
        wanted: What the service's file says, unverified.
        installed: The package's version as dpkg has it.
        bounds: Root's own.
        now: The present time.

    Raises:
        Refused: It is not to be installed, now or later.
    """
    if RELEASE.fullmatch(wanted) is None:
        raise Refused("wanted-version holds no release such as 0.2.0: find out who wrote it", is_told=False)
    if not bounds.allow:
        raise Refused("[upgrade] allow is false in site.toml")
    if not RELEASE.fullmatch(release_of(installed)):
        raise Refused(f"the installed version {installed!a} is no release of ours; upgrade by hand")
    return numbers(wanted) > numbers(release_of(installed)) and is_time(bounds, now)


def best(wanted: str, offered: tuple[str, ...]) -> str:
    """Return the highest revision of a release among the offered versions. Raises Refused: there is none."""
    fitting = [(int(match[2]), one) for one in offered
               if (match := OFFER.fullmatch(one)) and numbers(match[1]) == numbers(wanted)]  # fmt: skip
    if not fitting:
        raise Refused(f"{SOURCES.name} offers no {wanted} for this system; put the release into its folder")
    return max(fitting)[1]


def read_bounded(path: Path, owner: int, most: int) -> str:
    """Return the text of a regular file that one user alone owns and writes.

    Raises:
        FileNotFoundError: There is none.
        Refused: It is a link, a pipe, somebody else's, too large, no text, or others may write it.
    """
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(path, flags), "rb") as file:
            seen = os.fstat(file.fileno())
            ours = stat.S_ISREG(seen.st_mode) and seen.st_uid == owner and not seen.st_mode & 0o022
            data = file.read(most + 1) if ours else b""
    except FileNotFoundError:
        raise
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}", is_told=False) from None
    if not ours:
        raise Refused(f"{path}: must be a file of user {owner} that nobody else may write", is_told=False)
    try:
        if len(data) <= most:
            return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    raise Refused(f"{path}: too large, or no text", is_told=False)


def apt(state: Path, *words: str, within_s: float | None = None) -> subprocess.CompletedProcess[str]:
    """Run apt with the signed folder alone as a source, and lists of its own; without a limit it is never killed."""
    places = (f"Dir::Etc::sourcelist={SOURCES}", "Dir::Etc::sourceparts=-", f"Dir::State::lists={state / 'lists'}",
              f"Dir::Cache={state / 'cache'}")  # fmt: skip
    options = [word for option in (*places, *OPTIONS) for word in ("-o", option)]
    env = {**os.environ, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive", "NEEDRESTART_SUSPEND": "1"}
    try:
        return subprocess.run(
            [words[0], *options, *words[1:]], env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            errors="replace", check=False, timeout=within_s,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(words, 124, "", f"E: did not end within {within_s:g} s")


def installed_version() -> tuple[str, str]:
    """Return status and version of the package, as dpkg has them."""
    asked = ("dpkg-query", "--show", "--showformat=${db:Status-Abbrev}\t${Version}", PACKAGE)
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    state, _, version = done.stdout.partition("\t")
    return state.strip(), version.strip()


def offers(state: Path) -> tuple[str, ...]:
    """Read the signed folder's lists, and return the versions in them. Raises Refused: apt does not take them."""
    if not SOURCES.exists():
        raise Refused(f"{SOURCES} is not there: name the signed folder in it (packaging/README.md)")
    for name in ("lists/partial", "cache/archives/partial"):
        (state / name).mkdir(parents=True, exist_ok=True)
    updated = apt(state, "apt-get", "-q", "update", "--error-on=any", within_s=WAIT_S)
    if updated.returncode != 0:
        raise Refused(f"the lists of {SOURCES.name} are not taken: {last_line(updated)}; see apt-get update")
    lines = apt(state, "apt-cache", "madison", PACKAGE).stdout.splitlines()
    return tuple(line.split("|")[1].strip() for line in lines if line.count("|") == 2)


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    """Return what a program said last, preferably what it calls an error."""
    lines = [line.strip() for line in (done.stderr + "\n" + done.stdout).splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(("E:", "dpkg: error"))]
    return ((errors or lines or [f"ended with {done.returncode}"])[0])[:200]


def install(state: Path, version: str) -> None:
    """Install one version. Raises Refused with dpkg's state where that failed."""
    words = ("install", "--only-upgrade", "--no-remove", "--no-install-recommends", f"{PACKAGE}={version}")
    done = apt(state, "apt-get", "-q", "-y", "--download-only", *words, within_s=WAIT_S)
    if done.returncode == 0:
        done = apt(state, "apt-get", "-q", "-y", *words)  # fetched, or in a folder of this machine
    status, now = installed_version()
    if done.returncode == 0 and now == version and status == "ii":
        return
    next_step = "nothing was changed" if status == "ii" else "run `dpkg --configure -a`, then `apt-get -f install`"
    raise Refused(f"{version} is not installed: {last_line(done)}; dpkg has {now} ({status}); {next_step}")


def told(state: Path, version: str, why: str) -> None:
    """Write the outcome for the service; empty `why`: it is installed."""
    text = json.dumps({"version": version, "at": datetime.now(UTC).isoformat(timespec="seconds"), "why": why})
    temporary = state / f".{OUTCOME_NAME}"
    temporary.write_text(text + "\n", "utf-8")
    temporary.chmod(0o644)
    temporary.replace(state / OUTCOME_NAME)


def main() -> int:
    """Look at what is wanted, once; return 0 where it is there or not to be done now, else 1."""
    wanted = ""
    try:
        wanted = read_bounded(WANTED, pwd.getpwnam(USER).pw_uid, WANTED_MAX_BYTES).removesuffix("\n")
        bounds = bounds_of(read_bounded(SITE, 0, SITE_MAX_BYTES))
        installed = installed_version()[1]
        if not is_due(wanted, installed, bounds, datetime.now(UTC)):
            return 0
        version = best(wanted, offers(STATE))
        print(f"camwarden {installed} -> {version}: the hub names {wanted}", flush=True)
        install(STATE, version)
    except FileNotFoundError:
        return 0
    except KeyError:
        print(f"upgrade: there is no user {USER}", file=sys.stderr)
        return 1
    except Refused as refused:
        print(f"upgrade: {refused}", file=sys.stderr)
        if refused.is_told:
            told(STATE, wanted, str(refused))
        return 1
    told(STATE, wanted, "")
    print(f"camwarden {version} is installed", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
