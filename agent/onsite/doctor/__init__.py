"""Lists the probes of `camwarden doctor`: what must be right around the agent before it can do its work.

One row, one function each, in the order in which people read them. A probe takes no lock, writes nothing, logs in
nowhere beside a running service, and asks nothing of a device.
"""

from typing import Final

from agent.onsite.doctor import broker, files, host, kept, network
from agent.onsite.doctor.model import Probe

PROBES: Final = (
    Probe("configuration", "configuration", files.configuration),
    Probe("permissions", "permissions", files.permissions),
    Probe("report-key", "report key", files.report_key),
    Probe("service", "service", host.service),
    Probe("clock", "clock", host.clock),
    Probe("time-zone", "time zone", host.time_zone),
    Probe("disk", "room on the disk", host.room),
    Probe("software", "software", host.software),
    Probe("worker", "picture worker", host.worker, limit_s=12.0),
    Probe("names", "names", network.names, limit_s=network.NAMES_S + 1),
    Probe("broker-connection", "broker: connection", broker.reached, limit_s=6.0),
    Probe("broker-tls", "broker: TLS", broker.secured, limit_s=6.0),
    Probe("certificate", "own certificate", broker.certificate),
    Probe("broker-login", "broker: login", broker.login, limit_s=10.0),
    Probe("queue", "queue", kept.queue),
    Probe("credentials", "refused logins", kept.credentials),
    Probe("notify", "told at once", kept.notices),
    Probe("devices", "devices", network.devices, limit_s=network.DEVICES_S + 1),
)
"""Every probe. A new one is one function and one line here."""
