"""Validates what people write into the hub: one line, not empty, not too long. Pure."""

from typing import Final

from agent.model.errors import UsageError

TEXT_MAX_CHARS: Final = 500
NAME_MAX_CHARS: Final = 100


def refuse_text(text: str, most: int = TEXT_MAX_CHARS) -> None:
    """Refuse what is no line of 1 to `most` characters. Raises UsageError."""
    if not text.strip() or len(text) > most or not text.isprintable():
        raise UsageError("{text!r}: write 1 to {most} characters on one line", text=text[:most], most=most)
