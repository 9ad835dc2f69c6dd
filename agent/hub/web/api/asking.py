"""Answers programs that ask over all sites: `GET /api/v1/ask`, within what their person may see."""

from agent.hub.domain.asking.words import question
from agent.hub.domain.figures import china_day
from agent.hub.views.answers import answer_json
from agent.hub.web.api.answers import as_json
from agent.hub.web.asked import Asked, Reply


def ask(asked: Asked) -> Reply:
    """Return the answer to the question that an address asks, as `hub ask --json` does. Raises UsageError."""
    named = {name: value for name, value in asked.query.items() if name != "lang"}
    wanted = question(named, china_day(asked.now))
    return as_json(asked, answer_json(wanted, asked.store.questions.answer(wanted, asked.scope), asked.now))
