"""Encodes what devices report of themselves and their cameras, for `check --json`. Pure."""

from agent.model.finding import Json
from agent.observe.facts.facts import Facts
from agent.site.config.site import Site
from drivers.details import Interfaces
from drivers.footage import Channels
from drivers.model import Identity


def equipment_json(site: Site, facts: Facts) -> list[Json]:
    """Return one object per configured device: address, identity, MACs, and its channels where it lists any."""
    found: list[Json] = []
    for device in site.devices:
        subject = f"device:{device.id}"
        identity, interfaces = facts.one(subject, Identity), facts.one(subject, Interfaces)
        channels = facts.one(subject, Channels)
        found.append(
            {
                "id": device.id,
                "host": device.host,
                "port": device.port,
                "maker": identity.manufacturer if identity else "",
                "model": identity.model if identity else "",
                "serial": identity.serial if identity else "",
                "firmware": identity.firmware if identity else "",
                "macs": [one.mac for one in interfaces.interfaces if one.mac] if interfaces else [],
                "channels": [
                    {name: getattr(one, name) for name in ("number", "name", "host", "mac", "model", "serial")}
                    for one in channels.channels
                ]
                if channels
                else [],
            }
        )
    return found
