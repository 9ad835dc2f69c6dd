"""A gateway with a machine of its own: enrolls at a hub of another machine by the token that its people were handed."""

from __future__ import annotations

import json

import gateway
import peers
from machine import hand_over, handed_over, said, wait_for
from places import BROKER_PORT, HUB_ADDRESS, SITE_ID


def test_it_enrolls_over_the_network_and_everything_it_reports_is_confirmed() -> None:
    gateway.install("this.deb")
    peers.start_site()
    told = gateway.put_into_use(handed_over("token"))
    assert (told["site"], told["report"], told["broker"]) == (SITE_ID, "confirmed", f"{HUB_ADDRESS}:{BROKER_PORT}")
    gateway.wait_until_seen()
    wait_for("the hub has confirmed all", lambda: not gateway.spool_waits(), within_s=90)
    found = json.loads(said("camwarden", "findings", "--json", codes=(0, 1, 3)))["open"]
    failing = sorted([one["check"], one["subject"]] for one in found if one["status"] == "fail")
    hand_over("gateway.json", json.dumps({"failing": failing}))
    handed_over("hub-is-through")
