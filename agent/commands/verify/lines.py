"""Renders the lines that `camwarden verify` and `camwarden hub` share: verdict, fault between reports, readiness."""

from agent.model.finding import Message
from agent.verify.follow import ChainEvent
from agent.verify.judge import Judgement
from agent.verify.message import Problem


def judged_line(message: Judgement) -> Message:
    """Return one line about a message that is not verified."""
    values = {"name": message.name, "verdict": Message(message.verdict), "why": message.why}
    return Message("{name}: {verdict}: {why}", values)


def fault_line(fault: Problem | ChainEvent) -> Message:
    """Return one line about a fault between the reports of a stream."""
    values = {
        "site": fault.site, "epoch": fault.epoch, "stream": fault.stream,
        "first": fault.from_seq, "last": fault.to_seq, "fault": Message(fault.fault),
    }  # fmt: skip
    return Message("site {site}, epoch {epoch}, {stream} {first} to {last}: {fault}", values)


def ready_line(topic: str, host: str, port: int) -> Message:
    """Return the line that names the subscription."""
    return Message("ready: {topic} at {host}:{port}", {"topic": topic, "host": host, "port": port})
