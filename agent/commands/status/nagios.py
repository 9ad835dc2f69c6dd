"""Renders the status as one line for Nagios, Icinga and compatible monitors. Pure.

    CAMWARDEN OK|WARNING|CRITICAL|UNKNOWN - text | performance data

    CRITICAL  something fails
    WARNING   something is to watch, or a device refused a login
    UNKNOWN   something could not be checked; or there is no status, none that can be read, or a stale one: later than
              due by more than 120 s and 10 % of the period

The first of these that holds counts. The limits are in the performance data too.

Source: Monitoring Plugins Development Guidelines, sections "Plugin Return Codes", "Threshold and Ranges" and
"Performance data".
"""

from typing import Final

from agent.commands.status.words import clean, headline, mapping, number, open_findings, open_unknown
from agent.model.finding import Message
from agent.service.alerts.status_file import StatusRead
from agent.text.redact import redact
from agent.text.translate import render

STATES: Final = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
"""Each at its exit code."""
OK, WARNING, CRITICAL, UNKNOWN = range(4)

TEXT_MAX_CHARS: Final = 200
CERTIFICATE_WARN_DAYS: Final = 30
CERTIFICATE_FAIL_DAYS: Final = 1
"""As the check `hub-certificate` has them; only told here, its finding is what counts."""


def nagios_line(status: StatusRead, lang: str) -> tuple[int, str]:
    """Return the exit code, 0 to 3, and the line for a status."""
    state, found = _state(status), open_findings(status.content)
    text = headline(status, lang)
    if found and not status.stale:
        text += f" - {found[0].where}: {render(found[0].message, lang)}"
    disputed = sum(one.disputed is not None for one in found)
    if disputed and not status.stale:
        text = f"{render(Message('{count} of these are disputed', {'count': disputed}), lang)}; {text}"
    return state, f"{line(state, text)} | {_performance(status)}"


def line(state: int, text: str) -> str:
    """Return the line without performance data; nothing in the text can end it or begin them."""
    safe = clean(redact(text)).replace("|", "/")
    if len(safe) > TEXT_MAX_CHARS:
        safe = safe[: TEXT_MAX_CHARS - 3] + "..."
    return f"CAMWARDEN {STATES[state]} - {safe}"


def _state(status: StatusRead) -> int:
    counts = mapping(status.content.get("counts"))
    if status.stale or not counts:
        return UNKNOWN
    if number(counts.get("fail")):
        return CRITICAL
    if number(counts.get("warn")) or number(counts.get("refused")):
        return WARNING
    return UNKNOWN if open_unknown(counts) else OK


def _performance(status: StatusRead) -> str:
    """Return `label=value[unit];warn;crit;min;max` for each figure; labels are ours alone."""
    content = status.content
    counts, queue, hub = (mapping(content.get(name)) for name in ("counts", "queue", "hub"))
    rows = content.get("cameras")
    cameras = [mapping(row) for row in rows] if isinstance(rows, list) else []
    online = sum(row.get("online") == "pass" for row in cameras)
    waiting = sum(number(queue.get(name)) for name in ("pending", "sent", "parked"))
    parts = [
        f"age={max(0, round(status.age.total_seconds()))}s;;;0",
        f"fail={number(counts.get('fail'))};;0;0",
        f"warn={number(counts.get('warn'))};0;;0",
        f"unknown={number(counts.get('unknown'))};;;0",
        f"refused={number(counts.get('refused'))};0;;0",
        f"cameras={len(cameras)};;;0",
        f"online={online};;;0;{len(cameras)}",
        f"waiting={waiting};;;0",
        f"disputed={sum(one.disputed is not None for one in open_findings(content))};;;0",
    ]
    days = hub.get("certificate_days")
    if isinstance(days, int) and not isinstance(days, bool):
        parts.append(f"certificate_days={days};{CERTIFICATE_WARN_DAYS}:;{CERTIFICATE_FAIL_DAYS}:")
    return " ".join(parts)
