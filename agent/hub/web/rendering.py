"""Renders the page's templates in the reader's language; what devices and people wrote is escaped, always.

No script and no style stands in a page: its policy allows the style sheet of the page itself, its pictures, and forms
that go back to it.

Source: W3C Content Security Policy Level 3; Referrer Policy (a form's Origin is `null` under `no-referrer`, so pages
name `same-origin`).
"""

from collections.abc import Mapping
from functools import lru_cache, partial
from importlib import resources
from typing import Any, Final
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from agent.hub.domain.people.person import is_at_least
from agent.hub.views.people import speaker
from agent.hub.views.standby import read_from_line
from agent.hub.web.asked import HTML, Asked, Reply
from agent.hub.web.words import LANGUAGE_NAMES, NAVIGATION, WORDS
from agent.model.finding import Message
from agent.text.called import as_called
from agent.text.harmless import printable
from agent.text.recognize import recognize
from agent.text.translate import render, translate

POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_PACKAGE: Final = "agent.hub.web"


def page(asked: Asked, template: str, status: int = 200, /, **data: Any) -> Reply:
    """Render a template of `templates/`.

    Beside `data` it gets `asked`, `lang`, `words` (those of `words.py`, and of a mapping `words` in `data`, rendered),
    `say` (renders a message), `tr` (translates a text), `called` (a command as it can be typed here), `told` (a
    sentence of a report in the reader's language) and `link` (a path with a query; empty values are left out).
    """
    lang = asked.lang
    say = partial(render, lang=lang)
    words: Mapping[str, Message] = {**WORDS, **data.pop("words", {})}
    text = _environment().get_template(template).render(
        asked=asked,
        lang=lang,
        html_lang=lang.replace("_", "-"),
        words={name: say(message) for name, message in words.items()},
        say=say,
        tr=partial(translate, lang=lang),
        called=as_called,
        told=lambda sentence: say(recognize(sentence, lang)),
        link=link,
        navigation=_navigation(asked),
        speak=speaker(asked.store, lang),
        read_from=say(read_from_line(server)) if (server := asked.store.read_from()) is not None else "",
        languages=[(name, shown, link(asked.path, {**asked.query, "lang": name})) for name, shown in LANGUAGE_NAMES],
        **data,
    )  # fmt: skip
    return Reply(status, HTML, text.encode(), {"Content-Security-Policy": POLICY})


def link(path: str, query: Mapping[str, str | None] | None = None, **more: str | None) -> str:
    """Return a path with a query, without the names whose value is empty or None."""
    told = {name: value for name, value in {**(query or {}), **more}.items() if value}
    return f"{path}?{urlencode(told)}" if told else path


def style(asked: Asked) -> Reply:
    """Return the style sheet: the colours of every page and paper of ours, then the rules of these pages."""
    parts = (resources.files("agent.text") / "tones.css", resources.files(_PACKAGE) / "templates" / "hub.css")
    return Reply(200, "text/css; charset=utf-8", b"".join(part.read_bytes() for part in parts))


def _navigation(asked: Asked) -> list[tuple[str, str, bool]]:
    """Return path, name and whether it is this one, of the pages that this person may see."""
    if asked.person is None:
        return []
    person = asked.person
    return [
        (path, render(message, asked.lang), path == asked.path)
        for path, least, message in NAVIGATION
        if is_at_least(person.role, least)
    ]


@lru_cache(maxsize=1)
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader(_PACKAGE, "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, finalize=_plain,
    )  # fmt: skip
    return made


@pass_context
def _plain(context: Context, value: object) -> object:
    """Put each text on one line, without control characters, authors by their names; what is HTML already stays."""
    return printable(context["speak"](value)) if type(value) is str else value
