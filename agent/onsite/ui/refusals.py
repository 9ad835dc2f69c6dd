"""Defines why the page's server refuses a request: each kind has its HTTP status, and one sentence with a next step."""

from typing import ClassVar

from agent.model.errors import UsageError


class NotGranted(UsageError):
    """The request cannot be granted as it is. Source: RFC 9110 section 15.5.21 (Unprocessable Content)."""

    status: ClassVar[int] = 422
    reason: ClassVar[str] = ""


class NoSession(NotGranted):
    """The request has no valid token."""

    status = 401


class NotAllowed(NotGranted):
    """The request may not be made: its code, its origin, or what this session may do."""

    status = 403


class NotFound(NotGranted):
    """There is no such camera, path, picture or page."""

    status = 404


class Changed(NotGranted):
    """What the page has seen is not there any more: site.toml, a draft or a picture is another one now."""

    status = 409
    reason = "changed"
