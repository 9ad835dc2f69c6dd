"""Lists and shows every request that `check` would send. Sends nothing and asks for no password.

The requests of drivers and pictures are tables (`ASKS`). A row with an object is sent once for each; rows are skipped
for a device that lacks a service, or whose time is used up.
"""

import argparse
import sys
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from agent.commands.check.options import device_of
from agent.commands.discover import plan_json, plan_text
from agent.model import exits
from agent.model.finding import Json
from agent.observe.probe.devices import discovery_plan
from agent.onsite.one_look.single_address import site_of
from agent.site.config.load import load
from agent.site.config.site import Site
from agent.text.harmless import json_text, printable
from agent.text.translate import together, translate
from drivers import capture, registry
from drivers.allowed_requests import Ask
from drivers.discovery import detect_protocol
from drivers.model import Credential, Device

SCHEMA = "camwarden-check-plan/1"


@dataclass(frozen=True, slots=True)
class DevicePlan:
    """The requests to one device.

    `credential`: the name of the login that answers a challenge, empty where there is none; the first request of each
    kind goes without. `driver` is empty for the requests that detect it.
    """

    device: Device
    driver: str
    credential: str
    cameras: int
    asks: tuple[Ask, ...]


def plan_requests(site: Site, driver_known: bool = True) -> tuple[DevicePlan, ...]:
    """Plan the requests to each device of the site.

    With `driver_known` False each device is first asked for its protocol, and then read with one of all drivers.
    """
    plans: list[DevicePlan] = []
    for device in site.devices:
        cameras = sum(camera.camera.device == device.id for camera in site.cameras)
        login = device.credential
        name = "" if login is None else login.name or login.user
        if not driver_known:
            plans.append(DevicePlan(device, "", "", cameras, detect_protocol.ASKS))
        drivers = (device.driver,) if driver_known else tuple(registry.DRIVERS)
        for driver in drivers:
            plans.append(DevicePlan(device, driver, name, cameras, (*registry.asks(driver), *capture.ASKS)))
    return tuple(plans)


def show_plan(args: argparse.Namespace) -> int:
    """Print the plan of this command line, and return the exit code."""
    site, driver_known = _site(args)
    plans = plan_requests(site, driver_known)
    if args.quiet:
        return exits.OK
    sys.stdout.write(json_text(result_json(site, plans)) + "\n" if args.json else plan_words(site, plans, args.lang))
    return exits.OK


def _site(args: argparse.Namespace) -> tuple[Site, bool]:
    if args.host is None:
        return load(args.config), True
    site = site_of(device_of(args), Path("/nonexistent"))
    if not args.user:
        return site, bool(args.driver)
    named = replace(site.devices[0], credential=Credential("", args.user, ""))
    return replace(site, devices=(named,)), bool(args.driver)


def plan_words(site: Site, plans: tuple[DevicePlan, ...], lang: str) -> str:
    """Render the plan for people: devices with the same requests together."""
    found = discovery_plan(site)
    lines = [plan_text(found, lang).rstrip("\n")] if found.datagrams else []
    alike = sorted(plans, key=lambda plan: (plan.driver, plan.credential))
    for (driver, credential), group in groupby(alike, key=lambda plan: (plan.driver, plan.credential)):
        devices = tuple(group)
        names = together((plan.device.id for plan in devices), lang)
        login = translate("login {name}, only where the device asks for one", lang).format(name=printable(credential))
        reads = driver or translate("which protocol?", lang)
        if driver and any(not plan.driver for plan in plans):
            reads = translate("where it speaks {driver}", lang).format(driver=driver)
        lines.append(f"{names}: {reads}")
        lines.append(f"  {login if credential else translate('no login is sent', lang)}")
        for ask in devices[0].asks:
            lines.append("  " + f"{ask.of:7} {ask.protocol:6} {ask.method:8} {ask.path} {ask.operation}".rstrip())
    lines.append(translate("nothing was sent; every request reads, and * is what the device itself names", lang))
    return "\n".join(lines) + "\n"


def result_json(site: Site, plans: tuple[DevicePlan, ...]) -> dict[str, Json]:
    """Return what `--plan --json` prints."""
    return {
        "schema": SCHEMA,
        "discovery": plan_json(discovery_plan(site)),
        "devices": [
            {
                "id": plan.device.id,
                "driver": plan.driver or None,
                "credential": plan.credential or None,
                "cameras": plan.cameras,
                "requests": [
                    {
                        "of": ask.of,
                        "protocol": ask.protocol,
                        "method": ask.method,
                        "path": ask.path,
                        "operation": ask.operation or None,
                    }
                    for ask in plan.asks
                ],
            }
            for plan in plans
        ],
    }
