"""One thing taken out or turned round: what is changed, and which test must then fail."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """`row` begins the first cell of a row of SECURITY.md, or names the room of an everyday slip (`rooms.py`).

    `text` stands once in `file`; `test` is `test_x.py::test_y`.
    """

    name: str
    row: str
    file: str
    text: str
    mutated: str
    test: str
