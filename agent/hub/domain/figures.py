"""Defines the figures of municipal assessment, and by what they are added up."""

from typing import Final, Literal

By = Literal["division", "maintainer", "model"]
METRICS: Final = ("online", "good", "linked", "recorded", "clock", "overlay", "file")
