"""The contract holds: what we send fits the schemas, and the vectors say what any implementation must find."""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pytest
from contract_schemas import CONTRACT, KINDS, SCHEMAS, fits, validator
from delivery import NOW, Maker
from joserfc import jws as joserfc_jws
from joserfc.jwk import import_key
from jwcrypto import jwk as jwcrypto_jwk
from jwcrypto import jws as jwcrypto_jws

from agent.commands.verify import command as verify_command
from agent.contract.chain import Origin
from agent.contract.envelope import unflatten
from agent.contract.payload_bounds import TIMES
from agent.contract.presence import STATUSES, Presence, write_state
from agent.contract.topics import Kind, schema_id, topic
from agent.contract.watermark import Watermark, write_watermark
from agent.host.health import observe_host
from agent.judge.memory.memory import Memory
from agent.model.finding import Finding, Message, Source
from agent.observe.facts.facts import gather
from agent.report.build import build_reports

VECTORS = CONTRACT / "vectors"
PARSER = Path(__file__).parents[2] / "build" / "peers" / "asyncapi"
EXPECTED = json.loads((VECTORS / "expected.json").read_text())


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_schema_is_one_and_has_its_name(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[name])
    assert SCHEMAS[name]["$id"] == f"https://camwarden.example/contract/1/{name}.schema.json"


@pytest.mark.parametrize("kind", get_args(Kind))
def test_each_payload_has_an_example_that_fits(kind: str) -> None:
    example, *others = SCHEMAS[kind]["examples"]
    for one in (example, *others):
        fits(json.dumps(one).encode())
    assert not validator(kind).is_valid({**example, "surprise": 1})


def test_there_is_a_schema_for_every_topic() -> None:
    for kind in get_args(Kind):
        assert schema_id(kind) == SCHEMAS[kind]["$id"]


def test_what_the_spool_and_the_publisher_send_fits(tmp_path: Path) -> None:
    maker = Maker(tmp_path)
    spool = maker.open()
    maker.cycle(spool, events=2)
    spool.evict([spool.pending(1, NOW)[0].id], "damaged", NOW)
    rows = spool.pending(10, NOW)
    assert {row.stream for row in rows} == {"event", "health", "gap"}
    for row in rows:
        fits(row.payload)
    presence = maker.presence(spool.epoch, heads=spool.heads(), confirmed=spool.confirmed())
    for status in STATUSES:
        fits(write_state(presence, status, NOW))
    streams = {stream: head for stream, head in spool.heads().items() if head.seq}
    fits(write_watermark(Watermark("S1", spool.epoch, 1, streams), NOW))
    spool.close()


def test_what_a_cycle_builds_fits(tmp_path: Path) -> None:
    maker = Maker(tmp_path)
    finding = Finding(
        "camera-online",
        "camera:c1",
        "fail",
        "major",
        Message("no answer"),
        Source("rule", "1"),
        "unreachable",
        {"n": 1},
    )
    facts = gather(observe_host(tmp_path, NOW))
    queue = {"pending": 0, "sent": 0, "parked": 0, "confirmed": 0, "dropped": 0}
    drafts, _ = build_reports(maker.site, facts, (finding,), (), Memory(), NOW, queue)
    envelopes, _ = maker.envelopes(list(drafts), {}, "e1")
    assert {envelope.report.stream for envelope in envelopes} == {"config", "health"}
    for envelope in envelopes:
        fits(envelope.report.payload)


def payload_of(case: str, file: str) -> dict[str, Any]:
    return json.loads(unflatten((VECTORS / case / f"{file}.jws.json").read_bytes())[0])


MISFITS = {
    "health-extra": ("good", "health-0001", ("body", "picture"), "AAAA"),
    "health-camera-object": ("good", "health-0001", ("body", "cameras", "pass"), [{"id": "c"}]),
    "health-camera-long": ("good", "health-0001", ("body", "cameras", "pass"), [["c", None, "x"]]),
    "health-camera-state": ("good", "health-0001", ("body", "cameras", "well"), [["c", None]]),
    "config-code": ("good", "config-0001", ("body", "cameras", 0, "code"), "123"),
    "event-status": ("good", "event-0001", ("body", "to"), "ok"),
    "payload-extra": ("good", "event-0001", ("nonce",), 1),
    "payload-prev": ("good", "event-0001", ("prev",), "0"),
    "payload-seq": ("good", "event-0001", ("seq",), 0),
    "payload-site": ("good", "event-0001", ("site",), "S-1"),
    "payload-stream": ("good", "event-0001", ("stream",), "health"),
    "payload-ts": ("good", "event-0001", ("ts",), "2026-11-24 15:04"),
    "gap-reason": ("gap-explained", "gap-0001", ("body", "reason"), "Spool full"),
    "state-private": ("state", "ready", ("jwk", "d"), "x"),
    "state-status": ("state", "lost", ("status",), "gone"),
    "ack-rejected-part": ("watermark-rejected", "ack", ("rejected",), {"stream": "event", "seq": 5}),
    "ack-rejected-reason": ("watermark-rejected", "ack", ("rejected", "reason"), "Too large"),
    "ack-stream": ("watermark", "ack", ("streams", "state"), {"seq": 1, "digest": "0" * 64}),
}


@pytest.mark.parametrize("name", MISFITS)
def test_what_does_not_fit_is_noticed(name: str) -> None:
    case, file, path, value = MISFITS[name]
    data = payload_of(case, file)
    fits(json.dumps(data).encode())
    place: Any = data
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    kind = KINDS.get(data["schema"], payload_of(case, file).get("stream"))
    assert not validator(str(kind)).is_valid(data)


def test_a_birth_must_carry_the_heads() -> None:
    data = payload_of("state", "ready")
    del data["heads"]
    assert not validator("state").is_valid(data)


BEYOND_SCHEMAS = ("duplicate-name", "too-deep")
"""Bounds that no JSON Schema can express."""


def reason_of(path: Path) -> str:
    """Return why a vector is refused, empty where it is not."""
    return str(EXPECTED[path.parent.name]["failed"].get(path.name.removesuffix(".jws.json"), ""))


@pytest.mark.parametrize("path", sorted(VECTORS.glob("*/*.json")), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_payload_of_every_vector_fits_unless_it_breaks_a_bound_that_a_schema_can_express(path: Path) -> None:
    payload, reason = unflatten(path.read_bytes())[0], reason_of(path)
    if path.parent.name == "watermark-rejected-nothing" or (
        reason in ("number", "time") and path.parent.name != "bounds-number-nan"
    ):
        with pytest.raises(jsonschema.ValidationError):
            fits(payload)
    elif reason not in BEYOND_SCHEMAS and path.parent.name != "bounds-number-nan":
        fits(payload)


def times_in(schema: Any, path: str) -> set[str]:
    """Return where a schema has a time of the site's or the hub's own."""
    if not isinstance(schema, dict):
        return set()
    found = {path} if schema.get("$ref", "").endswith("common.schema.json#/$defs/time") else set()
    for name, member in schema.get("properties", {}).items():
        found |= times_in(member, f"{path}/{name}".lstrip("/"))
    for member in (schema.get("items"), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        found |= times_in(member, path)
    return found


def test_the_hub_bounds_every_time_that_a_schema_bounds_and_no_other() -> None:
    for kind, schema in SCHEMAS.items():
        named = times_in(schema, "") - ({"ts"} if kind == "common" else set())
        assert named - set(TIMES[""]) == set(TIMES.get(kind, ())), kind
    assert set().union(*(times_in(schema, "") for schema in SCHEMAS.values())) >= set(TIMES[""])


@pytest.mark.parametrize("case", EXPECTED)
def test_verify_finds_in_every_vector_what_is_expected(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    parser.set_defaults(json=True)
    verify_command.add_arguments(parser)
    words = [str(VECTORS / case), "--jwks", str(VECTORS / "jwks.json")]
    assert verify_command.run(parser.parse_args(words)) == EXPECTED[case]["exit"]
    shown = json.loads(capsys.readouterr().out)
    failed = {
        Path(file["path"]).name.removesuffix(".jws.json"): file["reason"]
        for file in shown["files"]
        if file["verdict"] != "verified"
    }
    assert failed == EXPECTED[case]["failed"]
    keys = ("fault", "stream", "from_seq", "to_seq")
    assert [{key: fault[key] for key in keys} for fault in shown["chain"]] == EXPECTED[case]["chain"]


def test_every_folder_of_vectors_is_expected_and_the_script_makes_the_same_again(tmp_path: Path) -> None:
    script = VECTORS.parents[2] / "packaging/write_contract_vectors.py"
    subprocess.run([sys.executable, str(script), str(tmp_path)], check=True)
    made = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*.json")}
    committed = {
        path.relative_to(VECTORS): path.read_bytes() for path in VECTORS.rglob("*.json") if path.name != "keys.json"
    }
    assert made == committed
    assert {path.name for path in VECTORS.iterdir() if path.is_dir() and path.name != "__pycache__"} == set(EXPECTED)


SOUND = sorted(
    path
    for path in VECTORS.glob("*/*.json")
    if path.name.removesuffix(".jws.json") not in EXPECTED[path.parent.name]["failed"]
)


@pytest.mark.parametrize("path", SOUND, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_two_other_libraries_verify_the_sound_vectors(path: Path) -> None:
    keys = {key["kid"]: key for key in json.loads((VECTORS / "jwks.json").read_text())["keys"]}
    text = path.read_text()
    header = json.loads(jwcrypto_jws.base64url_decode(json.loads(text)["protected"]))
    key = keys[header["kid"]]
    token = jwcrypto_jws.JWS()
    token.allowed_algs = [header["alg"]]
    token.deserialize(text, jwcrypto_jwk.JWK(**key))
    assert token.is_valid
    other = joserfc_jws.deserialize_json(json.loads(text), import_key(key), algorithms=[header["alg"]])
    assert other.payload == unflatten(text.encode())[0]


@pytest.mark.parametrize("case", [case for case in EXPECTED if "signature" in EXPECTED[case]["failed"].values()])
def test_two_other_libraries_refuse_the_changed_vectors(case: str) -> None:
    (path,) = (VECTORS / case).glob("*.json")
    keys = {key["kid"]: key for key in json.loads((VECTORS / "jwks.json").read_text())["keys"]}
    text = path.read_text()
    key = keys[json.loads(jwcrypto_jws.base64url_decode(json.loads(text)["protected"]))["kid"]]
    with pytest.raises(jwcrypto_jws.InvalidJWSSignature):
        jwcrypto_jws.JWS().deserialize(text, jwcrypto_jwk.JWK(**key))
    with pytest.raises(Exception, match="bad_signature"):
        joserfc_jws.deserialize_json(json.loads(text), import_key(key), algorithms=["ES256"])


@pytest.mark.parametrize("case", [case for case in EXPECTED if case.startswith("bounds-")])
def test_two_other_libraries_believe_the_signature_of_what_breaks_a_bound(case: str) -> None:
    """So the bound is what refuses it, and a hub that leaves it out would take it."""
    text = (VECTORS / case / "event-0001.jws.json").read_text()
    keys = {key["kid"]: key for key in json.loads((VECTORS / "jwks.json").read_text())["keys"]}
    key = keys[json.loads(jwcrypto_jws.base64url_decode(json.loads(text)["protected"]))["kid"]]
    token = jwcrypto_jws.JWS()
    token.deserialize(text, jwcrypto_jwk.JWK(**key))
    assert token.is_valid
    other = joserfc_jws.deserialize_json(json.loads(text), import_key(key), algorithms=["ES256"])
    assert other.payload == unflatten(text.encode())[0]


def test_the_default_limits_of_other_libraries_are_those_that_the_contract_names() -> None:
    told = (CONTRACT / "README.md").read_text()
    registry = joserfc_jws.JWSRegistry()
    for limit in (registry.max_payload_length, registry.max_header_length, registry.max_signature_length):
        assert f"{limit:,}" in told


def test_the_asyncapi_page_names_every_topic_and_only_files_that_are_there() -> None:
    text = (CONTRACT / "asyncapi.yaml").read_text()
    addresses = set(re.findall(r"address: (\S+)", text))
    assert addresses == {topic("{city}", "{site}", kind, "{id}") for kind in get_args(Kind)}
    files = set(re.findall(r"\$ref: \./(\S+)", text))
    assert files == {f"{kind}.schema.json" for kind in get_args(Kind)}
    assert all((CONTRACT / file).is_file() for file in files)


def test_the_public_parser_finds_nothing_wrong_with_the_asyncapi_page() -> None:
    assert parsed_by_the_public_parser(CONTRACT / "asyncapi.yaml") == []


def test_the_public_parser_would_find_what_is_wrong(tmp_path: Path) -> None:
    text = (CONTRACT / "asyncapi.yaml").read_text()
    (tmp_path / "asyncapi.yaml").write_text(
        text.replace("qos: 1", "qos: 7", 1).replace("action: send", "action: shout", 1)
    )
    for schema in CONTRACT.glob("*.schema.json"):
        shutil.copy(schema, tmp_path)
    assert parsed_by_the_public_parser(tmp_path / "asyncapi.yaml") != []


def parsed_by_the_public_parser(page: Path) -> list[dict[str, Any]]:
    """Return what AsyncAPI's own parser finds wrong: errors and warnings, but not that a newer version exists."""
    done = subprocess.run(["node", "check.mjs", str(page)], cwd=PARSER, check=True, capture_output=True)
    found: list[dict[str, Any]] = json.loads(done.stdout)["diagnostics"]
    return [one for one in found if one["code"] != "asyncapi-latest-version"]


def test_a_site_of_any_legal_name_fits() -> None:
    for name in ("A", "9" * 23, "SITE01"):
        presence = Presence(
            origin=Origin(name, "datong", ""),
            confirm="hub",
            epoch="e1",
            connection_no=1,
            jwk=payload_of("state", "ready")["jwk"],
            heads={},
            confirmed={},
        )
        fits(write_state(presence, "ready", NOW))
