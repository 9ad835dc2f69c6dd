"""What lies in the guest's file system: taken before and after, the difference tells who wrote where."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

OF_OTHERS = {
    "/proc": "kernel", "/sys": "kernel", "/dev/pts": "kernel", "/srv": "test", "/run/systemd": "systemd",
    "/run/udev": "systemd", "/run/dbus": "dbus", "/run/log": "journal", "/var/log/journal": "journal",
    "/var/lib/systemd": "systemd", "/run/user": "logind", "/run/sudo": "sudo", "/var/lib/sudo": "sudo",
    "/run/credentials": "systemd", "/run/utmp": "login", "/run/agetty.reload": "login",
    "/var/log/wtmp": "login", "/var/log/lastlog": "login",
    "/var/lib/dpkg": "dpkg", "/var/log/dpkg.log": "dpkg", "/var/log/alternatives.log": "dpkg",
    "/etc/mosquitto": "mosquitto", "/var/log/mosquitto": "mosquitto", "/var/lib/mosquitto": "mosquitto",
    "/run/mosquitto": "mosquitto",
}  # fmt: skip
"""Folders that others write at any time, and who. None of them is the service's."""

Listing = Mapping[str, "Seen"]


@dataclass(frozen=True, slots=True)
class Seen:
    """One file or folder. A folder's times are left out: they change with whatever comes and goes in it."""

    mode: int
    uid: int
    size_bytes: int
    changed_ns: int


def listing(root: Path = Path("/")) -> Listing:
    """List everything below `root` that is not another's."""
    found: dict[str, Seen] = {}
    folders = [root]
    while folders:
        try:
            entries = list(os.scandir(folders.pop()))
        except FileNotFoundError:
            continue
        for entry in entries:
            if entry.path in OF_OTHERS:
                continue
            is_folder = entry.is_dir(follow_symlinks=False)
            if is_folder:
                folders.append(Path(entry.path))
            try:
                seen = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            size, changed = (0, 0) if is_folder else (seen.st_size, max(seen.st_mtime_ns, seen.st_ctime_ns))
            found[entry.path] = Seen(seen.st_mode, seen.st_uid, size, changed)
    return found


def difference(before: Listing, after: Listing) -> dict[str, str]:
    """Return what has come, gone or changed, by path."""
    told = {path: "changed" for path in before.keys() & after.keys() if before[path] != after[path]}
    told |= {path: "new" for path in after.keys() - before.keys()}
    return told | {path: "gone" for path in before.keys() - after.keys()}
