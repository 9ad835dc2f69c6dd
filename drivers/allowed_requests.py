"""Lists every request that a driver may send to a device; requests are announced from it and checked against it.

Each driver has a table `ASKS` beside its `read`; pictures have theirs in `capture.py`. A request in no table is a
mistake, found by `tests/commands/check/test_check_plan.py`. All rows read: none changes a device. What discovery
sends to networks has a table of its own, `drivers/discovery/protocols.py`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal


@dataclass(frozen=True, slots=True)
class Ask:
    """One kind of request. `*` in `path` is what varies: a channel, a time, or a path that the device named.

    `operation`: of SOAP or JSON-RPC, where the path lacks it. `of`: sent once per device, camera, or search and page.
    """

    protocol: Literal["onvif", "http", "rtsp"]
    method: str
    path: str
    operation: str = ""
    of: Literal["device", "camera", "search"] = "device"

    def covers(self, method: str, path: str, operation: str = "") -> bool:
        """Return whether a request is of this kind."""
        # Square brackets stand for themselves in the queries of some makers.
        pattern = self.path.replace("[", "[[]")
        return method == self.method and fnmatchcase(path, pattern) and self.operation in ("", operation)


def soap(of: Literal["device", "camera", "search"], path: str, *operations: str) -> tuple[Ask, ...]:
    """Return a row for each SOAP operation on a path."""
    return tuple(Ask("onvif", "POST", path, operation, of) for operation in operations)


def http(of: Literal["device", "camera", "search"], method: str, *paths: str) -> tuple[Ask, ...]:
    """Return a row for each HTTP path."""
    return tuple(Ask("http", method, path, "", of) for path in paths)


def is_planned(rows: Iterable[Ask], method: str, path: str, operation: str = "") -> bool:
    """Return whether a request is in a table."""
    return any(row.covers(method, path, operation) for row in rows)
