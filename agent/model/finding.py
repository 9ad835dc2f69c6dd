"""Defines findings and the reports made of them, in the words of OSCAL and XCCDF (status). No I/O."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, get_args

Status = Literal["pass", "warn", "fail", "unknown", "not_applicable"]
Unproven = Literal["warn", "fail", "unknown"]
"""What a check says itself; a pass is made of obligations (`agent/judge/verdict.py`), and not due of what frees it
(`agent/judge/freed.py`)."""

Severity = Literal["critical", "major", "minor", "info"]
StreamName = Literal["health", "config", "event", "gap"]
Level = Literal["told", "seen", "both", "declared", "own"]
"""As `Level` of `drivers/model.py`, which says what each means: what is imported first imports no driver."""

Between = Literal[", ", "; ", " "]
"""What stands between the items of a list in English."""

Json = str | int | float | bool | None | Sequence["Json"] | Mapping[str, "Json"]


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence in English with named placeholders, so that it can be translated before its values are filled in.

    `template` is what happened, `next_step` what to do about it, where that is separate; both share the placeholders.
    A value that is a message, or an error that carries one, is translated too, also as one of a list (`Listed`); any
    other is shown by `str`.
    """

    template: str
    values: Mapping[str, object] = field(default_factory=dict)
    next_step: str = ""

    def plain_values(self) -> dict[str, Json]:
        """Return the values for JSON, as `values_from` reads them: messages and lists stay what can be translated."""
        return {key: _plain(value) for key, value in self.values.items()}

    def __str__(self) -> str:
        return f"{self.template}: {self.next_step}".removesuffix(": ").format(**self.values)


@dataclass(frozen=True, slots=True)
class Listed:
    """Several values of a message, one after another; what stands between them is a matter of the language.

    `between` is what does in English. A list without anything in it is false.
    """

    items: tuple[object, ...]
    between: Between = ", "

    def __bool__(self) -> bool:
        return bool(self.items)

    def __str__(self) -> str:
        return self.between.join(map(str, self.items))


def listed(items: Iterable[object]) -> Listed:
    """Return names or words as one value of a message."""
    return Listed(tuple(items))


def first_of(items: Sequence[object], most: int) -> Listed:
    """Return the first of several as one value of a message, and dots for the others."""
    return Listed((*items[:most], *(("...",) if len(items) > most else ())))


def _plain(value: object) -> Json:
    if isinstance(value, Exception) and value.args and isinstance(value.args[0], Message):
        value = value.args[0]
    if isinstance(value, Message):
        return {"said": value.template, "values": value.plain_values(), "next_step": value.next_step}
    if isinstance(value, Listed):
        return {"listed": [_plain(one) for one in value.items], "between": value.between}
    return value if isinstance(value, int | float) else str(value)


NESTED_MOST: Final = 8
"""So deep are messages in messages read: ours are no deeper than four."""


def values_from(data: object, depth: int = 0) -> dict[str, object]:
    """Return what `plain_values` wrote; what it never writes is left out.

    Raises ValueError for messages in messages beyond `NESTED_MOST`.
    """
    rows = data.items() if isinstance(data, Mapping) else ()
    values = {str(key): _value_from(value, depth) for key, value in rows}
    return {key: value for key, value in values.items() if value is not None}


def _value_from(value: object, depth: int) -> object:
    if depth > NESTED_MOST:
        raise ValueError("messages in messages without end")
    if isinstance(value, Mapping) and "said" in value:
        return Message(
            str(value["said"]), values_from(value.get("values"), depth + 1), str(value.get("next_step") or "")
        )
    if isinstance(value, Mapping) and isinstance(value.get("listed"), list):
        items = tuple(one for one in (_value_from(each, depth + 1) for each in value["listed"]) if one is not None)
        return Listed(items, next((one for one in get_args(Between) if one == value.get("between")), ", "))
    return value if isinstance(value, str | int | float) else None


def sentence(text: Message | str) -> Message:
    """Return a text without placeholders as a message; its braces are literal."""
    return text if isinstance(text, Message) else Message(text.replace("{", "{{").replace("}", "}}"))


def lines(messages: Sequence[Message]) -> Message:
    """Return several messages as one, each on its own line."""
    named = {f"line_{number}": message for number, message in enumerate(messages)}
    return Message("\n".join(f"{{{name}}}" for name in named), named)


@dataclass(frozen=True, slots=True)
class Source:
    """The rule behind a check: `document` and `article` as a reader would find them."""

    document: str
    article: str

    def __str__(self) -> str:
        return f"{self.document}, {self.article}"

    def pairs(self) -> list[tuple[str, str]]:
        """Return each document with its article; several documents have one article each, in their order."""
        documents, articles = self.document.split("; "), self.article.split("; ")
        if len(documents) == 1:
            return [(documents[0], article) for article in articles]
        if len(documents) == len(articles):
            return list(zip(documents, articles, strict=True))
        return [(self.document.replace("; ", ", "), self.article.replace("; ", ", "))]


def joined(sources: Iterable[Source]) -> Source:
    """Return several rules as one source, each once, so that `pairs` returns them again."""
    pairs = list(dict.fromkeys(pair for one in sources for pair in one.pairs()))
    documents = list(dict.fromkeys(document for document, _ in pairs))
    named = documents if len(documents) == 1 else [document for document, _ in pairs]
    return Source("; ".join(named), "; ".join(article for _, article in pairs))


@dataclass(frozen=True, slots=True)
class Ground:
    """One piece of evidence: `kind` is the type of an observed value, or a remembered area's name.

    `true_at` is when it was true, None where a person's word or our own state has no such time. `remembered`: a path
    had no turn in this look, and counts as it was then.
    """

    kind: str
    subject: str
    level: Level
    true_at: datetime | None = None
    path: str = ""
    remembered: bool = False


WAITS_FOR: Final = "waits_for"
"""Names in the evidence of an unknown finding what it waits for: one of `Wait`."""

Wait = Literal["device", "person", "look"]
"""A device that does not tell; a person who has not asked for it; a later look, which will know by itself."""

PAST_BREACH: Final = "past-breach"
"""Why a finding warns of what was late or out of order, which nobody can undo: it has a section of its own."""

ACCEPTED: Final = "accepted"
"""Names in the evidence of an unknown finding who accepted that it is not known, why, and until when."""

Quiet = Literal["", "device", "person", "look", "accepted"]
"""Why an unknown finding changes no exit code: what it waits for, or that a person accepted it; empty: it does."""


def quiet_of(status: str, evidence: Mapping[str, object]) -> Quiet:
    """Return why a finding of this status and evidence is quiet, empty where it counts."""
    if status != "unknown":
        return ""
    if ACCEPTED in evidence:
        return "accepted"
    waits: Sequence[Quiet] = get_args(Wait)
    return next((one for one in waits if one == evidence.get(WAITS_FOR)), "")


@dataclass(frozen=True, slots=True)
class Finding:
    """One judgement.

    `subject` is `site`, `device:ID` or `camera:ID`. `reason` is a kebab-case word for scripts, empty for a plain
    pass. `evidence` holds measured values; for masks one entry per path. `caused_by` is the key (`check subject`) of
    the finding with the same cause, so that one cause is shown and sent once. `rests_on`: the facts behind a pass.
    """

    check: str
    subject: str
    status: Status
    severity: Severity
    message: Message
    source: Source
    reason: str = ""
    evidence: Mapping[str, Json] = field(default_factory=dict)
    caused_by: str = ""
    rests_on: tuple[Ground, ...] = field(default=(), compare=False, repr=False)

    @property
    def key(self) -> str:
        """Identifies this finding from one cycle to the next."""
        return f"{self.check} {self.subject}"

    @property
    def quiet(self) -> Quiet:
        """Why it is unknown and yet changes no exit code; empty where it counts."""
        return quiet_of(self.status, self.evidence)


def is_waiting(finding: Finding) -> bool:
    """Tell whether a finding is unknown since nothing was offered that could be judged: no fault, and no event."""
    return finding.status == "unknown" and WAITS_FOR in finding.evidence


@dataclass(frozen=True, slots=True)
class Basis:
    """How a finding is known, and the age of its oldest evidence; None: not known."""

    level: Level | None = None
    oldest_age_s: int | None = None


NOTHING_KNOWN = Basis()


@dataclass(frozen=True, slots=True)
class Draft:
    """A report before it is linked into its chain: its stream, and the body of the contract."""

    stream: StreamName
    body: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Head:
    """The newest report of a stream: its sequence number and the SHA-256 of its payload, hex. seq 0: none yet."""

    seq: int
    digest: str


@dataclass(frozen=True, slots=True)
class Report:
    """A report linked into its chain: the exact bytes to sign, and its place."""

    stream: StreamName
    epoch: str
    seq: int
    payload: bytes
    digest: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """A signed report: exact payload bytes and their detached JWS. Source: RFC 7515 appendix F, RFC 7797."""

    report: Report
    jws: str


@dataclass(frozen=True, slots=True)
class Moment:
    """When a cycle runs: `at` wall clock (aware UTC), `mono_ms` since boot `boot_id`, `clock_synced` by the system."""

    at: datetime
    mono_ms: int
    boot_id: str
    clock_synced: bool


def utc_text(at: datetime) -> str:
    """Return an aware UTC time as RFC 3339 with `Z`, to the second."""
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
