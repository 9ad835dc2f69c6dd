"""Lists what a person types into the device for a self-test, field by field, in the words of its maker's page. Pure.

Source: GB/T 28181-2022, 9.1 and 9.6 (what a registration needs); the makers' own pages name the fields. Where a page
lies differs by firmware, so that a path is where to look first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from agent.model.finding import Message
from agent.onsite.link.plan import EXPIRES_MIN_S, Plan
from agent.onsite.link.slots import Slots

_PAGE: Final = Message(
    "Type this into the device, on its page for GB/T 28181 (platform access), into a slot that nobody uses:"
)
_PAGE_AT: Final = Message("Type this into the device, on its page {page}, into a slot that nobody uses:")
_SLOT_AT: Final = Message("Type this into the device, on its page {page}, into slot {slot}, which is free:")
_THEN: Final = Message(
    "Save, and switch this slot on. The test goes on as soon as the device comes, for {minutes} min at most."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """How a maker's page is reached, what it calls the fields that others call otherwise, and what to heed there."""

    page: Message
    server_id: Message
    device_id: Message
    user_name: Message
    heed: Message


MAKERS: Final[Mapping[str, Maker]] = {
    "hikvision": Maker(
        page=Message("Configuration > Network > Advanced Settings > Platform Access > 28181"),
        server_id=Message("SIP Server ID"),
        device_id=Message("SIP User Name"),
        user_name=Message("SIP User Authentication ID"),
        heed=Message("Type the password anew each time that you save: pages of this maker forget it."),
    ),
    "dahua": Maker(
        page=Message("Setup > Network > Platform Access > 28181"),
        server_id=Message("SIP Server No."),
        device_id=Message("Device No."),
        user_name=Message("Registration user"),
        heed=Message("Choose a server that is set to Disable, and leave the switch of the whole page as it is."),
    ),
    "uniview": Maker(
        page=Message("Setup > Network > Management Platform > 28181"),
        server_id=Message("Server ID"),
        device_id=Message("Device ID"),
        user_name=Message("user name"),
        heed=Message("Note down every field of this page before: devices of this maker register anew at each change."),
    ),
}
"""By the driver that reads the maker's devices."""


def page(driver: str, slots: Slots | None) -> Message:
    """Return where a person types, for the driver of the device; `slots` where they were read."""
    maker = MAKERS.get(driver)
    if maker is None:
        return _PAGE
    if slots is None:
        return Message(_PAGE_AT.template, {"page": maker.page})
    return Message(_SLOT_AT.template, {"page": maker.page, "slot": slots.free[0]})


def rows(
    plan: Plan, local: str, port: int, driver: str = "", slots: Slots | None = None
) -> tuple[tuple[Message, str], ...]:
    """Return the fields of the device's page and what belongs there; the password is in it."""
    maker = MAKERS.get(driver)
    own_port = ((Message("local SIP port"), str(slots.free_port)),) if slots is not None else ()
    return (
        (Message("server address"), local),
        (Message("server port"), str(port)),
        (maker.server_id if maker else Message("server id"), plan.platform_id),
        (Message("server domain"), plan.domain),
        (maker.device_id if maker else Message("device id"), plan.device_id),
        (maker.user_name if maker else Message("user name"), plan.device_id),
        (Message("password of this test"), plan.password),
        (Message("registration, s"), str(EXPIRES_MIN_S)),
        (Message("heartbeat, s"), str(plan.heartbeat_s)),
        *own_port,
    )


def after(plan: Plan, driver: str = "") -> tuple[Message, ...]:
    """Return what a person does when all is typed, and what to heed with this maker."""
    maker = MAKERS.get(driver)
    then = Message(_THEN.template, {"minutes": round(plan.lasts_s / 60)})
    return (maker.heed, then) if maker else (then,)
