"""Write `agent/judge/checks/README.md`: each obligation of the shipped packs, the check that answers it, its tests.

And into `agent/judge/judging.md`, between two marks, what a pass of each check claims. Run it (`make generated`) after
a change of a pack, the tables of checks and obligations, the declarables or a test that names a check; a test holds the
files equal to what this makes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from agent.judge.check import Check
from agent.judge.checks.table import CHECKS
from agent.judge.obligations import HEARD, LOOK, OBLIGATIONS, TESTED, TURN, Obligation
from agent.observe.facts.link_tests import MASKS_COUNT_FOR
from agent.site.declarations.table import DECLARABLES
from agent.site.rules.pack import Observed, obligations
from agent.site.rules.read import shipped

ROOT: Final = Path(__file__).resolve().parent.parent
PAGE: Final = ROOT / "agent/judge/checks/README.md"
JUDGING: Final = ROOT / "agent/judge/judging.md"
BEGINS, ENDS = "<!-- obligations: made by packaging/write_checks_table.py -->", "<!-- end of obligations -->"
AGES: Final = {
    None: "-", LOOK: "a look (1 h)", TURN: "a turn (24 h)", MASKS_COUNT_FOR: "31 days", TESTED: "366 days",
    HEARD: "92 days",
}  # fmt: skip

OBSERVED: Final[dict[Observed, str]] = {"measured": "measured", "declared": "declared", "both": "measured + declared"}

OF_CHECKS: Final = re.compile("test_(checks|checks_.*|.*_checks|duties_.*|declared_check)")
LISTS: Final = frozenset({"test_rules", "test_text", "test_checks_table"})
"""Names of tests that judge checks, and of those that only list them."""

HEAD: Final = """\
# Checks

Made by `packaging/write_checks_table.py` (`make generated`) from the rule packs, the table of checks, the table of
declarables and the tests. Do not edit.

A check is one row of `CHECKS` (`table.py`). It is pure: configuration, facts and time in, findings out. What stands
on rules alone takes severity, source and duty from the packs (`agent/judge/wording/from_rules.py`); what rests on
somebody's word asks `agent/judge/wording/declared_words.py` whether it is due here, declared, and still counts. A
missing word is no finding of its own: `unknown`, and caused by `declarations`. `not_applicable` says why: `profile`
(the site's profile does not ask for it), `no-rule` (no rule in effect does), `exempt` (the rules do not apply to this
site), `none` (declared: there is no such thing here).

"""


PACK: Final = "datong-1-15"

ARTICLES: Final[dict[str, tuple[str, str]]] = {
    "article 1": ("", "Purpose: holds nothing that a site could be held against."),
    "article 2": (
        "Declared; beside it stands the list of recorders and cameras that were found.",
        "Whether an area touches public safety is no matter of measurement. `false` frees the site of no article.",
    ),
    "article 3": ("", "Principles: unified standards and sharing are judged by article 11."),
    "article 4": (
        "Declared, and compared with the organ that took the filing (article 15).",
        "Which organ is competent, and that it supervises, is the authority's own doing.",
    ),
    "article 5(1)": (
        "Declared for each camera. A secret one has its pictures in no hand-over report, and its name, place and "
        "overlay texts in nothing that a hub is told; each report is read back for pictures and logins.",
        "Whether something is a secret, and who may look at it on the site itself. Its id is told, by which it counts.",
    ),
    "article 5(2)": (
        "Masks are read, compared with approved ones, and looked for in pictures of every path, live and recorded; "
        "logins, factory passwords and open services are tried or read.",
        "What is private is drawn by a person. What no picture can prove a person attests.",
    ),
    "article 6": ("", "Rewards: holds nothing that a site could be held against."),
    "article 7": (
        "The place is declared by item; each required point must have a camera that runs.",
        "Whether a place is in a list, and whether points suffice, the authority says.",
    ),
    "article 8": ("Declared (`place-category = 8`): it frees of nothing.", "-"),
    "article 9": (
        "Declared for each camera: a forbidden place fails, masked or not. Names and overlays in Chinese and English "
        "only open a question to a person.",
        "No program sees that a room is a changing room.",
    ),
    "article 10": (
        "A camera on a public road, square or park needs the paper of an authority, and who built it; built by another "
        "unit, or without a paper, it fails. Unknown cameras and exchanged devices are found on the network.",
        "Whether a paper is genuine, and what the camera really looks at.",
    ),
    "article 11(1)": (
        "Streams are compared with their design; the paper on certificates is declared.",
        "That the system as a whole meets GB 37300 and others: no figure of them is confirmed.",
    ),
    "article 11(2)": (
        "The interface, also where no camera is linked: none fails; set up and registered by the device's word passes "
        "as told; a self-test in which a picture came passes as seen, for 366 days (a house figure) and for its box "
        "alone; one in which none came fails; an older one is unknown, and is to be repeated; neither told nor tested "
        "is unknown. Of linked cameras, by the settings that devices tell: codes, domain, area, industry, local ports, "
        "heartbeat, times.",
        "Whether the police platform answers, what it lists, and what it plays: `camwarden link test` is a platform of "
        "our own, and its result with a picture is read (`link-tests.json` in the state folder).",
    ),
    "article 12": (
        "Days of design, construction and use, of the main project and of the system: what came too late is a past "
        "breach, ended by an authority's note.",
        "The days are declared. That the design is no younger than the beginning of the main project's construction is "
        "our reading of designed together.",
    ),
    "article 13": (
        "Firm, class and end of qualification for design, building and maintenance: none, or ended at the firm that "
        "maintains, fails; ended when it designed or built is a past breach.",
        "Which class the state prescribes is not confirmed (`not-prescribed` may be declared); no certificate is told "
        "genuine.",
    ),
    "article 14(1), (2)": (
        "Who demonstrated the design, the accredited institution and who commissioned it, who took part in the "
        "acceptance, each outcome and day: failed fails, demonstrated or tested after the acceptance is a past breach.",
        "The papers stay with the site: their digests and what is declared of them are judged.",
    ),
    "article 14(3)": (
        "In use without acceptance fails, also by footage older than trial run and acceptance; in use before an "
        "acceptance that came later is a past breach.",
        "Footage that was deleted before the first look.",
    ),
    "article 15(1)": (
        "The deadline of 30 days, the organ and why it is competent, the five papers, and each device against the "
        "filed list: not filed fails, late is a past breach.",
        "That the organ has the papers: its receipt is declared.",
    ),
    "article 15(2)": (
        "Systems older than the Measures: not filed fails, later than 60 days after them is a past breach.",
        "The day of the receipt is declared.",
    ),
}
"""How each article is covered, and what of it is not and why."""


def page() -> str:
    """Return the text of the page."""
    return HEAD + _obligations() + _articles() + _others()


def judging(text: str) -> str:
    """Return `judging.md` with what each check claims now. Raises ValueError where a mark is missing."""
    before, found, rest = text.partition(BEGINS)
    _, ended, after = rest.partition(ENDS)
    if not found or not ended:
        raise ValueError(f"{JUDGING.name}: a mark is missing: {BEGINS} ... {ENDS}")
    lines = ["| check | claim | obligations | longest age | level |", "|---|---|---|---|---|"]
    lines += [row for check in CHECKS for row in _claims(check)]
    return "\n".join([before + BEGINS, "", *lines, "", ENDS + after])


def _claims(check: Check) -> Iterator[str]:
    """Yield a row for each age and level of a check's obligations."""
    groups: dict[tuple[str, str], list[Obligation]] = {}
    for one in OBLIGATIONS[check.id]:
        age = AGES[one.longest] + (f"; history `{one.history}`" if one.history else "")
        groups.setdefault((age, ", ".join(one.levels)), []).append(one)
    head = f"`{check.id}` | {check.duty}"
    for (age, levels), group in groups.items():
        yield f"| {head} | {', '.join(f'`{one.key}`' for one in group)} | {age} | {levels} |"
        head = " | "


def _obligations() -> str:
    lines = ["## Every obligation", "", "| obligation | source | check | severity | how | rests on | tests |",
             "|---|---|---|---|---|---|---|"]  # fmt: skip
    tests = _tests()
    for name, one in obligations(shipped()):
        cells = (
            f"`{name}`",
            str(one.source),
            f"`{one.check}`",
            one.severity,
            OBSERVED[one.observed],
            ", ".join(f"`{row.id}`" for row in DECLARABLES if row.check == one.check) or "-",
            _named(tests, one.check),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, "", ""])


def _articles() -> str:
    """Return each article of the Measures with its checks, how they cover it, and what they do not.

    Raises ValueError where the pack has an article that nobody described, or the other way round.
    """
    checks: dict[str, dict[str, None]] = {}
    for name, one in obligations(shipped()):
        if name.startswith(f"{PACK}/"):
            checks.setdefault(one.source.article, {})[f"`{one.check}`"] = None
    silent = {article for article, (how, _) in ARTICLES.items() if not how}
    if checks.keys() != ARTICLES.keys() - silent:
        raise ValueError(f"articles without a row, or rows without an article: {checks.keys() ^ ARTICLES.keys()}")
    lines = ["## The Datong Measures, article by article", "",
             "Each outcome of articles 2 to 15 is played in `tests/flow/test_articles.py`, or it says there why there "
             "is none. A past breach", "is over: it warns with its days, blocks no acceptance, and ends with an "
             "authority's note.", "",
             "| article | checks | covered, and how | not covered, and why |", "|---|---|---|---|"]  # fmt: skip
    for article, (how, why_not) in ARTICLES.items():
        lines.append(f"| {article} | {', '.join(checks.get(article, {})) or '-'} | {how or '-'} | {why_not} |")
    return "\n".join([*lines, "", ""])


def _others() -> str:
    named = {one.check for _, one in obligations(shipped())}
    tests = _tests()
    lines = ["## Checks of our own", "", "No rule stands behind these but our own promises.", "",
             "| check | source | severity | duty | tests |", "|---|---|---|---|---|"]  # fmt: skip
    lines += [_own(check, tests) for check in CHECKS if check.id not in named]
    return "\n".join([*lines, ""])


def _own(check: Check, tests: dict[str, list[str]]) -> str:
    return f"| `{check.id}` | {check.source} | {check.severity} | {check.duty} | {_named(tests, check.id)} |"


def _named(tests: dict[str, list[str]], check: str) -> str:
    return ", ".join(f"`{name}`" for name in tests.get(check, [])) or "none"


@cache
def _tests() -> dict[str, list[str]]:
    """Return the tests of each check, by its id: those of checks that name it, or where there is none, any others.

    A check is named in quotes, or by its row in the table.
    """
    files = {path.stem: path for path in (ROOT / "tests").rglob("test_*.py")}
    texts = {name: files[name].read_text("utf-8") for name in sorted(files)}
    rows = dict(_rows())
    found: dict[str, list[str]] = {}
    for check in (check.id for check in CHECKS):
        row = rows.get(check, check)
        said = re.compile(rf'"{re.escape(check)}[" ]|\b{re.escape(row)}\b')
        # Most texts do not hold the words at all, which is told much faster than where they stand.
        near = [name for name, text in texts.items() if name not in LISTS and (f'"{check}' in text or row in text)]
        naming = [name for name in near if said.search(texts[name])]
        found[check] = [name for name in naming if OF_CHECKS.fullmatch(name)] or naming
    return found


def _rows() -> Iterator[tuple[str, str]]:
    """Yield the id of each check with the name of its row as tests write it: `module.ROW`."""
    for check in CHECKS:
        path = Path(*check.run.__module__.split(".")).with_suffix(".py")
        module, source = path.stem, (ROOT / path).read_text("utf-8")
        row = re.search(rf"(?m)^(\w+) = \w+\(\s*(?:\"{re.escape(check.id)}\"|{_constant(source, check.id)})", source)
        if row is not None:
            yield check.id, f"{module}.{row[1]}"


def _constant(source: str, check: str) -> str:
    found = re.search(rf'(?m)^(\w+)(?:: Final)? = "{re.escape(check)}"', source)
    return found[1] if found else "(?!)"


def main() -> None:
    """Write the page, and the list in the other one."""
    PAGE.write_text(page(), "utf-8")
    JUDGING.write_text(judging(JUDGING.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
