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

    `duty` is one sentence of what is owed, `duty_zh` the same in Chinese, `document_zh` the document's Chinese name.
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
    effective_from: date | None = None
    effective_until: date | None = None

    def says(self, lang: str) -> str:
        """Return the duty in a language."""
        return self.duty_zh if lang == "zh_CN" else self.duty

    def stands_in(self, lang: str) -> str:
        """Return document and article in a language."""
        return self.document_zh + self.article(lang) if lang == "zh_CN" else str(self.source)

    def article(self, lang: str) -> str:
        """Return the article in a language; in Chinese nothing where it is not a number."""
        return article_in(self.source.article, lang)


NO_ARTICLE: Final = ("not available", "not stated")
"""What stands in a pack where there is no article to look up."""


def article_in(article: str, lang: str) -> str:
    """Return one article in a language; nothing where the document names none, or its text was not at hand.

    In Chinese nothing as well where it is no number.
    """
    if lang != "zh_CN":
        return "" if article in NO_ARTICLE else article
    numbered = re.fullmatch(r"(?:articles?|clauses?) ([0-9][0-9., to]*?) ?(\(.*)?", article)
    if numbered is None:
        return ""
    return f"第{numbered[1]}条{numbered[2] or ''}".replace(", ", "、").replace(" to ", "至")


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


def obligations(packs: Iterable[Pack], check: str = "") -> Iterator[tuple[str, Obligation]]:
    """Yield every obligation, or those of one check, each with its full name `pack/obligation`."""
    for pack in packs:
        for one in pack.obligations:
            if check in ("", one.check):
                yield f"{pack.id}/{one.id}", one


def in_effect(one: Obligation, today: date) -> bool:
    """Return whether an obligation is in force on a day."""
    began = one.effective_from is None or one.effective_from <= today
    return began and (one.effective_until is None or today <= one.effective_until)
