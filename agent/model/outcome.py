"""Defines the outcome of a probe of `doctor`, at a site and at a hub, and the exit code of several. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from agent.model import exits
from agent.model.errors import AgentError, Forbidden
from agent.model.finding import Json, Message, Status


@dataclass(frozen=True, slots=True)
class Outcome:
    """A probe's result: status, what was measured, and the next step where there is one.

    `reason` is a kebab-case word for scripts, empty for a plain pass. `refused`: a login was refused, which has an exit
    code of its own.
    """

    status: Status
    what: Message
    next_step: Message | None = None
    reason: str = ""
    evidence: Mapping[str, Json] = field(default_factory=dict)
    refused: bool = False


def passed(what: Message, **evidence: Json) -> Outcome:
    """Return a pass."""
    return Outcome("pass", what, evidence=evidence)


def not_due(reason: str, what: Message) -> Outcome:
    """Return that the probe does not apply here."""
    return Outcome("not_applicable", what, reason=reason)


def found(status: Status, reason: str, what: Message, next_step: Message, **evidence: Json) -> Outcome:
    """Return a fault or doubt, and the next step."""
    return Outcome(status, what, next_step, reason, evidence)


def of_broken(error: Exception, next_step: Message) -> Outcome:
    """Return the outcome of a probe that broke; `next_step` where the reason does not tell one."""
    if isinstance(error, PermissionError | Forbidden):
        where = getattr(error, "filename", None) or str(error)
        what = Message("this user may not look: {where}", {"where": str(where)})
        return found("unknown", "forbidden", what, Message("run doctor as root"))
    if isinstance(error, TimeoutError):
        what = Message("took too long and was given up")
        return found("unknown", "too-long", what, Message("look at this machine's load, disks and name servers"))
    words = str(error).splitlines()[0] if isinstance(error, AgentError | OSError) and str(error) else ""
    what = Message("could not be looked at: {why}", {"why": words or type(error).__name__})
    return found("unknown", "failed", what, next_step)


def exit_code(outcomes: Iterable[Outcome]) -> int:
    """Return the exit code: 1 where something fails, 4 where a login is refused, 3 where something is unknown."""
    all_of_them = list(outcomes)
    return exits.worst(
        any(one.status == "fail" and not one.refused for one in all_of_them),
        any(one.refused for one in all_of_them),
        any(one.status == "unknown" for one in all_of_them),
    )


def rows(outcomes: Mapping[str, Outcome]) -> list[Json]:
    """Encode outcomes, by the ids of their probes, for scripts; sentences in English."""
    return [
        {
            "probe": name,
            "status": one.status,
            "reason": one.reason,
            "what": str(one.what),
            "next_step": str(one.next_step) if one.next_step else None,
            "evidence": dict(one.evidence),
        }
        for name, one in outcomes.items()
    ]
