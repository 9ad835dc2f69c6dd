"""Builds the terms of a hand-over report: its holder, their ground, and its last day. Pure.

Source: Personal Information Protection Law, articles 7 and 17 (who, why, how long is told), 13(1)(3), 19 and 47.
"""

from datetime import timedelta
from typing import Final

from agent.model.finding import Message
from agent.onsite.one_look.result import CheckResult
from agent.site.declarations.standing import local_day, standing
from agent.text.translate import render, translate

KEPT: Final = timedelta(days=180)
"""How long a report with pictures may stay at most. House rule: no text gives a figure; a repair and its acceptance
take less."""

GROUND: Final = (
    "performing what the law asks of whoever runs such a system: Order 799 articles 13 and 15; Personal Information "
    "Protection Law article 13(1)(3)"
)


def keeping(checked: CheckResult, lang: str) -> tuple[tuple[str, str], ...]:
    """Return label and text: holder, ground, and the last day."""
    site, today = checked.site, local_day(checked.site, checked.at)
    unit = standing(site, "legal-unit", today).value
    holder = str(unit) if unit else site.name or translate("the operator of the site", lang)
    return (
        (translate("held by", lang), holder),
        (translate("on the ground of", lang), translate(GROUND, lang)),
        (translate("to be deleted", lang), render(_end(checked), lang)),
    )


def _end(checked: CheckResult) -> Message:
    if not any(one.jpeg for one in checked.pictures.values()):
        return Message("no picture is in it: it may stay with the papers of the system")
    day = {"day": (local_day(checked.site, checked.at) + KEPT).isoformat()}
    return Message("once what it lists is mended and accepted, on {day} at the latest", day)
