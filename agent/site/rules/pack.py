"""Defines a rule pack, and selects the obligations of all packs for a check. Pure."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

from agent.model.finding import Json, Severity, Source
from agent.site.declarations.table import Condition

Status = Literal["in-force", "text-not-available", "declared-only"]
Confidence = Literal["primary", "secondary", "unconfirmed"]
Observed = Literal["measured", "declared", "both"]


@dataclass(frozen=True, slots=True)
class Obligation:
    """One duty of one article.

    `duty` is a summary of what is owed in our own words, `duty_zh` the same in Chinese; `document_zh` is the official
    Chinese title of the document, `article_zh` the number of the article as it stands there, empty where it has none.
    `wording_zh`: the official wording, which only the pack of who has it holds. `confirmed_by`, `confirmed_on`: who
    held the summary and the check against the official wording, and when; empty and None: nobody did.
    `observed`: whether the check measures, rests on a declaration, or compares both. `confidence`: from the text itself
    (`primary`), from another source (`secondary`), or our own default (`unconfirmed`). `when`: due only where all these
    hold. `parameters` are figures of the article by the names of `[policy]`, or names of their own. `effective_from`
    None: no document with it is known.
    """

    id: str
    source: Source
    document_zh: str
    check: str
    severity: Severity
    observed: Observed
    confidence: Confidence
    duty: str
    duty_zh: str
    when: tuple[Condition, ...] = ()
    parameters: Mapping[str, float] = field(default_factory=dict)
    article_zh: str = ""
    wording_zh: str = ""
    confirmed_by: str = ""
    confirmed_on: date | None = None
    effective_from: date | None = None
    effective_until: date | None = None

    def says(self, lang: str) -> str:
        """Return the duty in a language."""
        return self.duty_zh if lang == "zh_CN" else self.duty

    def stands_in(self, lang: str) -> str:
        """Return document and article in a language."""
        return cited(self.document_zh, self.article(lang)) if lang == "zh_CN" else str(self.source)

    def article(self, lang: str) -> str:
        """Return the article in a language; in Chinese nothing where it is not a number."""
        if lang == "zh_CN" and self.article_zh:
            return self.article_zh
        return article_in(self.source.article, lang)

    def is_confirmed(self, today: date) -> bool:
        """Return whether a person has confirmed it by a day."""
        return bool(self.confirmed_by) and self.confirmed_on is not None and self.confirmed_on <= today


NO_ARTICLE: Final = ("not available", "not stated")
"""What stands in a pack where there is no article to look up."""


DIGITS: Final = "零一二三四五六七八九"


def article_in(article: str, lang: str) -> str:
    """Return one article in a language; nothing where the document names none, or its text was not at hand.

    In Chinese nothing as well where it is no number; a figure by its name is the same in every language.
    """
    if lang != "zh_CN" or " = " in article:
        return "" if article in NO_ARTICLE else article
    numbered = re.fullmatch(r"(articles?|clauses?) ([0-9][0-9., to]*?) ?(\(.*)?", article)
    if numbered is None:
        return ""
    kind, numbers, rest = numbered[1], numbered[2].replace(", ", "、").replace(" to ", "至"), numbered[3] or ""
    if kind.startswith("article"):  # laws count in numerals, standards in digits
        numbers = re.sub(r"[0-9]+", lambda found: _numeral(int(found[0])), numbers)
    return "第" + re.sub("([、至])", r"条\1第", numbers) + f"条{rest}".replace(", ", "、")


def _numeral(number: int) -> str:
    """Return a number below 1000 as Chinese laws write it; a larger one in digits."""
    if number >= 1000:
        return str(number)
    hundreds, tens, ones = number // 100, number // 10 % 10, number % 10
    text = f"{DIGITS[hundreds]}百" if hundreds else ""
    if tens:
        text += "十" if tens == 1 and not hundreds else f"{DIGITS[tens]}十"
    elif hundreds and ones:
        text += DIGITS[0]
    return text + (DIGITS[ones] if ones or not text else "")


@dataclass(frozen=True, slots=True)
class Pack:
    """One file of rules. `digest` is SHA-256 over its bytes, hex; `file` names it for people.

    `hub_version` and `signed_by` (a thumbprint) identify the hub's document that brought it; 0 and empty: none did.
    """

    id: str
    version: int
    title: str
    title_zh: str
    status: Status
    obligations: tuple[Obligation, ...]
    digest: str = ""
    file: str = ""
    hub_version: int = 0
    signed_by: str = ""
    by_check: Mapping[str, tuple[tuple[str, Obligation], ...]] = field(init=False, repr=False, compare=False)
    """The obligations of each check with their full names, and of all under the empty name: each look asks hundreds."""

    def __post_init__(self) -> None:
        found: dict[str, list[tuple[str, Obligation]]] = {"": []}
        for one in self.obligations:
            named = (f"{self.id}/{one.id}", one)
            found[""].append(named)
            found.setdefault(one.check, []).append(named)
        object.__setattr__(self, "by_check", {check: tuple(ones) for check, ones in found.items()})

    def named(self, lang: str) -> str:
        """Return the title in a language."""
        return self.title_zh if lang == "zh_CN" else self.title


def from_hub_json(pack: Pack) -> Json:
    """Return the version of the hub's document that brought a pack, and its signer; None where none did."""
    return {"version": pack.hub_version, "kid": pack.signed_by} if pack.signed_by else None


def digest_of(packs: Iterable[Pack]) -> str:
    """Return one SHA-256 (hex) over ids, versions and digests of packs, whatever their order."""
    lines = sorted(f"{pack.id} {pack.version} {pack.digest}\n" for pack in packs)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def cited(title_zh: str, number: str) -> str:
    """Return an article as Chinese papers cite it: the title of a law in its marks, that of a standard as it is."""
    if title_zh[:1].isascii():
        return f"{title_zh} {number}".strip()
    title, mark, order = title_zh.partition("\uff08")
    return f"《{title}》{mark}{order}{number}"


def document_in(document: str, packs: Iterable[Pack], lang: str) -> str:
    """Return a document's name in a language: in Chinese its official title, where a pack has it."""
    named = (one.document_zh for _, one in obligations(packs) if one.source.document == document)
    return next(named, document) if lang == "zh_CN" else document


def place_in(document: str, article: str, packs: Iterable[Pack], lang: str) -> str:
    """Return an article of a document as it is cited in a language, in Chinese by its official number."""
    packs = tuple(packs)
    name = document_in(document, packs, lang)
    known = (one.article_zh for _, one in obligations(packs) if one.source == Source(document, article))
    number = (next(known, "") if lang == "zh_CN" else "") or article_in(article, lang)
    return cited(name, number) if lang == "zh_CN" else f"{name}, {number}".removesuffix(", ")


def obligations(packs: Iterable[Pack], check: str = "") -> Iterator[tuple[str, Obligation]]:
    """Yield every obligation, or those of one check, each with its full name `pack/obligation`."""
    for pack in packs:
        yield from pack.by_check.get(check, ())


def in_effect(one: Obligation, today: date) -> bool:
    """Return whether an obligation is in force on a day."""
    began = one.effective_from is None or one.effective_from <= today
    return began and (one.effective_until is None or today <= one.effective_until)
