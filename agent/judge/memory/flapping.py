"""Marks flapping findings: one finding with a count, in reports and in events. Pure."""

from collections.abc import Mapping
from dataclasses import replace

from agent.judge.memory.episodes import WELL, Episode, FindingState
from agent.model.finding import Finding, Json, Message, utc_text

FLAPPING = "flapping"


def mark_flapping(findings: tuple[Finding, ...], known: Mapping[str, FindingState]) -> tuple[Finding, ...]:
    """Return the findings for reports; `known` is the state after this look.

    What flaps and is well just now warns, until it has been well for long enough.
    """
    return tuple(_mark(one, known.get(one.key)) for one in findings)


def with_flap_count(finding: Finding, episode: Episode | None) -> Finding:
    """Return a finding for its event, with the flap count where it flaps."""
    if episode is None or not episode.flapping:
        return finding
    values = _values(finding, episode)
    if finding.status in WELL:
        return replace(finding, message=Message("{what}; it came and went {count} times since {time}", values))
    return replace(finding, message=Message("{what}; it comes and goes, {count} times since {time}", values))


def _mark(finding: Finding, known: FindingState | None) -> Finding:
    episode = known.episode if known else None
    if episode is None or not episode.flapping or finding.caused_by:
        return finding
    often: dict[str, Json] = {"flaps": episode.count, "flapping_since": utc_text(episode.detected_at)}
    finding = replace(finding, evidence={**finding.evidence, **often})
    if finding.status not in WELL:
        return with_flap_count(finding, episode)
    message = Message(
        "it comes and goes, {count} times since {time}, and is well at this look: look for what is loose or "
        "overloaded, such as power, cable and network",
        _values(finding, episode),
    )
    return replace(finding, status="warn", reason=FLAPPING, severity=episode.severity, message=message)


def _values(finding: Finding, episode: Episode) -> dict[str, object]:
    return {"what": finding.message, "count": episode.count, "time": utc_text(episode.detected_at)}
