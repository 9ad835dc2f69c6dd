"""Defines the options of every action of `camwarden hub`, so that no action's module is imported for another's.

The largest of them write workbooks and certificates; `hub trust` and `hub jwks` need none of that.
"""

import argparse
import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, get_args

from agent.commands.hub import cluster_options as cluster
from agent.commands.hub.findings import options as findings
from agent.commands.hub.keeping import options as keeping
from agent.commands.hub.upgrades import options as upgrades
from agent.commands.hub.web import options as web
from agent.commands.terminal.broker_options import add_broker_options, port
from agent.commands.terminal.moments import day, duration, instant, month
from agent.contract.chain import STREAMS
from agent.contract.disputes import DUE_WITHIN, Outcome
from agent.contract.enrollment_token import read_address
from agent.contract.topics import SITE_ID
from agent.contract.watermark import SEQ_MAX
from agent.host.paths import HUB_ENV, hub_backups
from agent.hub.domain.figures import METRICS, By
from agent.hub.domain.kept import KEPT_DAYS, KEPT_DAYS_MAX, KEPT_DAYS_MIN
from agent.model.host_name import is_host

DAYS_MOST: Final = 366
BROKER_PORT: Final = 8883
SITES_SHOWN: Final = 500
LOOPBACK: Final = "127.0.0.1"
"""Where metrics are served unless another address is named."""

_ADDRESS = re.compile(r"(?:(\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z.-]*):)?([0-9]+)")


def add_options(actions: Any, data: argparse.ArgumentParser) -> None:
    """Describe every action; `data` is what they share."""
    for add in (
        _run,
        cluster.add,
        _trust,
        _enroll,
        _view,
        findings.add,
        _report,
        _orders,
        upgrades.add,
        _disputes,
        _carry,
        _check,
        keeping.add,
        _log,
        _doctor,
        web.add,
    ):
        add(actions, data)


def _run(actions: Any, data: argparse.ArgumentParser) -> None:
    parser = actions.add_parser("run", parents=[data], help="receive until interrupted")
    add_broker_options(parser)
    cluster.add_node_options(parser)
    cluster.add_worker_option(parser)
    parser.add_argument(
        "--metrics",
        type=address,
        metavar="[HOST:]PORT",
        help="serve /metrics for Prometheus, without login; HOST is 127.0.0.1 if not given",
    )
    parser.add_argument(
        "--metrics-name",
        action="append",
        default=[],
        metavar="NAME",
        help="a name by which /metrics may be asked for, beside its address; may be repeated",
    )
    add_backups(parser)
    parser.add_argument(
        "--keep-days",
        type=days_kept,
        default=KEPT_DAYS,
        metavar="N",
        help="delete reports older than so many days, 184 to 36500 (default 1096: three years)",
    )


def _trust(actions: Any, data: argparse.ArgumentParser) -> None:
    parser = actions.add_parser("trust", help="say which key speaks for which site")
    trust_actions = parser.add_subparsers(dest="trust_action", required=True, metavar="ACTION")
    add = trust_actions.add_parser("add", parents=[data], help="trust a key after comparing its thumbprint")
    add.add_argument("site", metavar="SITE")
    add.add_argument("thumbprint", metavar="THUMBPRINT", help="as `camwarden keys show` prints it at the site")
    add.add_argument("--key", type=Path, metavar="FILE", help="the public key: output of `camwarden keys show --json`")
    add.add_argument("--until", type=day, metavar="DAY", help="last day of its use, YYYY-MM-DD in UTC (default: none)")
    revoke = trust_actions.add_parser("revoke", parents=[data], help="take a key's trust away")
    revoke.add_argument("thumbprint", metavar="THUMBPRINT")
    trust_actions.add_parser("list", parents=[data], help="show the trusted keys")
    trust_actions.add_parser("export", parents=[data], help="print them as a file that a hub takes over")
    actions.add_parser("jwks", parents=[data], help="print the hub's public key as a JWK set")


def _enroll(actions: Any, data: argparse.ArgumentParser) -> None:
    parser = actions.add_parser("enroll", help="give gateways their certificates: tokens, authority, revocation")
    inner = parser.add_subparsers(dest="enroll_action", required=True, metavar="ACTION")
    init = inner.add_parser("init", parents=[data], help="make the authority and its certificates, once")
    add = init.add_argument
    add("--address", type=host_and_port, required=True, metavar="HOST:PORT", help="where gateways reach this desk")
    add("--broker", type=broker, required=True, metavar="HOST[:PORT]", help="where gateways reach the broker")
    add("--broker-name", action="append", default=[], metavar="NAME", help="a further name or address of the broker")
    add("--broker-ca", type=Path, metavar="FILE", help="who signed the broker's certificate, where it has one already")
    token = inner.add_parser("token", parents=[data], help="make a token for each of some sites")
    sites = token.add_mutually_exclusive_group(required=True)
    sites.add_argument("--site", type=site_id, action="append", metavar="ID", help="for this site; may stand again")
    sites.add_argument("--sites", type=Path, metavar="DIR", help="for every site of a folder from `ledger render`")
    valid = "how long: 30m, 24h, 7d (default 24h)"
    token.add_argument("--valid", type=duration, default=timedelta(hours=24), metavar="24h", help=valid)
    token.add_argument("--csv", action="store_true", help="print comma-separated values, one line for each site")
    token.add_argument("--write", action="store_true", help="with --sites: write each into its site's folder too")
    serve = inner.add_parser("serve", parents=[data], help="answer gateways until interrupted")
    serve.add_argument(
        "--listen",
        type=listen_address,
        metavar="HOST[:PORT]",
        help="where to listen, or a port of 127.0.0.1 (default: the address and port that `init` was given)",
    )
    inner.add_parser("list", parents=[data], help="show what each site was given")
    revoke = inner.add_parser("revoke", parents=[data], help="take tokens, certificates and trust of a site back")
    revoke.add_argument("site", metavar="SITE")


def _view(actions: Any, data: argparse.ArgumentParser) -> None:
    status = actions.add_parser("status", parents=[data], help="show what came from each site")
    status.add_argument("site", nargs="?", metavar="SITE", help="of this site only")
    status.add_argument("--limit", type=number, default=SITES_SHOWN, metavar="N", help="so many sites (default 500)")
    status.add_argument("--after", metavar="SITE", help="those behind this one, by name")
    actions.add_parser("silent", parents=[data], help="show the sites that are not heard of; exit code 1 if any")
    orders_parser = actions.add_parser("orders", parents=[data], help="show what was asked of sites")
    orders_parser.add_argument("site", nargs="?", metavar="SITE", help="of this site only")
    metrics = actions.add_parser("metrics", parents=[data], help="print numbers for Prometheus")
    add_backups(metrics)


def _report(actions: Any, data: argparse.ArgumentParser) -> None:
    parser = actions.add_parser("report", parents=[data], help="add up the figures of municipal assessment")
    when = parser.add_mutually_exclusive_group(required=True)
    when.add_argument("--day", type=day, metavar="DAY", help="of this day, such as 2026-11-24")
    when.add_argument("--month", type=month, metavar="MONTH", help="of this month, such as 2026-11")
    parser.add_argument("--by", choices=get_args(By), required=True, help="one line for each of these")
    parser.add_argument("--sort", choices=METRICS, default="online", help="the figure that ranks (default: online)")
    parser.add_argument("--xlsx", type=Path, metavar="FILE", help="write a workbook too")


def _orders(actions: Any, data: argparse.ArgumentParser) -> None:
    site = argparse.ArgumentParser(add_help=False)
    site.add_argument("site", metavar="SITE")
    within = argparse.ArgumentParser(add_help=False)
    within.add_argument("--within", type=minutes, metavar="MIN", help="it expires after so many minutes")
    actions.add_parser("report-now", parents=[data, site, within], help="ask a site for a fresh report")
    check = actions.add_parser("check-now", parents=[data, site, within], help="ask a site for a fresh look")
    check.add_argument("--camera", action="append", default=[], metavar="ID", help="this camera (default: all)")
    check.add_argument("--check", action="append", default=[], metavar="CHECK", help="this check (default: all)")
    resend = actions.add_parser("resend", parents=[data, site, within], help="ask a site for reports again")
    resend.add_argument("stream", choices=STREAMS)
    resend.add_argument("from_seq", type=number, metavar="FROM", help="first number")
    resend.add_argument("to_seq", type=number, metavar="TO", help="last number")
    resend.add_argument("--epoch", help="of this epoch (default: the one the site lives in)")
    accept = actions.add_parser("accept-loss", parents=[data, site], help="accept that reports are gone for good")
    accept.add_argument("stream", choices=STREAMS)
    accept.add_argument("from_seq", type=number, metavar="FROM", help="first number")
    accept.add_argument("to_seq", type=number, metavar="TO", help="last number")
    accept.add_argument("--epoch", help="of this epoch (default: the one the site lives in)")
    accept.add_argument("--by", required=True, metavar="NAME", help="who accepts it")
    accept.add_argument("--why", required=True, metavar="TEXT", help="the reason")
    desired = actions.add_parser("desired", parents=[data, site], help="name the policy that is to be in force")
    desired.add_argument(
        "policy", type=Path, nargs="?", metavar="FILE",
        help="JSON object with the policy's names and values (default: those sent last)",
    )  # fmt: skip
    packs = desired.add_mutually_exclusive_group()
    packs.add_argument("--pack", type=Path, action="append", metavar="TOML",
                       help="a pack of rules; may be given several times (default: those sent last)")  # fmt: skip
    packs.add_argument("--no-packs", action="store_true", help="send no packs: the site's own count again")
    desired.add_argument(
        "--expires", type=instant, metavar="TIME", help="a time or a day, such as 2026-11-24T12:00 (default: never)"
    )


def _disputes(actions: Any, data: argparse.ArgumentParser) -> None:
    listed = actions.add_parser(
        "disputes", parents=[data], help="show which findings are disputed, and until when to decide; 1 if one is late"
    )
    listed.add_argument("site", nargs="?", metavar="SITE", help="of this site only")
    listed.add_argument("--open", action="store_true", help="only what is not decided yet")
    listed.add_argument("--days", type=days, default=DUE_WITHIN, metavar="N", help="days for a decision (default: 15)")
    decide_parser = actions.add_parser("decide", parents=[data], help="decide on a dispute, and tell the site")
    decide_parser.add_argument("site", metavar="SITE")
    decide_parser.add_argument("dispute", metavar="NUMBER", help="number of the dispute, or how it begins")
    decide_parser.add_argument("--outcome", choices=get_args(Outcome), required=True, help="what is decided")
    decide_parser.add_argument("--by", required=True, metavar="NAME", help="who decides")
    decide_parser.add_argument("--why", required=True, metavar="TEXT", help="the reason, for whoever disputes")


def _carry(actions: Any, data: argparse.ArgumentParser) -> None:
    take_parser = actions.add_parser("import", parents=[data], help="take reports that were carried here as files")
    take_parser.add_argument("batch", type=Path, metavar="BATCH", help="folder or ZIP that `queue export` wrote")
    take_parser.add_argument("--ack", type=Path, metavar="FILE", help="write the watermark that goes back to the site")
    case_parser = actions.add_parser("case", parents=[data], help="write evidence about one check, as a ZIP")
    case_parser.add_argument("site", metavar="SITE")
    case_parser.add_argument("check", metavar="CHECK")
    case_parser.add_argument(
        "--from", dest="start", type=instant, required=True, metavar="T", help="a day, or 2026-11-24T12:00"
    )
    case_parser.add_argument("--to", dest="end", type=instant, required=True, metavar="T", help="not included")
    case_parser.add_argument("--stamps", type=Path, metavar="DIR", help="what `hub log stamp` wrote")
    case_parser.add_argument("--out", type=Path, required=True, metavar="FILE.zip", help="a file that is not there yet")


def _check(actions: Any, data: argparse.ArgumentParser) -> None:
    parser = actions.add_parser("check", parents=[data], help="hold stored reports against their digests; exit code 1")
    parser.add_argument("--sample", type=number, metavar="N", help="so many that chance picks (default: all)")


def _log(actions: Any, data: argparse.ArgumentParser) -> None:
    parser = actions.add_parser("log", parents=[data], help="show the log of accepted reports, which only grows")
    inner = parser.add_subparsers(dest="log_action", metavar="ACTION")
    again = argparse.ArgumentParser(add_help=False)
    again.add_argument("--data", type=Path, default=argparse.SUPPRESS, metavar="DIR", help="as above")
    one = inner.add_parser("receipt", parents=[again], help="write the proof that the log has a report")
    one.add_argument("site", metavar="SITE")
    one.add_argument("stream", choices=STREAMS)
    one.add_argument("seq", type=number, metavar="NUMBER", help="number of the report")
    one.add_argument("--epoch", help="of this epoch (default: the one the site lives in)")
    one.add_argument("--out", type=Path, metavar="FILE", help="write it there (default: print it)")
    one.add_argument("--checkpoint", type=Path, metavar="FILE", help="under this one, such as a cosigned one")
    copy = inner.add_parser("mirror", parents=[again], help="export the log as a folder for witnesses")
    copy.add_argument("folder", type=Path, metavar="FOLDER")
    other = inner.add_parser("witness", help="cosign the log of another hub where it continues what was held")
    other.add_argument("folder", type=Path, metavar="FOLDER", help="copy of the folder that `hub log mirror` wrote")
    other.add_argument(
        "--state", type=Path, required=True, metavar="DIR", help="the witness's own: its key, what it holds"
    )
    other.add_argument(
        "--jwks", type=Path, required=True, metavar="FILE", help="the hub's key, as `hub jwks` prints it"
    )
    at = inner.add_parser("stamp", parents=[again], help="have an authority stamp the newest checkpoint (RFC 3161)")
    at.add_argument("folder", type=Path, metavar="FOLDER", help="where checkpoints and their stamps are kept")
    at.add_argument("--tsa", required=True, metavar="URL", help="the authority's address")
    at.add_argument(
        "--tsa-ca", type=Path, action="append", required=True, metavar="FILE", help="root certificate to believe (PEM)"
    )
    anew = inner.add_parser("restored", parents=[again], help="state that this hub was restored from a backup")
    anew.add_argument("--by", required=True, metavar="NAME", help="who states it")
    anew.add_argument("--why", required=True, metavar="TEXT", help="the reason")


def _doctor(actions: Any, data: argparse.ArgumentParser) -> None:
    parser = actions.add_parser("doctor", parents=[data], help="look what around the hub keeps it from its work")
    add_backups(parser)
    parser.add_argument(
        "--env",
        type=Path,
        default=HUB_ENV,
        metavar="FILE",
        help="options of the running hub, for the broker (default %(default)s)",
    )


def add_backups(parser: argparse.ArgumentParser) -> None:
    """Add the option that names the folder of backups."""
    parser.add_argument(
        "--backups",
        type=Path,
        default=hub_backups(os.environ),
        metavar="FOLDER",
        help="where backups are (default $CAMWARDEN_HUB_BACKUPS, else /var/lib/camwarden-hub-backup)",
    )


def days(text: str) -> timedelta:
    """Parse a number of days; argparse names this function in its message."""
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:4]) <= DAYS_MOST:
        raise ValueError
    return timedelta(days=int(text))


def days_kept(text: str) -> int:
    """Parse how many days reports are stored; argparse names this function in its message."""
    if not text.isascii() or not text.isdecimal() or not KEPT_DAYS_MIN <= int(text[:9]) <= KEPT_DAYS_MAX:
        raise ValueError
    return int(text)


def address(text: str) -> tuple[str, int]:
    """Parse host and port; argparse names this function in its message."""
    match = _ADDRESS.fullmatch(text)
    if match is None:
        raise ValueError
    return (match[1] or LOOPBACK).strip("[]"), port(match[2])


def listen_address(text: str) -> tuple[str, int | None]:
    """Parse HOST:PORT, PORT of loopback, or HOST (no port: None); argparse names this function in its message."""
    if _ADDRESS.fullmatch(text):
        return address(text)
    bare = text.removeprefix("[").removesuffix("]")
    if not is_host(bare):
        raise ValueError
    return bare, None


def host_and_port(text: str) -> tuple[str, int]:
    """Parse host and port; argparse names this function in its message."""
    return read_address(text)


def broker(text: str) -> tuple[str, int]:
    """Parse host and port of a broker, 8883 where none is given; argparse names this function in its message."""
    return (text, BROKER_PORT) if is_host(text) else read_address(text)


def site_id(text: str) -> str:
    """Parse a site's id; argparse names this function in its message."""
    if not SITE_ID.fullmatch(text):
        raise ValueError
    return text


def minutes(text: str) -> timedelta:
    """Parse a length of time; argparse names this function in its message."""
    value = timedelta(minutes=float(text))
    if not timedelta(minutes=1) <= value <= timedelta(days=7):
        raise ValueError
    return value


def number(text: str) -> int:
    """Parse a sequence number; argparse names this function in its message."""
    value = int(text)
    if not 0 < value <= SEQ_MAX:
        raise ValueError
    return value
