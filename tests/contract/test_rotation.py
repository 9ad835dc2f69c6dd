"""A rotation is proved by the new key, and a hub reads it strictly."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.contract.chain import GENESIS, STREAMS, encode
from agent.contract.envelope import KEY_TYP, sign_payload, verify
from agent.contract.key_rotation import read_rotation, rotation_body
from agent.contract.signing_keys import Signer, load_or_create_signer
from agent.model.errors import NotVerified
from agent.model.finding import Head

HEADS = {stream: GENESIS for stream in STREAMS} | {"event": Head(3, "3" * 64)}


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Signer, Signer]:
    return load_or_create_signer(tmp_path / "a.pem"), load_or_create_signer(tmp_path / "b.pem")


def body_of(pair: tuple[Signer, Signer]) -> dict[str, Any]:
    return json.loads(encode(rotation_body("140200", "S1", "e1", *pair, HEADS)))  # type: ignore[no-any-return]


def test_a_rotation_is_read_back_as_it_was_written(pair: tuple[Signer, Signer]) -> None:
    said = read_rotation(body_of(pair), "S1", "e1")
    assert (said.old, said.new, said.heads) == (pair[0].kid, pair[1].public, HEADS)


def test_the_proof_is_over_exactly_these_bytes(pair: tuple[Signer, Signer]) -> None:
    old, new = pair
    proved = f'{{"schema":"vss-key/1","site":"S1","epoch":"e1","from":"{old.kid}","to":"{new.kid}"}}'.encode()
    verify(proved, body_of(pair)["rotation"]["proof"], {new.kid: new.public}, KEY_TYP)


@pytest.mark.parametrize(("site", "epoch"), [("S2", "e1"), ("S1", "e2")])
def test_a_rotation_cannot_be_carried_to_another_site_or_epoch(
    pair: tuple[Signer, Signer], site: str, epoch: str
) -> None:
    with pytest.raises(NotVerified) as caught:
        read_rotation(body_of(pair), site, epoch)
    assert caught.value.reason == "rotation-proof"


def test_a_key_whose_owner_did_not_agree_is_not_bound(pair: tuple[Signer, Signer], tmp_path: Path) -> None:
    """The old key names a stranger's public key, and signs the proof itself."""
    old, strange = pair
    body = body_of(pair)
    proved = encode({"schema": "vss-key/1", "site": "S1", "epoch": "e1", "from": old.kid, "to": strange.kid})
    body["rotation"]["proof"] = sign_payload(proved, old, KEY_TYP)
    with pytest.raises(NotVerified) as caught:
        read_rotation(body, "S1", "e1")
    assert caught.value.reason == "rotation-proof"


def test_a_signed_report_of_the_new_key_does_not_pass_for_its_proof(pair: tuple[Signer, Signer]) -> None:
    body = body_of(pair)
    proved = encode({"schema": "vss-key/1", "site": "S1", "epoch": "e1", "from": pair[0].kid, "to": pair[1].kid})
    body["rotation"]["proof"] = sign_payload(proved, pair[1], "vss-report+json")
    with pytest.raises(NotVerified, match="signed as 'vss-report"):
        read_rotation(body, "S1", "e1")


Change = Callable[[dict[str, Any]], object]
MALFORMED: dict[str, Change] = {
    "none": lambda r: r.clear(),
    "extra": lambda r: r.update(why="x"),
    "from": lambda r: r.update({"from": "x"}),
    "from-number": lambda r: r.update({"from": 1}),
    "itself": lambda r: r.update({"from": r["to"]}),
    "to": lambda r: r.update(to=r["from"]),
    "jwk-none": lambda r: r.update(jwk=None),
    "jwk-private": lambda r: r["jwk"].update(d="AAAA"),
    "jwk-point": lambda r: r["jwk"].update(y=r["jwk"]["x"]),
    "heads-none": lambda r: r.update(heads=None),
    "heads-missing": lambda r: r["heads"].pop("gap"),
    "heads-extra": lambda r: r["heads"].update(other=r["heads"]["gap"]),
    "heads-row-none": lambda r: r["heads"].update(gap=None),
    "heads-row-extra": lambda r: r["heads"]["gap"].update(at="x"),
    "heads-seq": lambda r: r["heads"]["gap"].update(seq=-1),
    "heads-bool": lambda r: r["heads"]["gap"].update(seq=False),
    "heads-huge": lambda r: r["heads"]["gap"].update(seq=2**63),
    "heads-float": lambda r: r["heads"]["gap"].update(seq=0.0),
    "heads-digest": lambda r: r["heads"]["gap"].update(digest="x"),
    "proof-number": lambda r: r.update(proof=1),
    "proof-text": lambda r: r.update(proof="a.b.c"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_rotation_is_not_believed(pair: tuple[Signer, Signer], name: str) -> None:
    body = copy.deepcopy(body_of(pair))
    MALFORMED[name](body["rotation"])
    with pytest.raises(NotVerified) as caught:
        read_rotation(body, "S1", "e1")
    assert caught.value.reason in ("rotation", "rotation-proof")


def test_an_event_without_a_rotation_is_none() -> None:
    for body in ({}, {"rotation": []}, {"rotation": None}):
        with pytest.raises(NotVerified, match="has exactly from, to"):
            read_rotation(body, "S1", "e1")
