"""Selects how the hub receives; what only a province needs is imported where it was chosen."""

import importlib
from typing import cast

from agent.hub.transport import mqtt
from agent.hub.transport.carrier import Connect
from agent.hub.transport.topology import Part


def connector(part: Part | None, worker: str = "") -> Connect:
    """Return what connects: by AMQP with a part of the queues, else by MQTT, where `worker` names one of several.

    Raises:
        ModuleNotFoundError: The package for AMQP is not installed.
    """
    if part is None:
        return mqtt.connector(worker)
    return cast(Connect, importlib.import_module("agent.hub.transport.amqp").connector(part))
