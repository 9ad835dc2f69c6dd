"""Answers questions over all sites as `hub ask` does, and lists those that are saved.

What is counted is what may be seen by whoever asks, whoever saved the question.
"""

from dataclasses import dataclass

from agent.hub.domain.asking.question import NOT_TOLD, Question
from agent.hub.domain.asking.saved import Saved
from agent.hub.domain.asking.words import TEXT_MAX_CHARS, question, read_words, text_of
from agent.hub.domain.figures import china_day
from agent.hub.views.asking.answers import HEADINGS, lines
from agent.hub.views.asking.exports import STATE_WORDS, State, rhythm, state_of
from agent.hub.views.asking.saved import question_of
from agent.hub.web.asked import Asked, Reply
from agent.hub.web.pages.shown import shown
from agent.hub.web.saving import find, known_to, may_remove, person_of
from agent.model.finding import Message
from agent.text.translate import translate


def answer(asked: Asked) -> Reply:
    """Return the page: the answer to the text `q`, or to what was saved as `saved`. Raises UsageError, Missing."""
    person, text = person_of(asked), asked.query.get("q", "").strip()
    known = known_to(asked, asked.store)
    chosen = find(known, asked.query["saved"]) if asked.query.get("saved") else None
    wanted = question_of(asked.store, chosen, china_day(asked.now)) if chosen else _typed(asked, text)
    answer = asked.store.questions.answer(wanted, asked.scope) if wanted else None
    return shown(
        asked,
        "questions.html.j2",
        questions=[(one, text_of(one.named), may_remove(person, one), _export(asked, one)) for one in known],
        chosen=chosen,
        text=text_of(chosen.named) if chosen else text,
        asks=wanted,
        answer=answer,
        lines=list(lines(wanted, answer, asked.now)) if wanted and answer else [],
        states=STATE_WORDS,
        headings={name: translate(text, asked.lang) for name, text in HEADINGS.items()},
        not_told=NOT_TOLD,
        most=TEXT_MAX_CHARS,
    )


@dataclass(frozen=True, slots=True)
class Export:
    """How a question is exported. `folder` and `why`: of the hub's machine, so only for who sees everything."""

    rhythm: Message
    state: State
    made_at: str
    folder: str
    why: str


def _export(asked: Asked, saved: Saved) -> Export | None:
    """Return how the exports of a question go, None where it has no schedule."""
    if saved.schedule is None:
        return None
    went = asked.store.saved.exported(saved.name)
    folder, why = (saved.schedule.folder, went.why) if asked.scope.everything else ("", "")
    state = state_of(saved.schedule, went, asked.now)
    return Export(rhythm(saved.schedule), state, went.made_at, folder, why)


def _typed(asked: Asked, text: str) -> Question | None:
    return question(read_words([text]), china_day(asked.now)) if text else None
