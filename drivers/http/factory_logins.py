"""Lists the factory logins of devices, one for each maker, and the results of trying one.

Source of the logins: published lists of default passwords. Newer firmware has none and asks for one at its first start.
`agent/observe/facts/factory_logins.py` decides whether one is tried, `drivers/http/factory_try.py` how.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from drivers.model import Credential

Outcome = Literal["accepted", "refused", "open", "unclear"]
"""`open`: the request is answered without any login, so that none was sent. `unclear`: it was sent, without a clear
answer.
"""

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
        driver: The device's driver; a maker's own identifies it.
        told: Maker and model as the device reports them, empty where unknown.
    """
    return driver if driver in FACTORY else next((maker for maker in FACTORY if maker in told.lower()), "")
