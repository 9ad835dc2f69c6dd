"""Parses the tables that occur once in site.toml: site, probe, policy, discovery, hub; validates their ranges."""

import ipaddress
import re
from collections.abc import Mapping

from agent.contract.topics import CITY, SITE_ID
from agent.model.finding import Message, listed
from agent.model.host_name import is_host
from agent.site.config.limits import (
    CLOCK_MAX_S,
    FORECAST_MAX_DAYS,
    GAP_MAX_S,
    PERIOD_MAX_S,
    PERIOD_MIN_S,
    RETENTION_LAW_DAYS,
    RETENTION_MAX_DAYS,
    STALE_MAX_S,
    UNCOVERED_MAX_RATIO,
)
from agent.site.config.site import Discovery, Hub, Ignored, Policy, Probe, Site, WorkerRules
from agent.site.toml.days import read_date, read_day, read_time_zone
from agent.site.toml.table import Table
from drivers.discovery.ranges import RANGE_ADDRESSES_MAX
from drivers.model import Credential

DEADLINE_MAX_S = 300.0
DEVICES_AT_ONCE_MAX = 256
"""One thread each; the unit's TasksMax leaves room for this many."""
DISCOVERY_MAX_S = 30.0

_DEFAULT = Site(id="", city="", division="")
_DEFAULT_HUB = Hub(host="")


def read_site(table: Table | None, probe: Probe) -> Site:
    """Read `[site]` alone; the caller adds the other tables."""
    if table is None:
        return _DEFAULT
    table.only("id", "name", "city", "division", "period_s", "time_zone", "in_use_since")
    period_s = table.integer("period_s", _DEFAULT.period_s, PERIOD_MIN_S, PERIOD_MAX_S)
    if probe.deadline_s >= period_s:
        table.note(
            "period_s",
            Message(
                "a device may take {deadline_s:g} s, as long as the whole period of {period_s} s",
                {"deadline_s": probe.deadline_s, "period_s": period_s},
            ),
            "raise period_s here or lower deadline_s in [probe]",
        )
    return Site(
        id=table.text("id", like=SITE_ID.pattern, rule="1 to 23 characters of 0-9, A-Z, a-z", example='"datong017"'),
        name=table.text("name", ""),
        city=table.text(
            "city", like=CITY.pattern, rule="1 to 64 characters of 0-9, A-Z, a-z, _ and -", example='"datong"'
        ),
        division=table.text("division", like="[0-9]{6}", rule="the six digits of a GB/T 2260 code", example='"140200"'),
        period_s=period_s,
        time_zone=read_time_zone(table),
        in_use_since=read_date(table, "in_use_since"),
    )


def read_probe(table: Table | None) -> Probe:
    """Read `[probe]`."""
    default = _DEFAULT.probe
    if table is None:
        return default
    table.only("deadline_s", "max_devices_at_once")
    return Probe(
        deadline_s=table.number("deadline_s", default.deadline_s, 1, DEADLINE_MAX_S),
        max_devices_at_once=table.integer("max_devices_at_once", default.max_devices_at_once, 1, DEVICES_AT_ONCE_MAX),
    )


def read_worker(table: Table | None) -> WorkerRules:
    """Read `[worker]`."""
    default = _DEFAULT.worker
    if table is None:
        return default
    table.only("unconfined")
    return WorkerRules(table.choice("unconfined", default.unconfined, ("refuse", "accept")))


def read_policy(table: Table | None) -> Policy:
    """Read `[policy]`; a warning threshold must be reached before the failing one."""
    default = _DEFAULT.policy
    if table is None:
        return default
    table.only(*Policy.__slots__)
    policy = Policy(
        retention_floor_days=table.integer(
            "retention_floor_days",
            default.retention_floor_days,
            RETENTION_LAW_DAYS,
            RETENTION_MAX_DAYS,
            hint=" (30 is the law's floor: State Council Order 799, article 17)",
        ),
        retention_ceiling_days=table.integer(
            "retention_ceiling_days", default.retention_ceiling_days, 0, RETENTION_MAX_DAYS
        ),
        forecast_days=table.integer("forecast_days", default.forecast_days, 1, FORECAST_MAX_DAYS),
        clock_warn_s=table.number("clock_warn_s", default.clock_warn_s, 0, CLOCK_MAX_S),
        clock_fail_s=table.number("clock_fail_s", default.clock_fail_s, 0, CLOCK_MAX_S),
        completeness_warn_ratio=table.number("completeness_warn_ratio", default.completeness_warn_ratio, 0, 1),
        completeness_fail_ratio=table.number("completeness_fail_ratio", default.completeness_fail_ratio, 0, 1),
        gap_warn_s=table.number("gap_warn_s", default.gap_warn_s, 0, GAP_MAX_S),
        gap_fail_s=table.number("gap_fail_s", default.gap_fail_s, 0, GAP_MAX_S),
        recording_stale_s=table.number("recording_stale_s", default.recording_stale_s, 1, STALE_MAX_S),
        mask_uncovered_max_ratio=table.number(
            "mask_uncovered_max_ratio", default.mask_uncovered_max_ratio, 0, UNCOVERED_MAX_RATIO
        ),
        own_clock=table.choice("own_clock", default.own_clock, ("kernel", "trusted")),
    )
    if 0 < policy.retention_ceiling_days < policy.retention_floor_days:
        table.note(
            "retention_ceiling_days",
            Message(
                "footage cannot be gone after {retention_ceiling_days} days and kept for {retention_floor_days}",
                {
                    "retention_ceiling_days": policy.retention_ceiling_days,
                    "retention_floor_days": policy.retention_floor_days,
                },
            ),
            "raise retention_ceiling_days, or leave it away where nobody declared one",
        )
    _ordered(table, "clock_warn_s", policy.clock_warn_s, "clock_fail_s", policy.clock_fail_s)
    _ordered(table, "gap_warn_s", policy.gap_warn_s, "gap_fail_s", policy.gap_fail_s)
    _ordered(
        table,
        "completeness_fail_ratio",
        policy.completeness_fail_ratio,
        "completeness_warn_ratio",
        policy.completeness_warn_ratio,
    )
    return policy


def _ordered(table: Table, lower_key: str, lower: float, higher_key: str, higher: float) -> None:
    given = {lower_key: lower, higher_key: higher}
    if lower <= higher or any(table.data.get(key, value) != value for key, value in given.items()):
        return  # a value that was refused has had its message
    key = lower_key if lower_key in table.data else higher_key
    table.note(
        key,
        Message(
            "{lower_key} = {lower:g} is above {higher_key} = {higher:g}",
            {"lower_key": lower_key, "lower": lower, "higher_key": higher_key, "higher": higher},
        ),
        "swap them or correct one of them",
    )


def read_discovery(table: Table | None) -> Discovery:
    """Read `[discovery]`: where devices are searched for, and which of them need not be declared."""
    default = _DEFAULT.discovery
    if table is None:
        return default
    table.only("interfaces", "addresses", "ranges", "wait_s", "ignore")
    discovery = Discovery(
        interfaces=table.texts("interfaces", is_own_address, "own IPv4 addresses", '["192.0.2.1"]'),
        addresses=table.texts("addresses", is_responder, "hosts, each with or without :port", '["192.0.2.64"]'),
        ranges=table.texts("ranges", is_range, "IPv4 networks of single hosts", '["192.0.2.0/28"]'),
        wait_s=table.number("wait_s", default.wait_s, 0.1, DISCOVERY_MAX_S),
        ignore=tuple(_read_ignored(one) for one in table.tables("ignore", "ignored device")),
    )
    total = sum(ipaddress.IPv4Network(one).num_addresses for one in discovery.ranges if is_range(one))
    if total > RANGE_ADDRESSES_MAX:
        table.note(
            "ranges",
            Message("ranges hold {total} addresses, more than {most}", {"total": total, "most": RANGE_ADDRESSES_MAX}),
            "name only the networks that cameras are in, at most a /22 together",
        )
    return discovery


_CHANNEL = re.compile(r"[^/]+/[1-9][0-9]{0,4}")


def _read_ignored(table: Table) -> Ignored:
    table.only("endpoint", "address", "channel", "reason", "by", "at")
    ignored = Ignored(
        reason=table.text("reason", example='"intercom of the tenant"'),
        by=table.text("by", example='"Li Na"'),
        at=read_day(table, "at"),
        endpoint=table.text("endpoint", ""),
        address=table.text("address", ""),
        channel=table.text("channel", ""),
    )
    if "channel" in table.data and not ({"endpoint", "address"} & table.data.keys()):
        if not _CHANNEL.fullmatch(ignored.channel):
            shown = table.document.shown(ignored.channel)
            table.note(
                "channel",
                Message("channel {shown} is not the id of a device and a number", {"shown": shown}),
                'write for example channel = "nvr/3"',
            )
    elif ("endpoint" in table.data) == ("address" in table.data):
        table.note(
            "",
            "it must name either an endpoint or an address",
            'write one of them as "camwarden discover" shows it, for example address = "192.0.2.77"',
        )
    elif ignored.address and not is_responder(ignored.address):
        shown = table.document.shown(ignored.address)
        table.note(
            "address",
            Message("address {shown} is no host", {"shown": shown}),
            'write for example address = "192.0.2.77"',
        )
    return ignored


def read_hub(table: Table | None, credentials: Mapping[str, Credential] | None) -> Hub | None:
    """Read `[hub]`: without it nothing is delivered. `credentials` None: the secrets file could not be read."""
    if table is None:
        return None
    table.only("host", "port", "tls", "ca", "certificate", "key", "credential", "jwks", "confirm")
    default = _DEFAULT_HUB
    tls = table.flag("tls", default.tls)
    by_hand = "host" not in table.data and table.data.get("confirm") == "file"  # reports are carried: no connection
    hub = Hub(
        host="" if by_hand else read_host(table, '"hub.example.org"'),
        port=table.integer("port", default.port, 1, 65535),
        tls=tls,
        ca=table.file("ca", "hub-ca.pem"),
        certificate=table.file("certificate", "site.pem"),
        key=table.file("key", "site-key.pem"),
        credential=read_credential(table, credentials),
        jwks=table.file("jwks", "hub-jwks.json"),
        confirm=table.choice("confirm", default.confirm, ("hub", "broker", "file")),
    )
    note_tls_files(table, tls)
    if hub.confirm == "hub" and "jwks" not in table.data:
        table.note(
            "confirm",
            'confirm = "hub" needs jwks, the public keys that the hub confirms with',
            'add jwks = "FILE" as the hub\'s team gives it, or choose confirm = "broker"',
        )
    return hub


def read_credential(
    table: Table, credentials: Mapping[str, Credential] | None, key: str = "credential"
) -> Credential | None:
    """Return the credential named by `credential = "NAME"`, None where there is none."""
    if key not in table.data:
        return None
    name = table.text(key, example='"cameras"')
    if not name or credentials is None:
        return None
    if name not in credentials:
        known = listed(sorted(credentials))
        table.note(
            key,
            Message('credential "{name}" is not in secrets.toml', {"name": name}),
            Message("add [credential.{name}] there, or use one of: {known}", {"name": name, "known": known})
            if known
            else Message("add [credential.{name}] there", {"name": name}),
        )
        return None
    return credentials[name]


def read_host(table: Table, example: str) -> str:
    """Return a host name or address. A URL, a port or a login in it is refused without being shown."""
    host = table.text("host", example=example)
    if not host or is_host(host):
        return host
    if "://" in host or "/" in host or "@" in host:
        table.note("host", "host must be a name or address alone, not a URL", "leave away scheme, login and path")
    elif host.count(":") == 1:
        table.note("host", "host must be a name or address alone, not with a port", "write the port as port = NUMBER")
    else:
        what = Message("host {shown} is no name or address", {"shown": table.document.shown(host)})
        table.note("host", what, Message("write for example host = {example}", {"example": example}))
    return ""


def is_own_address(text: str) -> bool:
    """Return whether a text is an interface's IPv4 address: there is no probe over IPv6 multicast."""
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True


def is_range(text: str) -> bool:
    """Return whether a text is an IPv4 network, host bits zero, of unicast addresses."""
    try:
        network = ipaddress.IPv4Network(text)
    except ValueError:
        return False
    return not (network.is_multicast or network.is_reserved or network.network_address.packed[0] == 0)


def is_responder(text: str) -> bool:
    """Return whether a text is a host, with or without `:port`; an IPv6 address with a port needs brackets."""
    if is_host(text):
        return True
    bracketed = re.fullmatch(r"\[(.+)\](?::([0-9]{1,5}))?", text)
    plain = re.fullmatch(r"([^:]+):([0-9]{1,5})", text)
    match = bracketed or plain
    if match is None or not is_host(match[1]):
        return False
    return match[2] is None or 1 <= int(match[2]) <= 65535


def note_tls_files(table: Table, tls: bool) -> None:
    """Note files of a broker's connection that lack their counterpart, or have no use."""
    for key, other in (("certificate", "key"), ("key", "certificate")):
        if key in table.data and other not in table.data:
            table.note(
                key,
                Message("{key} stands without {other}", {"key": key, "other": other}),
                Message("add {other}, or remove {key}", {"other": other, "key": key}),
            )
    for key in ("ca", "certificate", "key"):
        if key in table.data and not tls:
            table.note(key, Message("{key} has no use with tls = false", {"key": key}), "set tls = true, or remove it")
