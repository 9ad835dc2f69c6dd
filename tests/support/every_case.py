"""One claim about hundreds of cases as one test: its failure lists every case that breaks the claim, not the first."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest


def holds_for_every(cases: Iterable[tuple[str, Callable[[], None]]]) -> None:
    """Have a claim made for each case, by its name; one assertion then names all that break it.

    No case at all, or two by one name, is a mistake of the test itself.
    """
    broken: dict[str, str] = {}
    names: list[str] = []
    for name, claim in cases:
        names.append(name)
        try:
            claim()
        except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001  whatever it is, the other cases are tried too
            broken[name] = f"{type(error).__name__}: {error}"
    assert names, "no case at all"
    assert len(set(names)) == len(names), "two cases by one name"
    assert broken == {}, f"{len(broken)} of {len(names)} cases: " + "\n".join(f"{k}: {v}" for k, v in broken.items())
