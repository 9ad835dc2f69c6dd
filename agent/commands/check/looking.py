"""Runs one look at a site for a command: shows progress, returns partial results on Ctrl-C, stores refused logins.

Nothing else is changed, sent or stored.
"""

import argparse
import os
from dataclasses import dataclass, replace

from agent.commands.check.pictures import Album
from agent.commands.check.progress import following
from agent.commands.terminal.service_memory import episodes_known, sources_known
from agent.commands.terminal.unconfined import with_flag
from agent.host.clock import utc_now
from agent.host.files import as_owner_of
from agent.host.health import moment
from agent.host.paths import credentials_file
from agent.judge.memory.hub_words import pinned_keys
from agent.judge.memory.notes import contested_of, read_notes
from agent.observe.facts.facts import with_observations
from agent.onsite.one_look.result import CheckResult
from agent.onsite.one_look.secret import without_secrets
from agent.onsite.one_look.shown import PictureChoice
from agent.onsite.one_look.stream_rates import live_streams, measure, planned_s
from agent.service.cycle.cycle import see
from agent.service.cycle.environment import Environment, worker_of
from agent.site.config.site import Site
from drivers.credentials import Credentials
from masking.worker.client import Worker


@dataclass(frozen=True, slots=True)
class LookOptions:
    """How thorough a look is.

    `rounds`: looks at cameras that one picture does not settle. `sample_s`: how long each live stream is measured, 0:
    not at all. `pictures`: of which cameras they are collected for a report, blackened.
    """

    rounds: int = 1
    sample_s: int = 0
    pictures: PictureChoice = "none"


def look_at_site(args: argparse.Namespace, site: Site, how: LookOptions) -> CheckResult:
    """Look at a site that a file describes; only refused logins are remembered."""
    remembered = credentials_file(site.storage.directory, os.environ)
    remembered.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    site = with_flag(site, args)
    with worker_of(site) as worker, as_owner_of(site.storage.directory):
        checked = look(args, site, worker, Credentials(remembered), how)
    directory = site.storage.directory
    contested = contested_of(read_notes(directory, site.id), site.id, pinned_keys(site))
    return without_secrets(replace(checked, episodes=episodes_known(directory), contested=contested))


def look(
    args: argparse.Namespace, site: Site, worker: Worker, credentials: Credentials, how: LookOptions
) -> CheckResult:
    """Look once, with progress as the command's common flags request."""
    now = moment(utc_now())
    album = Album(worker.judge, how.pictures)
    with following(args, site) as progress:
        watch = progress.watch
        env = Environment(
            credentials, album.judge, utc_now, wait=watch.wait, stop=watch.stop, stage=watch.stage,
            confinement=lambda: worker.confinement,
        )  # fmt: skip
        seen = see(site, env, now, sources_known(site.storage.directory, site.id), how.rounds)
        if how.sample_s and not progress.stopped:
            streams = live_streams(site, seen.facts)
            progress.measuring_s = planned_s(site, streams, how.sample_s)
            measured = measure(site, streams, credentials, utc_now, how.sample_s, watch)
            seen = replace(seen, facts=with_observations(seen.facts, measured))
    pictures = album.blackened(site, seen.facts, seen.findings)
    return CheckResult(site, seen, now.at, progress.stopped, pictures=pictures)
