"""How large the config report of a large site is, at its worst: for bench `contain`."""

from __future__ import annotations

from typing import Any

from delivery_sizes import WORST, config_of

from agent.report.config import CHAIN_BYTES
from agent.report.config_findings import encoded
from measure.figures import Figure

OF_256 = Figure("config_256_plain_bytes", "B", 524_288, "lower")
OF_64 = Figure("config_64_plain_bytes", "B", 131_072, "lower")


def sizes(cameras: int) -> dict[str, int]:
    """Return the bytes of the payload in each of the worst states, with what a chain puts around the body."""
    return {state: len(encoded(config_of(state, cameras)[0])) + CHAIN_BYTES for state in WORST}


def config(quick: bool) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """Measure the worst of three states of a site of 256 cameras, and of one of 64."""
    of_256, of_64 = sizes(16 if quick else 256), sizes(8 if quick else 64)
    figures = {OF_256.name: OF_256.of([max(of_256.values())]), OF_64.name: OF_64.of([max(of_64.values())])}
    return figures, {"config_bytes_of_256": of_256, "config_bytes_of_64": of_64}
