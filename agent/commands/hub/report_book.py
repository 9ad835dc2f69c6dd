"""Writes the workbook of `camwarden hub report --xlsx`. Names from sites are text in it, never formulas."""

from agent.commands.hub.report_table import worth
from agent.contract.repair_counts import CLASSES
from agent.hub.domain.figures import CHINA, METRICS
from agent.hub.views.assessment import Assessment, GroupRow
from agent.hub.views.figure_words import HEADINGS
from agent.report.indication import indication
from agent.text.site_time import local
from agent.text.translate import translate
from agent.text.workbook import Sheet, SheetColumn, Value


def sheets(found: Assessment, lang: str) -> tuple[Sheet, ...]:
    """Return the sheets of the workbook: groups, what is noted beside them, repairs by class, and what it is worth."""
    unranked = translate("no rank where less than 95 % of the site-days were reported", lang)
    columns = [
        SheetColumn(translate("rank", lang), unranked),
        SheetColumn(translate(found.by, lang)),
        SheetColumn(translate("sites", lang)),
        SheetColumn(translate("site-days due", lang)),
        SheetColumn(translate("site-days reported", lang)),
        SheetColumn(translate("reported", lang), numbers="0.0%"),
    ]
    for name in METRICS:
        columns.append(SheetColumn(translate(HEADINGS[name], lang), numbers="0.00%"))
        columns += [SheetColumn(translate(part, lang)) for part in ("numerator", "denominator", "excluded")]
        columns.append(SheetColumn(translate("share unknown", lang), numbers="0.00%"))
    rows: list[list[Value]] = []
    for row in found.rows:
        name = row.name or translate("unknown", lang)
        coverage = row.coverage_ratio if row.due else ""
        line: list[Value] = [row.rank or "", name, row.sites, row.due, row.reported, coverage]
        for metric in METRICS:
            line += _figure_cells(row, metric)
        rows.append(line)
    title = f"{found.first} - {found.last}"
    noted = _outages_sheet(found, lang), _works_sheet(found, lang), _words_sheet(found, lang)
    return (
        Sheet(title, columns, rows),
        *noted,
        _repairs_sheet(found, lang),
        *_corrected_sheets(found, lang),
        _worth_sheet(lang),
    )


def _worth_sheet(lang: str) -> Sheet:
    """Return what the workbook is worth, in a sheet of its own that goes wherever the figures go."""
    return Sheet(
        translate("What it is worth", lang), [SheetColumn(indication(lang))], [[one] for one in worth(lang)[1:]]
    )


def _outages_sheet(found: Assessment, lang: str) -> Sheet:
    columns = [
        SheetColumn(translate("site", lang)),
        SheetColumn(translate("days", lang)),
        SheetColumn(translate("share excluded", lang), numbers="0.00%"),
        SheetColumn(translate("days off", lang)),
    ]
    rows: list[list[Value]] = [[one.site, one.days, one.excluded_ratio, one.days_off] for one in found.outages]
    return Sheet(translate("planned outages", lang), columns, rows)


def _works_sheet(found: Assessment, lang: str) -> Sheet:
    headings = ("site", "where", "begins", "ends", "planned by", "why")
    rows: list[list[Value]] = [
        [
            one.site, one.plan.subject, local(one.plan.start_at, CHINA), local(one.plan.until, CHINA), one.plan.by,
            one.plan.why,
        ]
        for one in found.works
    ]  # fmt: skip
    return Sheet(translate("planned work", lang), [SheetColumn(translate(one, lang)) for one in headings], rows)


def _words_sheet(found: Assessment, lang: str) -> Sheet:
    headings = ("site", "check", "where", "acknowledged by", "said at", "until", "why")
    rows: list[list[Value]] = [
        [one.site, one.known.check, one.known.subject, one.known.by, local(one.known.at, CHINA),
         local(one.known.until, CHINA), one.known.why]
        for one in found.words
    ]  # fmt: skip
    return Sheet(translate("acknowledged", lang), [SheetColumn(translate(one, lang)) for one in headings], rows)


def _corrected_sheets(found: Assessment, lang: str) -> tuple[Sheet, ...]:
    """Return what decisions on disputes change, and by which decision; no sheet where they change nothing."""
    rows: list[list[Value]] = [
        [row.name or translate("unknown", lang), translate(HEADINGS[name], lang), row.ratio(name) or 0.0,
         *row.figures[name][:2], after if (after := row.corrected_ratio(name)) is not None else "", *one[:2]]
        for row in found.rows
        for name, one in row.corrected.items()
    ]  # fmt: skip
    decided: list[list[Value]] = [
        [one.site, one.said.check, one.said.subject, one.said.by, local(one.said.at, CHINA), one.said.why,
         one.decision.by, local(one.decision.at, CHINA), one.decision.why]
        for one in found.decided
        if one.decision is not None
    ]  # fmt: skip
    if not decided:
        return ()
    parts = ("reported", "numerator", "denominator", "corrected", "numerator", "denominator")
    columns = [SheetColumn(translate(found.by, lang)), SheetColumn(translate("figure", lang))]
    columns += [
        SheetColumn(translate(one, lang), numbers="0.00%" if one in ("reported", "corrected") else "") for one in parts
    ]
    headings = ("site", "check", "where", "disputed by", "said at", "why", "decided by", "decided at", "why decided so")
    return (
        Sheet(translate("corrected", lang), columns, rows),
        Sheet(translate("overturned", lang), [SheetColumn(translate(one, lang)) for one in headings], decided),
    )


def _repairs_sheet(found: Assessment, lang: str) -> Sheet:
    headings = (translate(found.by, lang), translate("class of fault", lang), translate("repaired", lang))
    columns = [SheetColumn(heading) for heading in headings]
    columns.append(SheetColumn(translate("mean time to repair, hours", lang), numbers="0.0"))
    columns.append(SheetColumn(translate("came and went", lang)))
    rows: list[list[Value]] = [
        [row.name or translate("unknown", lang), translate(CLASSES[name], lang), one.repaired, one.mean_s / 3600,
         one.flapped]
        for row in found.rows
        for name, one in row.repairs.items()
    ]  # fmt: skip
    return Sheet(translate("repairs", lang), columns, rows)


def _figure_cells(row: GroupRow, metric: str) -> list[Value]:
    ratio, unknown = row.ratio(metric), row.unknown_ratio(metric)
    if ratio is None or unknown is None:
        return ["", "", "", "", ""]
    good, of, _, excluded = row.figures[metric]
    return [ratio, good, of, excluded, unknown]
