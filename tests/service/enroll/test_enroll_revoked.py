"""A gateway that is revoked while it is connected: what its open connection is good for, at a real broker and hub."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from enrolling import City, city_in, clock, enroll, site_file
from hubside import FAST
from patience import PATIENCE_S, waits

from agent.contract.signing_keys import load_jwks
from agent.deliver.keys.place import place_of
from agent.deliver.keys.rotate import SPOOL_NAME, commit_event
from agent.deliver.publish.publisher import Publisher
from agent.deliver.spool.seal import seal_for
from agent.deliver.spool.spool import Spool
from agent.host.health import moment
from agent.hub.enroll import desk
from agent.service.enroll.first_report import enrolled_finding
from agent.site.config.load import load_declared
from agent.site.config.site import Site


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    with city_in(tmp_path) as running:
        yield running


@contextmanager
def connected(site: Site) -> Iterator[tuple[Callable[[], None], Publisher]]:
    """Run what the service runs towards its hub; yield what commits one more report, and the publisher."""
    assert site.hub is not None and site.hub.jwks is not None
    with closing(place_of(site, os.environ)) as keys:
        signer = keys.current()
        assert signer is not None
        seal = seal_for(site, signer, clock)
        spool = Spool.open(site.storage.directory / SPOOL_NAME, site.storage.spool_max_bytes, now=clock(), seal=seal)
        publisher = Publisher(site, spool, signer, load_jwks(site.hub.jwks), clock, FAST)
        publisher.start()
        try:
            yield lambda: commit_event(site, spool, signer, enrolled_finding({}), moment(clock())), publisher
        finally:
            assert publisher.stop(10)
            spool.close()


def test_what_a_revoked_gateway_still_sends_over_its_open_connection_is_refused_and_a_restart_of_the_broker_ends_it(
    city: City, tmp_path: Path
) -> None:
    config = site_file(tmp_path / "etc", "S1")
    assert enroll(config, city.token(), "--quiet") == 0
    with connected(load_declared(config)) as (report, publisher):
        report()
        assert publisher.drained(PATIENCE_S)
        connections = city.broker.log.count(" as S1 ")
        assert connections
        confirmed = city.hub.tell.of("confirmed")[-1]["streams"]
        looked = len(city.hub.tell.of("trust"))
        desk.revoke(city.desk.place, city.desk.store, "S1", clock())
        city.hub.tell.wait(lambda events: sum(e["event"] == "trust" for e in events) > looked)
        reloads = city.broker.log.count("Reloading config")
        city.broker.reload()
        waits(lambda: city.broker.log.count("Reloading config") > reloads)
        report()
        city.hub.tell.wait(lambda events: any(e.get("reason") == "revoked-key" for e in events))
        assert city.broker.log.count(" as S1 ") == connections, "it came over the connection that was open"
        assert not publisher.drained(0) and city.hub.tell.of("confirmed")[-1]["streams"] == confirmed
        city.broker.stop()
        city.broker.start()
        waits(lambda: "revoked" in publisher.status().reason)
        assert " as S1 " not in city.broker.log.rpartition("starting")[2]


def test_the_new_gateway_of_a_site_takes_the_open_connection_of_the_revoked_one_away(
    city: City, tmp_path: Path
) -> None:
    old = site_file(tmp_path / "stolen", "S1")
    assert enroll(old, city.token(), "--quiet") == 0
    with connected(load_declared(old)) as (report, publisher):
        report()
        assert publisher.drained(PATIENCE_S)
        desk.revoke(city.desk.place, city.desk.store, "S1", clock())
        reloads = city.broker.log.count("Reloading config")
        city.broker.reload()
        waits(lambda: city.broker.log.count("Reloading config") > reloads)
        assert enroll(site_file(tmp_path / "new", "S1"), city.token(), "--quiet") == 0
        waits(lambda: "revoked" in publisher.status().reason)
        assert "Client S1 already connected, closing old connection." in city.broker.log
