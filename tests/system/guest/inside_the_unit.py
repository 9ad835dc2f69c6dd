"""Takes the service's place for a moment, under every line of its unit, and tells as JSON what it could do."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent)]

from places import BROKER_PORT, INSTALLED, RUNTIME, SECRETS_TOML, STATE  # noqa: E402 - found only now

sys.path.append(str(INSTALLED / "site-packages"))

from masking.worker.client import Worker  # noqa: E402

FORBIDDEN = (
    "/etc",
    "/etc/camwarden",
    "/usr/lib/camwarden",
    "/var/log",
    "/var/lib",
    "/run",
    "/srv/peers",
    "/home",
    "/root",
)
CREDENTIAL = Path(os.environ["CREDENTIALS_DIRECTORY"]) / "secrets.toml"
KEY = STATE / "report-key.pem"


def outcome(attempt: Callable[[], object]) -> str:
    """Say how an attempt went: done, or the system's name for why not."""
    try:
        attempt()
    except OSError as error:
        return errno.errorcode[error.errno or 0]
    return "done"


def write_into(folder: str) -> None:
    """Leave a file in a folder, and take it away again."""
    path = Path(folder) / "attempt"
    path.write_bytes(b"x")
    path.unlink()


def worker_tries(path: Path) -> tuple[dict[str, str], tuple[str, ...]]:
    """Have a picture worker try to read a path and more; return what came of it, and what it could not give up."""
    with Worker(self_test=True, timeout_s=20) as worker:
        confinement = worker.measure()
        ways = {"path": str(path), "port": BROKER_PORT, "new_file": str(STATE / "attempt"), "program": "/bin/true"}
        return worker.attempts({"ways": ways}), (*confinement.limits, *confinement.open_ways)


by_credential, limits = worker_tries(CREDENTIAL)
by_key, _ = worker_tries(KEY)
reads = {"credential": CREDENTIAL, "report key": KEY, "file of passwords": SECRETS_TOML}
told = {
    "worker": by_credential,
    "worker_key": by_key,
    "limits": limits,
    "reads": {name: outcome(path.read_bytes) for name, path in reads.items()},
    "writes": {folder: outcome(partial(write_into, folder)) for folder in (*FORBIDDEN, str(STATE), str(RUNTIME))},
}
print(json.dumps(told))
