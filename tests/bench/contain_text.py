"""How long foreign text keeps its readers busy, and whether twice as much takes twice as long: for bench `contain`."""

from __future__ import annotations

import io
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from openpyxl import Workbook

from measure.figures import Figure, say
from measure.processes import ROOT

sys.path.insert(0, str(ROOT))

from agent.onsite.bundle.secrets import known_secrets
from agent.onsite.ledger.files.grid import Unreadable
from agent.onsite.ledger.rows import read
from agent.text.redact import redact

XLSX = Figure("xlsx_5kb_s", "s", 0.2, "lower")
GROWTH: Final = {
    "redact": Figure("redact_doubled_ratio", "x", 3, "lower"),
    "secrets": Figure("bundle_secrets_doubled_ratio", "x", 3, "lower"),
}
AREAS: Final = b"<mergeCell ", b"mergeCell ", b"<hyperlink ref='"
TEXTS: Final = {
    "redact": ("://", "<password ", 'password: "\\', "-----BEGIN PRIVATE KEY-----"),
    "secrets": ("://x:", "://x:y:", "\n", "password\n"),
}
SHEET_BYTES: Final = 250_000
"""So much of the worst piece packs, with the rest of a workbook, into about 5 KB, and kept the reader half a minute."""


def xlsx_5kb(times: int) -> dict[str, Any]:
    """Return the figure `xlsx_5kb_s`: processor time for the worst of some workbooks, each about 5 KB."""
    books = [_workbook(piece) for piece in AREAS]
    return XLSX.of([max(_cpu_s(lambda data=data: _refused(data)) for data in books) for _ in range(times)])


def doubled(name: str, times: int, chars: int) -> dict[str, Any]:
    """Return the figure of a reader: what twice as much of a text costs, at the worst of its texts. 4 is quadratic."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "site.toml"

        def secrets(text: str) -> object:
            config.write_text(text)
            return known_secrets(config, None, Path(folder))

        run: Callable[[str], object] = redact if name == "redact" else secrets
        return GROWTH[name].of([max(_ratio(run, piece, chars) for piece in TEXTS[name]) for _ in range(times)])


def _ratio(run: Callable[[str], object], piece: str, chars: int) -> float:
    text = piece * (chars // len(piece))
    once, twice = (min(_cpu_s(lambda one=one: run(one)) for _ in range(3)) for one in (text, text + text))
    return twice / max(once, 1e-6)


def _workbook(piece: bytes) -> bytes:
    book, written = Workbook(), io.BytesIO()
    book.save(written)
    out = io.BytesIO()
    with zipfile.ZipFile(written) as archive, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for part in archive.infolist():
            data = archive.read(part)
            if part.filename.startswith("xl/worksheets/"):
                data += piece * (SHEET_BYTES // len(piece))
            packed.writestr(part.filename, data)
    return out.getvalue()


def _refused(data: bytes) -> None:
    try:
        read(data, {})
    except Unreadable:
        return
    raise RuntimeError("a workbook that is none was read")


def _cpu_s(once: Callable[[], object]) -> float:
    began = time.process_time()
    once()
    return time.process_time() - began


def text(quick: bool) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """Measure how long foreign text keeps its readers busy."""
    times, chars = (1, 65_536) if quick else (5, 262_144)
    figures = {XLSX.name: xlsx_5kb(times)}
    for name, figure in GROWTH.items():
        say(f"{name}, {chars} characters and twice as many")
        figures[figure.name] = doubled(name, times, chars)
    sizes = [len(_workbook(piece)) for piece in AREAS]
    return figures, {"chars": chars, "workbook_bytes": sizes, "sheet_bytes": SHEET_BYTES}
