"""Parses the command line: the table of commands, shared flags, logging, and the message of each kind of exit.

A command's module is imported only when it was chosen, so that `--version` and `status` stay light. A command is a
module in `agent/commands/` with `add_arguments(parser)` and `run(args) -> exit code`; it prints its result on standard
output and raises `AgentError` for what ends it. Only this module sets up logging and turns exceptions into lines and
exit codes.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import importlib.util
import io
import logging
import os
import sys
import traceback
from collections.abc import Container, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Final, Literal, TextIO
from zoneinfo import ZoneInfoNotFoundError

from agent.host import journald
from agent.host.journald import JournalHandler, priority
from agent.host.no_core import protect_memory
from agent.host.not_ours import owned_by_other, service_only
from agent.host.paths import default_config
from agent.model import exits
from agent.model.errors import AgentError, ProgramMissing
from agent.model.finding import Message
from agent.text.called import program
from agent.text.cli_words import ListsActions, argparse_language, translate_parser
from agent.text.redact import redact
from agent.text.translate import LANGUAGES, choose_lang, lang_flag, render, translate
from agent.version import VERSION

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "start": ("agent.commands.start.command", "find the devices, ask for their logins, look, and show what is wrong"),
    "run": ("agent.commands.run", "the service: look at the site each period and report to the hub"),
    "check": ("agent.commands.check.command", "look at the site once and show what was found"),
    "demo": ("agent.commands.demo", "run the whole flow against a simulated site"),
    "discover": ("agent.commands.discover", "list the devices that answer on the network"),
    "init": (
        "agent.commands.init.command",
        "ask a few questions, look at the network, and write the files of a new site",
    ),
    "declare": ("agent.commands.declare.command", "answer what nobody can observe, and see what is declared"),
    "rules": ("agent.commands.rules", "show the packs of rules, their duties, and what stands behind a check"),
    "ledger": ("agent.commands.ledger.command", "take camera ledgers in, write them, and compare them with the site"),
    "filing": (
        "agent.commands.filing.command",
        "file the system with the police: deadlines, dossier, and what changed since",
    ),
    "link": (
        "agent.commands.link.command",
        "test the interface for the police platform of one device, as a platform of our own",
    ),
    "privacy": ("agent.commands.privacy", "what is stored of people, how long, and who opened it"),
    "masks": ("agent.commands.masks.command", "have privacy masks approved, and judge picture files"),
    "ui": ("agent.commands.ui.command", "the local page: see every camera, draw what is private, approve masks"),
    "findings": (
        "agent.commands.findings.command",
        "what is open since when, who knows of it, and how long repairs took",
    ),
    "drill": ("agent.commands.drill", "train at a camera: provoke a fault, and see that it is found"),
    "status": ("agent.commands.status.command", "show how the running service is doing"),
    "doctor": ("agent.commands.doctor", "look what around the agent keeps it from its work"),
    "bundle": ("agent.commands.bundle", "pack what support needs into one archive, without secrets or pictures"),
    "config": ("agent.commands.config", "validate, show or compare the configuration, and its schema"),
    "notify": ("agent.commands.notify", "try the receivers of what is told at once, and see what waits for them"),
    "credentials": ("agent.commands.credentials", "show refused logins, and allow another try"),
    "enroll": ("agent.commands.enroll", "enroll this gateway at its hub with a token from the hub's team"),
    "keys": ("agent.commands.keys", "show or change the report key, and get a certificate for the broker"),
    "queue": ("agent.commands.queue.command", "show the reports that wait, send them, or carry them by file"),
    "verify": ("agent.commands.verify.command", "verify signed reports: files, cases, or as they pass on a broker"),
    "hub": ("agent.commands.hub.command", "the reference receiver: verify, keep and confirm reports"),
}
"""Every command: its module, and one line of help."""

GUIDE: Final = "start"
"""What `camwarden` alone does for a person at a terminal; a script gets the usage."""

SERVICES: Final = frozenset({"run", "hub"})
"""Commands that keep running: their log shows normal work too."""

RECORDED: Final = frozenset({"ui"})
"""Commands of a person whose openings of pictures are in the journal too, wherever their log goes."""

ON_WINDOWS: Final = frozenset({"discover", "init", "declare", "rules", "ledger", "filing", "config", "verify"})
"""Commands that run on Windows too, as far as they judge no picture."""

EXTRAS: Final = {
    "iotcore": "demo",
    "pika": "province",
    "rfc3161_client": "stamps",
    "segno": "ui",
    "starlette": "ui",
    "uvicorn": "ui",
}
"""Packages that only an extra installs, and its name."""

PROMISE: Final = "camwarden only reads from devices: no command changes a camera or recorder."

JOURNAL_SOCKET = journald.SOCKET

log = logging.getLogger("camwarden.cli")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; `argv` None: this process's own, else within a larger process."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    lang = choose_lang(lang_flag(arguments), os.environ)
    verbose = False
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that cannot show a character still gets the rest
            stream.reconfigure(errors="backslashreplace")
    try:
        if argv is None:
            protect_memory()
            gc.disable()  # what importing makes stays: looking through it for garbage takes a tenth of a start
        _require_one_folder()
        module, args = _parse(arguments, lang)
        if argv is None:
            gc.freeze()
            gc.enable()
        verbose = args.verbose > 0
        _set_up_logging(args)
        code = int(module.run(args))
        sys.stdout.flush()
    except SystemExit as end:  # argparse ends this way, with its message already written
        return end.code if isinstance(end.code, int) else exits.USAGE
    except KeyboardInterrupt:
        return exits.INTERRUPTED
    except BrokenPipeError:
        _drop_stdout()
        return exits.PIPE_CLOSED
    except AgentError as error:
        _print_error(render(error.message, lang))
        return error.exit_code
    except PermissionError as error:
        told = owned_by_other(Path("?"), error) or service_only(Path("?"), error)
        _print_error(render(told.message, lang))
        return told.exit_code
    except ZoneInfoNotFoundError as error:
        missing = Message("{what}: install the time zones of the system: package tzdata", {"what": str(error.args[0])})
        _print_error(render(missing, lang))
        return exits.CONFIG
    except ModuleNotFoundError as error:
        if error.name not in EXTRAS:
            return _print_bug(error, verbose, lang)
        values = {"package": error.name, "extra": EXTRAS[error.name]}
        missing = Message("this command needs the package {package}: pip install 'camwarden[{extra}]'", values)
        _print_error(render(missing, lang))
        return exits.UNAVAILABLE
    except Exception as error:  # noqa: BLE001 - the last net: one line instead of a traceback
        return _print_bug(error, verbose, lang)
    return code


def _parse(arguments: list[str], lang: str) -> tuple[ModuleType, argparse.Namespace]:
    """Parse the common flags, wherever they are, then the rest with the command's own parser.

    No command on a terminal is the guide's.
    """
    with argparse_language(lang):
        flags = argparse.ArgumentParser(
            program(), f"{program()} [FLAGS] COMMAND ...", add_help=False, allow_abbrev=False
        )
        add_common(flags)
        common, rest = flags.parse_known_args(arguments)
        if not rest and sys.stdin.isatty() and sys.stdout.isatty():
            rest = [GUIDE]
        chosen = next((word for word in rest if not word.startswith("-")), None)
        if sys.platform == "win32" and chosen in COMMANDS.keys() - ON_WINDOWS:
            raise ProgramMissing(
                "camwarden {command} needs Linux: run it on the gateway, or here under WSL: wsl camwarden {command}",
                command=chosen,
            )
        module = importlib.import_module(COMMANDS[chosen][0]) if chosen in COMMANDS else None
        modules = {chosen: module} if chosen is not None and module is not None else {}
        comes_first = modules and rest[0] == chosen  # `--help check` lists all
        parser = _parser(modules, modules, *rest[1:2]) if comes_first else _parser(modules, COMMANDS)
        translate_parser(parser, lang)
        args = parser.parse_args(rest)
        if module is None:
            parser.error(translate("no command", lang))
    for key, value in vars(common).items():
        setattr(args, key, value)
    args.lang = lang
    return module, args


def full_parser() -> argparse.ArgumentParser:
    """Return the parser with the options of every command: for completion, man pages and tests. Imports all of them."""
    with argparse_language("en"):
        return _parser({name: importlib.import_module(module) for name, (module, _) in COMMANDS.items()}, COMMANDS)


def _parser(modules: Mapping[str, ModuleType], listed: Container[str], asked: str = "") -> argparse.ArgumentParser:
    """Return the parser of the commands that are `listed`; only those of `modules` have their own options.

    `asked`: the word right behind the command; where it is an action, no other is asked of the parser.
    """
    parser = ListsActions(
        prog="camwarden",
        description="Proves privacy masks and recording retention of public-safety cameras.",
        epilog=PROMISE,
        allow_abbrev=False,
    )
    add_common(parser)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, title="commands")
    for name, help_line in ((name, line) for name, (_, line) in COMMANDS.items() if name in listed):
        command = commands.add_parser(name, help=help_line, description=help_line, epilog=PROMISE, allow_abbrev=False)
        add_common(command)
        command.asked = asked
        if name in modules:
            modules[name].add_arguments(command)
    return parser


def add_common(parser: argparse.ArgumentParser) -> None:
    """Add the flags that every command takes."""
    add = parser.add_argument_group("common flags").add_argument
    add(
        "--config",
        type=Path,
        metavar="FILE",
        default=default_config(),
        help="the site's file (default /etc/camwarden/site.toml, else site.toml in this folder)",
    )
    add("--json", action="store_true", help="print one JSON object")
    add("--quiet", "-q", action="store_true", help="print and log errors only")
    add("--verbose", "-v", action="count", default=0, help="log more; twice: everything")
    add("--lang", choices=LANGUAGES, help="language of the output (default: the locale's)")
    add("--no-color", action="store_true", default=_no_color(os.environ), help="no colours; NO_COLOR does the same")
    add("--version", action="version", version=f"{program()} {VERSION}", help="print the version and end")


def _no_color(environ: Mapping[str, str]) -> bool:
    """Source: no-color.org; terminfo(5) for `dumb`."""
    return bool(environ.get("NO_COLOR")) or environ.get("TERM") == "dumb"


def _require_one_folder() -> None:
    """Stop where another program's `drivers` or `masking` would be imported: the names are common, and none warns."""
    home = Path(__file__).resolve().parent.parent
    for name in ("drivers", "masking"):
        spec = importlib.util.find_spec(name)
        origin = Path(spec.origin).resolve() if spec is not None and spec.origin else None
        if origin is None or origin.parent.parent != home:
            raise AgentError(
                "the package {name} is taken from {origin}, not from {home}: install camwarden in an "
                "environment of its own",
                name=name,
                origin=origin or "nowhere",
                home=home,
            )


class _LineFormatter(logging.Formatter):
    """One record, one line or an indented block: no text from a device can imitate a record of its own.

    `form`: for a `terminal` with the time; for a `stream` into the journal with the priority before each line; for the
    journal's `fields`, which have both.
    """

    def __init__(self, form: Literal["terminal", "stream", "fields"]) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s" if form == "terminal" else "%(message)s", "%H:%M:%S")
        self.form = form

    def format(self, record: logging.LogRecord) -> str:
        lines = redact(super().format(record)).splitlines() or [""]
        shown = [line if line.isprintable() else ascii(line)[1:-1] for line in lines]
        area = record.name.removeprefix("camwarden.")
        prefix = f"<{priority(record.levelno)}>" if self.form == "stream" else ""
        first = shown[0] if self.form == "terminal" else f"{prefix}{area}: {shown[0]}"
        return "\n".join([first, *(f"{prefix}  {line}" for line in shown[1:])])


def _set_up_logging(args: argparse.Namespace) -> None:
    in_journal = _is_journal(sys.stderr)
    handler: logging.Handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_LineFormatter("stream" if in_journal else "terminal"))
    if in_journal:
        handler = JournalHandler(JOURNAL_SOCKET, fallback=handler)
        handler.setFormatter(_LineFormatter("fields"))
    root = logging.getLogger()
    for old in root.handlers[:]:
        if isinstance(old.formatter, _LineFormatter):
            root.removeHandler(old)
            old.close()
    root.addHandler(handler)
    # Libraries log whole requests below this level, logins included.
    root.setLevel(logging.WARNING)
    # zeep prints a traceback for every odd value that a device sends; the driver tells of it as a fact.
    logging.getLogger("zeep").setLevel(logging.CRITICAL)
    # pika logs each end of a connection several times; the hub tells it once.
    logging.getLogger("pika").setLevel(logging.CRITICAL)
    level = logging.INFO if args.command in SERVICES else logging.WARNING
    if args.quiet:
        level = logging.ERROR
    elif args.verbose:
        level = logging.DEBUG if args.verbose > 1 else logging.INFO
    logging.getLogger("camwarden").setLevel(level)
    if args.command in RECORDED and not in_journal:
        record = JournalHandler(JOURNAL_SOCKET, fallback=logging.NullHandler())
        record.setFormatter(_LineFormatter("fields"))
        root.addHandler(record)
        handler.setLevel(level)
        logging.getLogger(f"camwarden.{args.command}").setLevel(logging.INFO)


def _is_journal(stream: TextIO) -> bool:
    """Return whether a stream goes to the journal. Source: systemd.exec(5), JOURNAL_STREAM."""
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


def _print_error(text: str) -> None:
    """Write what ended the command to standard error, redacted."""
    for line in redact(text).splitlines():
        sys.stderr.write(f"{program()}: {line if line.isprintable() else ascii(line)[1:-1]}\n")


def _print_bug(error: Exception, verbose: bool, lang: str) -> int:
    """Report an internal error in one line; with a traceback only with -v."""
    if verbose:
        sys.stderr.write(redact("".join(traceback.format_exception(error))))
    said = (f"{type(error).__name__}: {error}".splitlines() or [""])[0]
    line = Message("internal error, please report it: {error}", {"error": said})
    if not verbose:
        line = Message("{line} (run again with -v for details)", {"line": line})
    _print_error(render(line, lang))
    return exits.BUG


def _drop_stdout() -> None:
    """Redirect the interpreter's last flush to nowhere. Source: Python documentation, note on SIGPIPE."""
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, sys.stdout.fileno())
    os.close(sink)
