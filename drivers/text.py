"""Sanitizes words of a device where they enter: bounded, and without characters that act on a reader.

The text stays data: markup of a terminal library or the formula of a spreadsheet is left in, and each writer escapes it
for its place. Only what no place can show is replaced.
"""

import unicodedata

LONGEST_CHARS = 256
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_LINE_BREAKERS = frozenset({"Cc", "Cs", "Zl", "Zp"})
_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that reorder their neighbours, so that a name can be shown as another one."""


def sanitize(value: object, most_chars: int = LONGEST_CHARS) -> str:
    """Return a device's text as one line of at most `most_chars` characters; None is the empty text.

    Control characters (terminal escapes begin with one), line and paragraph separators, lone surrogates and characters
    that turn the direction of writing become U+FFFD. White space around the text is stripped.
    """
    text = ("" if value is None else str(value)[: 4 * most_chars].strip())[:most_chars]
    if text.isprintable():  # nearly every text: nothing that is replaced counts as printable
        return text
    return "".join(_replace_unsafe(character) for character in text)


def decode_text(data: bytes, most_bytes: int = 4096) -> str:
    """Decode the beginning of an answer as UTF-8, or GB18030 where it is not, so that its words can be weighed."""
    sample = data[:most_bytes]
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return sample.decode(encoding)
        except UnicodeDecodeError as error:
            if error.start > len(sample) - 4:
                # Only the last character was cut.
                return sample[: error.start].decode(encoding)
    return sample.decode("utf-8", "replace")


def _replace_unsafe(character: str) -> str:
    if unicodedata.category(character) in _LINE_BREAKERS or character in _DIRECTIONS:
        return _REPLACEMENT
    return character
