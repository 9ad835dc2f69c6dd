"""Lists no account, with success.

Source: ONVIF Core, GetUsers: an empty list is valid, and no device that asks for a login has no account.
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, changed, says
from agent.model.finding import Message


def make() -> Telling:
    """Empty the list."""
    return says(changed("GetUsers", r"<tds:User>.*</tds:User>", ""))


LIE = Lie(
    name="empty_accounts",
    world="onvif",
    fakes=Message("a device without accounts has none that is not approved"),
    makes=make,
    right={
        "account-inventory device:recorder": NOT_PASS,
    },
)
