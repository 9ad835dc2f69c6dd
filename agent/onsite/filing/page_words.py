"""Lists the texts of a dossier's printable pages: headings and explanations. All of them are msgids."""

from collections.abc import Mapping
from typing import Final

WORDS: Final[Mapping[str, str]] = {
    "title": "Filing dossier of the video surveillance system",
    "page": "Filing dossier",
    "keep": "These pages hold serial numbers and network addresses, because filing asks for them. They stay with the "
    "operator until he hands them in: do not mail or upload them. They hold no picture and no password.",
    "clocks": "1. Deadlines of filing",
    "clocks_note": "Counted from the days that the unit declared; nothing of this was seen by the gateway.",
    "clock": "deadline",
    "begins": "counts from",
    "due": "last day",
    "left": "days left",
    "filed": "filed on",
    "stands": "how it stands",
    "papers": "2. The five papers",
    "papers_note": "Of each paper its date and SHA-256 are declared. A file lies in the dossier only where it was "
    "given and its content has that SHA-256.",
    "number": "No.",
    "paper": "paper",
    "as_declared": "number or title",
    "date": "date",
    "enclosed": "in the dossier",
    "not_enclosed": "not in the dossier",
    "made_here": "sections 4 to 8",
    "none": "there is none",
    "missing": "not declared",
    "expired": "has run out",
    "basic": "3. Basic facts",
    "unit": "unit",
    "address": "address",
    "credit_code": "unified social credit code",
    "contact": "contact",
    "organ": "public security organ",
    "division": "division",
    "national": "class by Order 799",
    "category": "place by the Datong Measures",
    "accepted": "accepted on",
    "not_accepted": "not accepted yet",
    "in_use": "in use since",
    "cameras_count": "cameras",
    "recorders_count": "recorders",
    "boxes_count": "devices in all",
    "storage_required": "storage period required (days)",
    "storage_measured": "storage period measured (days)",
    "not_measured": "not measured",
    "capacity_told": "disks that devices tell of (GB)",
    "capacity_declared": "disks of which no device tells (GB)",
    "firm_role": "part",
    "firm": "firm",
    "certificate": "certificate",
    "grade": "class",
    "firm_until": "valid until",
    "own_people": "the unit's own people",
    "links": "Interfaces for the police platform (GB/T 28181)",
    "links_note": "What a device says of itself is its own word. A self-test is ours: no acceptance, and no word of "
    "the police. Its SHA-256 is that on its own page.",
    "link_device": "device",
    "link_told": "by its own word",
    "link_tested": "last self-test",
    "not_tested": "not tested",
    "seen": "as seen at",
    "devices": "4. Devices",
    "devices_note": "As the devices told it themselves at the time above; what a device does not say is left empty.",
    "cameras": "5. Cameras and where they are",
    "cameras_note": "Longitude and latitude, height and azimuth as declared. The storage period is the one that is "
    "required; what there is stands in section 6.",
    "footage": "6. Footage: what is required, and what was measured",
    "footage_note": "What the recorder lists is its own word. What we opened, we saw. The required period is nobody's "
    "measurement and never stands for one; what was not measured is left empty.",
    "streams": "7. Performance and technical parameters",
    "streams_note": "How each live stream is set, and what a sample of it measured.",
    "nothing": "Nothing is listed.",
    "parameters": "8. Parameters that few devices tell",
    "parameters_note": "Each with whose word it is. Where a device and a person say different things, both stand here.",
    "past": "9. What was late or out of order",
    "past_note": "It is over and nobody can undo it. It is closed by a note of the authority, and blocks no "
    "acceptance.",
    "past_none": "Nothing is known that was late or out of order.",
    "colon": ": ",
    "semicolon": "; ",
    "what": "what was",
    "happened": "happened on",
    "was_due": "due until",
    "rule": "rule",
    "sheets": "10. What each paper of article 15 still needs",
    "sheets_note": "What is declared of it, what is missing, and who has it. Whether a paper is complete in its "
    "content is for whoever reads it.",
    "declared_of_it": "declared",
    "gaps": "lacking",
    "nothing_missing": "nothing that is known here",
    "holder": "who has it",
    "sign": "11. Signatures",
    "party": "party",
    "name": "name in print",
    "signature": "signature and seal",
    "operator": "Unit that files",
    "police": "Public security organ",
    "proof": "12. How to check that this dossier is unchanged",
    "proof_how": "These pages are one file of a ZIP whose manifest lists each file with its SHA-256 and is signed. "
    "Whoever has camwarden checks it without a network:",
    "proof_result": "It ends with 0 when not a byte was changed and the key is the one named below, with 1 when "
    "something was changed, and with 3 when the key is not known. A print of these pages proves nothing: the ZIP does.",
    "thumbprint": "thumbprint of the key",
    "site_key": "This is the site's own report key: the same with which it reports to the supervision hub.",
    "computer_key": "This is a key of the computer on which the dossier was made, not the site's own report key: it "
    "proves that the dossier is unchanged, and who made it only together with the signatures above.",
}

CLOCKS: Final[Mapping[str, str]] = {
    "filing-deadline-datong": "30 days from acceptance (Datong Measures, article 15)",
    "filing-deadline-national": "30 days from use (Order 799, article 14)",
    "filing-legacy": "system older than the Datong Measures (article 15)",
}
"""The clocks by their check, in a few words."""

STANDS: Final[Mapping[str, str]] = {
    "filed": "filed",
    "due": "still to be filed",
    "overdue": "overdue, and not filed",
    "unknown": "cannot be told: something is not declared",
}
"""How a clock stands, on paper: without what the operator has to type for it."""
