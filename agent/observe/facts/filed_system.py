"""Defines the facts of the last filing with the police, which present ones are compared with. Pure.

`filed_file.py` stores them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class FiledDevice:
    """A device of the filed list; model and serial as it reported them, empty where it did not."""

    id: str
    model: str = ""
    serial: str = ""


@dataclass(frozen=True, slots=True)
class Filing:
    """The facts of one filing. `at`: local day; `cameras`: their ids; `storage_days`: the filed period.

    `names`: camera names of the filed list, by id. `kid`: the key that signed it.

    Source: State Council Order 799, article 14; Datong Measures, article 15(1).
    """

    site: str
    at: date
    cameras: tuple[str, ...]
    storage_days: int
    devices: tuple[FiledDevice, ...]
    names: Mapping[str, str] = field(default_factory=dict)
    kid: str = field(default="", compare=False)
