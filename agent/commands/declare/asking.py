"""Asks for open declarations one question at a time, for many cameras at once where one answer fits them all.

Every answer is stored before the next question. An empty line skips a question.
"""

import re
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path

from agent.commands.declare.table import OPEN, camera_names, state_text, value_text
from agent.commands.terminal.asking import Wrong, ask, say
from agent.site.config import add_declaration
from agent.site.config.site import Site
from agent.site.declarations.details import detail, with_detail, wrong_detail
from agent.site.declarations.standing import Declaration, Line, Value, lines, standing, standings
from agent.site.declarations.table import FORBIDDEN_ZONES, NONE, ZONE_TYPE, Declarable, Kind, Profile
from agent.site.rules.pack import obligations
from agent.site.toml.table import TEXT_MAX_CHARS
from agent.text.day import read_day_text
from agent.text.harmless import printable
from agent.text.translate import render, together, translate

LISTED_MAX = 200


@dataclass(slots=True)
class Walk:
    """One walk: `site` is as its file is by now, `kept` counts the stored answers.

    `by` is who answers, empty until asked; `likely` the name that is offered then.
    """

    path: Path
    site: Site
    by: str
    likely: str
    today: date
    lang: str
    profile: Profile | None = None
    kept: int = 0

    def go(self) -> None:
        """Ask for all that is open and was not skipped.

        Raises:
            Ended: Nobody answers any more.
            AgentError: An answer cannot be stored.
        """
        skipped: set[str] = set()
        say(translate("An empty line skips a question; Ctrl-C ends, and keeps what is answered.", self.lang))
        while open_lines := [line for line in self._open() if line.duty.id not in skipped]:
            line = open_lines[0]
            self._introduce(line, len(open_lines))
            self._cover(line, line.cameras, translate("all {count} cameras", self.lang))
            skipped.add(line.duty.id)

    def _open(self) -> tuple[Line, ...]:
        return lines(standings(self.site, self.today), *OPEN)

    def _introduce(self, line: Line, left: int) -> None:
        say()
        say(f"({left}) {translate(line.duty.question, self.lang)}")
        for name, one in obligations(self.site.packs):
            if name == line.duty.obligation:
                say(printable(f"    {one.stands_in(self.lang)}: {one.says(self.lang)}"))
        if line.state != "missing":
            say(f"    {line.duty.id}: {state_text(line, self.lang)}")
        for number, choice in enumerate(line.duty.choices, 1):
            say(f"    {number:2}  {choice.value}: {translate(choice.meaning, self.lang)}")
        if line.duty.none_means:
            say(f"    {NONE}: {translate(line.duty.none_means, self.lang)}")

    def _cover(self, line: Line, cameras: tuple[str, ...], whom: str) -> None:
        """Answer for these cameras: at once, in smaller groups, or for some that are picked."""
        if len(cameras) < 2:
            self.answer(line, cameras)
            return
        how = ask(f"  {whom.format(count=len(cameras))}? [Y/n/list]", self._how, default="y", shown="")
        if how == "all":
            self.answer(line, cameras)
        elif how == "parts":
            for about, part in self._parts(cameras):
                self._cover(line, part, about)
        else:
            picked = self._pick(cameras)
            self.answer(line, picked)
            rest = tuple(name for name in cameras if name not in picked)
            if rest:
                self._cover(line, rest, translate("the other {count} cameras", self.lang))

    def _parts(self, cameras: tuple[str, ...]) -> list[tuple[str, tuple[str, ...]]]:
        """Group the cameras by recorder; those of one recorder one by one."""
        home = {c.camera.id: c.camera.device for c in self.site.cameras}
        devices = list(dict.fromkeys(home[name] for name in cameras))
        if len(devices) in (1, len(cameras)):
            return [("", (name,)) for name in cameras]
        about = translate("all {count} cameras of {device}", self.lang)
        return [
            (about.replace("{device}", device), tuple(name for name in cameras if home[name] == device))
            for device in devices
        ]

    def _pick(self, cameras: tuple[str, ...]) -> tuple[str, ...]:
        names = {c.camera.id: c.camera.name for c in self.site.cameras}
        for number, name in enumerate(cameras[:LISTED_MAX], 1):
            say(printable(f"    {number:3}  {name}  {names[name]}"))
        question = translate("which of them? numbers (1-4 too) or ids, with commas between", self.lang)
        return ask(f"  {question}:", lambda text: self._picked(text, cameras))

    def _picked(self, text: str, cameras: tuple[str, ...]) -> tuple[str, ...]:
        found: list[str] = []
        for word in re.split(r"[,，、\s]+", text):  # noqa: RUF001 - the commas of a Chinese keyboard
            span = re.fullmatch(r"([0-9]{1,5})(?:-([0-9]{1,5}))?", word)
            if word in cameras:
                found.append(word)
            elif span and 1 <= int(span[1]) <= int(span[2] or span[1]) <= len(cameras):
                found += cameras[int(span[1]) - 1 : int(span[2] or span[1])]
            elif word:
                raise Wrong(translate("{word} is none of them", self.lang).format(word=printable(word)))
        return tuple(dict.fromkeys(found))

    def answer(self, line: Line, cameras: tuple[str, ...]) -> None:
        """Ask for the answer itself and store it; an empty answer, or no camera, stores nothing."""
        row = line.duty
        if row.scope == "camera" and not cameras:
            return
        before = standing(self.site, row.id, self.today, cameras[0] if cameras else "").declaration
        if line.state == "incomplete" and before is not None:
            self._detailed(row, replace(before, by=self._person(), at=self.today), before.details)
            return
        about = f"{camera_names(cameras, self.lang)}: " if cameras else ""
        hint = self._hint(row.kind)
        if before is not None:
            was = translate("until now: {answer}", self.lang).format(answer=printable(value_text(before, self.lang)))
            hint = f"{hint}; {was}"
        value = ask(f"  {about}{row.id} ({hint}):", lambda text: self._value(row, text))
        if value is None:
            return
        forbidden = {choice.value for choice in FORBIDDEN_ZONES}
        if row.id == ZONE_TYPE and value in forbidden:
            say(translate("    No camera may hang there, masked or not (Order 799, article 8): remove it.", self.lang))
        declaration = Declaration(row.id, value, self._person(), self.today, cameras=cameras)
        if row.kind == "paper" and value != NONE:
            paper = self._paper()
            if paper is None:
                return
            declaration = replace(declaration, sha256=paper[0], document_at=paper[1])
        if row.kind == "paper" or (before is not None and before.until is not None):
            declaration = replace(declaration, until=self._day(translate("last day, empty: it has none", self.lang)))
        self._detailed(row, declaration, None)

    def _detailed(self, row: Declarable, declaration: Declaration, before: tuple[str, ...] | None) -> None:
        """Ask for the details that are missing, and store the declaration with those that were answered.

        An empty line skips one. `before`: those that are stored already; None: the declaration is not.
        """
        given = declaration.details
        try:
            for one in (each for each in row.details if each.is_asked and declaration.value != NONE):
                if not detail(given, one.id):
                    words = f" ({together((choice.value for choice in one.choices), self.lang)})" if one.choices else ""
                    text = ask(f"  {translate(one.question, self.lang)}{words}:", partial(self._detail, row, one.id))
                    given = with_detail(given, one.id, text) if text else given
        finally:
            if given != before:
                self._keep(replace(declaration, details=given))

    def _detail(self, row: Declarable, name: str, text: str) -> str:
        wrong = wrong_detail(row, f"{name}: {text}") if text else None
        if wrong is not None or not (text.isprintable() and len(text) <= TEXT_MAX_CHARS):
            raise Wrong(printable(render(wrong, self.lang)) if wrong else translate("write it on one line", self.lang))
        return text

    def _keep(self, declaration: Declaration) -> None:
        """Store an answer at once, so that no end loses it."""
        self.site = add_declaration.append_declarations(self.path, (declaration,))
        if self.profile:
            self.site = replace(self.site, rules=replace(self.site.rules, profile=self.profile))
        self.kept += 1

    def _person(self) -> str:
        if not self.by:
            question = translate("Who answers? Name and office, as they are to stand in the reports", self.lang)
            self.by = ask(f"  {question}:", self._name, default=self.likely)
        return self.by

    def _paper(self) -> tuple[str, date] | None:
        question = translate("its file (only the SHA-256 is kept), or its SHA-256; empty: skip", self.lang)
        digest = ask(f"  {question}:", self._digest)
        day = self._day(translate("date of the paper", self.lang)) if digest else None
        return (digest, day) if day else None

    def _day(self, question: str) -> date | None:
        return ask(f"  {question}:", self._optional_day)

    def _hint(self, kind: Kind) -> str:
        hints: dict[Kind, str] = {
            "flag": translate("yes or no", self.lang),
            "choice": translate("number or word", self.lang),
            "date": translate("day, such as 2026-01-31", self.lang),
            "number": translate("a number", self.lang),
            "list": translate("with commas between", self.lang),
            "text": translate("in your words", self.lang),
            "paper": translate("its number or title", self.lang),
        }
        return hints[kind]

    def _value(self, row: Declarable, text: str) -> Value | None:
        if not text:
            return None
        try:
            return add_declaration.read_value(row, text)
        except ValueError:
            said = translate("{answer} is no answer to this ({hint})", self.lang)
            more = f"{self._hint(row.kind)}: {row.example}" if row.example else self._hint(row.kind)
            raise Wrong(said.format(answer=printable(text), hint=more)) from None

    def _how(self, text: str) -> str:
        word = text.lower()
        for answer, words in (
            ("all", add_declaration.YES),
            ("parts", add_declaration.NO),
            ("list", frozenset({"l", "list", "列表"})),
        ):
            if word in words:
                return answer
        raise Wrong(translate("y: one answer for all; n: in smaller groups; list: pick some", self.lang))

    def _name(self, text: str) -> str:
        if not text or not text.isprintable() or len(text) > 200:
            raise Wrong(translate("somebody must stand for it", self.lang))
        return text

    def _digest(self, text: str) -> str:
        if not text or re.fullmatch("[0-9a-fA-F]{64}", text):
            return text.lower()
        try:
            return add_declaration.digest_of_file(Path(text).expanduser())
        except add_declaration.PaperUnreadable as error:
            raise Wrong(printable(render(error.message, self.lang))) from None

    def _optional_day(self, text: str) -> date | None:
        day = read_day_text(text)
        if text and day is None:
            raise Wrong(translate("write the day as 2026-01-31", self.lang))
        return day
