"""Decides whether a hub's log may go on from what was held of it before to what it shows now. Pure.

A follower (a witness, a mirror) holds one head. It takes a later one only with the proof that what it holds is its
beginning, and another life of the log only by the hub's signed statement, once. Whatever else a hub shows is refused
by a word, and the head that is held stays: a log that was rewritten can never be made to fit it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from agent.contract.jwk import PublicKey
from agent.model.errors import NotVerified
from agent.verify.checkpoint import Checkpoint, read_checkpoint
from agent.verify.log_life import Restored, read_restored
from agent.verify.merkle import is_consistent

Prove = Callable[[int, int], Sequence[bytes]]
"""Returns what is offered as the proof that the tree of the first size is the beginning of that of the second."""


@dataclass(frozen=True, slots=True)
class Step:
    """What is held from now on, and the statements by which the log went on after a restore: to be reported once."""

    held: Checkpoint
    restored: tuple[Restored, ...] = ()


def follow(
    held: Checkpoint | None, note: str, statements: Sequence[str], prove: Prove, keys: Mapping[str, PublicKey]
) -> Step:
    """Return the step from what is held to the checkpoint that is shown; the first one is held as it is.

    Raises:
        UnknownKey: Another hub signed it.
        NotVerified: `log-forked`: two roots of one size, both signed, which proves the hub wrong; `log-shrunk`: fewer
            entries than before; `log-unproven`: what is held is not shown to be its beginning; `log-other`: another
            log, without a statement that leads there; else it is no checkpoint that the hub's key signed.
    """
    shown = read_checkpoint(note, keys)
    if held is None:
        return Step(shown)
    restored = _lives_between(held, shown, [read_restored(one, keys) for one in statements])
    heads = [held.head, *(one.head for one in restored)]
    for before, after in pairwise(heads):
        _go(before, after, prove, may_shrink=True)
    _go(heads[-1], shown.head, prove, may_shrink=False)
    return Step(shown, tuple(restored))


def _lives_between(held: Checkpoint, shown: Checkpoint, statements: Sequence[Restored]) -> list[Restored]:
    """Return the statements that lead from one life of the log to the other, in order; none for the same life."""
    found: list[Restored] = []
    origin = held.origin
    by_before = {one.before: one for one in statements}
    while origin != shown.origin:
        step = by_before.pop(origin, None)
        if step is None:
            raise NotVerified("log-other", "the hub shows another log, and states no restore that would explain it")
        found.append(step)
        origin = step.origin
    return found


def _go(old: tuple[int, bytes], new: tuple[int, bytes], prove: Prove, may_shrink: bool) -> None:
    """Hold one head against the next. Behind a stated restore there may be fewer entries than before.

    Raises:
        NotVerified: `log-forked`, `log-shrunk` or `log-unproven`.
    """
    if new[0] < old[0]:
        if may_shrink:
            return
        raise NotVerified("log-shrunk", "the hub's log has fewer entries than it had, and no restore is stated")
    if new[0] == old[0]:
        if new[1] != old[1]:
            raise NotVerified("log-forked", "the hub has signed two different logs of the same size")
        return
    if not is_consistent(old, new, prove(old[0], new[0])):
        raise NotVerified("log-unproven", "what was held of the hub's log is not the beginning of what it shows now")
