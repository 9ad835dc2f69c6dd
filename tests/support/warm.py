"""One warm picture worker for all commands of a test file: starting one costs more than what most of them judge.

For files whose commands run in this process and whose pictures break no decoder; what a worker does when it ends, is
broken or not confined is tried with its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import ModuleType

import pytest
from patience import PATIENCE_S

from masking.model import Job, Judged
from masking.worker.client import Worker


def judging_once(worker: Worker, patch: pytest.MonkeyPatch) -> None:
    """Let a worker return what it found where the same is asked of the same picture again; a refusal is not kept."""
    judge = worker.judge
    judged: dict[Job, Judged] = {}

    def once(job: Job) -> Judged:
        if job not in judged:
            judged[job] = judge(job)
        return judged[job]

    patch.setattr(worker, "judge", once)


def lend(worker: Worker, patch: pytest.MonkeyPatch, *modules: ModuleType) -> None:
    """Hand a worker that runs to every command of these modules that would start its own."""

    @contextmanager
    def lent(timeout_s: float = 5.0, accept_unconfined: bool = False) -> Iterator[Worker]:
        assert not accept_unconfined, "the one that is lent judges nothing where it is not confined"
        yield worker

    for module in modules:
        patch.setattr(module, "Worker", lent)


@contextmanager
def judging_worker(*modules: ModuleType) -> Iterator[Worker]:
    """Start the worker of a test file whose sites all begin at the same time, and show the same pictures then.

    The commands of `modules` are lent it.
    """
    with pytest.MonkeyPatch.context() as patch, Worker(timeout_s=PATIENCE_S) as worker:
        judging_once(worker, patch)
        lend(worker, patch, *modules)
        yield worker


@contextmanager
def one_worker(*modules: ModuleType) -> Iterator[None]:
    """Hand the same worker to every command of these modules that opens one with the same arguments; it judges once."""
    opened: dict[tuple[object, ...], Worker] = {}
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:

        @contextmanager
        def kept(timeout_s: float = 5.0, accept_unconfined: bool = False) -> Iterator[Worker]:
            key = (timeout_s, accept_unconfined)
            if key not in opened:
                opened[key] = stack.enter_context(Worker(timeout_s, accept_unconfined))
                judging_once(opened[key], patch)
            yield opened[key]

        for module in modules:
            patch.setattr(module, "Worker", kept)
        yield
