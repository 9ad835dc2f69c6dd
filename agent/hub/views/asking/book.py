"""Renders the answer to a question as a workbook; imported for that alone, as its library is large."""

from collections.abc import Sequence

from agent.hub.domain.asking.question import Answer, Question
from agent.hub.views.asking.tables import COUNT, rows_of
from agent.text.translate import translate
from agent.text.workbook import Sheet, SheetColumn, workbook


def book(asked: Question, answer: Answer, lang: str, about: Sequence[tuple[str, str]] = ()) -> bytes:
    """Return a sheet of the groups, whose names are texts, never formulas; before it one of what is said about them."""
    columns = [*map(SheetColumn, asked.by), SheetColumn(COUNT, numbers="0")]
    groups = Sheet(translate("counts", lang), columns, [[*names, count] for names, count in rows_of(asked, answer)])
    if not about:
        return workbook(groups)
    headings = [SheetColumn(translate("about", lang)), SheetColumn("")]
    return workbook(Sheet(translate("about", lang), headings, about), groups)
