"""Simulates a device that has one more account, whose name is an approved one with a Cyrillic letter.

Source: `getUserInfoAll`: names are UTF-8.
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, says
from agent.model.finding import Message


def make() -> Telling:
    """Add an account."""

    def say(asked: str, body: bytes) -> bytes:
        if "getUserInfoAll" not in asked:
            return body
        return body + "users[2].Group=admin\r\nusers[2].Id=3\r\nusers[2].Memo=\r\nusers[2].Name=\u0430dmin\r\n".encode()

    return says(say)


LIE = Lie(
    name="lookalike_account",
    world="dahua",
    fakes=Message("an account is written like an approved one"),
    makes=make,
    right={
        "account-inventory device:dhr": NOT_PASS,
    },
)
