"""Parses `[upgrade]`: whether the hub may name the agent's version, and at which hours it is installed."""

from agent.site.config.notify import QUIET_RULE, TIME
from agent.site.config.site import Upgrade
from agent.site.toml.table import Table

_DEFAULT = Upgrade()


def read_upgrade(table: Table | None) -> Upgrade:
    """Read `[upgrade]`; without it nothing is allowed."""
    if table is None:
        return _DEFAULT
    table.only(*Upgrade.__slots__)
    return Upgrade(
        allow=table.flag("allow", _DEFAULT.allow),
        hours=table.text("hours", _DEFAULT.hours, like=f"{TIME}-{TIME}", rule=QUIET_RULE, example='"01:00-05:00"'),
    )
