"""Writes the tables of the pages on capacity: what the model says of some loads, and its coefficients.

Run: python packaging/write_capacity.py. What stands between the markers of a page is replaced.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from agent.commands.hub.capacity.command import FIGURES, ROLES, shown  # noqa: E402
from agent.hub.domain.capacity.coefficients import ASSUMED, MEASURED  # noqa: E402
from agent.hub.domain.capacity.model import Capacity, Load, capacity  # noqa: E402
from agent.text.translate import translate  # noqa: E402

PAGES = {"agent/hub/capacity.md": "en", "agent/hub/capacity.zh.md": "zh_CN"}
SITES = (1_000, 10_000, 100_000)
_PART = re.compile(r"(<!-- (loads|coefficients): made by \S+ -->\n).*?(<!-- end of \2 -->)", re.DOTALL)


def loads(lang: str) -> str:
    """Return a table of what some numbers of sites need; `=` stands before what was measured."""
    found = [capacity(Load(sites=sites)) for sites in SITES]
    lines = [f"| | {' | '.join(f'{sites:,}' for sites in SITES)} |", "|---|" + "---:|" * len(SITES)]
    for name, (words, unit) in FIGURES.items():
        cells = " | ".join(_cell(one, name) for one in found)
        lines.append(f"| {translate(words, lang)}{f' ({unit})' if unit else ''} | {cells} |")
    for role, words in ROLES.items():
        cells = " | ".join(_machine(one, role) for one in found)
        lines.append(f"| **{translate(words, lang)}** | {cells} |")
    return "\n".join(lines) + "\n"


def coefficients(lang: str) -> str:
    """Return a table of what the model rests on."""
    lines = ["| | | |", "|---|---:|---|"]
    for name, one in MEASURED.items():
        lines.append(f"| `{name}` | {one.value:g} {one.unit} | `{one.figure}` ({one.bench}), {one.sites_most:,} |")
    for name, guess in ASSUMED.items():
        lines.append(f"| `{name}` | {f'{guess.value:g} {guess.unit}'.strip()} | {translate(guess.why, lang)} |")
    return "\n".join(lines) + "\n"


def filled(text: str, lang: str) -> str:
    """Return a page with its tables as they are now."""
    made = {"loads": loads(lang), "coefficients": coefficients(lang)}
    return _PART.sub(lambda part: part[1] + made[part[2]] + part[3], text)


def _cell(found: Capacity, name: str) -> str:
    one = next((one for one in found.figures if one.name == name), None)
    if one is None:
        return "-"
    return f"{'= ' if one.is_measured else ''}{shown(one.value)}"


def _machine(found: Capacity, role: str) -> str:
    one = next((one for one in found.machines if one.role == role), None)
    return "-" if one is None else f"{one.count} x {one.cores} / {one.memory_gb} GB / {one.disk_tb:g} TB"


def main() -> None:
    """Write the pages."""
    for name, lang in PAGES.items():
        page = ROOT / name
        page.write_text(filled(page.read_text("utf-8"), lang), "utf-8")


if __name__ == "__main__":
    main()
