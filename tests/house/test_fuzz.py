"""Every parser of foreign bytes holds its contract on what fuzzing has kept, and on some hundred wounds of each kind.

The long runs are `make fuzz`; what they have shown stands in `fuzz/README.md`.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator

import pytest

from fuzz.target import CORPUS, Crash, Target, crash_of, kept, mutated
from fuzz.targets import TARGETS, load

FILE_MAX_BYTES = 8 * 1024
CORPUS_MAX_BYTES = 1024 * 1024


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Thousands of broken answers are thousands of lines."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("name", TARGETS)
def test_a_parser_returns_or_raises_what_it_documents_whatever_it_is_given(name: str) -> None:
    target, rng = load(name), random.Random(name)
    seeds = list(target.seeds())
    # Seeds that were all refused at once would try nothing but the refusal.
    assert sum(_is_read(target, seed) for seed in seeds) > len(seeds) / 4
    given = [*seeds, *(path.read_bytes() for path in kept(name))]
    wounded = (mutated(rng.choice(given), rng) for _ in range(target.replays))
    for data in (*given[len(seeds) :], *wounded, b""):
        crash = crash_of(target, data)
        assert crash is None, (data[:200], crash)


def _is_read(target: Target, data: bytes) -> bool:
    try:
        target.function(data)
    except target.allowed:
        return False
    return True


def _broken(data: bytes) -> object:
    return {}[data]


def _hungry(data: bytes) -> int:
    return len(bytearray(700 * 1024 * 1024))


@pytest.mark.parametrize(("function", "kind"), [(_broken, "KeyError"), (_hungry, "memory")])
def test_what_breaks_the_contract_is_a_crash(function: object, kind: str) -> None:
    found = crash_of(Target(function, (ValueError,), lambda: ()), b"x")  # type: ignore[arg-type]
    assert isinstance(found, Crash) and found.kind == kind


def test_memory_is_told_behind_earlier_work_that_took_more() -> None:
    earlier = bytearray(900 * 1024 * 1024)
    del earlier
    found = crash_of(Target(_hungry, (ValueError,), lambda: ()), b"x")
    assert isinstance(found, Crash) and found.kind == "memory"


def test_what_is_documented_is_no_crash() -> None:
    assert crash_of(Target(_broken, (KeyError,), lambda: ()), b"x") is None


def test_mutations_are_the_same_each_time_and_mostly_differ() -> None:
    def some(seed: int) -> list[bytes]:
        rng = random.Random(seed)
        return [mutated(b"abcdefgh" * 9, rng) for _ in range(50)]

    assert some(1) == some(1) != some(2)
    assert len(set(some(1))) > 40


def test_the_corpus_is_small_and_belongs_to_targets() -> None:
    folders = {path.name for path in CORPUS.iterdir()}
    assert folders <= set(TARGETS)
    sizes = [path.stat().st_size for name in folders for path in kept(name)]
    assert max(sizes) <= FILE_MAX_BYTES and sum(sizes) <= CORPUS_MAX_BYTES
