"""Lists the approved accounts by their names, and one of them has become an administrator's.

Source: `Security/users`: `userLevel` of each account.
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, changed, says
from agent.model.finding import Message


def make() -> Telling:
    """Give the account of the guard every right, under its own name."""
    return says(changed("security/users", r"<userLevel>(?!Administrator)[^<]*<", "<userLevel>Administrator<"))


LIE = Lie(
    name="promoted_account",
    world="hikvision",
    fakes=Message("an approved account has become an administrator's"),
    makes=make,
    right={
        "account-inventory device:nvr": NOT_PASS,
    },
)
