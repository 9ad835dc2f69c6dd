"""Collects what a driver observes: each read fails alone and becomes an `Unavailable` with its reason."""

from collections.abc import Callable
from typing import TypeVar

from drivers.errors import (
    Busy,
    DeadlineExceeded,
    DriverError,
    Malformed,
    NotPermitted,
    NotTried,
    Refused,
    Unreachable,
    unavailable,
)
from drivers.exchange import Transport
from drivers.model import Fact, Observation, Provenance, Value
from drivers.picture import PathName

_T = TypeVar("_T")


class Collector:
    """The observations of one run, in the order in which they were made. `method` names the driver."""

    def __init__(self, transport: Transport, method: str) -> None:
        self.observations: list[Observation] = []
        self._transport = transport
        self._method = method
        self._sources: dict[str, str] = {}

    def of_source(self, subject: str, source: str) -> None:
        """Set the token of the video source, or the channel's number, that all further facts of a camera are of."""
        self._sources[subject] = source

    def note(
        self, subject: str, fact: Fact, value: Value | DriverError, path: PathName | None = None, how: str = ""
    ) -> None:
        """Note a fact, or why it is missing; `how` is added to the method."""
        if isinstance(value, DriverError):
            value = unavailable(fact, value, path)
        method = f"{self._method}, {how}" if how else self._method
        where = Provenance(source=self._sources.get(subject, ""))
        self.observations.append(Observation(subject, value, self._transport.clock(), method, where))

    def attempt(self, function: Callable[..., _T], *arguments: object) -> _T | DriverError:
        """Run `attempt`, and store a sample of a malformed answer."""
        result = attempt(function, *arguments)
        if isinstance(result, Malformed) and result not in arguments:
            self._sample(str(result))
        return result

    def _sample(self, why: str) -> None:
        """Store the malformed answer: the last one of the operation that `why` begins with."""
        operation = why.partition(":")[0]
        for reply in reversed(self._transport.replies):
            if reply.operation == operation:
                self._transport.samples.keep(reply, why)
                return


def attempt(function: Callable[..., _T], *arguments: object) -> _T | DriverError:
    """Call a read and return its error as a value. An argument that is itself an error is the answer."""
    for argument in arguments:
        if isinstance(argument, DriverError):
            return argument
    try:
        return function(*arguments)
    except DriverError as error:
        return error


def is_final(error: DriverError) -> bool:
    """Return whether the error of a first read holds for every further one, so that nothing more is requested."""
    if isinstance(error, NotPermitted):
        return False
    return isinstance(error, Unreachable | DeadlineExceeded | Refused | NotTried | Busy)
