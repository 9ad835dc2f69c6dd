"""Translates our sentences into the reader's language.

English is the source: used in code, JSON, reports and journal, and what is searched for. Translations are GNU gettext
catalogues in `locale/`; the build hook `packaging/compile_locale.py` compiles the `.mo`.
"""

import gettext
import logging
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Final

from agent.model.finding import Listed, Message
from agent.text.called import as_called
from agent.text.codes import CODE_WORDS

LANGUAGES: Final = ("en", "zh_CN")
DOMAIN: Final = "camwarden"
DIRECTORY: Final = Path(__file__).parent / "locale"

log = logging.getLogger("camwarden.text")


def lang_flag(arguments: Sequence[str]) -> str | None:
    """Return the value of `--lang`, needed before the parser is built; None where it is not given."""
    joined = next((word.removeprefix("--lang=") for word in arguments if word.startswith("--lang=")), None)
    return next((following for word, following in pairwise(arguments) if word == "--lang"), joined)


def choose_lang(flag: str | None, environ: Mapping[str, str]) -> str:
    """Return the language of the flag, else of the environment's locale, else English.

    Every kind of Chinese is `zh_CN`, the only one there is. `LANGUAGE` counts only where a locale is set, as in
    gettext.

    Source: POSIX.1-2017 XBD 8.2 (LC_ALL before LC_MESSAGES before LANG); GNU gettext manual, section 2.3.
    """
    if flag:
        return flag if flag in LANGUAGES else "en"
    locale = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "C")
    if locale.split(".")[0] in ("C", "POSIX"):
        return "en"
    for wanted in (*environ.get("LANGUAGE", "").split(":"), locale):
        language = wanted.replace("-", "_").split("_")[0].split(".")[0].lower()
        if language in ("en", "zh"):
            return "zh_CN" if language == "zh" else "en"
    return "en"


CODES: Final = frozenset({"reason"})
"""Values of messages that may be codes of `codes.py`."""


def translate(text: str, lang: str) -> str:
    """Return a text in a language, with commands as this process is called; English where the catalogue lacks it."""
    # The empty msgid is the catalogue's header, not a translation.
    return as_called(_catalogue(lang).gettext(text)) if text else text


def render(message: Message, lang: str) -> str:
    """Return a message in a language, its values filled in: what happened, and the next step where it has one.

    A value that is a message, or an error raised with one, is rendered first, and a list is joined by `together`; a
    code of ours is said in words, but in English, whose words the codes are. Where a translation names a placeholder
    that the message lacks, the English sentence is returned.
    """
    words, step = render_apart(message, lang)
    return f"{words}{translate(': ', lang)}{step}" if step else words


def render_apart(message: Message, lang: str) -> tuple[str, str]:
    """Return what happened and the next step (may be empty), each in a language."""
    return _filled(message.template, message, lang), _filled(message.next_step, message, lang)


def _filled(template: str, message: Message, lang: str) -> str:
    values = {
        key: _in_words(value, lang) if key in CODES and isinstance(value, str) else _rendered(value, lang)
        for key, value in message.values.items()
    }
    try:
        return translate(template, lang).format(**values)
    except (KeyError, IndexError, ValueError):
        log.debug("the translation of %r into %s does not fit its values", template, lang)
        return as_called(template).format(**values)


def _in_words(codes: str, lang: str) -> str:
    """Return one code or several as words; what is none of ours stays, as a device wrote it."""
    known = [CODE_WORDS.get(code) for code in codes.split(", ")] if lang != "en" else []
    words = [translate(word, lang) for word in known if word is not None]
    return together(words, lang) if words and len(words) == len(known) else codes


def together(items: Iterable[object], lang: str, between: str = ", ") -> str:
    """Return several names or words one after another, as a reader of this language lists them.

    An item that is a message is rendered. `between`: what stands between them in English, a comma or a semicolon.
    """
    return translate(between, lang).join(str(_rendered(one, lang)) for one in items)


def _rendered(value: object, lang: str) -> object:
    if isinstance(value, Exception) and value.args and isinstance(value.args[0], Message):
        value = value.args[0]
    if isinstance(value, Listed):
        return together(value.items, lang, value.between)
    return render(value, lang) if isinstance(value, Message) else value


@cache
def _catalogue(lang: str) -> gettext.NullTranslations:
    if lang == "en" or lang not in LANGUAGES:
        return gettext.NullTranslations()
    return gettext.translation(DOMAIN, DIRECTORY, [lang], fallback=True)
