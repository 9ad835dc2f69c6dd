"""Prints a hand-over report as PDF with a program that is there: Chromium, Chrome or WeasyPrint. None is shipped."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.errors import ProgramMissing, os_words
from agent.files import write_atomic
from agent.model import Message

BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
WITHIN_S: Final = 180.0

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
    """Return what is installed here.

    Raises:
        ProgramMissing: Nothing is; the line says what to install.
    """
    for name in (*BROWSERS, "weasyprint"):
        program = shutil.which(name)
        if program is not None:
            return Printer(program, name != "weasyprint")
    raise ProgramMissing("--pdf needs chromium or weasyprint: apt install chromium, or print the HTML from a browser")


def print_pdf(printer: Printer, html: Path, pdf: Path, mode: int) -> None:
    """Print a file.

    Args:
        printer: Of `find_printer`.
        html: What is printed.
        pdf: Where it goes; written whole or not at all.
        mode: Its permission bits.

    Raises:
        ProgramMissing: The program failed, took too long, or its work cannot be written.
    """
    # A folder of its own keeps the browser's profile, and every half-written page, away from everybody else.
    with tempfile.TemporaryDirectory(prefix="camwarden-pdf-") as folder:
        out = Path(folder) / "out.pdf"
        try:
            done = subprocess.run(
                _command(printer, html.absolute(), out, Path(folder) / "profile"),
                stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=WITHIN_S,
            )  # fmt: skip
            if done.returncode or not out.exists():
                raise ProgramMissing(
                    Message(
                        "{program} could not print {html}: the HTML is there, print it yourself",
                        {"program": printer.program, "html": html},
                    )
                )
            write_atomic(pdf, out.read_bytes(), mode)
        except subprocess.TimeoutExpired:
            raise ProgramMissing(
                Message(
                    "{program} did not print {html} within {wait_s:g} s",
                    {"program": printer.program, "html": html, "wait_s": WITHIN_S},
                )
            ) from None
        except OSError as error:
            raise ProgramMissing(
                Message("{pdf}: {why}; the HTML is there, print it yourself", {"pdf": pdf, "why": os_words(error)})
            ) from None


def _command(printer: Printer, html: Path, out: Path, profile: Path) -> list[str]:
    if not printer.is_browser:
        return [printer.program, str(html), str(out)]
    # Chromium refuses its sandbox to root; the page runs no script and reaches no network.
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    return [printer.program, *QUIET, *as_root, f"--user-data-dir={profile}", f"--print-to-pdf={out}", html.as_uri()]
