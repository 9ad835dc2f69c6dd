"""Shows the link of the page, how to reach it from another computer, and another link at each Enter."""

import argparse
import ssl
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from agent.commands.terminal.asking import say
from agent.model.finding import Message
from agent.onsite.ui.entrance import Entrance
from agent.text.translate import render


@dataclass(frozen=True, slots=True)
class Secured:
    """The page's certificate, its fingerprint, and how a link becomes lines of a picture; `coloured` for a terminal."""

    context: ssl.SSLContext = field(repr=False)
    fingerprint: str
    picture: Callable[[str, bool], tuple[str, ...]]


def show(args: argparse.Namespace, entrance: Entrance, tls: Secured | None, host: str, port: int) -> None:
    """Show a link with a new code; with `tls` as a picture for a phone too, and the certificate's fingerprint."""
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    address = f"{'https' if tls else 'http'}://{place}"

    def link() -> None:
        _link(args, f"{address}/#k={entrance.new_code()}", tls)

    link()
    for line in _hints(tls, host, port):
        say(render(line, args.lang))
    if sys.stdin.isatty():
        say(render(Message("Press Enter for a new link."), args.lang))
        threading.Thread(target=_on_enter, args=(link,), name="ui links", daemon=True).start()


def _link(args: argparse.Namespace, link: str, tls: Secured | None) -> None:
    say(render(Message("Open this link within a minute; it is good once:"), args.lang))
    say(link)
    if tls is not None:
        say("\n".join(tls.picture(link, not args.no_color and sys.stdout.isatty())))


def _hints(tls: Secured | None, host: str, port: int) -> tuple[Message, ...]:
    if tls is None:
        command = f"ssh -L {port}:{host}:{port} gateway"
        tunnel = Message(
            "From another computer: {command}, then the link with localhost in place of {host}",
            {"command": command, "host": host},
        )
        return tunnel, Message("It ends 30 minutes after its last use, or with Ctrl-C.")
    return (
        Message(
            "The browser warns of the certificate. Go on only if it shows this SHA-256 fingerprint: {fingerprint}",
            {"fingerprint": tls.fingerprint},
        ),
        Message("The first browser with the link has the page, for two hours; Ctrl-C ends it at once."),
    )


def _on_enter(link: Callable[[], None]) -> None:
    for _ in sys.stdin:
        link()
