"""Formats the mistakes of a configuration: place, fault, and repair; one line for each."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent.model import exits
from agent.model.errors import ConfigurationError
from agent.model.finding import Message, lines


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a file: place, fault and repair. Never holds a secret. `line` 0: the whole file."""

    file: str
    line: int
    where: str
    what: Message
    fix: Message

    @property
    def message(self) -> Message:
        """The whole line; the place is not translated."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        values = {"place": f"{place}: {self.where}" if self.where else place, "what": self.what, "fix": self.fix}
        return Message("{place}: {what}; {fix}", values)

    def __str__(self) -> str:
        return str(self.message)


class ConfigError(ConfigurationError):
    """The configuration cannot be used; `problems` holds every mistake, in the order of the files."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(lines([problem.message for problem in problems]))
        self.problems = tuple(problems)


class ConfigForbidden(ConfigError):
    """The same, where one of the files may not be read by this user."""

    exit_code = exits.PERMISSION
