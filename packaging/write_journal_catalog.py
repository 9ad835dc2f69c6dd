"""Write the journal's message catalogue into `packaging/journal/`: what `journalctl -x` explains, English and Chinese.

Run it (`make generated`) after a change of `agent/host/log_kinds.py` or its translation; the files are kept, and a test
holds them equal to that table. The language stands in a file's name.

Source: systemd, Journal Message Catalogs.
"""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Final

from agent.host.log_kinds import KINDS
from agent.text.translate import LANGUAGES, translate

FOLDER: Final = Path(__file__).resolve().parent / "journal"
LINE_CHARS: Final = 78


def catalogs() -> dict[str, str]:
    """Return the text of each language's file, by the file's name."""
    return {"camwarden.catalog" if lang == "en" else f"camwarden.{lang}.catalog": _catalog(lang) for lang in LANGUAGES}


def _catalog(lang: str) -> str:
    entries = ["# Made from agent/host/log_kinds.py by packaging/write_journal_catalog.py\n"]
    for kind in KINDS.values():
        text = textwrap.fill(translate(kind.text, lang), LINE_CHARS, break_long_words=False, break_on_hyphens=False)
        subject = translate(kind.subject, lang)
        entries.append(f"-- {kind.message_id}\nSubject: {subject}\nDefined-By: camwarden\n\n{text}\n")
    return "\n".join(entries)


def main() -> None:
    """Write every file."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in catalogs().items():
        (FOLDER / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
