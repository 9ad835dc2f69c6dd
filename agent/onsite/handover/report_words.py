"""Lists the texts of the hand-over report: headings, explanations, short rules: all msgids."""

from collections.abc import Mapping
from functools import cache
from typing import Final

from agent.model.finding import Source
from agent.site.duties.limits import SETTINGS
from agent.site.rules.pack import article_in
from agent.site.rules.read import shipped
from agent.text.translate import together, translate

DOCUMENTS: Final[Mapping[str, str]] = {
    SETTINGS: "settings of this site",
    "State Council Order 799": "Order 799",
    "Datong Measures on public-safety video systems (Order 61)": "Datong Measures",
}
"""Short names of rules, as the report uses them after it has named them in full."""

WORDS: Final[Mapping[str, str]] = {
    "title": "Hand-over report of the video surveillance system",
    "page": "Hand-over report",
    "colon": ": ",
    "comma": ", ",
    "semicolon": "; ",
    "contents": "Contents",
    "worth": "what this is worth",
    "holds": "It may hold pictures of the site and stays there: do not mail or upload it.",
    "contractor": "Contractor",
    "operator": "Operator",
    "fails": "What fails",
    "fails_none": "Nothing fails.",
    "warns": "What should be looked after",
    "unknowns": "What is unknown, and why",
    "unknowns_note": "Unknown is never counted as a pass: nobody can tell yet whether it is well.",
    "unknowns_none": "Nothing is unknown.",
    "at_each": "each with figures of its own, which stand at the place",
    "shared": "same cause",
    "matrix": "Cameras by checks",
    "matrix_note": "A filled sign is what camwarden saw or measured itself, a hollow one is somebody's word. What is "
    "found of a device or recorder stands at each of its cameras.",
    "camera": "camera",
    "alike": "found alike",
    "levels": "what the passes rest on",
    "cameras": "Cameras",
    "cameras_note": "Everything declared or approved as private is blackened by camwarden in these pictures, whatever "
    "the camera does; so is every mask of a device. Where it is not known what is private, there is no picture. What "
    "really leaves the camera is judged path by path beside it.",
    "zone": "private zone",
    "approved": "approved mask",
    "observed": "mask of the device",
    "black": "blackened by camwarden",
    "no_picture": "no picture could be had",
    "path": "path",
    "view": "View",
    "kept": "Footage",
    "nothing_wrong": "nothing to object to",
    "footage": "Footage of each camera",
    "footage_note": "One look asks a recorder for few days; days that are not known to it are drawn as such, not as "
    "gaps. Gaps are hatched by their cause. The line marks from where on footage is due.",
    "no_recorded": "No camera is declared as recorded.",
    "devices": "Devices",
    "device": "device",
    "link": "interface for the police platform",
    "clock": "clock: offset from true time",
    "model": "model and firmware",
    "serial": "serial number and address",
    "result": "result",
    "streams": "Streams",
    "configured": "told: as configured",
    "sampled": "seen: measured in a sample",
    "past": "What was late or out of order",
    "past_short": "of the past",
    "past_note": "It is over and nobody can undo it. It is closed by a note of the authority, and blocks no "
    "acceptance.",
    "past_none": "Nothing is known that was late or out of order.",
    "what": "what was",
    "happened": "happened on",
    "was_due": "due until",
    "duties": "What is due",
    "duty": "What is due",
    "rule": "Rule",
    "rules": "Rules, and their short names here",
    "found": "Found",
    "not_due": "{count} checks are not due here",
    "sign": "Signatures",
    "sign_note": "By their signatures the parties confirm that they have seen this report. What it lists as open stays "
    "open until it is checked again.",
    "party": "party",
    "name": "name in print",
    "date": "date",
    "signature": "signature and seal",
    "police": "Public security organ",
    "about": "About this report",
    "keep": "Who holds it, and until when",
    "keep_note": "Only its owner can read the file (mode 0600), and nothing sends it.",
    "limits": "What it is worth",
    "limits_note": "It shows what was measured, told and declared at the time of the check. Whether a rule was broken, "
    "and by whom, is for those to decide whom the law names. Measured error rates of the checks behind it:",
    "proof": "How to check that it is unchanged",
    "proof_how": "The last lines of this file are a signature over every byte before them. Whoever has camwarden "
    "checks it without a network:",
    "proof_result": "It ends with 0 when not a byte was changed and the key is the one named below, with 1 when "
    "something was changed, and with 3 when the key is not known. A print or PDF of this report proves nothing: the "
    "file does.",
    "thumbprint": "thumbprint of the key",
    "site_key": "This is the site's own report key: the same with which it reports to the supervision hub.",
    "computer_key": "This is a key of the computer on which the check was run, not the site's own report key: it "
    "proves that the report is unchanged, and who made it only together with the signatures above.",
}


def rule_text(source: Source, lang: str) -> str:
    """Return the rule behind a check in short, as a reader of this language looks it up: each document, its article."""
    return together((f"{document} {article}".strip() for document, article in rule_parts(source, lang)), lang, "; ")


def rule_parts(source: Source, lang: str) -> list[tuple[str, str]]:
    """Return the documents of a rule in short, each with its article in the words of this language."""
    named, numbered = source.document.split("; "), source.article.split("; ")
    documents, articles = [_document(one, lang) for one in named], _articles(source.article, lang)
    if lang == "zh_CN" and len(articles) == len(numbered):
        places = zip(named * len(numbered) if len(named) == 1 else named, numbered, articles, strict=False)
        articles = [
            _official().get((document, number), said) if number.startswith("article") else said
            for document, number, said in places
        ]
    if len(documents) != len(articles):
        return [(together(documents, lang, "; "), together(articles, lang, "; "))]
    return list(zip(documents, articles, strict=True))


@cache
def _official() -> Mapping[tuple[str, str], str]:
    """Return the official Chinese number of each article that a shipped pack has, by document and article."""
    rows = (one for pack in shipped() for one in pack.obligations if one.article_zh)
    return {(one.source.document, one.source.article): one.article_zh for one in rows}


def _document(name: str, lang: str) -> str:
    """Return a document's short name, else in Chinese that of the shipped packs, else its own."""
    if name in DOCUMENTS or lang != "zh_CN":
        return translate(DOCUMENTS.get(name, name), lang)
    return next(
        (one.document_zh for pack in shipped() for one in pack.obligations if one.source.document == name), name
    )


def _articles(article: str, lang: str) -> list[str]:
    """Return the articles of a source, by their translation as a whole where there is one."""
    whole = translate(article, lang).replace("\uff1b", "; ")
    return whole.split("; ") if whole != article else [article_in(one, lang) for one in article.split("; ")]
