"""A gateway with a machine of its own: enrolls at a hub of another machine by the token that its people were handed."""

from __future__ import annotations

import json

import gateway
import peers
from machine import said, wait_for
from places import BROKER_PORT, CARRIED, HUB_ADDRESS, SITE_ID

HUB_WITHIN_S = 300.0


def test_it_enrolls_over_the_network_and_everything_it_reports_is_confirmed() -> None:
    gateway.install("this.deb")
    peers.start_site()
    token = wait_for("the hub's people hand a token over", _token, HUB_WITHIN_S)
    told = gateway.put_into_use(token)
    assert (told["site"], told["report"], told["broker"]) == (SITE_ID, "confirmed", f"{HUB_ADDRESS}:{BROKER_PORT}")
    gateway.wait_until_seen()
    wait_for("the hub has confirmed all", lambda: not gateway.spool_waits(), within_s=90)
    found = json.loads(said("camwarden", "findings", "--json", codes=(0, 1, 3)))["open"]
    failing = sorted([one["check"], one["subject"]] for one in found if one["status"] == "fail")
    (CARRIED / "gateway.part").write_text(json.dumps({"failing": failing}))
    (CARRIED / "gateway.part").rename(CARRIED / "gateway.json")
    wait_for("the hub's people have looked", (CARRIED / "hub-is-through").exists, HUB_WITHIN_S)


def _token() -> str:
    path = CARRIED / "token"
    return path.read_text() if path.exists() else ""
