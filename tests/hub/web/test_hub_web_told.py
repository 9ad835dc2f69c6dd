"""The document of the interface describes each message to other systems as it is sent, and nothing else."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import write_openapi
from hooked import hook
from jsonschema import Draft202012Validator
from portside import BEGIN, HOUR, Sender, config, finding

from agent.contract.chain import utc_text
from agent.hub.domain.rows.webhooks import KINDS
from agent.hub.domain.rows.words import Word
from agent.hub.domain.webhooks import TEST, body_of
from agent.hub.stores.store import Store
from agent.hub.workers.webhooks.sending import queue_happened
from agent.hub.workers.webhooks.watch import note_states
from agent.verify.bindings import Trust

TOLD: dict[str, Any] = json.loads(write_openapi.PLACE.read_text("utf-8"))["webhooks"]
CHECK, LAST = "camera-online", BEGIN + 3 * HOUR


@pytest.fixture(scope="module")
def bodies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return a message of each kind, made by what makes them."""
    directory: Path = tmp_path_factory.mktemp("told") / "hub"
    found = {TEST: json.loads(body_of(TEST, "evt_1", 0, utc_text(BEGIN), {"hook": "tickets"}))}
    with closing(Store(directory)) as store:
        store.webhooks.keep(hook())
        store.webhooks.keep_states({}, ())
        site = Sender().meet(store)
        late = finding(CHECK, "camera:c1", "warn")
        for seq, status in enumerate(("fail", "warn", "pass"), start=1):
            site.send(
                store, "config", seq, config(finding(CHECK, "camera:c0", status), late), BEGIN + seq * HOUR
            )  # fmt: skip
        word = Word(
            site="S1", check=CHECK, subject="camera:c1", kind="assigned", said_by="Li", at=utc_text(LAST),
            assignee="Zhao", until="2026-11-01",
        )  # fmt: skip
        store.words.keep(word)
        for status in ("lost", "ready"):
            store.keep_state("S1", 1, status, LAST)
            note_states(store, Trust(), LAST)
        queue_happened(store, LAST)
        while (one := store.webhooks.due("tickets", LAST)) is not None:
            body = json.loads(one.body)
            found[body["type"]] = body
            store.webhooks.drop("tickets", one.no)
    return found


def test_every_kind_is_described_and_made(bodies: dict[str, Any]) -> None:
    assert set(bodies) == {*KINDS, TEST} == set(TOLD)


@pytest.mark.parametrize("kind", [*KINDS, TEST])
def test_a_message_is_as_the_document_says_with_no_member_more_or_less(bodies: dict[str, Any], kind: str) -> None:
    schema = TOLD[kind]["post"]["requestBody"]["content"]["application/json"]["schema"]
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(bodies[kind])
    assert set(bodies[kind]) == set(schema["properties"])
    assert set(bodies[kind]["data"]) == set(schema["properties"]["data"]["properties"])
    names = {one["name"] for one in TOLD[kind]["post"]["parameters"]}
    assert names == {"webhook-id", "webhook-timestamp", "webhook-signature"}
