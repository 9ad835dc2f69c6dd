"""Lists the probes of `camwarden hub doctor`: what must be right around a hub before it can do its work.

One row, one function each, in the order in which people read them. A probe takes no lock, writes nothing, and never
logs in at the broker: that would end the running hub's connection.
"""

from typing import Final

from agent.hub.doctor import broker, files, kept, login
from agent.hub.doctor.model import Probe

PROBES: Final = (
    Probe("data", "data folder", files.data),
    Probe("key", "signing key", files.key),
    Probe("running", "running hub", files.running),
    Probe("clock", "clock", files.clock),
    Probe("disk", "room on the disk", files.room),
    Probe("server", "database server", kept.server, limit_s=15.0),
    Probe("standby", "standby for views", kept.standby, limit_s=20.0),
    Probe("databases", "databases", kept.databases, limit_s=30.0, too_long=kept.TOO_LARGE),
    Probe("broker", "broker: connection", broker.reached, limit_s=12.0),
    Probe("log", "log of accepted reports", kept.log),
    Probe("backup", "backup", kept.backup),
    Probe("upgrade", "upgrade of agents", kept.upgrade),
    Probe("login", "city login", login.city_login, limit_s=10.0),
    Probe("webhooks", "endpoints of other systems", kept.webhooks),
)
"""Every probe. A new one is one function and one line here."""
