"""Renders a digest for a chat: a few lines of Markdown that fit into one message. Pure.

Both chats have bold text and quotes, and document no escape. So every character of a name or sentence that could be
markup, a mention or a link becomes its full-width form.

Source: WeCom, group robot, message type markdown; DingTalk, custom robot, message type markdown.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from agent.model.finding import Json
from agent.text.translate import translate

TEXT_MAX_BYTES: Final = 4096
"""What WeCom takes as the content of one message, UTF-8; DingTalk takes more."""

Break = Literal["\n", "\n\n"]
"""What ends a line: WeCom keeps a line break, DingTalk wants an empty line."""

_PLAIN: Final = str.maketrans("*_`#<>[]@~\\|!", "＊＿｀＃＜＞［］＠～＼｜！")  # noqa: RUF001 - full width on purpose


def markdown(news: Mapping[str, Json], lang: str, line_break: Break) -> str:
    """Render a digest in at most `TEXT_MAX_BYTES`; rows without room are counted."""
    rows = [row for row in _list(news["new"]) if isinstance(row, Mapping)]
    more = _int(news["more"])
    head = [f"**camwarden** {plain(_titled(news['name'], news['site']))} {news['local_time']}", _standing(news, lang)]
    if not rows:
        return line_break.join([*head, translate("Nothing new since the last message.", lang)])
    head.append(translate("New or worse: {count}", lang).format(count=len(rows) + more))
    lines = [_line(row, lang) for row in rows]
    for shown in range(len(lines), -1, -1):
        left = len(lines) - shown + more
        rest = [translate("{count} more: camwarden status", lang).format(count=left)] if left else []
        text = line_break.join([*head, *lines[:shown], *rest])
        if len(text.encode()) <= TEXT_MAX_BYTES:
            return text
    return text.encode()[:TEXT_MAX_BYTES].decode("utf-8", "ignore")


def plain(text: str) -> str:
    """Replace every character that could be markup."""
    return text.translate(_PLAIN)


def _line(row: Mapping[str, Json], lang: str) -> str:
    subject = str(row["subject"])
    where = _titled(row["name"], subject.partition(":")[2] or translate("site", lang))
    status = translate(str(row["status"]), lang)
    return f"> **{plain(where)}** {status} {plain(str(row['check']))}: {plain(str(row['message']))}"


def _standing(news: Mapping[str, Json], lang: str) -> str:
    cameras, standing = news["cameras"], news["open"]
    if not isinstance(cameras, Mapping) or not isinstance(standing, Mapping):
        return ""
    return translate("cameras online {online} of {all}; fail {fail}, unknown {unknown}, warn {warn}", lang).format(
        **cameras, **standing
    )


def _titled(name: Json, of: Json) -> str:
    return f"{name} ({of})" if name else str(of)


def _list(value: Json) -> Sequence[Json]:
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()


def _int(value: Json) -> int:
    return value if isinstance(value, int) else 0
