"""Probes name resolution and connections to devices. No login is tried and nothing is asked of a device."""

import ipaddress
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Final

from agent.host.time_limited import Task, run_limited
from agent.model.finding import Listed, Message, first_of, listed
from agent.model.outcome import Outcome, found, not_due, passed
from agent.onsite.doctor.model import Situation, site_of

Values = Mapping[str, object]

NAMES_S: Final = 5.0
CONNECT_S: Final = 2.0
DEVICES_S: Final = 10.0
SHOWN_MAX: Final = 5


def names(situation: Situation) -> Outcome:
    """Judge whether the names of hub, mirrors and devices can be resolved."""
    site = site_of(situation)
    brokers = [broker.host for broker in (site.hub, *site.mirrors) if broker is not None and broker.host]
    hosts = {host: host for host in (*brokers, *(device.host for device in site.devices)) if not _is_address(host)}
    if not hosts:
        return not_due("no-names", Message("the configuration holds addresses only"))
    wrong = _failures({host: partial(_resolve, host) for host in hosts}, NAMES_S, NAMES_S)
    if not wrong:
        return passed(Message("all {count} names are known", {"count": len(hosts)}))
    values: Values = {"count": len(wrong), "total": len(hosts), "shown": _listed(wrong)}
    what = Message("{count} of {total} names are not known: {shown}", values)
    return found("fail", "unknown-names", what, Message("check the names and /etc/resolv.conf"), names=list(wrong))


def devices(situation: Situation) -> Outcome:
    """Judge whether each device takes a TCP connection on its port."""
    site = site_of(situation)
    if not site.devices:
        return not_due("no-devices", Message("no device is configured"))
    tasks = {device.id: partial(_connect, device.host, device.port) for device in site.devices}
    wrong = _failures(tasks, 2 * CONNECT_S, DEVICES_S)
    nameless = {name for name, error in wrong.items() if isinstance(error, socket.gaierror)}
    if wrong and len(nameless) == len(wrong):
        what = Message("could not be connected to by name: {shown}", {"shown": listed(sorted(nameless)[:SHOWN_MAX])})
        return found("unknown", "unknown-names", what, Message("see the row of names"), devices=sorted(nameless))
    wrong = {name: error for name, error in wrong.items() if name not in nameless}
    if not wrong:
        return passed(Message("all {count} take connections; no login was tried", {"count": len(tasks)}))
    values: Values = {"count": len(wrong), "total": len(tasks), "shown": _listed(wrong)}
    what = Message("{count} of {total} take no connection: {shown}", values)
    step = Message("check power, cable, address and port of each")
    return found("fail", "no-connection", what, step, devices={name: _why(error) for name, error in wrong.items()})


def _failures(tasks: Mapping[str, Callable[[], None]], each_s: float, within_s: float) -> dict[str, Exception]:
    """Run tasks side by side; return those that failed, in their order."""
    ended = dict(run_limited([Task(name, run, each_s) for name, run in tasks.items()], within_s - 0.5))
    return {name: result for name in tasks if (result := ended[name]) is not None}


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "timed out"
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__


def _resolve(host: str) -> None:
    socket.getaddrinfo(host, None)


def _connect(host: str, port: int) -> None:
    socket.create_connection((host, port), CONNECT_S).close()


def _is_address(host: str) -> bool:
    with suppress(ValueError):
        return bool(ipaddress.ip_address(host))
    return False


def _listed(wrong: Mapping[str, Exception]) -> Listed:
    return first_of([f"{name} ({_why(error)})" for name, error in wrong.items()], SHOWN_MAX)
