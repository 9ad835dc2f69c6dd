"""Answers programs that ask over all sites, in their words or by a saved question, within what their person may see."""

from agent.hub.domain.asking.question import Question
from agent.hub.domain.asking.words import question
from agent.hub.domain.figures import china_day
from agent.hub.views.asking.answers import answer_json
from agent.hub.views.asking.saved import SCHEMA, question_of, saved_json
from agent.hub.web.api.answers import as_json
from agent.hub.web.asked import Asked, Reply
from agent.hub.web.filters import refuse_others
from agent.hub.web.saving import find, known_to
from agent.model.finding import Json


def ask(asked: Asked) -> Reply:
    """Return the answer to the question that an address asks, as `hub ask --json` does. Raises UsageError."""
    named = {name: value for name, value in asked.query.items() if name != "lang"}
    return _answered(asked, question(named, china_day(asked.now)))


def list_saved(asked: Asked) -> Reply:
    """Return the saved questions that the person may know, as `hub question list --json` does, without schedules."""
    refuse_others(asked)
    questions: list[Json] = [saved_json(one) for one in known_to(asked, asked.store)]
    return as_json(asked, {"schema": SCHEMA, "questions": questions})


def ask_saved(asked: Asked) -> Reply:
    """Return the answer to a saved question, of what the person may see who asks now. Raises Missing, UsageError."""
    refuse_others(asked)
    saved = find(known_to(asked, asked.store), asked.path_values["name"])
    return _answered(asked, question_of(asked.store, saved, china_day(asked.now)))


def _answered(asked: Asked, wanted: Question) -> Reply:
    return as_json(asked, answer_json(wanted, asked.store.questions.answer(wanted, asked.scope), asked.now))
