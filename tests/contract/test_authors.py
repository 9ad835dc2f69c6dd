"""An id names one person of one site, shows nobody's name, and whose it is only its own site can say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from contract_schemas import fits
from delivery import NOW

from agent.contract.authors import KEY_BYTES, NAME_MAX_CHARS, Names, author_id, is_author, read_names, write_names
from agent.contract.envelope import NAMES_TYP, REPORTED_TYP, sign_payload
from agent.contract.signing_keys import Signer, load_or_create_signer
from agent.model.errors import NotVerified

KEY = bytes(range(KEY_BYTES))
WANG = author_id(KEY, "S1", "王工")


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return load_or_create_signer(tmp_path / "key.pem")


def read(signer: Signer, data: Any, typ: str = NAMES_TYP) -> Names:
    payload = data if isinstance(data, bytes) else json.dumps(data, ensure_ascii=False).encode()
    return read_names(payload, sign_payload(payload, signer, typ), {signer.kid: signer.public})


def message(**more: Any) -> dict[str, Any]:
    told = {"schema": "vss-names/1", "site": "S1", "city": "datong", "ts": "2026-11-24T15:04:00Z"}
    return {**told, "names": {WANG: "王工"}, **more}


def test_an_id_is_of_one_person_at_one_site_under_one_key() -> None:
    assert is_author(WANG) and WANG.startswith("author-S1-") and "王工" not in WANG
    assert author_id(KEY, "S1", " 王工 ") == WANG == author_id(KEY, "S1", WANG)
    assert author_id(KEY, "S1", "Li  Na") == author_id(KEY, "S1", "Li Na")
    others = {author_id(KEY, "S2", "王工"), author_id(KEY, "S1", "王"), author_id(b"\1" * KEY_BYTES, "S1", "王工")}
    assert len({WANG, *others}) == 4
    assert is_author(author_id(KEY, "S1", "\ud800")), "half a character is a name, too"


def test_what_is_written_is_read_back(signer: Signer) -> None:
    names = Names("S1", "datong", NOW, {WANG: "王工", author_id(KEY, "S1", "Li"): "Li"})
    payload = write_names(names)
    fits(payload)
    assert read(signer, payload) == names
    many = {author_id(KEY, "S1", f"n{number}"): f"n{number}" for number in range(600)}
    assert len(read(signer, write_names(Names("S1", "datong", NOW, many))).names) == 512


@pytest.mark.parametrize(
    "name",
    ["", "x" * (NAME_MAX_CHARS + 1), "a\nb", "a\0b", "\x1b[31mred", "\u202e王工", "a\u200bb", 7, None, ["王工"], WANG],
)
def test_what_is_no_name_on_one_line_refuses_the_message(signer: Signer, name: object) -> None:
    with pytest.raises(NotVerified) as refused:
        read(signer, message(names={WANG: name}))
    assert refused.value.reason == "payload"


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"names": {author_id(KEY, "S2", "王工"): "王工"}}, "site"),
        ({"site": "S2"}, "site"),
        ({"site": "../S1"}, "payload"),
        ({"city": "a/b"}, "payload"),
        ({"names": {"author-S1-ABCDEF0123456789": "王工"}}, "payload"),
        ({"names": {"王工": "王工"}}, "payload"),
        ({"names": [WANG]}, "payload"),
        ({"names": None}, "payload"),
        ({"schema": "vss-names/2"}, "payload"),
        ({"ts": "1999-01-01T00:00:00Z"}, "time"),
        ({"ts": 7}, "payload"),
        ({"names": {f"author-S1-{number:016x}": "x" for number in range(513)}}, "payload"),
    ],
)
def test_a_message_that_is_wrong_is_refused_whole(signer: Signer, more: dict[str, Any], reason: str) -> None:
    with pytest.raises(NotVerified) as refused:
        read(signer, message(**more))
    assert refused.value.reason == reason


def test_another_kind_of_message_and_two_names_for_one_id_are_refused(signer: Signer) -> None:
    for data, typ, reason in (
        (message(), REPORTED_TYP, "typ"),
        (json.dumps(message()).replace('"names": {', f'"names": {{"{WANG}": "Li", ').encode(), NAMES_TYP,
         "duplicate-name"),
        (b"[]", NAMES_TYP, "payload"),
    ):  # fmt: skip
        with pytest.raises(NotVerified) as refused:
            read(signer, data, typ)
        assert refused.value.reason == reason
