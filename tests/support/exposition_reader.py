"""Reads Prometheus' text form, strictly: what Prometheus or promtool would refuse is an AssertionError here.

Source: Prometheus exposition formats, text format 0.0.4.
"""

from __future__ import annotations

import re

Sample = tuple[str | tuple[str, str], ...]
"""The name of a metric and its labels in order."""

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"'
LINE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? (-?[0-9.]+(?:e[+-]?[0-9]+)?|NaN|[+-]Inf)")
ESCAPED = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}


def read(text: str) -> dict[Sample, float]:
    """Return every sample; each metric is described once, just before its samples, and no sample stands twice."""
    assert text == "" or text.endswith("\n"), "the last line must end"
    found: dict[Sample, float] = {}
    described: set[str] = set()
    current, helped = "", ""
    for line in text.splitlines():
        if match := re.fullmatch(rf"# HELP ({NAME}) .+", line):
            helped = match[1]
        elif match := re.fullmatch(rf"# TYPE ({NAME}) (counter|gauge)", line):
            current = match[1]
            assert current == helped, f"{current} has no HELP"
            assert current not in described, f"{current} is described twice"
            assert current.endswith("_total") == (match[2] == "counter"), f"{current} is named like another kind"
            described.add(current)
        else:
            match = LINE.fullmatch(line)
            assert match is not None, f"not a sample: {line}"
            assert match[1] == current, f"{match[1]} is not described just before"
            labels = re.findall(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\.)*)"', match[2] or "")
            sample = (match[1], *((name, re.sub(r"\\.", lambda m: ESCAPED[m[0]], value)) for name, value in labels))
            assert sample not in found, f"{sample} stands twice"
            found[sample] = float(match[3])
    return found
