"""Lists the texts of the privacy file's page: headings, explanations, and the template of an assessment.

All of them are msgids. What the law asks is summed up in our own words.

Source: Personal Information Protection Law (in force since 2021-11-01), articles 55 and 56.
"""

from collections.abc import Mapping
from typing import Final

WORDS: Final[Mapping[str, str]] = {
    "title": "Privacy file of the checks of the video system",
    "page": "Privacy file",
    "colon": ": ",
    "hub": "supervision hub",
    "keep": "A technical account, no legal finding. It holds names of persons: it stays with the unit that answers for "
    "the system. The recordings themselves are the operator's and are not part of it.",
    "unit": "unit that answers",
    "site": "site",
    "at": "as of",
    "missing": "not declared",
    "purpose": "1. What it is for",
    "grounds": "On which rules it rests",
    "recipients": "2. Who holds and who receives what",
    "recipients_note": "By the configuration. Whether a receiver is another processor, is entrusted, or is abroad, is "
    "for the operator to say.",
    "who": "holder or receiver",
    "gets": "what they get",
    "leaves": "leaves the site",
    "yes": "yes",
    "no": "no",
    "operator": "the unit that answers, on this gateway",
    "stores": "3. What is stored, where and how long",
    "stores_note": "Each file that is written has a row; a limit is enforced by the program, and tested. A clock that "
    "is not synchronised deletes nothing.",
    "store": "store",
    "holds": "what of people is in it",
    "where": "where",
    "kept": "how long",
    "ends": "what deletes it",
    "now": "now",
    "unknown": "not known here",
    "empty": "empty",
    "without_people": "Stored as well, with nothing about people: ",
    "unnamed": "Files that are no store of the program, and that nobody deletes",
    "openings": "4. Who opened what",
    "openings_note": "The login that the operating system gives, newest first. Viewings of footage on the recorders "
    "belong into the operator's own register (Order 799, article 16).",
    "openings_left": "Older lines are in the register itself",
    "time": "time",
    "user": "login name",
    "command": "command",
    "what": "what was opened",
    "file": "file that was written",
    "nothing": "Nothing is listed.",
    "assessment": "5. Impact assessment (template)",
    "assessment_note": "Personal Information Protection Law, articles 55 and 56. What the program knows is filled in; "
    "the rest is for the unit that answers. The assessment and the record of the processing are stored for at least "
    "three years.",
    "due": "5.1 Is an assessment due? One yes is enough",
    "case": "article 55",
    "known": "what is known here",
    "answer": "yes or no, and why",
    "lawful": "5.2 Are purpose and way lawful, legitimate and necessary? (article 56, item 1)",
    "lawful_known": "Purpose and rules are in section 1. The data is limited to what section 3 lists.",
    "risks": "5.3 What may it do to people, and which risks are there? (item 2)",
    "risk": "risk",
    "measure": "measure in the program",
    "left": "likelihood, harm, what is left",
    "measures": "5.4 Are the measures lawful, effective and in proportion to the risk? (item 3)",
    "measures_known": "The measures of the program are in the table above; those of the unit (rules, training, locked "
    "rooms, signs) are to be added.",
    "result": "5.5 Result",
    "sign": "Signatures",
    "role": "in which role",
    "name": "name in print",
    "signature": "signature and seal",
    "date": "date",
    "assessor": "who assessed it",
    "officer": "who answers for personal information",
    "head": "who decides",
}

DUE: Final[tuple[tuple[str, str], ...]] = (
    (
        "(1) sensitive personal information is processed",
        "Cameras may show people. No face or other biometric feature is extracted; private zones are to be hidden.",
    ),
    ("(2) decisions are made by machines", "None is made about a person: devices and footage are judged."),
    (
        "(3) others are entrusted, are given personal information, or it is made public",
        "Section 2 lists every receiver; nothing is made public.",
    ),
    ("(4) it is given to somebody abroad", "It goes to the receivers of section 2 alone, by their configured address."),
    ("(5) other processing with a large influence on people", "Video in places that the public enters."),
)
"""Cases of article 55, summed up, and what is known of each."""

RISKS: Final[tuple[tuple[str, str], ...]] = (
    (
        "a camera shows what is private",
        "Each path of each camera is looked at; a zone that is seen fails at once, and what cannot be seen is unknown.",
    ),
    (
        "pictures leak from the gateway or from a report",
        "Pictures are in the memory of a confined process. What is stored small is readable by the service alone; "
        "reports hold none, papers blacken private zones.",
    ),
    (
        "somebody opens more than the work asks for",
        "Each opening of pictures or names is in the register of section 4, with login, time and file.",
    ),
    ("data is stored longer than it is needed", "The limits of section 3 are enforced and tested."),
    (
        "logins of devices leak",
        "They are readable by the service alone, never in a log or report, and are sent to configured devices alone.",
    ),
    (
        "a report is forged or changed",
        "Reports are signed and chained; what is missing is named in a signed record.",
    ),
    (
        "a check is wrong and somebody is blamed for it",
        "What could not be checked is unknown, never pass or fail; findings are technical indications.",
    ),
)
"""Risks, and what stands against them in the program."""
