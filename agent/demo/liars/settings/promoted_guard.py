"""Simulates a device on which an account that was approved by its name alone is an administrator's.

Source: `Security/users`: `userLevel` of each account.
"""

from typing import Final

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, changed, says
from agent.model.finding import Message

_GUARD: Final = (
    "<User><id>9</id><userName>guard</userName><bondIpAddressList></bondIpAddressList>"
    "<userLevel>Administrator</userLevel></User></UserList>"
)


def make() -> Telling:
    """Add the account of the guard, with every right."""
    return says(changed("security/users", r"</UserList>", _GUARD))


LIE = Lie(
    name="promoted_guard",
    world="hikvision",
    fakes=Message("an account that was approved by its name alone is an administrator's"),
    makes=make,
    right={
        "account-inventory device:nvr": NOT_PASS,
    },
)
