"""What the tests of a guest share: the gateway put into use, and its mending after a test."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from typing import Any

import gateway as operated
import peers
import pytest
from listing import Listing, Seen, listing
from machine import prop
from places import DROP_INS, PEERS, SITE_TOML


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway that is put into use: what was on it before the package came, and what its enrollment told."""

    bare: Listing
    enrolled: dict[str, Any]


BEGUN = PEERS / "bare.json"


@pytest.fixture(scope="session")
def gateway() -> Gateway:
    """Install the package, start the neighbours, copy the site's files, enroll, start the service.

    A guest that was kept has all this behind it: tests that are run in it again begin with what is there.
    """
    if BEGUN.exists():
        return read_begun()
    bare = listing()
    operated.install("this.deb")
    peers.start()
    enrolled = operated.put_into_use()
    seen_then = {path: astuple(seen) for path, seen in bare.items()}
    BEGUN.write_text(json.dumps({"bare": seen_then, "enrolled": enrolled}))
    return read_begun()


def read_begun() -> Gateway:
    """Read what was noted when the gateway was put into use."""
    begun = json.loads(BEGUN.read_text())
    return Gateway({path: Seen(*seen) for path, seen in begun["bare"].items()}, begun["enrolled"])


@pytest.fixture
def service(gateway: Gateway) -> Iterator[Gateway]:
    """Give a test the service running, undisturbed and with a first cycle behind it, whatever the test before did."""
    if not _well():
        operated.restore()
    operated.wait_until_seen()
    yield gateway


def _well() -> bool:
    right = SITE_TOML.exists() and SITE_TOML.read_text() == operated.ENROLLED_TOML.read_text()
    return right and not list(DROP_INS.glob("*.conf")) and prop("ActiveState") == "active" and peers.listening()
