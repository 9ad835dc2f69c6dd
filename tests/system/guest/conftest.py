"""What the tests of a guest share: the gateway put into use, and its mending after a test."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import astuple, dataclass

import gateway as operated
import peers
import pytest
from listing import Listing, Seen, listing
from machine import prop, said
from places import DROP_INS, PEERS, SITE_TOML, UNIT


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway that is put into use, and what was on it before the package came."""

    bare: Listing


BEGUN = PEERS / "bare.json"


@pytest.fixture(scope="session")
def gateway() -> Gateway:
    """Install the package, start the neighbours, write the site's files, start the service, trust its key at the hub.

    A guest that was kept has all this behind it: tests that are run in it again begin with what is there.
    """
    if BEGUN.exists():
        return read_begun()
    bare = listing()
    operated.install("this.deb")
    peers.start()
    operated.configure()
    said("systemctl", "restart", UNIT, within_s=90)
    operated.vouch()
    BEGUN.write_text(json.dumps({path: astuple(seen) for path, seen in bare.items()}))
    return read_begun()


def read_begun() -> Gateway:
    """Read what was noted when the gateway was put into use."""
    return Gateway({path: Seen(*seen) for path, seen in json.loads(BEGUN.read_text()).items()})


@pytest.fixture
def service(gateway: Gateway) -> Iterator[Gateway]:
    """Give a test the service running, undisturbed and with a first cycle behind it, whatever the test before did."""
    if not _well():
        operated.restore()
    operated.wait_until_seen()
    yield gateway


def _well() -> bool:
    right = "[storage]" not in SITE_TOML.read_text() if SITE_TOML.exists() else False
    return right and not list(DROP_INS.glob("*.conf")) and prop("ActiveState") == "active" and peers.listening()
