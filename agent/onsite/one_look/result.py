"""Defines the result of one `check`: the single value that every table, file and report of it is made from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from agent.judge.memory.disputes import Contested, beside
from agent.judge.memory.episodes import Episode
from agent.onsite.one_look.shown import ReportPicture
from agent.service.cycle.cycle import CycleResult
from agent.site.config.site import Site


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The site as declared, the look's facts and findings, when it began, and whether it was broken off.

    After a Ctrl-C everything that had come back by then is judged; the rest is unknown with reason `interrupted`.
    `episodes`: those that a service on this host has open, by key of the finding. `pictures`: those of the hand-over
    report by camera id, blackened; empty where none was asked for. `contested`: the disputes that this host knows of.
    """

    site: Site
    seen: CycleResult
    at: datetime
    interrupted: bool = False
    episodes: Mapping[str, Episode] = field(default_factory=dict)
    pictures: Mapping[str, ReportPicture] = field(default_factory=dict)
    contested: tuple[Contested, ...] = ()

    def disputed(self, key: str) -> Contested | None:
        """Return the dispute of a finding's open episode, if there is one."""
        episode = self.episodes.get(key)
        return beside(self.contested, key, episode.detected_at) if episode else None
