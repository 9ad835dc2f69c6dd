"""The hub of the release before is followed by today's on its folder, while sites of both releases go on.

`make test-upgrade` runs it, not the suite: it needs the commit of that release, which a shallow clone has not.
"""

from __future__ import annotations

from contextlib import ExitStack, closing
from pathlib import Path

import delivery
import pytest
from delivery import Maker
from here_run import run_here
from hubside import Peer, clock, publishing, site_on
from mosquitto import Broker
from patience import PATIENCE_S
from release_before import SiteBefore, run_before, tree
from several_hubs import HubProcess
from upgraded import WRONG, acks, hold_rising

from agent.contract.signing_keys import load_or_create_signer
from agent.hub.stores import signing_key
from agent.hub.stores.store import Store

CYCLES = 3


@pytest.mark.parametrize("end", ["stopped", "killed"])
def test_the_release_before_is_replaced_on_its_folder_while_sites_of_both_releases_go_on(
    tmp_path: Path, broker: Broker, end: str
) -> None:
    before, hub = tree(tmp_path / "before"), tmp_path / "hub"
    hub.mkdir()
    jwks = tmp_path / "jwks"
    jwks.write_text(run_before(before, "hub", "jwks", "--data", str(hub)).stdout)
    maker = Maker(tmp_path / "S1", delivery.site(hub=site_on(broker)))
    spool = maker.open()
    with ExitStack() as ends:
        peer = ends.enter_context(Peer(broker.port, "vss/v1/+/+/ack"))
        old = ends.enter_context(SiteBefore(before, tmp_path / "S2", "S2", broker.port, jwks))
        for site, kid in (("S1", maker.signer.kid), ("S2", old.kid)):
            assert run_before(before, "hub", "trust", "add", site, kid, "--data", str(hub)).returncode == 0
        new = ends.enter_context(publishing(maker, spool, load_or_create_signer(hub / signing_key.KEY_NAME)))

        def cycles(number: int) -> None:
            for _ in range(number):
                maker.cycle(spool, clock())
                new.wake()
                old.cycle()

        with HubProcess(hub, broker.port, "", before) as first:
            cycles(CYCLES)
            assert new.drained(PATIENCE_S) and old.drained(), "today's site and that of the release before"
            if end == "killed":
                cycles(1)
                first.kill()
        said = {site: max(number for number, _ in acks(peer, site)) for site in ("S1", "S2")}
        cycles(CYCLES)
        with HubProcess(hub, broker.port, "") as second:
            cycles(CYCLES)
            assert new.drained(PATIENCE_S) and old.drained(), "nothing of what came meanwhile is missing"
        told = [one for running in (first, second) for one in running.tell.events]
        assert not {one["event"] for one in told} & WRONG
        last = 3 * CYCLES + (end == "killed")
        for site in ("S1", "S2"):
            marks = acks(peer, site)
            hold_rising(marks)
            assert max(marks, key=lambda one: one[0])[1] == {"health": last, "event": last}
            assert max(number for number, _ in marks) > said[site], "the numbers go on, or no site would believe them"
    with closing(Store(hub, read_only=True)) as store:
        rows = store.all("SELECT site, stream, seq FROM report ORDER BY id")
    for site in ("S1", "S2"):
        for stream in ("health", "event"):
            came = [seq for of, kind, seq in rows if (of, kind) == (site, stream)]
            assert came == [*range(1, last + 1)], "each once, in the order in which the site made them"
    assert run_here("hub", "verify", "--all", "--data", hub, environ={}).returncode == 0
    assert run_here("hub", "check", "--data", hub, environ={}).returncode == 0
    back = run_before(before, "hub", "status", "--data", str(hub))
    assert back.returncode == 78 and "not a database of this version" in back.stderr, (
        "there is no way back but a backup"
    )
