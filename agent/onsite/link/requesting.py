"""Builds the requests of our platform, and matches the answers to them. Pure but for the random marks of each.

Source: RFC 3261 sections 8.1, 12.2.1.1 and 17.1.3.
"""

import secrets
from dataclasses import dataclass, field
from typing import Final

from agent.onsite.link.plan import Plan
from agent.onsite.link.registrar import OUR_AGENT, OUR_VERSION
from drivers.gb28181.sip import Headers, Sip
from drivers.gb28181.wire import Flow

MAY_SEND: Final = frozenset({"MESSAGE", "INVITE", "ACK", "BYE"})
"""Every method of ours. None of them leaves anything behind in a device once a call has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request of ours about one code. `to_tag`: the device's, within a call; `extra`: further headers.

    `target`: whom it is for, where proxies hand it on; it goes on the way of the registration all the same.
    """

    method: str
    about: str
    number: int
    call_id: str
    tag: str
    branch: str
    to_tag: str = ""
    target: str = ""
    extra: Headers = field(default=())

    def written(self, flow: Flow, plan: Plan, own: tuple[str, int], content_type: str, body: bytes) -> Sip:
        """Return it as a message for the way of a registration. Raises ValueError for a method that is never sent."""
        if self.method not in MAY_SEND:
            raise ValueError("no such request is ever sent")
        host = f"[{flow.host}]" if ":" in flow.host else flow.host
        own_host = f"[{own[0]}]" if ":" in own[0] else own[0]
        uri = f"sip:{self.about}@{host}:{flow.port}"
        to_tag = f";tag={self.to_tag}" if self.to_tag else ""
        headers = (
            ("via", f"SIP/2.0/{flow.transport} {own_host}:{own[1]};rport;branch=z9hG4bK{self.branch}"),
            ("from", f"<sip:{plan.platform_id}@{plan.domain}>;tag={self.tag}"),
            ("to", f"<{uri}>{to_tag}"),
            ("call-id", self.call_id),
            ("cseq", f"{self.number} {self.method}"),
            ("max-forwards", "70"),
            OUR_AGENT,
            OUR_VERSION,
            *((("contact", f"<sip:{plan.platform_id}@{own_host}:{own[1]}>"),) if self.method == "INVITE" else ()),
            *self.extra,
            *((("content-type", content_type),) if content_type else ()),
        )
        return Sip(headers, body, method=self.method, uri=self.target or uri)

    def is_answered_by(self, answer: Sip) -> bool:
        """Tell whether an answer is to this request; devices leave out its Via, so that the branch does not count."""
        number, method = answer.cseq
        return (answer.header("call-id"), number) == (self.call_id, self.number) and method in (self.method, "")


@dataclass(slots=True)
class Sent:
    """A request on its way, and the newest answer to it: `status` 0 for none, below 200 for one that is not final."""

    request: Request
    status: int = 0
    answer: Sip | None = None

    @property
    def is_final(self) -> bool:
        """Whether the answer is the last one."""
        return self.status >= 200


def new_request(method: str, about: str, number: int, local: str, extra: Headers = ()) -> Request:
    """Return a request with marks of its own."""
    call_id = f"{secrets.token_hex(8)}@{local}"
    return Request(
        method=method, about=about, number=number, call_id=call_id, tag=secrets.token_hex(4),
        branch=secrets.token_hex(8), extra=extra,
    )  # fmt: skip
