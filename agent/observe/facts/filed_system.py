"""Defines the facts of the last filing with the police, which present ones are compared with. Pure.

`filed_file.py` stores them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class FiledDevice:
    """A device as it stands on the filed list; model and serial as it told them itself, empty where it did not."""

    id: str
    model: str = ""
    serial: str = ""


@dataclass(frozen=True, slots=True)
class Filed:
    """The facts of one filing. `at`: local day; `cameras`: their ids; `storage_days`: the period that was filed.

    `names`: what cameras are called on the filed list, by id, where it names them. `kid`: the key that signed it.

    Source: State Council Order 799, article 14; Datong Measures, article 15(1).
    """

    site: str
    at: date
    cameras: tuple[str, ...]
    storage_days: int
    devices: tuple[FiledDevice, ...]
    names: Mapping[str, str] = field(default_factory=dict)
    kid: str = field(default="", compare=False)
