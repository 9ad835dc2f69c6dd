"""Stores what a self-test showed and received, for the checks of the interface: of this box, where it is known."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from agent.commands.terminal.service_memory import read_memory
from agent.host.files import as_owner_of
from agent.host.lock import lock
from agent.host.not_ours import forbidden
from agent.host.paths import own_state
from agent.model.errors import AgentError, UsageError
from agent.observe.facts import link_tests, platform_told
from agent.observe.facts.factory_logins import box_of
from agent.observe.facts.link_tests import LinkTest, add_test
from agent.observe.facts.platform_told import put_told
from agent.onsite.link.certificate import without_address
from agent.onsite.link.facts import device_told
from agent.onsite.link.result import LinkResult
from agent.site.config.site import Site


def remember(site: Site, device: str, result: LinkResult) -> None:
    """Store the outcome, where something is proven, and what the device told of its cameras.

    Raises UsageError where a file is damaged, AgentError where it cannot be written.
    """
    if result.outcome is None and not result.told and result.step("security") is None:
        return
    directory = own_state(site.storage.directory, os.environ)
    mark = None
    with suppress(AgentError):
        known = read_memory(directory).remembered.identities.get(device)
        mark = known.answering if known else None
    told = device_told(site.id, device, box_of(mark), result)
    with as_owner_of(directory):
        held = lock(directory / link_tests.NAME)
        try:
            if result.outcome is not None:
                digest = without_address(result).digest
                test = LinkTest(site.id, device, result.ended_at, result.outcome, told.box, digest, result.pictures)
                _store(directory / link_tests.NAME, lambda: add_test(directory, test))
            if told.cameras or told.scheme:
                _store(directory / platform_told.NAME, lambda: put_told(directory, told))
        finally:
            os.close(held)


def _store(path: Path, store: Callable[[], None]) -> None:
    try:
        store()
    except OSError as error:
        raise forbidden(path.parent, error) from None
    except ValueError:
        raise UsageError("{path}: is damaged, so that this test is not stored; move it away", path=path) from None
