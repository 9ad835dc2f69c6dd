"""Renders a digest for a chat, and sends it: a stranger's chat gets the site's code, a time and counts.

A webhook of one's own (`json`) gets the whole digest. Nothing that somebody typed on site can be in a chat's line.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from agent.model.finding import Json, Severity
from agent.service.alerts.notice_text import by_severity
from agent.service.alerts.notices import SEVERITIES
from agent.service.alerts.refusals import Refusal
from agent.service.alerts.webhook import hook_of, post, robot_body
from agent.site.config.messages import ROBOTS, DailyDigest
from agent.text.translate import translate


def send(digest: DailyDigest, news: Mapping[str, Json], clock: Callable[[], datetime]) -> Refusal | None:
    """Send a digest; return None once it is accepted, else why not."""
    body = robot_body(digest.kind, chat_text(news, digest.lang)) if digest.kind in ROBOTS else news
    return post(hook_of(digest), body, clock)


def chat_text(news: Mapping[str, Json], lang: str) -> str:
    """Render a digest as three lines of counts; the first one begins with `camwarden`, the keyword for robots."""
    head = f"camwarden {news['site']} {news['local_time']}"
    return "\n".join((head, _standing(news, lang), _changed(news, lang)))


def _changed(news: Mapping[str, Json], lang: str) -> str:
    rows = [row for row in _list(news["new"]) if isinstance(row, Mapping)]
    more = news["more"]
    count = len(rows) + (more if isinstance(more, int) else 0)
    if not count:
        return translate("Nothing new since the last message.", lang)
    by: Counter[Severity] = Counter(one for one in SEVERITIES for row in rows if row["severity"] == one)
    text = translate("New or worse: {count}", lang).format(count=count)
    which = translate("which ones: camwarden status", lang)
    text = translate("{text} ({named})", lang).format(text=text, named=by_severity(by, lang))
    return f"{text}{translate('; ', lang)}{which}"


def _standing(news: Mapping[str, Json], lang: str) -> str:
    cameras, standing = news["cameras"], news["open"]
    if not isinstance(cameras, Mapping) or not isinstance(standing, Mapping):
        return ""
    return translate("cameras online {online} of {all}; fail {fail}, unknown {unknown}, warn {warn}", lang).format(
        **cameras, **standing
    )


def _list(value: Json) -> Sequence[Json]:
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()
