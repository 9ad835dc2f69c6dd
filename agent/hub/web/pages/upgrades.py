"""Shows how far the newest upgrade of agents has come, as `hub upgrade` does, and which sites lack it."""

from dataclasses import dataclass
from typing import Any

from agent.hub.domain.scope import Scope
from agent.hub.ports.store import Store
from agent.hub.views.upgrade_words import refusal, upgrade_lines
from agent.hub.views.upgrades import write_upgrade
from agent.hub.web.asked import Asked, Reply
from agent.hub.web.pages.shown import ROWS_MOST, shown
from agent.text.translate import render


@dataclass(frozen=True, slots=True)
class UpgradesPage:
    """The newest upgrade as `hub upgrade --json` has it, None: none was ordered; `lacking`: sites without it."""

    upgrade: dict[str, Any] | None
    lacking: tuple[dict[str, Any], ...]


def read_upgrades(store: Store, scope: Scope) -> UpgradesPage:
    """Return the newest upgrade at the sites that may be seen; those first that refuse it or could not install it."""
    told: Any = write_upgrade(store, scope)["upgrade"]
    lacking = [one for one in told["sites"] if one["step"] != "runs"] if told else []
    lacking.sort(key=lambda one: not (one["refused"] or one["tried"]))
    return UpgradesPage(told, tuple(lacking))


def answer(asked: Asked) -> Reply:
    """Return the page of upgrades."""
    found = read_upgrades(asked.store, asked.scope)
    said = [render(line, asked.lang) for line in upgrade_lines(found.upgrade, names_sites=False)]
    return shown(asked, "upgrades.html.j2", p=found, said=said, refusal=refusal, most=ROWS_MOST)
