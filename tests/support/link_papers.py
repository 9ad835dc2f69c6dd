"""Papers of self-tests in a room without sockets."""

from __future__ import annotations

import html as escaping
from dataclasses import replace
from typing import Any

from handed_over import SIGNER
from link_room import PLAN, room_with, whole_test

from agent.demo.gb28181.habits import Habits
from agent.onsite.handover.report import KeyPart
from agent.onsite.link.certificate import Certificate, render_page, without_address
from agent.onsite.link.result import LinkResult

KEY = KeyPart(SIGNER.kid, True)


def result(habits: Habits = Habits(), quiet_after_s: float = 60.0) -> LinkResult:  # noqa: B008 - frozen
    plan = replace(PLAN, quiet_after_s=quiet_after_s)
    return whole_test(room_with(habits, plan), plan)


def certificate(test: LinkResult | None = None, **changes: Any) -> Certificate:
    values: dict[str, Any] = {
        "site": "S1", "time_zone": "Asia/Shanghai", "device": "nvr", "made_by": "北辰智能", "made_for": "育才小学",
    }  # fmt: skip
    return Certificate(test=without_address(test or result()), **(values | changes))


def page(one: Certificate, lang: str = "en") -> str:
    return " ".join(escaping.unescape(render_page(one, KEY, lang)).split())
