"""Every command, check, driver and bench stands in the page that is to tell of it, and links lead somewhere."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from agent.cli import COMMANDS
from agent.judge.checks.table import CHECKS
from drivers.registry import DRIVERS, STORES

ROOT = Path(__file__).parents[2]
LEFT_OUT = {".venv", "build", "node_modules", "dist", ".git"}
PAGES = sorted(
    path.relative_to(ROOT) for path in ROOT.rglob("*.md") if not LEFT_OUT & set(path.relative_to(ROOT).parts)
)
PICTURE_MAX_BYTES = 200_000
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def page(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def rows(text: str) -> Counter[str]:
    """Count the first cells of table rows."""
    return Counter(re.findall(r"(?m)^\| `([^`]+)` \|", text))


def missing(names: Iterable[str], *texts: str) -> list[str]:
    return [name for name in names if not any(f"`{name}`" in text for text in texts)]


def headings(text: str) -> set[str]:
    """Return the anchors of a page. Source: GitHub, "Section links": lower case, no punctuation, dashes for blanks."""
    found = re.findall(r"(?m)^#+ (.+)$", re.sub(r"(?ms)^```.*?^```", "", text))
    return {re.sub(r"[^\w\- ]", "", one.lower()).strip().replace(" ", "-") for one in found}


def broken_links(path: Path) -> list[str]:
    """Return the links of a page that lead to no file, or to no heading of one."""
    wrong = []
    for target in LINK.findall(re.sub(r"(?ms)^```.*?^```|`[^`]*`", "", path.read_text("utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (path.parent / name).resolve() if name else path
        if not file.exists() or (anchor and anchor not in headings(file.read_text("utf-8"))):
            wrong.append(target)
    return wrong


def test_each_command_has_one_row_in_the_table_of_the_first_page() -> None:
    assert rows(page("README.md")) == Counter(f"camwarden {name}" for name in COMMANDS)


def test_each_check_stands_in_the_pages_on_checks() -> None:
    assert (
        missing((check.id for check in CHECKS), page("agent/judge/judging.md"), page("agent/judge/checks/README.md"))
        == []
    )


def test_each_driver_and_kind_of_store_stands_in_the_page_on_drivers() -> None:
    assert missing((*DRIVERS, *STORES), page("drivers/README.md")) == []


def test_each_bench_stands_in_the_page_on_benches_and_is_run_by_make() -> None:
    shown = re.compile(r'(?m)^    show\("([a-z_]+)"')
    benches = {name for path in (ROOT / "tests/bench").glob("*.py") for name in shown.findall(path.read_text("utf-8"))}
    told = {name for line in re.findall(r"(?m)^## (.+)$", page("tests/bench/README.md")) for name in line.split(", ")}
    made = re.search(r"for name in (.*?); do", page("Makefile"))
    assert made is not None
    assert benches == set(made[1].split())
    assert benches - told == set()


def test_no_module_has_two_rows_in_the_table_of_modules() -> None:
    modules = page("agent/README.md").partition("## Types")[0]
    cells = "\n".join(re.findall(r"(?m)^\| (`[^|]+) \|", modules))
    named = Counter(re.findall(r"`([a-z_/*]+(?:\.py)?)`", cells))
    assert len(named) > 50
    assert {name: count for name, count in named.items() if count > 1} == {}


def test_no_decision_and_no_section_of_the_agent_stands_on_two_pages() -> None:
    pages = [page(f"agent/{name}.md") for name in ("README", "service/operate", "judge/judging", "deliver/delivery")]
    decided = Counter(re.findall(r"(?m)^\| 20\d\d-\d\d-\d\d \| (.+?) \|", "\n".join(pages)))
    sections = Counter(one for text in pages for one in re.findall(r"(?m)^## (.+)$", text) if one != "Decisions")
    assert len(decided) > 100
    assert [one for one, count in (decided + sections).items() if count > 1] == []


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_links_between_pages_lead_somewhere(path: Path) -> None:
    assert broken_links(ROOT / path) == []


def test_a_link_that_leads_nowhere_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(
        "# One thing\n[b](b.md) [c](a.md#one-thing) [d](#two) ![e](e.png) [f](https://x.example)"
    )
    assert broken_links(tmp_path / "a.md") == ["b.md", "#two", "e.png"]


def test_the_first_page_shows_a_picture_that_loads_at_once() -> None:
    shown = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", page("README.md"))
    assert shown
    for name in shown:
        data = (ROOT / name).read_bytes()
        assert data.startswith(b"\x89PNG") and len(data) < PICTURE_MAX_BYTES, name
