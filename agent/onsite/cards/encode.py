"""Encodes a card for the local page and for `camwarden masks card`: as JSON in one language, and as lines of text."""

from collections.abc import Iterator

from agent.model.finding import Json
from agent.onsite.cards.model import Card
from agent.text.translate import render, translate


def card_json(card: Card, lang: str) -> dict[str, Json]:
    """Encode a card; its words are in `lang`, its shapes in fractions of the picture (0..1, origin top left)."""
    return {
        "maker": card.maker,
        "make": render(card.title, lang),
        "words": render(card.words, lang),
        "lines": [render(line, lang) for line in card.lines],
        "fields": [
            {"label": render(field.label, lang), "value": render(field.value, lang)} for field in card.fields
        ],
        "shapes": [[[round(x, 6), round(y, 6)] for x, y in shape] for shape in card.shapes],
        "too_much": round(card.too_much, 6),
        "left_bare": round(card.left_bare, 6),
        "free": card.free,
        "refusal": render(card.refusal, lang) if card.refusal else "",
    }  # fmt: skip


def card_lines(card: Card, lang: str) -> Iterator[str]:
    """Format a card as lines of text: what is drawn, the values to type off, and what to mind."""
    title = render(card.title, lang)
    yield f"{title}{translate(': ', lang)}{render(card.words, lang)}"
    if card.refusal is not None:
        yield f"  {render(card.refusal, lang)}"
    for field in card.fields:
        yield f"  {render(field.label, lang)}{translate(': ', lang)}{render(field.value, lang)}"
    for line in card.lines:
        yield f"- {render(line, lang)}"
