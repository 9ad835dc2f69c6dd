"""Shows a trainee simulated devices to judge first, then the right verdict, and a score.

Every question is a finding of a real look. Some devices lie, some tell the truth: which, nobody can know beforehand.
"""

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.text import Text

from agent.commands.terminal.asking import Ended, Wrong, ask, say
from agent.demo.children import ChildFailed
from agent.demo.liars.falsehoods import Falsehood, excerpt
from agent.demo.liars.gallery import Verdict, gallery
from agent.demo.liars.table import LIES
from agent.host.clock import utc_now
from agent.model import exits
from agent.model.finding import Message
from agent.text.translate import render, translate

SCHEMA = "camwarden-quiz/1"
QUESTIONS = 10
HONEST_ONE_IN = 3
EVIDENCE = 3
"""How many answers and pictures are shown for one question."""
SHORT = {"p": "pass", "f": "fail", "u": "unknown"}


@dataclass(frozen=True, slots=True)
class Question:
    """One finding to judge. `lies` False: the device is shown as it was before the lie, and it passes."""

    verdict: Verdict
    key: str
    lies: bool

    @property
    def right(self) -> tuple[str, ...]:
        """The answers that are true: of a lie that nobody can see through, more than one."""
        if not self.lies:
            return ("pass",)
        return tuple(one for one in self.verdict.lie.right[self.key] if one in SHORT.values())


def run(args: argparse.Namespace) -> int:
    """Ask, tell what is right, and return 0; the end of the answers ends the quiz with the score so far."""
    progress = Console(stderr=True, no_color=args.no_color, quiet=args.quiet)
    draw = random.SystemRandom()
    # By world, because each is learned once; which lies of it is drawn.
    lies = draw.sample(LIES, min(QUESTIONS, len(LIES)))
    answered: list[tuple[Question, str]] = []
    try:
        with tempfile.TemporaryDirectory(prefix="camwarden-quiz-") as folder:
            verdicts = gallery(
                Path(folder), utc_now(), lambda line: progress.print(Text(render(line, args.lang))), lies
            )
            for number, question in enumerate(questions(verdicts, draw), start=1):
                said = _asked(question, number, args.lang)
                answered.append((question, said))
                _tell(question, said, args.lang)
    except Ended:
        pass
    except ChildFailed as error:
        sys.stderr.write(translate("the demo failed: {why}", args.lang).format(why=error) + "\n")
        return exits.UNAVAILABLE
    if args.json:
        sys.stdout.write(json.dumps(as_json(answered), ensure_ascii=False) + "\n")
    else:
        say(render(Message("{right} of {count} right", {"right": score(answered), "count": len(answered)}), args.lang))
    return exits.OK


def questions(verdicts: Iterator[Verdict], draw: random.Random) -> Iterator[Question]:
    """Yield a question for each lie that has something to show: one of its findings, now and then without the lie."""
    for verdict in verdicts:
        keys = [key for key, right in verdict.lie.right.items() if "pass" not in right]
        if verdict.told and keys and any(_shown(one, true=False) for one in verdict.falsehoods):
            yield Question(verdict, draw.choice(keys), draw.randrange(HONEST_ONE_IN) > 0)


def score(answered: Sequence[tuple[Question, str]]) -> int:
    """Count the answers that are right."""
    return sum(said in question.right for question, said in answered)


def as_json(answered: Sequence[tuple[Question, str]]) -> dict[str, object]:
    """Return questions, answers and score as one object."""
    rows = [
        {
            "lie": one.verdict.lie.name if one.lies else None,
            "finding": one.key,
            "right": list(one.right),
            "answer": said,
        }
        for one, said in answered
    ]
    return {"schema": SCHEMA, "questions": rows, "right": score(answered), "count": len(rows)}


def _asked(question: Question, number: int, lang: str) -> str:
    """Show one device and return the trainee's answer. Raises Ended."""
    check, subject = question.key.split(" ", 1)
    shown = {"number": number, "check": check, "subject": subject}
    say()
    say(render(Message("Question {number}: {check} of {subject}", shown), lang))
    kinds: dict[str, Falsehood] = {}
    for one in question.verdict.falsehoods:
        if _shown(one, true=not question.lies):
            kinds.setdefault(one.asked, one)
    for one in list(kinds.values())[:EVIDENCE]:
        say(f"  {one.asked}")
        for line in _shown(one, true=not question.lies):
            say(f"    {line if isinstance(line, str) else render(line, lang)}")

    def read(text: str) -> str:
        word = text.casefold()
        by_word = {translate(status, lang): status for status in SHORT.values()} | {one: one for one in SHORT.values()}
        if (found := SHORT.get(word) or by_word.get(word)) is None:
            raise Wrong(translate("p, f or u", lang))
        return found

    return ask(translate("Your verdict: pass (p), fail (f) or unknown (u)?", lang), read)


def _shown(one: Falsehood, *, true: bool) -> Sequence[str | Message]:
    """Return what a person sees of one answer, stream or picture."""
    value = one.true if true else one.said
    if isinstance(value, Message):
        return (Message("a person would see: {what}", {"what": value}),)
    return excerpt(one, true=true)


def _tell(question: Question, said: str, lang: str) -> None:
    """Say whether the answer was right, what the device faked, and what camwarden said."""
    right = " / ".join(translate(one, lang) for one in question.right)
    good = said in question.right or (said == "fail" and "warn" in question.right)
    say(
        translate("Right." if good else "Wrong.", lang)
        + " "
        + render(Message("It is: {status}", {"status": right}), lang)
    )
    if not question.lies:
        say(f"  {translate('This device told the truth.', lang)}")
        return
    say(f"  {render(Message('This device lied: {fakes}', {'fakes': question.verdict.lie.fakes}), lang)}")
    finding = question.verdict.said.get(question.key)
    if finding is not None:
        told = {"status": Message(finding.status), "message": finding.message}
        say(f"  {render(Message('camwarden says: {status}: {message}', told), lang)}")
