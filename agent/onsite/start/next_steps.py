"""Lists what a person does next with a new site, each step as one command for its folder. Pure."""

import shlex
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.host.paths import SITE_NAME
from agent.model.finding import Message, listed

AGAIN: Final = "start --out {folder}"
STEPS: Final[tuple[tuple[str, Message], ...]] = (
    ("ledger import LEDGER.xlsx --out {folder}", Message("take names, codes and places from the camera ledger")),
    ("declare --config {site}", Message("answer what no device can say")),
    ("masks adopt --config {site}", Message("have masks and views approved, from one sheet of all cameras")),
    ("check --config {site}", Message("look again, and show everything that was found")),
    ("run --config {site}", Message("the service: look each quarter of an hour, as long as it runs")),
)
"""Each command, and what it is for."""


@dataclass(frozen=True, slots=True)
class Step:
    """A command to type, and what it is for."""

    command: str
    why: Message


def next_steps(folder: Path, missing: Collection[str], interrupted: bool = False) -> tuple[Step, ...]:
    """Return the next steps, the most urgent first.

    `missing`: logins that are still to be settled. `interrupted`: the look was ended before it was whole.
    """
    values = {"folder": shlex.quote(str(folder)), "site": shlex.quote(str(folder / SITE_NAME))}
    first = []
    if missing:
        first.append((AGAIN, Message("give the logins that are missing: {names}", {"names": listed(missing)})))
    elif interrupted:
        first.append((AGAIN, Message("go on: the look was interrupted")))
    return tuple(Step(f"camwarden {command.format(**values)}", why) for command, why in (*first, *STEPS))
