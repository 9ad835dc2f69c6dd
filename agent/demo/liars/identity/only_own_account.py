"""Lists, for an account that may only view, that account alone.

Source: field reports, `Security/users`: a viewer sees itself, an administrator sees all; both answers look complete.
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, changed, says
from agent.model.finding import Message


def make() -> Telling:
    """Leave the administrator out of the list."""
    return says(changed("security/users", r"<User><id>1</id>.*?</User>", ""))


LIE = Lie(
    name="only_own_account",
    world="hikvision",
    fakes=Message("a reader sees its own account and no other"),
    makes=make,
    right={
        "account-inventory device:nvr": NOT_PASS,
    },
)
