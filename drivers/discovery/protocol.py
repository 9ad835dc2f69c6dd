"""Defines what a protocol of discovery is: where its questions go, and how its answers are read."""

from collections.abc import Callable
from dataclasses import dataclass

from drivers.discovery.answer import Discovered


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """One way to ask who is there; a row of `PROTOCOLS`.

    `asks` names what each datagram of `questions` asks, all of them reads. They go to `port`: by multicast to `group`,
    to every host of the own network where `broadcast`, and to single hosts. `parse` takes bytes and the address that
    they came from; bytes of anything else give nothing, and it never raises. `answers_to_group`: some devices answer
    to `group` and `port` instead of the asker.
    """

    name: str
    port: int
    group: str
    asks: tuple[str, ...]
    questions: Callable[[], tuple[bytes, ...]]
    parse: Callable[[bytes, str], tuple[Discovered, ...]]
    broadcast: bool = False
    answers_to_group: bool = False
