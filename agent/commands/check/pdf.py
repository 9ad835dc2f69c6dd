"""Prints a hand-over report as PDF with an installed program: Chromium, Chrome or WeasyPrint. None is shipped.

The page holds names and pictures of foreign devices, so the program never runs as root: root runs it as `nobody`, who
owns nothing, and a browser always in its own sandbox; where that does not work, nothing is printed.
"""

import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.host.files import write_atomic
from agent.host.users import account, is_root
from agent.model.errors import ProgramMissing, os_words

BROWSERS: Final = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first that is there prints: Debian's shell without windows is the same engine, and starts in half the time."""
WITHIN_S: Final = 180.0
ENDED_WITHIN_S: Final = 5.0
"""A killed program's children are gone by then."""

PDF_MAX_BYTES: Final = 256 << 20
SAID_MAX_BYTES: Final = 1 << 20
PAGE: Final = "report.html"
OUT: Final = "report.pdf"
OVERFLOW_ID: Final = 65534
"""Whom Linux calls nobody where no file of users does. Source: user_namespaces(7), overflowuid."""

NO_SANDBOX: Final = b"No usable sandbox!"
"""What Chromium says where the system lets it confine nothing."""

QUIET: Final = (
    "--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-pdf-header-footer",
)  # fmt: skip
"""The browser prints and does nothing else: the report refuses every connection by its own policy already."""


@dataclass(frozen=True, slots=True)
class Printer:
    """A program that prints HTML as PDF; `is_browser`: it takes Chromium's options, else WeasyPrint's."""

    program: str
    is_browser: bool


def find_printer() -> Printer:
    """Find an installed program. Raises ProgramMissing with what to install."""
    for name in (*BROWSERS, "weasyprint"):
        program = shutil.which(name)
        if program is not None:
            return Printer(program, name != "weasyprint")
    raise ProgramMissing("--pdf needs chromium or weasyprint: apt install chromium, or print the HTML from a browser")


def print_pdf(printer: Printer, html: Path, pdf: Path, mode: int) -> None:
    """Print a file with a program of `find_printer`; `pdf` is written whole, with these permission bits, or not at all.

    Raises ProgramMissing where the program failed, cannot be confined, took too long, or its output cannot be written.
    """
    # A folder of its own keeps the browser's profile, and every half-written page, away from everybody else. What it
    # may write to lies one deeper, so that it cannot put another folder in its place.
    try:
        with own_folder() as outer:
            room, account = outer / "room", _unprivileged()
            _prepare_folder(room, html, account)
            said = _print(printer, room, account)
            printed = _printed_pdf(room / OUT)
            values = {"program": printer.program, "html": html}
            if printed is None and NO_SANDBOX in said:
                raise ProgramMissing(
                    "{program} cannot confine itself here (user namespaces are off), and does not print without "
                    "that: {html} is there; apt install chromium-sandbox or weasyprint, or print it from a browser "
                    "as an ordinary user",
                    **values,
                )
            if printed is None:
                raise ProgramMissing("{program} could not print {html}: the HTML is there, print it yourself", **values)
            write_atomic(pdf, printed, mode)
    except subprocess.TimeoutExpired:
        raise ProgramMissing(
            "{program} did not print {html} within {wait_s:g} s", program=printer.program, html=html, wait_s=WITHIN_S
        ) from None
    except OSError as error:
        raise ProgramMissing(
            "{pdf}: {why}; the HTML is there, print it yourself", pdf=pdf, why=os_words(error)
        ) from None


@contextmanager
def own_folder() -> Iterator[Path]:
    """Make a temporary folder for the block, and remove it with all that is in it at its end.

    What a killed browser had started may be writing into its profile for a moment still: then it is removed again.

    Raises OSError where it cannot be made, or something is still written into it after `ENDED_WITHIN_S`.
    """
    folder = Path(tempfile.mkdtemp(prefix="camwarden-pdf-"))
    try:
        yield folder
    finally:
        give_up_at = time.monotonic() + ENDED_WITHIN_S
        while folder.exists():
            try:
                shutil.rmtree(folder)
            except OSError:
                if time.monotonic() >= give_up_at:
                    raise
                time.sleep(0.05)


def _unprivileged() -> tuple[int, int] | None:
    """Return the user and group that print for root and own nothing; None: this user is not root."""
    return (account("nobody") or (OVERFLOW_ID, OVERFLOW_ID)) if is_root() else None


def _prepare_folder(room: Path, html: Path, account: tuple[int, int] | None) -> None:
    """Make the printer's own folder with a copy of the page: only its owner may read the report itself."""
    room.mkdir(mode=0o700)
    page = room / PAGE
    page.write_bytes(html.read_bytes())
    page.chmod(0o600)
    if account is not None:
        # Away from root's own folder of mode 0700, one may only pass through it.
        room.parent.chmod(0o711)
        os.chown(page, *account)
        os.chown(room, *account)


def _print(printer: Printer, room: Path, account: tuple[int, int] | None) -> bytes:
    """Run the program, as the account where one is given, and return its standard error.

    Raises:
        ProgramMissing: It cannot be started.
        subprocess.TimeoutExpired: It took too long.

    Source: Chromium refuses its sandbox to root; so root never runs it. credentials(7).
    """
    user, group = account if account is not None else (None, None)
    environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(room), "TMPDIR": str(room)}
    with (room.parent / "said").open("w+b") as said:
        try:
            child = subprocess.Popen(
                _command(printer, room), cwd=room, env=environment, umask=0o077, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said,
                user=user, group=group, extra_groups=None if account is None else (),
            )  # fmt: skip
        except OSError as error:
            raise ProgramMissing(
                "{program} cannot be run as an ordinary user: {why}; the HTML is there, print it yourself",
                program=printer.program,
                why=os_words(error),
            ) from None
        try:
            child.wait(WITHIN_S)
        finally:
            # Whatever it has started ends with it.
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        said.seek(0)
        return said.read(SAID_MAX_BYTES)


def _command(printer: Printer, room: Path) -> list[str]:
    page, out = room / PAGE, room / OUT
    if not printer.is_browser:
        return [printer.program, str(page), str(out)]
    return [printer.program, *QUIET, f"--user-data-dir={room / 'profile'}", f"--print-to-pdf={out}", page.as_uri()]


def _printed_pdf(out: Path) -> bytes | None:
    """Return what was printed; None where it is no PDF of the printer's own.

    A printer that a page has taken over could name another file of root's in its place.
    """
    try:
        descriptor = os.open(out, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
            return None
        with open(descriptor, "rb", closefd=False) as file:
            printed = file.read(PDF_MAX_BYTES + 1)
    finally:
        os.close(descriptor)
    return printed if printed.startswith(b"%PDF-") and len(printed) <= PDF_MAX_BYTES else None
