"""Finds devices for a new site and shows them in their groups; no login is sent to any.

Sources are the networks that are asked, and addresses that a person named. Every address is asked which protocol it
speaks, so that it is in the group by which it will be read.
"""

import argparse
import sys
from collections.abc import Iterable
from dataclasses import replace

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent.commands.check.options import host_and_port
from agent.commands.discover import NOT_ACTIVATED, lines, plan_of, plan_text, progress_after
from agent.commands.terminal.asking import say
from agent.host.clock import utc_now
from agent.model.finding import Message
from agent.observe.inventory.site_skeleton import PLACEHOLDER
from agent.observe.inventory.stocktake import take_stock
from agent.observe.probe.devices import discover
from agent.observe.probe.new_devices import DETECT_WITHIN_S, detect_drivers
from agent.onsite.start.groups import UNKNOWN_DRIVER, Box, Group, box_of, different, numbered, title_of, with_drivers
from agent.site.config.devices import DEFAULT_PORT
from agent.site.config.site import Discovery
from agent.text.harmless import printable
from agent.text.translate import render, translate
from drivers.model import Device


def search(args: argparse.Namespace, where: Discovery) -> tuple[Box, ...]:
    """Ask networks which devices there are, once the requests were shown."""
    site = replace(PLACEHOLDER, discovery=where)
    plan = plan_of(site)
    if not plan.datagrams:
        return ()
    if not args.quiet and not args.json:
        sys.stderr.write(plan_text(plan, args.lang))
    errors = Console(stderr=True, no_color=args.no_color, quiet=args.quiet)
    with progress_after(errors, plan.sending_s + where.wait_s, args.lang) as progress:
        heard = discover(site, progress)
    for failed in heard.failed:
        line = Message("not asked or not heard: {what}", {"what": printable(failed)})
        sys.stderr.write(render(line, args.lang) + "\n")
    return tuple(box_of(one) for one in take_stock(site, heard.found, heard.names))


def named(hosts: Iterable[str]) -> tuple[Box, ...]:
    """Return the devices at addresses that a person named. Raises UsageError for what is none."""
    places = (host_and_port(host) for host in hosts)
    return tuple(Box(host=host, port=port or DEFAULT_PORT) for host, port in places)


def detected(args: argparse.Namespace, boxes: Iterable[Box]) -> tuple[Box, ...]:
    """Ask each device which protocol it speaks, and return it with its driver."""
    ones = different(boxes)
    errors = Console(stderr=True, no_color=args.no_color, quiet=args.quiet)
    unasked = [Device(one.address, one.host, one.port, UNKNOWN_DRIVER, tls=one.tls) for one in ones]
    with progress_after(errors, DETECT_WITHIN_S, args.lang) as progress:
        return with_drivers(ones, detect_drivers(unasked, utc_now, progress))


def show(args: argparse.Namespace, groups: Iterable[Group]) -> None:
    """Print the devices, numbered. Their names for themselves are text, never markup."""
    lang, none = args.lang, True
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column(translate("group", lang), overflow="fold")
    table.add_column(translate("address", lang), no_wrap=True)
    for heading in (translate("name", lang), translate("model, firmware, serial number", lang)):
        table.add_column(heading, overflow="fold")
    table.add_column(translate("MAC, maker", lang), no_wrap=True)
    for number, group, one in numbered(groups):
        none = False
        how = title_of(group.name) if one.driver else translate("no answer", lang)
        cells = (
            how,
            one.address,
            printable(one.name),
            lines((one.model, one.firmware, one.serial)),
            lines((one.mac, one.maker)),
        )
        if not one.activated:
            how += "\n" + translate(NOT_ACTIVATED, lang)
        table.add_row(str(number), *(Text(cell) for cell in cells))
    if not none:
        say()
        Console(no_color=args.no_color).print(table)
