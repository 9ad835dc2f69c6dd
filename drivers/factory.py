"""Lists the factory logins of devices, one for each maker, and the results of trying one.

Source of the logins: published lists of default passwords. Newer firmware has none and asks for one at its first start.
Whether one is tried is decided by `agent/observe/facts/factory_logins.py`, how by `drivers/http/factory_try.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from drivers.model import Credential

Outcome = Literal["accepted", "refused", "open", "unclear"]
"""`open`: the question is answered without any login, so that none was sent. `unclear`: it was sent, and what came back
says neither, or nothing came."""

FACTORY: Final[Mapping[str, Credential]] = MappingProxyType(
    {
        "hikvision": Credential("factory", "admin", "12345"),
        "dahua": Credential("factory", "admin", "admin"),
        "uniview": Credential("factory", "admin", "123456"),
        "axis": Credential("factory", "root", "pass"),
    }
)
"""One login for each maker."""


def maker_of(driver: str, told: str) -> str:
    """Return the maker whose login a device may have, empty where none is known.

    Args:
        driver: By which it is read; a maker's own says it.
        told: What the device called its maker and model, empty where that is not known.
    """
    return driver if driver in FACTORY else next((maker for maker in FACTORY if maker in told.lower()), "")
