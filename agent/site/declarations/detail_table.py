"""Lists the details that a declaration has beside its value, by duty: what an article asks of a paper, firm or day.

A row without a check of its own rests on that of its duty (`agent/site/declarations/table.py`).
"""

from collections.abc import Mapping
from typing import Final

from agent.site.declarations.row import Choice, Detail

NOTE: Final = "authority-note"
"""The authority's note that ends a breach of the past, which nobody can undo."""

PASSED: Final = "passed"
FAILED: Final = "failed"
OTHER_BUILDER: Final = "other"
LOCAL: Final = "local"

_NOTE: Final = Detail(
    NOTE, "text", "Which note of the authority closed what was late or out of order? Its number and day.",
    is_asked=False, example="letter 2026-31 of 2026-11-02",
)  # fmt: skip
_OUTCOME: Final = (Choice(PASSED, "passed"), Choice(FAILED, "failed"))
_OF_ACCEPTANCE: Final = "acceptance-documents"


def _contractor(*more: Detail) -> tuple[Detail, ...]:
    return (
        Detail("firm", "text", "Which firm is it, by its full name?", example="Jinbei Security Engineering"),
        Detail("class", "text", "Which class has its qualification? not-prescribed: the state asks for none.",
               example="class 2"),
        Detail("certificate-until", "date", "Until which day does the certificate hold?"),
        *more,
    )  # fmt: skip


DETAILS: Final[Mapping[str, tuple[Detail, ...]]] = {
    "install-authority": (
        Detail(
            "builder", "choice", "Who built the camera in public space?",
            choices=(
                Choice("government", "a government department"),
                Choice("police", "the public security organ"),
                Choice("authorised", "another unit, which this paper names and authorises"),
                Choice(OTHER_BUILDER, "another unit, without an authority"),
            ),
        ),
        Detail("authority", "text", "Which authority gave the paper?", example="Pingcheng district government"),
    ),
    "main-project-date": (
        Detail("design-date", "date", "On which day was the design of the main project finished?"),
        Detail("construction-date", "date", "On which day did the construction of the main project begin?"),
        Detail("system-construction-date", "date", "On which day did the construction of the video system begin?"),
        _NOTE,
    ),
    "contractor-design": _contractor(_NOTE),
    "contractor-build": _contractor(_NOTE),
    "contractor-maintenance": _contractor(),
    "paper-design-review": (
        Detail("demonstrated-by", "text", "Who demonstrated the design: which public security organ and experts?",
               example="Pingcheng branch; Wang Wei, Zhao Min"),
        Detail("outcome", "choice", "With which outcome was the design demonstrated?", choices=_OUTCOME),
        _NOTE,
    ),
    "paper-test-report": (
        Detail("institution", "text", "Which institution tested the system?", example="Shanxi security testing centre"),
        Detail("accreditation", "text", "Under which accreditation does it test?", example="CMA 2104000000"),
        Detail("commissioned-by", "text", "Who commissioned the test?", example="Datong No. 17 School"),
        Detail("outcome", "choice", "With which outcome was the system tested?", choices=_OUTCOME),
        _NOTE,
    ),
    "paper-acceptance": (
        Detail("took-part", "text", "Who took part in the acceptance?", _OF_ACCEPTANCE,
               example="school, builder, Pingcheng branch"),
        Detail("outcome", "choice", "With which outcome did the acceptance end?", _OF_ACCEPTANCE, choices=_OUTCOME),
    ),
    "acceptance-date": (_NOTE,),
    "filing-datong": (
        Detail("organ", "text", "Which public security organ took the filing?",
               example="Pingcheng branch, public security bureau"),
        Detail(
            "affiliation", "choice", "Why is it that organ's?",
            choices=(
                Choice("affiliated", "the unit is affiliated, and files where its affiliation says"),
                Choice(LOCAL, "the unit has no affiliation, and files in its district or county"),
            ),
        ),
        _NOTE,
    ),
    "filing-national": (_NOTE,),
}  # fmt: skip
