"""Boots a folder as a machine of its own: systemd as process 1 in a container with its loopback, and a cable at most.

Each guest gets a control group of its own; two in one group would end each other's processes.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

STOP_WITHIN_S = 20.0
CGROUPS = Path("/sys/fs/cgroup")


def why_not() -> str | None:
    """Return why no guest can boot on this machine, None where it can."""
    if os.geteuid() != 0:
        return "only root can boot a guest"
    tried = subprocess.run(
        ["unshare", "--mount", "--pid", "--net", "--ipc", "--uts", "--fork", "mount", "-t", "tmpfs", "none", "/mnt"],
        capture_output=True,
        text=True,
    )
    return f"this machine gives no namespaces: {tried.stderr.strip()}" if tried.returncode else None


def boot(
    name: str,
    root: Path,
    shared: Mapping[Path, str],
    readable: Mapping[Path, str],
    console: Path,
    network: str | None = None,
) -> subprocess.Popen[bytes]:
    """Start a guest.

    Args:
        name: Unlike every other guest's that runs now.
        root: Its file system, which it may write.
        shared: Folders of ours that it may write, and where it sees them.
        readable: Folders of ours that it may read only, and where it sees them.
        console: Where all that it says is written.
        network: The network namespace that it gets; None: one of its own, with a loopback alone.
    """
    binds = [f"--bind={ours.resolve()}:{theirs}" for ours, theirs in shared.items()]
    binds += [f"--bind-ro={ours.resolve()}:{theirs}" for ours, theirs in readable.items()]
    # Without this variable systemd 256 and later refuse hosts whose control groups are of the old kind.
    environment = {**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"}
    groups = [str(group / "cgroup.procs") for group in _own_groups(name)]
    enter = 'while [ "$1" != -- ]; do echo $$ > "$1"; shift; done; shift; exec "$@"'
    nspawn = ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", f"--machine={name}"]
    nspawn += ["--link-journal=no", "--resolv-conf=off", "--timezone=off", "--console=read-only", *binds]
    nspawn += [f"--network-namespace-path=/run/netns/{network}" if network else "--private-network"]
    with console.open("ab") as said:
        return subprocess.Popen(
            ["sh", "-c", enter, "sh", *groups, "--", *nspawn, "--directory", root.resolve(), "--boot"],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            env=environment,
            start_new_session=True,
        )


@contextmanager
def cable(addresses: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Make two network namespaces that reach each other alone, with these addresses; return their names."""
    ends = f"cw{os.getpid()}a", f"cw{os.getpid()}b"
    try:
        for end in ends:
            _ip("netns", "add", end)
        _ip("link", "add", "cable", "netns", ends[0], "type", "veth", "peer", "name", "cable", "netns", ends[1])
        for end, address in zip(ends, addresses, strict=True):
            _ip("-netns", end, "address", "add", f"{address}/24", "dev", "cable")
            for device in ("lo", "cable"):
                _ip("-netns", end, "link", "set", device, "up")
        yield ends
    finally:
        for end in ends:
            subprocess.run(["ip", "netns", "delete", end], capture_output=True)  # the cable ends with it


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


def init_of(guest: subprocess.Popen[bytes]) -> int | None:
    """Return the process id of a guest's systemd as this machine sees it."""
    children = Path(f"/proc/{guest.pid}/task/{guest.pid}/children").read_text().split()
    return int(children[0]) if children else None


def switch_off(guest: subprocess.Popen[bytes]) -> None:
    """End a guest in good order, or without where it does not."""
    if guest.poll() is None:
        guest.send_signal(signal.SIGTERM)
        try:
            guest.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            init = init_of(guest)
            if init is not None:
                os.kill(init, signal.SIGKILL)
            guest.kill()
            guest.wait(STOP_WITHIN_S)


@contextmanager
def control_group(name: str) -> Iterator[None]:
    """Make the control groups of a guest, and remove them when it is gone."""
    groups = _own_groups(name)
    for group in groups:
        group.mkdir()
    try:
        yield
    finally:
        for group in groups:
            for path in sorted(group.rglob("*"), key=lambda path: len(path.parts), reverse=True):
                if path.is_dir():
                    with suppress(OSError):
                        path.rmdir()
            with suppress(OSError):
                group.rmdir()


def _own_groups(name: str) -> tuple[Path, ...]:
    """Return the guest's groups below the group of this process: of the unified hierarchy, and of systemd's old one."""
    found: list[Path] = []
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        number, controllers, path = line.split(":", 2)
        if number == "0":
            homes = [CGROUPS, CGROUPS / "unified"]
        elif controllers == "name=systemd":
            homes = [CGROUPS / "systemd"]
        else:
            continue
        home = next((home for home in homes if (home / "cgroup.procs").exists()), None)
        if home is not None:
            found.append(home / path.lstrip("/") / name)
    return tuple(found)
