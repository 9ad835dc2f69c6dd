"""Sends the first half of its list of accounts, closed as if it were whole.

A buffer of fixed size ends the list; what is in it is well formed.

Source: field reports of `Security/users` on units with many accounts.
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, changed, says
from agent.model.finding import Message


def make() -> Telling:
    """Leave an account that nobody approved out, and keep its place in the size."""
    return says(changed("security/users", r"<User><id>2</id>.*?</User>", ""))


LIE = Lie(
    name="cut_accounts",
    world="hikvision",
    fakes=Message("half of the accounts stand in a list that looks whole"),
    makes=make,
    right={
        "account-inventory device:nvr": NOT_PASS,
    },
)
