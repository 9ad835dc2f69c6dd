"""Renders the worth of a paper: a technical indication, and the measured error rates of the checks behind it.

The one text for every paper that leaves a site: hand-over report, dossier, pages and reports of the hub, proof of a
repair, pages for the wall. Rates are those that the benches have measured (`tests/bench/README.md`); a test holds this
table to the figures in `masking/README.md` and `drivers/README.md`. What has no row there was not measured.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from agent.model.finding import Message
from agent.text.translate import render, translate
from agent.version import VERSION

INDICATION: Final = "Technical indication, no legal finding (camwarden {version})."


@dataclass(frozen=True, slots=True)
class Rate:
    """How often a check was wrong about what was known: `missed` of so many faults, `false` of so many that were well.

    Shares are 0..1. `what` is a msgid: of which faults; `bench` is the figures' common name, `missed` first.
    """

    what: str
    missed_ratio: float
    missed_of: int
    false_ratio: float | None = None
    false_of: int = 0
    figures: tuple[str, ...] = ()


def _zone(what: str, name: str, missed: float, missed_of: int) -> Rate:
    return Rate(what, missed, missed_of, figures=(f"{name}_wrong_pass_ratio",))


def _found(what: str, name: str, found: float, of: int) -> Rate:
    return Rate(what, round(1 - found, 4), of, figures=(f"quality_found_ratio_{name}",))


RATES: Final[Mapping[str, tuple[Rate, ...]]] = {
    "privacy-mask-effective": (
        _zone("masks of one colour", "solid", 0.0009, 3145),
        _zone("mosaics", "mosaic", 0.004, 3017),
        _zone("blurs", "blur", 0.0027, 3019),
        Rate(
            "masks of which nobody has said what they are",
            0.0041,
            7127,
            0.0056,
            3361,
            ("any_wrong_pass_ratio", "any_wrong_fail_ratio"),
        ),
    ),
    "camera-moved": (Rate("moved views", 0.01, 1176, 0.0, 2520, ("moved_recall_ratio", "moved_false_per_1000")),),
    "camera-occluded": (_found("covered views", "covered", 0.84, 135),),
    "video-quality": (
        _found("frozen pictures", "frozen", 0.96, 135),
        _found("black pictures", "black", 1.0, 135),
        _found("over-bright pictures", "over_bright", 0.93, 135),
        _found("pictures of low contrast", "low_contrast", 0.92, 135),
        _found("blurred pictures", "blurred", 0.96, 135),
        _found("pictures with a colour cast", "colour_cast", 0.88, 90),
        _found("noisy pictures", "noise", 0.98, 135),
        _found("striped pictures", "stripes", 1.0, 135),
        _found("shaking pictures", "shaking", 0.99, 135),
    ),
}
"""Measured rates by check."""


def indication(lang: str) -> str:
    """Return the sentence that every paper carries, with the version that made it."""
    return render(Message(INDICATION, {"version": VERSION}), lang)


def error_rates(checks: Iterable[str], titles: Mapping[str, str], lang: str) -> tuple[tuple[str, str], ...]:
    """Return title and rates of each of these checks that was measured, and under no title how many were not.

    `titles` are msgids by check.
    """
    asked = tuple(dict.fromkeys(checks))
    measured = [check for check in RATES if check in asked]
    lines = [(translate(titles.get(check, check), lang), _rates(RATES[check], lang)) for check in measured]
    rest = len(asked) - len(measured)
    others = Message("{count} other checks: error rates not measured", {"count": rest})
    none = Message("error rates of the checks: not measured")
    return (*lines, *((("", render(others if measured else none, lang)),) if rest else ()))


def _rates(rates: tuple[Rate, ...], lang: str) -> str:
    return translate("; ", lang).join(render(_told(one), lang) for one in rates)


def _told(rate: Rate) -> Message:
    values = {
        "what": Message(rate.what), "missed": _percent(rate.missed_ratio), "missed_of": rate.missed_of,
        "false": _percent(rate.false_ratio or 0.0), "false_of": rate.false_of,
    }  # fmt: skip
    if rate.false_ratio is None:
        return Message("{what}: {missed} of {missed_of} missed", values)
    return Message("{what}: {missed} of {missed_of} missed, {false} of {false_of} wrongly failed", values)


def _percent(ratio: float) -> str:
    return f"{100 * ratio:.2f}".rstrip("0").rstrip(".") + " %"
