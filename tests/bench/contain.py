"""Bench `contain`: what one bad site does to all others.

Run: python tests/bench/contain.py [--quick] [--json]. What each figure means stands in README.md beside this file.
"""

from __future__ import annotations

import os
from typing import Any

import contain_config
import contain_hub
import contain_text

from measure.figures import flags, show

PARTS = (contain_hub.views, contain_hub.trust_add, contain_hub.kills, contain_text.text, contain_config.config)


def main() -> None:
    """Measure each part, and print the one JSON object."""
    asked = flags(__doc__ or "")
    figures: dict[str, dict[str, Any]] = {}
    conditions: dict[str, Any] = {"load_1min_before": round(os.getloadavg()[0], 2)}
    for part in PARTS:
        measured, under = part(asked.quick)
        figures |= measured
        conditions |= under
    show("contain", asked, figures, conditions)


if __name__ == "__main__":
    main()
