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


_ASKED_ONLY: Final = "declarations"
"""Details that no check but that of open declarations rests on: a filing asks for them."""

_CREDIT_CODE: Final = "[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}"
"""Source: GB 32100-2015, unified social credit code."""

_YES_NO: Final = (Choice("yes", "yes"), Choice("no", "no"))

DATA_SHEET: Final = (
    Detail("model", "text", "Which model is the camera?", is_asked=False, example="DS-2CD3T47"),
    Detail("serial", "text", "Which serial number has the camera?", is_asked=False, example="F12345678"),
    Detail("lens", "text", "Which lens has it: focal length in mm, aperture?", is_asked=False, example="4 mm F1.6"),
    Detail("sensor", "text", "Which sensor has it: size, resolution?", is_asked=False, example="1/1.8 in, 4 MP"),
    Detail("infrared-m", "text", "How far does its infrared light reach, in metres?", is_asked=False,
           like="[0-9]{1,4}", example="50"),
    Detail("protection-class", "text", "Which protection class has its housing?", is_asked=False, example="IP67, IK10"),
    Detail("turns", "choice", "Can it turn or zoom?", is_asked=False, choices=_YES_NO),
    Detail("sound", "choice", "Can it take sound?", is_asked=False, choices=_YES_NO),
    Detail("gb28181", "choice", "Which version of GB/T 28181 does it or its recorder speak?", is_asked=False,
           like="2011|2016|2022", example="2016"),
)  # fmt: skip
"""What a filing asks of a camera and few devices tell."""

DETAILS: Final[Mapping[str, tuple[Detail, ...]]] = {
    "legal-unit": (
        Detail("address", "text", "At which address is the unit?", _ASKED_ONLY, example="Xinjian South Road 17"),
        Detail("credit-code", "text", "Which unified social credit code has it, 18 characters?", _ASKED_ONLY,
               like=_CREDIT_CODE, example="91140200MA0K000000"),
        Detail("contact", "text", "Who is to be asked about the system? Name and telephone.", _ASKED_ONLY,
               example="Li Na, 0352-0000000"),
    ),
    "data-sheet": DATA_SHEET,
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
