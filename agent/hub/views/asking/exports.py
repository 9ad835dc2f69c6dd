"""Shows how the exports of saved questions go: their preface, states, rows and metrics."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Final, Literal

from agent.hub.domain.asking.question import Answer, Question
from agent.hub.domain.asking.saved import Due, Exported, Schedule, is_made, newest_due
from agent.hub.domain.asking.words import text_of
from agent.hub.domain.figures import CHINA
from agent.hub.domain.scope import Scope
from agent.hub.ports.store import Store
from agent.hub.views.asking.answers import lines
from agent.hub.views.people import speaker
from agent.model.finding import Json, Message
from agent.text.metrics import block
from agent.text.site_time import local
from agent.text.translate import render, together, translate

State = Literal["new", "works", "fails", "late"]

STATE_WORDS: Final[Mapping[State, Message]] = {
    "new": Message("none was due yet"),
    "works": Message("made"),
    "fails": Message("cannot be made"),
    "late": Message("was due and is not made"),
}

LATE: Final = timedelta(hours=1)
"""An export that was due so long ago and is not there: no hub runs, or nobody makes exports in it."""


_WEEKDAYS: Final = {
    "monday": Message("Monday"),
    "tuesday": Message("Tuesday"),
    "wednesday": Message("Wednesday"),
    "thursday": Message("Thursday"),
    "friday": Message("Friday"),
    "saturday": Message("Saturday"),
    "sunday": Message("Sunday"),
}


def rhythm(schedule: Schedule) -> Message:
    """Return when a question is exported; its time is one in China."""
    if schedule.every == "day":
        return Message("each day at {at}", {"at": schedule.at})
    if schedule.every in _WEEKDAYS:
        return Message("each {weekday} at {at}", {"weekday": _WEEKDAYS[schedule.every], "at": schedule.at})
    return Message("on day {day} of each month at {at}", {"day": schedule.every, "at": schedule.at})


def state_of(schedule: Schedule, exported: Exported, now: datetime) -> State:
    """Return how the exports of a question go."""
    if exported.failing_since:
        return "fails"
    due = newest_due(schedule, now - LATE)
    if due is not None and not is_made(due, exported, now):
        return "late"
    return "works" if exported.made_at else "new"


def schedule_json(schedule: Schedule, exported: Exported, now: datetime) -> dict[str, Json]:
    """Return the schedule of a question and how it goes, as `hub question list --json` shows it."""
    went = {name: value or None for name, value in asdict(exported).items()}
    scope = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(schedule.scope).items()}
    told = {**asdict(schedule), "formats": list(schedule.formats), "scope": scope}
    return {**told, "state": state_of(schedule, exported, now), **went, "missed": exported.missed}


def about(store: Store, due: Due, asked: Question, answer: Answer, now: datetime) -> list[tuple[str, str]]:
    """Return what an export says about itself: its question, whose view, when it was due, what was counted."""
    lang, saved = due.schedule.lang, due.saved
    said: list[tuple[Message, Message | str]] = [
        (Message("question"), saved.name),
        (Message("asks"), text_of(saved.named)),
        (Message("counts what is seen by"), scope_text(due.schedule.scope, lang)),
        (Message("was due"), local(due.at, CHINA)),
    ]
    if due.missed:
        values = {"count": due.missed}
        newest = Message("{count} exports before this one were missed; this is the newest", values)
        said.append((Message("missed"), newest))
    said += [(Message("counted"), line) for line in lines(asked, answer, now)]
    if answer.is_more:
        more = Message("these are the first {top} groups; ask for more with top N", {"top": asked.top})
        said.append((Message("counted"), more))
    speak = speaker(store, lang)
    texts = [render(text, lang) if isinstance(text, Message) else text for _, text in said]
    return [(render(name, lang), speak(text)) for (name, _), text in zip(said, texts, strict=True)]


def scope_text(scope: Scope, lang: str) -> str:
    """Return in words what may be seen."""
    if scope.everything:
        return translate("the operator of the hub: everything", lang)
    return together((*scope.divisions, *scope.operators, *scope.maintainers), lang)


def export_blocks(store: Store, now: datetime) -> Iterator[str]:
    """Yield their metrics; without a sample where nothing is scheduled."""
    found = [
        (saved.name, saved.schedule, store.saved.exported(saved.name))
        for saved in store.saved.listed()
        if saved.schedule
    ]
    ages = [
        ({"question": name}, max(0.0, (now - datetime.fromisoformat(went.made_at or plan.begun_at)).total_seconds()))
        for name, plan, went in found
    ]
    yield block(
        *("camwarden_hub_export_age_seconds", "gauge", "Time since the last export of a question, or its schedule."),
        ages,
    )
    yield block(
        *("camwarden_hub_export_failing", "gauge", "1: an export is due and cannot be made, or is late."),
        [
            ({"question": name}, int(state_of(plan, went, now) in ("fails", "late")))
            for name, plan, went in found
        ],
    )  # fmt: skip
