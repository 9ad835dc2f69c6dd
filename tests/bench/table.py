"""Put the figures of `build/bench/*.json` into Markdown pages, as a table between two marker comments.

Run: python tests/bench/table.py PAGE... [--results DIRECTORY] [--check]. A page has, on lines of their own,

    <!-- figures: probe capture -->
    <!-- end of figures -->

and names the benches whose figures it shows; what stands between the two lines is replaced. `--check` changes nothing
and fails where a page is not up to date.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent.parent.parent / "build" / "bench"
_MARKED = re.compile(r"(<!-- figures: ([a-z0-9_ ]+) -->\n).*?(<!-- end of figures -->)", re.DOTALL)


class TableError(Exception):
    """A page or a result cannot be used."""


def table(results: list[dict[str, Any]]) -> str:
    """Write the figures of some benches as a Markdown table, with the days and machines on which they were measured.

    Of each, `loop_ms` is told, for the speed of one machine changes with the hour.

    Raises:
        TableError: A result is not one, or comes from a quick run.
    """
    lines = ["| bench | figure | measured | goal | spread | n |", "|---|---|---|---|---|---|"]
    machines: dict[str, list[float]] = {}
    for result in results:
        try:
            if result.get("quick"):
                raise TableError(f"the result of {result['bench']} is of a quick run: it means nothing")
            machine = result["machine"]
            where = f"{machine['processor']}, {machine['cpus']} CPUs, Python {machine['python']}"
            machines.setdefault(f"{machine['measured_at'][:10]} on {where}", []).extend(machine["loop_ms"])
            for name, one in result["figures"].items():
                sign = {"lower": "<=", "higher": ">="}[one["better"]]
                reached = one["value"] <= one["goal"] if one["better"] == "lower" else one["value"] >= one["goal"]
                value = f"{_number(one['value'])} {one['unit']}".rstrip() + ("" if reached else ", **missed**")
                spread = f"{_number(one['low'])} to {_number(one['high'])}"
                cells = (result["bench"], f"`{name}`", value, f"{sign} {_number(one['goal'])}", spread, str(one["n"]))
                lines.append(f"| {' | '.join(cells)} |")
        except (KeyError, TypeError) as error:
            raise TableError(f"not the result of a bench: {error!r} is missing or of another kind") from None
    told = [f"{where}, `loop_ms` {min(loops):.0f} to {max(loops):.0f}" for where, loops in machines.items()]
    return "\n".join([*lines, "", f"Medians. Measured on {'; '.join(told)}.", ""])


def filled(page: str, results: Path) -> str:
    """Return the page with its tables made anew from the JSON files in `results`.

    Raises:
        TableError: The page has no markers, or a result is missing.
    """
    if not _MARKED.search(page):
        raise TableError("the page has no pair of marker comments")

    def replaced(found: re.Match[str]) -> str:
        return found[1] + table([_read(results, name) for name in found[2].split()]) + found[3]

    return _MARKED.sub(replaced, page)


def _read(results: Path, name: str) -> dict[str, Any]:
    try:
        return json.loads((results / f"{name}.json").read_bytes())  # type: ignore[no-any-return]
    except FileNotFoundError:
        raise TableError(f"no result of {name}: run `make bench`") from None
    except ValueError:
        raise TableError(f"the result of {name} is no JSON") from None


def _number(value: float) -> str:
    if abs(value) >= 100 or value == int(value):
        return f"{value:.0f}"
    if abs(value) < 0.1:
        return f"{value:.4f}"
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"


def main() -> int:
    """Fill the pages named on the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("pages", nargs="+", type=Path)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    for page in args.pages:
        before = page.read_text()
        try:
            after = filled(before, args.results)
        except TableError as error:
            print(f"{page}: {error}", file=sys.stderr)
            return 1
        if args.check and after != before:
            print(f"{page}: its figures are not those of {args.results}", file=sys.stderr)
            return 1
        if after != before:
            beside = page.with_name(f".{page.name}.new")
            beside.write_text(after)
            beside.replace(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
