"""Lists for each camera the storage period that is required, and beside it the one that was measured. Pure.

The required figure never stands in for the measured one: what was not measured is empty, with the reason. What a
recorder lists is its own word (told); what we opened and what dates itself was seen.

Source: State Council Order 799, articles 14 and 17: the storage period is filed, and it is a fact.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from agent.judge.checks.footage.retention import CHECK
from agent.model.finding import Finding, Json, Level, Message
from agent.observe.facts.facts import Facts
from agent.observe.footage.days import floor_of
from agent.site.config.site import CameraConfig, Site
from drivers.picture import BLANK_CONTRAST, PictureSeen

DAY_S: Final = 86_400
NOT_RECORDED: Final = Message("nobody declared that its footage is kept")
NOT_JUDGED: Final = Message("how long its footage is kept was not judged in this look")


@dataclass(frozen=True, slots=True)
class KeptFootage:
    """The storage period of one camera, in days: what is required, what its recorder lists, and what we opened.

    `required_days` 0: nobody declared that it is recorded. `listed_days` is that of the footage that reaches to now,
    `opened_days` the age of the oldest footage that was opened and dates itself; None: not measured. `says`: what the
    check found.
    """

    camera: str
    name: str
    required_days: int
    listed_days: float | None = None
    opened_days: float | None = None
    oldest_at: str = ""
    status: str = "unknown"
    says: Message = NOT_JUDGED

    @property
    def measured(self) -> tuple[float, Level] | None:
        """The measured days with how they are known: opened by us before listed; None where neither is known."""
        if self.opened_days is not None and (self.listed_days is None or self.opened_days <= self.listed_days):
            return self.opened_days, "seen"
        return (self.listed_days, "told") if self.listed_days is not None else None


def kept_footage(site: Site, facts: Facts, findings: Iterable[Finding]) -> tuple[KeptFootage, ...]:
    """List every camera of the site; `site` has the floors of the rules, `findings` are those of the same look."""
    judged = {one.subject: one for one in findings if one.check == CHECK.id}
    return tuple(_kept(site, facts, camera, judged.get(f"camera:{camera.camera.id}")) for camera in site.cameras)


def shortest(kept: Sequence[KeptFootage]) -> KeptFootage | None:
    """Return the recorded camera with the fewest measured days; None where none was measured."""
    known = [(found[0], one) for one in kept if one.required_days and (found := one.measured) is not None]
    return min(known, key=lambda pair: pair[0])[1] if known else None


def kept_json(one: KeptFootage) -> dict[str, Json]:
    """Convert a row for programs."""
    return {
        "camera": one.camera,
        "required_days": one.required_days or None,
        "listed_days": one.listed_days,
        "opened_days": one.opened_days,
        "oldest_at": one.oldest_at or None,
        "status": one.status,
        "message": str(one.says),
    }


def _kept(site: Site, facts: Facts, camera: CameraConfig, judged: Finding | None) -> KeptFootage:
    id_, name = camera.camera.id, camera.camera.name
    if not camera.recorded:
        return KeptFootage(id_, name, 0, says=NOT_RECORDED)
    required = floor_of(site, camera).days
    if judged is None:
        return KeptFootage(id_, name, required)
    told = judged.evidence
    days = [value for name in ("run_days", "kept_days") if isinstance(value := told.get(name), int | float)]
    oldest = told.get("oldest_at")
    return KeptFootage(
        id_,
        name,
        required,
        round(min(days), 1) if days else None,
        _opened_days(facts, judged),
        oldest if isinstance(oldest, str) else "",
        judged.status,
        judged.message,
    )


def _opened_days(facts: Facts, judged: Finding) -> float | None:
    """Return the age of the oldest footage that was opened; None where nothing shows, or the picture has no date."""
    kept, oldest, opened = (judged.evidence.get(name) for name in ("kept_days", "oldest_at", "opened_at"))
    if not isinstance(kept, int | float) or not isinstance(oldest, str) or not isinstance(opened, str):
        return None
    at = datetime.fromisoformat(opened)
    shown = (one for one in facts.all(judged.subject, PictureSeen) if one.path == "playback" and one.dated)
    if not any(abs((one.taken_at - at).total_seconds()) < 1 and one.contrast >= BLANK_CONTRAST for one in shown):
        return None
    return round(kept - (at - datetime.fromisoformat(oldest)).total_seconds() / DAY_S, 1)
