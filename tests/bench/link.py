"""Bench `link`: is the self-test of the police link right about odd devices, and does a flood or a catalogue harm it?

Run: python tests/bench/link.py [--quick] [--json]. The devices are simulated, and their habits stand with the right
results in tests/support/link_quirks.py; what goes over real sockets stands in `link_parts.py`.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from link_parts import flooded, is_flood_survived, kept_secrets, keyframes_s
from link_quirks import QUIRKS, RIGHT, is_right, outcome

from measure.figures import Figure, flags, say, show

SURVIVED = Figure("quirks_survived", "", 23, "higher")
NAMED = Figure("quirks_named", "", 19, "higher")
FLOOD_OK = Figure("flood_ok", "", 1, "higher")
FLOOD_MB = Figure("flood_more_mb", "MB", 10, "lower")
KEYFRAME = Figure("keyframe_s", "s", 3, "lower")
KEPT = Figure("catalog_secrets_kept_bytes", "bytes", 0, "lower")


def main() -> None:
    """Measure, and print the one JSON object."""
    asked = flags(__doc__ or "")
    survived, named, wrong = quirks(("UDP",) if asked.quick else ("UDP", "TCP"))
    say(f"quirks: {survived} survived, {named} named, wrong: {wrong}")
    taken = []
    for transport in ("UDP",) if asked.quick else ("UDP", "TCP"):
        taken += keyframes_s(("TCP",) if asked.quick else ("TCP", "UDP", "TCP-active"), transport)
    say(f"key pictures: {taken}")
    secrets = kept_secrets(30 if asked.quick else 500)
    say(f"secrets: {secrets}")
    flood = flooded(2, 1, 2) if asked.quick else flooded(60, 15, 30)
    more_mb = max(0.0, flood["beside"]["peak_mb"] - flood["without"]["peak_mb"])
    figures = {
        SURVIVED.name: SURVIVED.of([survived]),
        NAMED.name: NAMED.of([named]),
        FLOOD_OK.name: FLOOD_OK.of([is_flood_survived(flood)]),
        FLOOD_MB.name: FLOOD_MB.of([more_mb]),
        KEYFRAME.name: KEYFRAME.of(taken),
        KEPT.name: KEPT.of([sum(secrets[where] for where in ("result", "log", "files", "held"))]),
    }
    show("link", asked, figures, {"habits": len(RIGHT), "wrong": wrong, "secrets": secrets, "flood": flood})


def quirks(transports: tuple[str, ...]) -> tuple[int, int, list[str]]:
    """Play every habit; return how many quirks came to the right result, how many were named, and what was wrong."""
    wrong: list[str] = []
    named: dict[int, bool] = {}
    for name, right in RIGHT.items():
        for transport in transports:
            result, _ = outcome(name, transport)
            if not is_right(name, transport, result):
                wrong.append(f"{name} ({transport})")
            told = bool(result.quirks) or any(one.reason for one in result.steps)
            if right.quirk and not right.why_unnamed and (transport == "UDP" or not right.udp_only):
                named[right.quirk] = named.get(right.quirk, True) and told
    lost = {RIGHT[one.rpartition(" (")[0]].quirk for one in wrong}
    return len(set(QUIRKS) - lost), sum(named.values()), wrong


if __name__ == "__main__":
    main()
