"""Lists what drills exercise, and how one can end. Imports nothing that judges: a hub reads these words too."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

FREED_BY: Final = "drill"

Outcome = Literal["recovered", "not-recovered", "not-found", "broken-off", "under-way"]
"""`broken-off`: it ended by itself, or somebody ended it, before anything was found."""


@dataclass(frozen=True, slots=True)
class Exercise:
    """What a drill provokes: by check the reasons of its fails and warnings, none: all of its fails.

    `proof`: the checks that pass before it, and after it again.
    """

    provokes: Mapping[str, frozenset[str]]
    proof: tuple[str, ...]


EXERCISES: Final[Mapping[str, Exercise]] = {
    "mask": Exercise(
        dict.fromkeys(("privacy-mask-present", "privacy-mask-geometry", "privacy-mask-effective"), frozenset()),
        ("privacy-mask-present", "privacy-mask-effective"),
    ),
    "lens": Exercise(
        {"camera-occluded": frozenset({"covered"}), "camera-online": frozenset({"dark"})}, ("camera-online",)
    ),
}
"""A mask is taken off; a lens is covered."""
