"""Write the scenarios of the contract: `python packaging/write_contract_scenarios.py [DIRECTORY]`.

A vector is a message that is right or wrong by itself; a scenario is a row of messages, and what must become of each.
`hub/*.json`: what a hub receives, with its trust; `site/*.json`: what a site receives, with what it has made. README.md
of the contract says how to run one. The result is the same on every run; a test compares it with the committed files.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from agent.contract.envelope import (
    ACK_TYP,
    COMMAND_TYP,
    DESIRED_TYP,
)
from agent.contract.orders import Command, Desired, Refused, Reported, SpotCheck
from agent.contract.orders_json import write_desired
from agent.contract.payload_bounds import PAYLOAD_MAX_BYTES
from agent.contract.signing_keys import Signer, signer_from_jwk
from agent.contract.topics import topic
from agent.contract.watermark import Watermark, write_watermark
from agent.model.finding import Draft, Head
from contract_deliveries import (
    DECIDE,
    Scenario,
    Step,
    changed,
    dispute,
    having,
    hub,
    ordered,
    reported,
    sent,
    state,
    step,
    told,
    trusted,
)  # fmt: skip
from write_contract_vectors import AT, EPOCH, HEALTH, HERE, SITE, chain, event, gap_record

RESTORED_EPOCH: Final = "0a0b0c0d0e0f1011"
SCENARIOS: Final = HERE.parent / "scenarios"
CITY_RULES: Final = (SCENARIOS / "city-rules.toml").read_text(encoding="utf-8")
EMPTIED: Final = 'id = "cn-799"\nversion = 1000000\ntitle = "Nothing is owed"\ndocument = "none"\n'
"""A pack that would replace a shipped one and holds none of its duties."""


def main() -> None:
    """Write every scenario into the directory given, else into the contract."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else SCENARIOS
    keys = json.loads((HERE / "keys.json").read_text())["keys"]
    signers = {name: signer_from_jwk(jwk) for name, jwk in keys.items()}
    for side, scenarios in (("hub", hub_scenarios(signers)), ("site", site_scenarios(signers))):
        folder = target / side
        folder.mkdir(parents=True, exist_ok=True)
        for name, scenario in scenarios.items():
            (folder / f"{name}.json").write_text(json.dumps(scenario, ensure_ascii=False, indent=1) + "\n")


def hub_scenarios(signers: Mapping[str, Signer]) -> dict[str, Scenario]:
    """Return what a hub receives, what it says of each message, and what it has at the end."""
    site, other = signers["site"], signers["other"]
    events = chain([event(number) for number in range(1, 6)], site)
    forked = chain([event(99)], site)[0]
    rewritten = chain([event(2)], site, {"event": Head(1, "b" * 64)})[0]
    health = chain([Draft("health", HEALTH)], site, {"event": Head(4, "4" * 64)})[0]
    record = gap_record(site, {"event": Head(2, events[1].report.digest)}, events[3].report.digest)
    restored = chain([event(1)], site, epoch=RESTORED_EPOCH)[0]
    birth = state(site, "ready", 1)
    mine = trusted(site)
    return {
        "in-order": hub("Three reports of a trusted key.", mine, [birth, *told(events[:3])], {"event": 3}),
        "duplicate": hub(
            "The same report twice.", mine, [birth, *told(events[:1]), sent(events[0], "duplicate")], {"event": 1}
        ),
        "reordered": hub(
            "A report before the one it continues: nothing passes it until that comes.",
            mine,
            [birth, sent(events[1], "verified"), sent(events[2], "verified"), sent(events[0], "verified")],
            {"event": 3},
        ),
        "gap": hub(
            "Reports 3 and 4 are missing.",
            mine,
            [birth, *told((*events[:2], events[4]))],
            {"event": 2},
            [["event", 3, 4]],
        ),
        "gap-explained": hub(
            "The same, and a gap record that names them: the chain closes over it.",
            mine,
            [birth, *told((*events[:2], events[4])), sent(record, "verified")],
            {"event": 5, "gap": 1},
        ),
        "fork": hub(
            "Two reports with one number: the first one counts.",
            mine,
            [birth, *told(events[:2]), sent(forked, "fork")],
            {"event": 2},
        ),
        "tampered": hub(
            "A changed payload, then a chain that the holder of the key has rewritten: the watermark never passes it.",
            mine,
            [birth, changed(events[0], "rejected:signature"), *told(events[:1]), sent(rewritten, "tamper")],
            {"event": 1},
        ),
        "lost-tail": hub(
            "A health report names four events, three are here.",
            mine,
            [birth, *told(events[:3]), sent(health, "verified")],
            {"event": 3, "health": 1},
            [["event", 4, 4]],
        ),
        "epoch-reset": hub(
            "The site begins a new epoch: its numbers begin anew.",
            mine,
            [birth, *told(events[:2]), state(site, "ready", 1, RESTORED_EPOCH), sent(restored, "verified")],
            {"event": 1},
            epoch=RESTORED_EPOCH,
        ),
        "late-will": hub(
            "The will of the first connection arrives after the birth of the second.",
            mine,
            [birth, state(site, "ready", 2), state(site, "lost", 1, expect="stale-state")],
            {},
        ),
        "unknown-key": hub(
            "Nobody has vouched for the key: kept, neither verified nor confirmed.",
            [],
            [state(site, "ready", 1, expect="untrusted"), sent(events[0], "untrusted")],
            {},
        ),
        "expired-key": hub(
            "What arrives after the last day of a key is refused, what came before stays.",
            trusted(site, until_h=1),
            [birth, *told(events[:1]), sent(events[1], "rejected:expired-key", after_h=2)],
            {"event": 1},
        ),
        "revoked-key": hub(
            "A key that was taken back.", trusted(site, revoked=True), [sent(events[0], "rejected:revoked-key")], {}
        ),
        "replay-to-another-site": hub(
            "A report on the topic of another site, and the key of another site on this one's topic.",
            [*mine, *trusted(other, name="SITE02")],
            [
                birth,
                {**sent(events[0], "rejected:site"), "topic": topic(SITE.city, "SITE02", "event")},
                sent(chain([event(1)], other)[0], "rejected:key-of-another-site"),
            ],
            {},
        ),
        "packs-reported": hub(
            "A site says that the document with the packs of rules is in force, then that it refused the next one.",
            mine,
            [
                birth,
                reported(site, Reported(SITE.id, SITE.city, EPOCH, 2, {}, "c" * 64)),
                reported(site, Reported(SITE.id, SITE.city, EPOCH, 2, {}, "c" * 64, Refused(3, "loosens", "is gone"))),
                *told(events[:1]),
            ],
            {"event": 1},
        ),
        "dispute": hub(
            "Somebody disputes a finding, and again in other words under the same id: both are events like any other.",
            mine,
            [birth, *told(chain([event(1), dispute(), dispute(altered=True)], site))],
            {"event": 3},
        ),
        "oversize": hub(
            "Larger than any report may be: `pad_bytes` says how many spaces follow the payload.",
            mine,
            [birth, {**sent(events[0], "rejected:size"), "pad_bytes": PAYLOAD_MAX_BYTES}],
            {},
        ),
    }


def site_scenarios(signers: Mapping[str, Signer]) -> dict[str, Scenario]:
    """Return what a site has made, what it receives, and what becomes of each message."""
    site, hub_key, other = signers["site"], signers["hub"], signers["other"]
    events = chain([event(number) for number in range(1, 6)], site)
    spot = Command(
        "spot-1", SITE.id, "check-now", AT, AT + timedelta(hours=1), spot_check=SpotCheck("n" * 22, ("gate1",))
    )
    policy = Desired(SITE.id, 1, AT, {"period_s": 300})

    def sent_packs(version: int, expect: str, *packs: str, name: str = SITE.id, key: Signer = hub_key) -> Step:
        document = write_desired(Desired(name, version, AT, {}, packs=packs))
        return step("desired", document, key, DESIRED_TYP, expect)

    def mark(number: int, ack_no: int, expect: str, digest: str = "", **more: str) -> Step:
        named = digest or events[number - 1].report.digest
        watermark = Watermark(more.get("site", SITE.id), EPOCH, ack_no, {"event": Head(number, named)})
        signer = signers[more.get("by", "hub")]
        return step("ack", write_watermark(watermark, AT), signer, more.get("typ", ACK_TYP), expect)

    return {
        "watermarks": having(
            "Two watermarks, the newer one twice.",
            events, hub_key,
            [mark(2, 10, "confirmed"), mark(4, 11, "confirmed"), mark(4, 11, "nothing-new")],
        ),
        "watermark-replayed": having(
            "An old watermark after a newer one: nothing goes back.",
            events, hub_key,
            [mark(4, 11, "confirmed"), mark(2, 10, "went-back")],
        ),
        "watermark-rolled-back": having(
            "A higher number that confirms less.", events, hub_key, [mark(4, 11, "confirmed"), mark(2, 12, "went-back")]
        ),
        "watermark-forged": having(
            "Signed by a key that is not pinned, by the site itself, and as something else.",
            events, hub_key,
            [
                mark(4, 11, "rejected:unknown-key", by="other"),
                mark(4, 11, "rejected:unknown-key", by="site"),
                mark(4, 11, "rejected:typ", typ=DESIRED_TYP),
            ],
        ),
        "watermark-of-another-site": having(
            "Right in everything but the site.", events, hub_key, [mark(4, 11, "rejected:site", site="SITE02")]
        ),
        "watermark-ahead": having(
            "It confirms a report that this site never made: the site is a restored copy and begins a new epoch.",
            events[:2], hub_key,
            [mark(4, 11, "ahead")],
        ),
        "watermark-of-a-fork": having(
            "It names another digest than the site's own.", events, hub_key, [mark(4, 11, "fork", digest="e" * 64)]
        ),
        "commands": having(
            "A command; the same from a key that is not pinned, for another site, and on another command's topic.",
            events[:1], hub_key,
            [
                ordered(spot, hub_key, "taken"),
                ordered(spot, other, "rejected:unknown-key"),
                ordered(replace(spot, site="SITE02"), hub_key, "rejected:site"),
                {**ordered(spot, hub_key, "rejected:payload"), "topic": topic(SITE.city, SITE.id, "cmd", "spot-2")},
            ],
        ),
        "decision": having(
            "What the hub decided on a dispute; the same from a key that is not pinned, and for another site.",
            events[:1], hub_key,
            [
                ordered(DECIDE, hub_key, "taken"),
                ordered(DECIDE, other, "rejected:unknown-key"),
                ordered(replace(DECIDE, site="SITE02"), hub_key, "rejected:site"),
            ],
        ),
        "desired": having(
            "A policy; the same from a key that is not pinned, for another site, and signed as a command.",
            events[:1], hub_key,
            [
                step("desired", write_desired(policy), hub_key, DESIRED_TYP, "taken"),
                step("desired", write_desired(policy), other, DESIRED_TYP, "rejected:unknown-key"),
                step("desired", write_desired(replace(policy, site="SITE02")), hub_key, DESIRED_TYP, "rejected:site"),
                step("desired", write_desired(policy), hub_key, COMMAND_TYP, "rejected:typ"),
            ],
        ),
        "packs": having(
            "Packs of rules: one is taken, then what is old, of another site, unpinned, wrong or looser; a later "
            "document without packs takes them out.",
            events[:1], hub_key,
            [
                sent_packs(2, "taken", CITY_RULES),
                sent_packs(2, "taken", CITY_RULES),
                sent_packs(1, "refused:version-not-rising", CITY_RULES),
                sent_packs(3, "rejected:site", CITY_RULES, name="SITE02"),
                sent_packs(3, "rejected:unknown-key", CITY_RULES, key=other),
                sent_packs(3, "refused:not-valid", CITY_RULES.replace("duty_zh", "dutyzh")),
                sent_packs(3, "refused:not-valid", CITY_RULES, CITY_RULES),
                sent_packs(3, "refused:loosens", EMPTIED),
                sent_packs(3, "taken"),
            ],
        ),
    }  # fmt: skip


if __name__ == "__main__":
    main()
