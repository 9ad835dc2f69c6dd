"""Prints the gateway's certificate as the authority would have given it some days ago: argument 1 says how many."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta

from places import CHECKOUT, HUB_DATA, LIBRARIES, SITE_ID, STATE

sys.path[:0] = [str(CHECKOUT), str(LIBRARIES)]

from agent.deliver.keys.tls_certificate import certificate_request  # noqa: E402
from agent.hub.enroll import place  # noqa: E402
from agent.hub.enroll.authority import asked_key, site_certificate  # noqa: E402

now = datetime.now(UTC) - timedelta(days=int(sys.argv[1]))
key = asked_key(certificate_request(STATE / "site-key.pem", SITE_ID).decode(), SITE_ID)
made = site_certificate(place.load(HUB_DATA).authority, SITE_ID, key, now)
print(made.decode(), end="")
