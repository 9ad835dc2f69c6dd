"""Trust is read whole or by what changed, a revocation outlives a hand-over, and a desk's token is used once."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from portside import BEGIN, DAY, HOUR

from agent.contract.chain import utc_text
from agent.contract.signing_keys import load_or_create_signer
from agent.hub.domain.rows.enrollment import CertificateRow, TokenRow
from agent.hub.ports.trust import TrustStore
from agent.hub.stores.engines import Engine
from agent.model.errors import UsageError
from agent.verify.bindings import Rotated

OLD, NEW, OTHER = ("a" * 43, "b" * 43, "c" * 43)


@pytest.fixture
def trust(engine: Engine, tmp_path: Path) -> TrustStore:
    return engine.trust(tmp_path / "hub")


def test_a_binding_is_there_at_once_for_everybody_and_each_change_moves_the_mark(
    engine: Engine, trust: TrustStore, tmp_path: Path
) -> None:
    other, marks = engine.trust(tmp_path / "hub"), [trust.mark()]
    assert not trust.load().bindings
    trust.add("S1", OLD, BEGIN)
    marks.append(other.mark())
    before = other.load()
    assert before.decide("S1", OLD) == "trusted"
    assert before.decide("S2", OLD) != "trusted"
    trust.add("S2", OTHER, BEGIN, date(2026, 11, 5), by="enrollment")
    marks.append(other.mark())
    trust.revoke(OLD, BEGIN + DAY)
    marks.append(other.mark())
    assert len(set(map(str, marks))) == len(marks)
    after = other.load(before)
    assert after.bindings == other.load().bindings, "what changed since, joined with what was there"
    assert (after.decide("S1", OLD), after.decide("S2", OTHER)) == ("revoked-key", "trusted")
    assert after.bindings[OTHER].by == "enrollment"
    assert after.bindings[OTHER].until == utc_text(BEGIN.replace(day=6, hour=0))
    assert other.of_key(OTHER).bindings == {OTHER: after.bindings[OTHER]}
    assert other.of_key(NEW).bindings == {}
    assert [sorted(other.of_sites(*names).bindings) for names in (("S1", "S1"), ("S1", "S2"), ("S3", "T"))] == [
        [OLD], [OLD, OTHER], [],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("site", "kid", "until"),
    [("no site!", NEW, None), ("S1", "short", None), ("S2", OLD, None), ("S1", NEW, date(2026, 1, 1))],
)
def test_what_is_refused_changes_nothing(trust: TrustStore, site: str, kid: str, until: date | None) -> None:
    before = trust.add("S1", OLD, BEGIN).bindings
    with pytest.raises(UsageError):
        trust.add(site, kid, BEGIN, until)
    with pytest.raises(UsageError):
        trust.revoke(NEW, BEGIN)
    assert trust.load().bindings == before


def test_a_key_names_one_successor_and_none_once_it_is_revoked(trust: TrustStore, tmp_path: Path) -> None:
    new = load_or_create_signer(tmp_path / "new.pem").public
    trust.add("S1", OLD, BEGIN, date(2026, 12, 1))
    trust.add("S2", OTHER, BEGIN)
    limit = Rotated(new.kid, "e1", {"event": 7}, ("e0",))
    assert trust.rotate("S1", OLD, replace(limit, to=OTHER), BEGIN) is None, "it is another site's"
    assert trust.rotate("S1", new.kid, replace(limit, to=OLD), BEGIN) is None, "nobody trusts it"
    both = trust.rotate("S1", OLD, limit, BEGIN + HOUR, new.jwk)
    assert both is not None and set(both.bindings) == {OLD, new.kid}
    loaded = trust.load()
    assert loaded.rotated(OLD) == limit
    bound = loaded.bindings[new.kid]
    assert (bound.site, bound.by, bound.jwk, bound.until) == ("S1", "rotation", new.jwk, loaded.bindings[OLD].until)
    assert trust.rotate("S1", OLD, replace(limit, to="d" * 43), BEGIN) is None, "it has named another"
    trust.revoke_site("S1", BEGIN + DAY)
    assert [trust.load().decide("S1", kid) for kid in (OLD, new.kid)] == ["revoked-key", "revoked-key"]
    assert trust.rotate("S1", OLD, limit, BEGIN + DAY) is None
    assert trust.load().decide("S2", OTHER) == "trusted"


def test_a_new_token_revokes_the_unused_ones_of_its_site_and_a_used_one_stays_used(
    engine: Engine, tmp_path: Path
) -> None:
    tokens = [
        TokenRow(f"d{n}", site, utc_text(BEGIN + n * HOUR), utc_text(BEGIN + DAY)) for n, site in enumerate("AABA")
    ]
    issued = CertificateRow("0a", "A", "tls", "kid", "pem", utc_text(BEGIN), utc_text(BEGIN + DAY))
    with closing(engine.enroll(tmp_path)) as desk:
        with desk.changing():
            for one in tokens[:3]:
                desk.keep_token(one)
            desk.keep_certificate(issued, "d1")
            desk.keep_token(tokens[3])
        with pytest.raises(KeyError), desk.changing():
            desk.revoke("A", utc_text(BEGIN))
            raise KeyError
    with closing(engine.enroll(tmp_path)) as desk:
        assert [(one.digest, bool(one.revoked_at), one.serial) for one in desk.tokens()] == [
            ("d0", True, ""), ("d1", False, "0a"), ("d3", False, ""), ("d2", False, ""),
        ]  # fmt: skip
        assert desk.token("d1") == replace(tokens[1], used_at=issued.issued_at, serial="0a")
        assert (desk.token("d9"), desk.certificate("0b")) == (None, None)
        assert desk.certificates("A") == desk.certificates() == [issued]
        assert desk.certificates("B") == []
        with desk.changing():
            desk.revoke("A", utc_text(BEGIN + HOUR))
            desk.revoke("A", utc_text(BEGIN + DAY))
        assert desk.certificate("0a") == replace(issued, revoked_at=utc_text(BEGIN + HOUR)), "the first time stays"
        assert [bool(one.revoked_at) for one in desk.tokens()] == [True, True, True, False]
