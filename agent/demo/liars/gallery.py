"""Runs lies through real cycles and compares each finding with what is right.

Each world is learned honestly once. A lie has fooled camwarden where a finding that it makes false is what a lie wants.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from agent.demo.children import output_of
from agent.demo.liars.lie import Lie, WorldName
from agent.demo.liars.teaching import TAUGHT
from agent.demo.liars.worlds import LEARNING_LOOKS, Adopt, Clock, World, build
from agent.demo.liars.worlds_table import WORLDS
from agent.model.finding import Finding, Message
from masking.worker.client import Worker

WORKER_S = 60.0
ADOPTED_BY = ("--by", "head of security", "--why", "acceptance")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of one lie: the findings that it is about, and which of them are false.

    `told` False: nothing false was said at all, so that the verdict says nothing. `honest` are the statuses of the same
    findings before the lie.
    """

    lie: Lie
    said: Mapping[str, Finding | None]
    honest: Mapping[str, str]
    told: bool

    @property
    def wrong(self) -> tuple[str, ...]:
        """The keys of findings that have another status than is right."""
        return tuple(key for key, one in self.said.items() if one is None or one.status not in self.lie.right[key])


@contextmanager
def world(name: WorldName, folder: Path, clock: Clock, worker: Worker, adopt: Adopt) -> Iterator[World]:
    """Run one world until the agent knows it, and stop it in the end."""
    built = build(name, folder, clock, worker)
    try:
        built.record()
        adopt(built.config, clock)
        built.learn(LEARNING_LOOKS[name])
        yield built
    finally:
        built.site.stop()


def judge(there: World, lie: Lie) -> Verdict:
    """Tell one lie in its world."""
    honest = {finding.key: finding.status for finding in there.findings}
    heard = there.hear(lie)
    found = {finding.key: finding for finding in heard.findings}
    said = {key: found.get(key) for key in lie.right}
    return Verdict(lie, said, {key: honest.get(key, "") for key in lie.right}, heard.told)


def gallery(
    folder: Path, now: datetime, say: Callable[[Message], None], lies: Sequence[Lie] = TAUGHT
) -> Iterator[Verdict]:
    """Tell every lie, world by world.

    Args:
        folder: Empty; where the worlds' configurations and stores go.
        now: The time at which all worlds begin; later than any clock here shows it is not.
        say: Is told what is under way.
        lies: Which ones.

    Raises:
        ChildFailed: A world's views could not be approved.
    """
    with Worker(timeout_s=WORKER_S) as worker:
        for name in WORLDS:
            its_own = [lie for lie in lies if lie.world == name]
            if not its_own:
                continue
            say(Message("learning the honest site: {world}", {"world": name}))
            with world(name, folder / name, Clock(now), worker, adopt_by_command) as there:
                say(Message("{count} lies are told to {world}", {"count": len(its_own), "world": name}))
                for lie in its_own:
                    yield judge(there, lie)


def adopt_by_command(config: Path, clock: Clock) -> None:
    """Approve every view with the command that an operator uses, which reads this machine's clock.

    Raises:
        ChildFailed: It failed.
    """
    del clock
    output_of(["masks", "adopt", "--yes", *ADOPTED_BY, "--rounds", "3", "--quiet", "--config", config])
