"""Renders the two opening pages of a case: its contents, result, limits, and how to verify it.

The pages are `case_page.*.md`; here they are filled in with what changes from case to case.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from agent.contract.chain import utc_text
from agent.hub.case.asked import LANGUAGES, Asked
from agent.hub.case.contested import beside, number_of
from agent.hub.case.history import StatusSpan, durations
from agent.hub.domain.rows.disputes import DisputeRow
from agent.hub.domain.rows.people import Author
from agent.model.finding import Source
from agent.report.indication import error_rates, indication
from agent.site.rules.pack import place_in
from agent.site.rules.read import shipped
from agent.text.translate import together, translate


@dataclass(frozen=True, slots=True)
class About:
    """Subject and results of a case."""

    site: str
    city: str
    check: str
    start: datetime
    end: datetime
    rules: Sequence[Asked]
    site_kids: Sequence[str]
    hub_kid: str
    envelopes: int
    missing: int


NAMES: Final[Mapping[str, str]] = {"README.en.md": "en", "README.zh.md": "zh_CN"}

_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "head": "| subject | from | until | status | reason | rule | what was reported | told by |",
        "none": "No report of this time tells of this check.",
        "sum": "In hours, by status: ",
        "missing": "{missing} reports of the time are not here: see `gaps.json`.",
        "complete": "No report of the time is missing.",
        "more": "and {n} more",
        "indication": "technical indication: nobody has confirmed this reading of the rule",
        "confirmed": "this reading of the rule was confirmed by {by} on {on}",
        "no_rule": "The reports name no rule.",
        "mark": ", disputed {number}",
        "undisputed": "Nobody disputes it.",
        "disputed_by": "**{number}** {subject}: disputed by {by} on {day}: {why}",
        "due": "A decision is due by {day}.",
        "decided": "Decided by {by} on {day}: {outcome} ({why})",
        "upheld": "the finding was right",
        "overturned": "the finding was wrong",
        "remedied": "the finding was right, and is mended since",
        "person": ": {name}, as the site told the hub, last on {told}",
        "erased": ": the name was erased at the hub on {erased}",
        "untold": ": the site told the hub no name",
        "nobody": "Nobody is named.",
    },
    "zh_CN": {
        "head": "| 对象 | 起 | 止 | 状态 | 原因 | 依据条款 | 报告内容 | 所据报告 |",
        "none": "此期间没有报告提到该检查项。",
        "sum": "各状态小时数：",  # noqa: RUF001
        "missing": "此期间缺少 {missing} 份报告，见 `gaps.json`。",  # noqa: RUF001
        "complete": "此期间不缺少报告。",
        "more": "另有 {n} 份",
        "indication": "技术性提示：对该条款的理解尚未经人确认",  # noqa: RUF001
        "confirmed": "对该条款的理解已经确认：{by}，{on}",  # noqa: RUF001
        "no_rule": "报告未提及任何条款。",
        "mark": "，有异议 {number}",  # noqa: RUF001
        "undisputed": "无人提出异议。",
        "disputed_by": "**{number}** {subject}：{by} 于 {day} 提出异议：{why}",  # noqa: RUF001
        "due": "裁定期限：{day}。",  # noqa: RUF001
        "decided": "{by} 于 {day} 裁定：{outcome}（{why}）",  # noqa: RUF001
        "upheld": "维持原结论",
        "overturned": "撤销原结论",
        "remedied": "原结论属实，现已整改",  # noqa: RUF001
        "person": "：{name}（由点位告知监管平台，最近一次为 {told}）",  # noqa: RUF001
        "erased": "：姓名已于 {erased} 在监管平台删除",  # noqa: RUF001
        "untold": "：点位未告知姓名",  # noqa: RUF001
        "nobody": "未涉及任何人。",
    },
}
_ROWS_MOST = 500
_TOLD_BY_MOST = 3


def readme(
    about: About, rows: Sequence[StatusSpan], disputed: Sequence[DisputeRow], people: Sequence[Author], lang: str
) -> str:
    """Return the page in a language. What a site wrote cannot break out of its cell of the table."""
    words = _WORDS[lang]
    named = [f"--kid {kid}" for kid in (*about.site_kids, about.hub_kid)]
    missing = words["missing" if about.missing else "complete"].format(missing=about.missing)
    page = (Path(__file__).parent / f"page.{lang}.md").read_text("utf-8")
    return page.format(
        check=about.check,
        indication=indication(lang),
        rates=together(
            (f"{title} {rates}".strip() for title, rates in error_rates((about.check,), {}, lang)), lang, "; "
        ),
        site=about.site,
        city=about.city,
        start=utc_text(about.start),
        end=utc_text(about.end),
        rules=_rules(about.rules, lang),
        table=_table(rows, about.rules, disputed, lang) if rows else words["none"],
        disputes=_disputes(disputed, lang),
        people=_people(people, lang),
        sums=_sums(rows, lang),
        missing=missing,
        envelopes=about.envelopes,
        kids=" ".join(named),
    )


def _rules(rules: Sequence[Asked], lang: str) -> str:
    """Return a line for each rule: its place, what it asks, and whether anybody confirmed that reading."""
    words, number = _WORDS[lang], LANGUAGES.index(lang)
    lines = []
    for one in rules:
        said = words["confirmed"].format(by=_cell(one.by), on=_cell(one.on)) if one.by else words["indication"]
        lines += [f"- **{_cell(one.place[number])}**", f"  {_cell(one.duty[number]) or '-'}", f"  *{said}*"]
    return "\n".join(lines) or words["no_rule"]


def _named(row: StatusSpan, rules: Sequence[Asked], lang: str) -> str:
    """Return the rules of a row, each as it is named above the table."""
    number = LANGUAGES.index(lang)
    known = {(one.document, one.article): one.place[number] for one in rules}
    pairs = Source(row.document, row.article).pairs() if row.document else ()
    return ("\uff1b" if lang == "zh_CN" else "; ").join(
        known.get(pair) or place_in(*pair, shipped(), lang) for pair in pairs
    )


def _disputes(disputed: Sequence[DisputeRow], lang: str) -> str:
    """Return a line for each dispute, and one below it for its decision or when that is due."""
    words, lines = _WORDS[lang], []
    for one in disputed:
        said, word = one.said, one.decision
        told = {"number": number_of(one), "subject": _cell(said.subject), "by": _cell(said.by), "why": _cell(said.why)}
        lines.append("- " + words["disputed_by"].format(**told, day=utc_text(said.at)[:10]))
        if word is None:
            lines.append("  " + words["due"].format(day=utc_text(one.due_at())[:10]))
        else:
            outcome = words[word.outcome]
            day, by, why = utc_text(word.at)[:10], _cell(word.by), _cell(word.why)
            lines.append("  " + words["decided"].format(by=by, day=day, outcome=outcome, why=why))
    return "\n".join(lines) or words["undisputed"]


def _people(people: Sequence[Author], lang: str) -> str:
    """Return a line for each id that stands above, with the name behind it or why there is none."""
    lines = []
    for one in people:
        kind = "person" if one.name else "erased" if one.erased_at else "untold"
        told = {"name": _cell(one.name), "told": one.told_at[:10], "erased": one.erased_at[:10]}
        lines.append(f"- `{one.id}`" + _WORDS[lang][kind].format(**told))
    return "\n".join(lines) or _WORDS[lang]["nobody"]


def _table(rows: Sequence[StatusSpan], rules: Sequence[Asked], disputed: Sequence[DisputeRow], lang: str) -> str:
    words = _WORDS[lang]
    lines = [words["head"], "|---|---|---|---|---|---|---|---|"]
    for row in rows[:_ROWS_MOST]:
        more = [words["more"].format(n=len(row.told_by) - _TOLD_BY_MOST)] if len(row.told_by) > _TOLD_BY_MOST else []
        told_by = together((*row.told_by[:_TOLD_BY_MOST], *more), lang)
        status = translate(row.status, lang) + (" clock?" if row.clock_unsure else "")
        status += "".join(words["mark"].format(number=number_of(one)) for one in beside(row, disputed))
        cells = (row.subject, utc_text(row.from_at), utc_text(row.to_at), status, row.reason,
                 _named(row, rules, lang), row.message, told_by)  # fmt: skip
        lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    if len(rows) > _ROWS_MOST:
        lines.append(f"| ... ({len(rows) - _ROWS_MOST}, `calculation.json`) | | | | | | | |")
    return "\n".join(lines)


def _sums(rows: Sequence[StatusSpan], lang: str) -> str:
    lines = []
    for subject, seconds in durations(rows).items():
        told = together((f"{translate(status, lang)} {of / 3600:.2f}" for status, of in sorted(seconds.items())), lang)
        lines.append(f"- {_cell(subject)}: {_WORDS[lang]['sum']}{told}")
    return "\n".join(lines)


def _cell(text: str) -> str:
    plain = "".join(char if char.isprintable() else " " for char in text)
    for mark in "\\|`<>[]*_":
        plain = plain.replace(mark, f"\\{mark}")
    return plain
