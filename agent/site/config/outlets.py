"""Parses the outlets of site.toml: `[metrics]` for Prometheus, `[daily_digest]` for a webhook, `[[mirror]]` brokers."""

import ipaddress
import re
from collections.abc import Mapping
from pathlib import Path

from agent.model.finding import Message
from agent.site.config.devices import NAME, NAME_RULE
from agent.site.config.messages import DailyDigest, in_quiet_hours
from agent.site.config.notify import QUIET_RULE, TIME, note_address
from agent.site.config.sections import note_tls_files, read_credential, read_host
from agent.site.config.site import Metrics, Mirror
from agent.site.toml.table import Table
from drivers.model import Credential

HEARTBEAT_MAX_DAYS = 366

_METRICS = Metrics()
_DIGEST = DailyDigest()


def read_metrics(table: Table | None) -> Metrics:
    """Read `[metrics]`. Only this host may be listened on: the page has no login."""
    if table is None:
        return _METRICS
    table.only("listen", "textfile")
    listen = table.text("listen", _METRICS.listen, example='"127.0.0.1:9464"')
    if listen and not is_loopback(listen):
        table.note(
            "listen",
            Message(
                "listen must be an address of this host alone and a port, not {shown}",
                {"shown": table.document.shown(listen)},
            ),
            'write for example listen = "127.0.0.1:9464"; for others put a proxy with a login before it',
        )
    textfile = table.path_of("textfile", Path("camwarden.prom")) if "textfile" in table.data else None
    if textfile is not None and textfile.suffix != ".prom":
        table.note("textfile", "textfile must end in .prom: node_exporter reads no other", "correct its name")
    return Metrics(listen, textfile)


def is_loopback(text: str) -> bool:
    """Return whether a text is a loopback address and a port; an IPv6 address needs brackets."""
    match = re.fullmatch(r"(?:\[([0-9a-f:]+)\]|([0-9.]+)):([0-9]{1,5})", text)
    if match is None or not 1 <= int(match[3]) <= 65535:
        return False
    try:
        return ipaddress.ip_address(match[1] or match[2]).is_loopback
    except ValueError:
        return False


def read_digest(table: Table | None, credentials: Mapping[str, Credential] | None) -> DailyDigest | None:
    """Read `[daily_digest]`: without it none is sent. `credentials` None: the secrets file could not be read."""
    if table is None:
        return None
    table.only(*DailyDigest.__slots__)
    credential = read_credential(table, credentials)
    if table.required("credential", '"digest"'):
        note_address(table, credential)
    digest = DailyDigest(
        kind=table.choice("kind", _DIGEST.kind, ("json", "wecom", "dingtalk", "feishu")),
        credential=credential,
        sign_credential=read_credential(table, credentials, "sign_credential"),
        ca=table.file("ca", "webhook-ca.pem"),
        at=table.text("at", _DIGEST.at, like=TIME, rule="a time of day as HH:MM", example='"08:00"'),
        quiet_hours=table.text(
            "quiet_hours",
            _DIGEST.quiet_hours,
            like=f"{TIME}-{TIME}",
            rule=QUIET_RULE,
            example='"22:00-07:00"',
        ),
        heartbeat_days=table.integer("heartbeat_days", _DIGEST.heartbeat_days, 0, HEARTBEAT_MAX_DAYS),
        lang=table.choice("lang", _DIGEST.lang, ("zh_CN", "en")),
    )
    if digest.sign_credential is not None and digest.kind not in ("dingtalk", "feishu"):
        table.note(
            "sign_credential", "only DingTalk and Feishu sign", 'set kind = "dingtalk" or "feishu", or remove it'
        )
    if in_quiet_hours(digest.quiet_hours, digest.at):
        table.note(
            "at",
            Message(
                "at = {at} lies in quiet_hours = {quiet_hours}", {"at": digest.at, "quiet_hours": digest.quiet_hours}
            ),
            "move one of them",
        )
    return digest


MIRRORS_MAX = 4
"""Each has a thread, a connection and a queue of its own."""

_DEFAULT = Mirror(name="", host="")


def read_mirrors(top: Table, credentials: Mapping[str, Credential] | None) -> tuple[Mirror, ...]:
    """Read every `[[mirror]]`; a mirror confirms nothing, so it has neither `jwks` nor `confirm`."""
    mirrors = [_mirror(table, credentials) for table in top.tables("mirror", "mirror")]
    names = [mirror.name for mirror in mirrors]
    for name in sorted({name for name in names if name and names.count(name) > 1}):
        top.note("mirror", Message('two mirrors have the name "{name}"', {"name": name}), "give each its own name")
    if len(mirrors) > MIRRORS_MAX:
        top.note(
            "mirror",
            Message("there are {count} mirrors, more than {most}", {"count": len(mirrors), "most": MIRRORS_MAX}),
            "remove some of them",
        )
    return tuple(mirrors)


def _mirror(table: Table, credentials: Mapping[str, Credential] | None) -> Mirror:
    table.only("name", "host", "port", "tls", "ca", "certificate", "key", "credential")
    tls = table.flag("tls", _DEFAULT.tls)
    mirror = Mirror(
        name=table.text("name", like=NAME, rule=NAME_RULE, example='"district"'),
        host=read_host(table, '"mirror.example.org"'),
        port=table.integer("port", _DEFAULT.port, 1, 65535),
        tls=tls,
        ca=table.file("ca", "mirror-ca.pem"),
        certificate=table.file("certificate", "mirror-site.pem"),
        key=table.file("key", "mirror-site-key.pem"),
        credential=read_credential(table, credentials),
    )
    note_tls_files(table, tls)
    return mirror
