"""Probes whether the exports of saved questions are made when they are due."""

from agent.hub.doctor.model import NO_HUB, Situation
from agent.hub.views.asking.exports import state_of
from agent.model.finding import Message, listed
from agent.model.outcome import Outcome, found, not_due, passed


def exports(situation: Situation) -> Outcome:
    """Judge whether each export that was due is there; what keeps one from being made is told beside its name."""
    if not situation.has_run:
        return not_due("no-hub", NO_HUB)
    with situation.reading() as store:
        of = [(one, one.schedule, store.saved.exported(one.name)) for one in store.saved.listed() if one.schedule]
    states = {one.name: (state_of(plan, went, situation.now), went.why) for one, plan, went in of}
    failing = {name: why for name, (state, why) in states.items() if state == "fails"}
    if failing:
        shown = listed(f"{name} ({why})" for name, why in failing.items())
        step = Message("the folder has to be there, have room, and be the hub's to write: ReadWritePaths= of its unit")
        return found("fail", "failing", Message("exports that cannot be made: {shown}", {"shown": shown}), step,
                     failing=list(failing))  # fmt: skip
    late = [name for name, (state, _) in states.items() if state == "late"]
    if late:
        what = Message("{names}: an export was due more than an hour ago and is not made", {"names": listed(late)})
        return found(
            "fail", "late", what, Message("start the hub, or again: systemctl restart camwarden-hub"), late=late
        )
    if not states:
        return not_due("no-export", Message("no saved question is exported"))
    return passed(Message("exports of saved questions that are made: {count}", {"count": len(states)}))
