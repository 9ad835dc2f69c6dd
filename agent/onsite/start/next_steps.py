"""Lists what a person does next with a new site, each step as one command for its folder. Pure."""

import shlex
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.host.paths import SITE_NAME
from agent.model.finding import Message

AGAIN: Final = "start --out {folder}"
STEPS: Final[tuple[tuple[str, Message], ...]] = (
    ("declare --config {site}", Message("answer what no device can say")),
    ("masks adopt --config {site}", Message("have masks and views approved, from one sheet of all cameras")),
    ("ledger import LEDGER.xlsx --out {folder}", Message("take names, codes and places from the camera ledger")),
    ("check --config {site}", Message("look again, and show everything that was found")),
    ("run --config {site}", Message("the service: look each quarter of an hour, as long as it runs")),
)
"""Each command, and what it is for."""


@dataclass(frozen=True, slots=True)
class Step:
    """A command to type, and what it is for."""

    command: str
    why: Message


def next_steps(folder: Path, refused: Collection[str]) -> tuple[Step, ...]:
    """Return the next steps, the most urgent first. `refused`: logins that are still to be settled."""
    values = {"folder": shlex.quote(str(folder)), "site": shlex.quote(str(folder / SITE_NAME))}
    first = [(AGAIN, Message("give the logins that are missing: {names}", {"names": ", ".join(refused)}))]
    rows = [*(first if refused else ()), *STEPS]
    return tuple(Step(f"camwarden {command.format(**values)}", why) for command, why in rows)
