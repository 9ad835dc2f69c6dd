"""Every command, check, driver and bench stands in the page that is to tell of it, and links lead somewhere."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from house_rules import ORDER, PACKAGES

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


def test_each_command_has_one_row_in_the_page_of_commands() -> None:
    assert rows(page("agent/commands/README.md")) == Counter(f"camwarden {name}" for name in COMMANDS)


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
    made = re.search(r"(?m)^BENCHES \?= (.*)$", page("Makefile"))
    assert made is not None
    assert benches == set(made[1].split())
    assert benches - told == set()


def test_each_room_has_one_row_in_the_page_of_the_agent_in_the_order_of_imports() -> None:
    table = page("agent/README.md").partition("## Rooms")[2].partition("\n## ")[0]
    linked = re.findall(r"(?m)^\| \[([a-z]+)\]\(([^)]+)\) \|", table)
    rooms = [room for room in ORDER if room not in PACKAGES]
    assert linked == [(room, f"{room}/README.md") for room in (*rooms, "design")]


def test_the_page_of_a_room_has_its_four_parts() -> None:
    parts = ("**In.**", "**Out.**", "**Decides.**", "**Must not touch.**")
    heads = ("| in -> out | decides | must not touch |",)
    rooms = [room for room in ORDER if room not in PACKAGES]
    pages = {room: page(f"agent/{room}/README.md") for room in rooms}
    assert [
        room
        for room, text in pages.items()
        if not all(part in text for part in parts) and not all(head in text for head in heads)
    ] == []


def pages_above(folder: Path) -> list[Path]:
    """Return the pages of the folders that a folder lies in, up to its package."""
    return [path / "README.md" for path in folder.parents if path.is_relative_to(ROOT) and path != ROOT]


def test_each_folder_of_modules_has_a_page_or_is_named_in_one_above() -> None:
    folders = {path.parent for package in PACKAGES for path in (ROOT / package).rglob("__init__.py")}
    without = [
        str(folder.relative_to(ROOT))
        for folder in sorted(folders)
        if not (folder / "README.md").exists()
        and not any(
            re.search(rf"`{folder.name}/?`", path.read_text("utf-8")) for path in pages_above(folder) if path.exists()
        )
    ]
    assert without == []


def test_no_folder_has_two_rows_in_the_page_above() -> None:
    above = {ROOT / path for path in PAGES if path.parts[0] in PACKAGES and path.name == "README.md"}
    rows_of = Counter(
        (str(path), one)
        for path in above
        for one in re.findall(r"(?m)^\| [\[`]([a-z_]+)/[\]`]", path.read_text("utf-8"))
    )
    assert len(rows_of) > 30
    assert [one for one, count in rows_of.items() if count > 1] == []


def test_the_modules_that_pages_name_are_there() -> None:
    gone = {
        str(path): lost
        for path in PAGES
        if path.parts[0] in PACKAGES
        and (
            lost := [
                name
                for name in re.findall(r"`([a-z][a-z0-9_/]*\.py)`", page(str(path)))
                if not any((place / name).exists() for place in (ROOT / path.parent, ROOT / "agent", ROOT))
            ]
        )
    }
    assert gone == {}


def test_a_word_of_the_glossary_has_one_row_and_one_word_in_chinese() -> None:
    table = page("agent/README.md").partition("## Glossary")[2]
    words = re.findall(r"(?m)^\| ([a-z][a-z ]*) \| (\w+) \|", table)[1:] if table else []
    assert len(words) >= 40
    assert [one for one, count in Counter(word for pair in words for word in pair).items() if count > 1] == []


def decisions() -> dict[str, str]:
    """Return the pages of decisions by their names, in the order of their numbers."""
    return {path.name: path.read_text("utf-8") for path in sorted((ROOT / "agent/design").glob("[0-9]*.md"))}


def test_a_page_of_decisions_is_one_with_its_day_and_its_choice() -> None:
    form = re.compile(r"# .+\n\n20\d\d-\d\d-\d\d, .+\n\n\*\*Choice(\.|, and why\.)\*\* ")
    assert [name for name, text in decisions().items() if not form.match(text) or text.count("\n# ")] == []


def test_each_decision_of_the_agent_stands_once_and_in_the_folder_of_decisions() -> None:
    texts = decisions()
    decided = Counter(text.splitlines()[0] for text in texts.values())
    assert len(decided) > 350
    assert [one for one, count in decided.items() if count > 1] == []
    rows_elsewhere = re.compile(r"(?m)^\| 20\d\d-\d\d-\d\d \| .+? \|")
    assert [str(path) for path in PAGES if path.parts[0] == "agent" and rows_elsewhere.search(page(str(path)))] == []


def test_decisions_are_numbered_without_a_gap_and_stand_in_their_index() -> None:
    texts = decisions()
    assert [name[:4] for name in texts] == [f"{number:03d}-" for number in range(1, len(texts) + 1)]
    told = {}
    for room, table in re.findall(r"(?ms)^## (.+?)$(.*?)(?=^## |\Z)", page("agent/design/README.md")):
        rows_of = re.findall(r"(?m)^\| \[(\d+)\]\((\S+)\) \| (\S+) \| (.+) \|$", table)
        assert rows_of == sorted(rows_of), room
        told.update({name: (number, f"# {title}", f"{day}, {room}".lower()) for number, name, day, title in rows_of})
    # A character that would end a cell of the table is escaped there.
    found = {name: (name[:3], *text.replace("|", "\\|").splitlines()[0:3:2]) for name, text in texts.items()}
    assert told == {name: (number, title, line.lower()) for name, (number, title, line) in found.items()}


def test_no_section_of_the_agent_stands_on_two_pages() -> None:
    pages = [page(f"agent/{name}.md") for name in ("README", "service/operate", "judge/judging", "deliver/delivery")]
    sections = Counter(one for text in pages for one in re.findall(r"(?m)^## (.+)$", text))
    assert [one for one, count in sections.items() if count > 1] == []


def test_links_between_pages_lead_somewhere() -> None:
    assert {str(path): broken for path in PAGES if (broken := broken_links(ROOT / path))} == {}


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
