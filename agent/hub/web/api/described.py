"""Answers with the document that describes the interface for programs."""

from importlib import resources

from agent.hub.web.api.openapi import FILE
from agent.hub.web.asked import JSON, Asked, Reply


def describe(asked: Asked) -> Reply:
    """Return the document."""
    return Reply(200, JSON, (resources.files("agent.hub.web.api") / FILE).read_bytes())
