"""Formats metrics as Prometheus text. Pure.

Apart from `agent/host/prometheus.py`, which serves it: who writes a number needs no web server.

Source: Prometheus exposition formats, text format 0.0.4.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

Kind = Literal["gauge", "counter"]
Labels = Mapping[str, str]


def block(name: str, kind: Kind, text: str, samples: Iterable[tuple[Labels, float]]) -> str:
    """Return one metric with its samples (labels, value); `name` has its unit, and of a counter ends in `_total`."""
    told = text.replace("\\", r"\\").replace("\n", r"\n")
    lines = [f"# HELP {name} {told}", f"# TYPE {name} {kind}"]
    for labels, value in samples:
        inside = ",".join(f'{label}="{_escaped(of)}"' for label, of in labels.items())
        lines.append(f"{name}{{{inside}}} {value:.15g}" if inside else f"{name} {value:.15g}")
    return "\n".join(lines) + "\n"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
