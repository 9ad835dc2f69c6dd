"""Compile the translations: every `agent/text/locale/*/LC_MESSAGES/*.po` into the `.mo` beside it.

Run it after editing a `.po`; both are kept in the repository, so that nothing has to be built to run from a checkout,
and a test holds them equal. It reads the part of the format that we use: msgid and msgstr, comments, the fuzzy flag.

Source: GNU gettext manual, sections 10.3 (MO files) and 3 (PO files).
"""

from __future__ import annotations

import ast
import struct
import sys
from pathlib import Path

LOCALE = Path(__file__).resolve().parent.parent / "agent" / "text" / "locale"
MAGIC = 0x950412DE
HEADER_BYTES = 28


def parse(text: str) -> dict[str, str]:
    """Return msgid -> msgstr of a `.po`, the header under the empty msgid; untranslated and fuzzy ones left out.

    Raises:
        ValueError: A line is none of the few kinds we use, or a msgid stands there twice. Names the line.
    """
    entries: dict[str, str] = {}
    parts = {"msgid": "", "msgstr": ""}
    field, fuzzy = "", False

    def finish(number: int) -> None:
        nonlocal field, fuzzy
        if field == "msgstr":
            if parts["msgid"] in entries:
                raise ValueError(f"line {number}: msgid {parts['msgid']!r} stands here twice")
            if parts["msgstr"] and not fuzzy:
                entries[parts["msgid"]] = parts["msgstr"]
            parts.update(msgid="", msgstr="")
            field, fuzzy = "", False

    number = 0
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            finish(number)
            fuzzy = fuzzy or (line.startswith("#,") and "fuzzy" in line)
            continue
        keyword, _, rest = line.partition(" ")
        if line.startswith('"'):
            rest = line
        elif keyword in parts:
            if keyword == "msgid":
                finish(number)
            field = keyword
        else:
            raise ValueError(f"line {number}: {line!r} is not understood")
        if not field:
            raise ValueError(f"line {number}: a text without msgid or msgstr")
        value = ast.literal_eval(rest)
        if not isinstance(value, str):
            raise ValueError(f"line {number}: {rest!r} is no text in quotes")
        parts[field] += value
    finish(number)
    return entries


def pack(entries: dict[str, str]) -> bytes:
    """Return the `.mo` bytes: little-endian, sorted by msgid, without a hash table; the same for the same entries."""
    pairs = sorted((msgid.encode(), msgstr.encode()) for msgid, msgstr in entries.items())
    count = len(pairs)
    texts_at = HEADER_BYTES + 16 * count
    tables = [b"", b""]
    texts = b""
    for side in (0, 1):
        for pair in pairs:
            tables[side] += struct.pack("<II", len(pair[side]), texts_at + len(texts))
            texts += pair[side] + b"\0"
    header = struct.pack("<7I", MAGIC, 0, count, HEADER_BYTES, HEADER_BYTES + 8 * count, 0, HEADER_BYTES + 16 * count)
    return header + tables[0] + tables[1] + texts


def main() -> int:
    """Write every `.mo`; return 1 and say where, if a `.po` is wrong."""
    for source in sorted(LOCALE.glob("*/LC_MESSAGES/*.po")):
        try:
            data = pack(parse(source.read_text("utf-8")))
        except (ValueError, SyntaxError) as error:
            sys.stderr.write(f"{source}: {error}\n")
            return 1
        source.with_suffix(".mo").write_bytes(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
