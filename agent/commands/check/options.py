"""Defines the options of `check`, and builds the device and login of a single address; no password is an argument."""

import argparse
import getpass
import sys
from pathlib import Path
from typing import get_args
from urllib.parse import urlsplit

from agent.commands.terminal.answers_file import PASSWORD_MAX_BYTES, first_line
from agent.commands.terminal.worker_flag import add_worker_flag
from agent.model.errors import UsageError
from agent.model.finding import listed
from agent.model.host_name import is_host
from agent.onsite.one_look.shown import PictureChoice
from agent.text.harmless import printable
from agent.text.translate import translate
from drivers.model import Credential, Device
from drivers.registry import DRIVERS

ROUNDS = 3
ROUNDS_MAX = 9
SAMPLE_S = 10
SAMPLE_MAX_S = 30


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add every option of the command."""
    add = parser.add_argument_group("what is shown").add_argument
    add("--all", action="store_true", help="show what passes, and what shares another's cause, too")
    add("--csv", action="store_true", help="print comma-separated values, safe for spreadsheets")
    add("--timeline", action="store_true", help="draw which days of each camera are recorded")
    add("--plan", action="store_true", help="print every request that would be sent, and send nothing")
    add(
        "--redact",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="leave serial numbers, MAC and network addresses and account names out (default); secrets always are",
    )
    parser.add_argument(
        "--rounds",
        type=int,
        choices=range(1, ROUNDS_MAX + 1),
        default=ROUNDS,
        metavar="N",
        help="look up to N times, 10 s apart, where one picture says too little (default 3)",
    )
    add_worker_flag(parser)
    add = parser.add_argument_group("the hand-over report").add_argument
    add("--report", type=Path, metavar="FILE", help="write the signed hand-over report (HTML)")
    add("--pdf", type=Path, metavar="FILE", help="with --report: print it as PDF too, with chromium or weasyprint")
    add(
        "--pictures",
        choices=get_args(PictureChoice),
        default="fail",
        help="with --report: of cameras of which something fails, small (default); of all, in full size; of none",
    )
    add(
        "--sample",
        type=int,
        choices=range(SAMPLE_MAX_S + 1),
        default=SAMPLE_S,
        metavar="S",
        help="with --report: measure each live stream for up to S seconds, 0: not at all (default 10)",
    )
    one = parser.add_argument_group("a single address, without any site file")
    add = one.add_argument
    add("--host", metavar="HOST[:PORT]", help="the camera or recorder to look at; nothing of it is kept")
    add("--user", metavar="NAME", help="its login; without one it is only asked what it tells everybody")
    secret = one.add_mutually_exclusive_group()
    secret.add_argument("--ask-password", action="store_true", help="ask for the password, or read a line of input")
    secret.add_argument("--password-file", type=Path, metavar="FILE", help="read the password from a file's first line")
    add("--driver", choices=tuple(DRIVERS), help="how to read it (default: ask it which protocol it speaks)")
    add("--tls", action="store_true", help="speak HTTPS to it")
    add("--ca", type=Path, metavar="FILE", help="certificates (PEM) that vouch for its own")


def check_options(args: argparse.Namespace) -> None:
    """Raise UsageError where options exclude each other."""
    if args.csv and args.json:
        raise UsageError("--csv and --json are two shapes of one answer: choose one")
    named = [name for name in ("user", "ask_password", "password_file", "driver", "tls", "ca") if getattr(args, name)]
    if args.host is None and named:
        options = listed(f"--{name.replace('_', '-')}" for name in named)
        raise UsageError("{options}: only with --host; the logins of a site stand in secrets.toml", options=options)
    if args.host is not None and (args.ask_password or args.password_file) and not args.user:
        raise UsageError("a password without --user: name the login it belongs to")
    if args.host is not None and args.user and not args.plan and not (args.ask_password or args.password_file):
        raise UsageError("--user stands alone, add --ask-password or --password-file FILE for its password")


def device_of(args: argparse.Namespace) -> Device:
    """Return the device of --host, its login not yet read. Raises UsageError."""
    host, port = host_and_port(args.host)
    port = port or (443 if args.tls else 80)
    return Device("", host, port, args.driver or "onvif", tls=args.tls or args.ca is not None, ca=args.ca)


def login_of(args: argparse.Namespace) -> Credential | None:
    """Return the login, its password read from the terminal, from standard input or from a file; None without --user.

    It has no name, for it is in no file. Raises UsageError, Forbidden.
    """
    if not args.user:
        return None
    return Credential("", args.user, _password(args))


def _password(args: argparse.Namespace) -> str:
    if args.password_file is not None:
        password = first_line(args.password_file)
    elif sys.stdin.isatty():
        question = translate("password of {user} on {host}: ", args.lang)
        password = getpass.getpass(question.format(user=printable(args.user), host=printable(args.host)))
    else:
        password = sys.stdin.readline(PASSWORD_MAX_BYTES).rstrip("\r\n")
    if not password:
        raise UsageError("the password is empty: a login with an empty one could only lock the account")
    return password


def host_and_port(text: str) -> tuple[str, int]:
    """Split HOST[:PORT]; port 0 where none is given. Raises UsageError."""
    bracketed = f"[{text}]" if text.count(":") > 1 and not text.startswith("[") else text
    try:
        parts = urlsplit(f"//{bracketed}")
        host, port = parts.hostname or "", parts.port or 0
    except ValueError:
        host, port = "", 0
    if not is_host(host) or parts.netloc != bracketed or "@" in text:
        raise UsageError(
            "{text} is no host: use HOST, HOST:PORT or [IPv6]:PORT, such as 192.0.2.10:8080", text=printable(text)
        )
    return host, port
