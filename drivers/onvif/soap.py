"""Runs one device's SOAP session: asks anonymously, logs in when challenged, and returns validated answers.

The device chooses the scheme: the transport answers an HTTP challenge with HTTP Digest, a WS-UsernameToken signed with
the device's time answers a NotAuthorized fault. `drivers.credentials` decides whether a credential may be tried; one
refused login ends all tries. Operations that wanted a token last time get it at once. Only such an operation proves
that a token was taken: open ones answer a wrong token as well. Optional reads (no picture or mask depends on them)
share half of the time left.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import onvif
import zeep.exceptions
from lxml import etree
from zeep.wsdl.utils import etree_to_string
from zeep.wsse.username import UsernameToken

from drivers.credentials import refusal
from drivers.deadline import Deadline
from drivers.errors import (
    DeviceFault,
    DriverError,
    HungUp,
    Malformed,
    NotPermitted,
    NotTried,
    ProtocolBroken,
    Unreachable,
    Unsupported,
)
from drivers.exchange import Exchange, Request, Transport
from drivers.http.xml_answer import readable, skipped, without_notes
from drivers.nonces import Operation
from drivers.onvif import documents
from drivers.onvif.reply import LoginRequired, answer_element
from drivers.onvif.services import Endpoint

_LOG = logging.getLogger("camwarden.onvif")


@dataclass(frozen=True, slots=True)
class Answer:
    """A checked answer: `value` as zeep decoded it, `element` as it came, and the exchange that brought it."""

    value: Any
    element: etree._Element
    exchange: Exchange


@dataclass(slots=True)
class _Call:
    """The one call in progress, between `Session.call` and the adapter that zeep calls back."""

    endpoint: Endpoint
    operation: str
    with_token: bool
    anonymous_first: bool = False
    limit_s: float = 0.0
    sent: bool = False
    element: etree._Element | None = None
    exchange: Exchange | None = None
    error: Exception | None = None


class Session:
    """The SOAP services of one device, over one transport. Not for use by several threads at once."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.clock_offset: timedelta | None = None
        self._date_offset: timedelta | None = None
        self._closed = transport.credentials.nonces.closed(transport.device)
        self._token_asked = False
        self._token_taken = False
        self._token_swallowed = False
        self._spare: Deadline | None = None
        self._services: dict[tuple[str, str], tuple[Any, zeep.Client]] = {}
        self._call: _Call | None = None
        self._adapter = _Adapter(self)

    def call(
        self,
        endpoint: Endpoint,
        operation: str,
        *,
        optional: bool = False,
        anonymous_first: bool = False,
        **parameters: Any,
    ) -> Answer:
        """Call an operation of the service at `endpoint`; optional ones only while time is left. Raises DriverError."""
        limit_s = self._spare_s() if optional else 0.0

        def plan(with_token: bool) -> _Call:
            return _Call(endpoint, operation, with_token, anonymous_first, limit_s)

        name = (endpoint.namespace, operation)
        if anonymous_first or not (self._token_asked or name in self._closed):
            try:
                return self._once(plan(with_token=False), parameters)
            except LoginRequired as asked:
                if asked.after_login:
                    raise NotPermitted(f"{operation}: the login has not the right to ask this") from None
                self._closed |= {name}
        self._token_asked = True
        device, now = self.transport.device, self.transport.clock()
        self.transport.credentials.admit(device, now)
        try:
            answer = self._with_token(lambda: plan(with_token=True), parameters)
        except LoginRequired as asked:
            if self._token_taken:
                raise NotPermitted(f"{operation}: the login has not the right to ask this") from None
            self.transport.credentials.nonces.keep_closed(device, frozenset())
            self.transport.credentials.refused(device, self.transport.clock(), asked.text)
            cause = "" if self.clock_offset is not None else ", or the device's clock, which it does not tell, is wrong"
            raise refusal(asked.text, f"{operation}: the device refused the login{cause}") from None
        except (DeviceFault, Unsupported):
            # Any other fault comes from behind the login.
            self._note_taken(name)
            raise
        self._note_taken(name)
        return answer

    def _with_token(self, plan: Callable[[], _Call], parameters: dict[str, Any]) -> Answer:
        if self._token_swallowed:
            raise NotTried("a login was sent before and never answered: none is sent again in this look")
        try:
            return self._once(plan(), parameters)
        except Unreachable as error:
            # Whether it was weighed nobody knows: with a wrong password one for each question would lock the account.
            self._token_swallowed = not self._token_taken and type(error) in (Unreachable, ProtocolBroken, HungUp)
            if not self._token_taken or not isinstance(error, HungUp):
                raise
        return self._once(plan(), parameters)

    def _spare_s(self) -> float:
        if self._spare is None:
            self._spare = Deadline(self.transport.deadline.remaining_s() / 2)
        return self._spare.remaining_s()

    def _note_taken(self, name: Operation) -> None:
        if self._token_taken or name not in self._closed:
            return
        self._token_taken = True
        self.transport.credentials.accepted(self.transport.device, self.transport.clock())
        self.transport.credentials.nonces.keep_closed(self.transport.device, self._closed)

    def _once(self, call: _Call, parameters: dict[str, Any]) -> Answer:
        operation = call.operation
        service, client = self._service(call.endpoint, operation)
        client.wsse = self._token() if call.with_token else None
        self._call = call
        try:
            value = getattr(service, operation)(parameters)
        except (onvif.ONVIFError, AttributeError) as error:
            # onvif-zeep wraps every error; ours was kept as it was.
            if call.error is not None:
                raise call.error from None
            kind = type(error.__context__ or error).__name__
            undecoded = Malformed(f"{operation}: the answer cannot be decoded ({kind})")
            if call.exchange is not None:
                self.transport.samples.keep(call.exchange.reply, str(undecoded))
            raise undecoded from None
        finally:
            self._call = None
            client.wsse = None
        if call.element is None or call.exchange is None:
            raise Malformed(f"{operation}: no answer")
        return Answer(value, call.element, call.exchange)

    def _service(self, endpoint: Endpoint, operation: str) -> tuple[Any, zeep.Client]:
        key = (documents.file_of(endpoint.namespace, operation), endpoint.path)
        if key not in self._services:
            self._services[key] = documents.service(endpoint.namespace, operation, endpoint.path, self._adapter)
        return self._services[key]

    def _token(self) -> UsernameToken:
        credential = self.transport.device.credential
        if credential is None:
            raise NotTried("no login is configured for the device")
        offset = self.clock_offset or self._date_offset or timedelta()
        created: datetime = (self.transport.clock() + offset).astimezone(UTC)
        return UsernameToken(
            credential.user, credential.password, use_digest=True, created=created, zulu_timestamp=True
        )

    def _post(self, envelope: etree._Element, headers: dict[str, str]) -> _ZeepReply:
        call = self._call
        if call is None or call.sent:
            # onvif-zeep repeats a call whose decoding raised TypeError. Nothing is sent twice.
            raise Malformed("the answer cannot be decoded")
        call.sent = True
        try:
            exchange = self.transport.exchange(
                Request(
                    operation=call.operation,
                    method="POST",
                    path=call.endpoint.path,
                    body=etree_to_string(envelope),
                    headers=tuple(headers.items()),
                    port=call.endpoint.port,
                    carries_credential=call.with_token,
                    anonymous_first=call.anonymous_first,
                    limit_s=call.limit_s,
                )
            )
            if exchange.server_date_offset_s is not None:
                self._date_offset = timedelta(seconds=exchange.server_date_offset_s)
            call.exchange = exchange
            call.element = answer_element(exchange.reply, call.operation)
        except LoginRequired as asked:
            asked.after_login = call.exchange is not None and not call.exchange.anonymous and not call.with_token
            call.error = asked
            raise
        except DriverError as error:
            if isinstance(error, Malformed) and call.exchange is not None:
                self.transport.samples.keep(call.exchange.reply, str(error))
            call.error = error
            raise
        names = skipped(call.element)
        self.transport.samples.skip(exchange.reply, names)
        return _ZeepReply(without_notes(call.element) if names else readable(exchange.reply.body))


class _Adapter:
    """What zeep takes for its transport. It can carry a call and load nothing."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.logger = _LOG

    def post_xml(self, address: str, envelope: etree._Element, headers: dict[str, str]) -> _ZeepReply:
        """Send an envelope and return the checked reply."""
        return self._session._post(envelope, headers)

    def load(self, url: str) -> bytes:
        """Refuse: an answer has no business to make us fetch anything."""
        raise Malformed("an answer refers to another document")


@dataclass(frozen=True, slots=True)
class _ZeepReply:
    """The part of a requests response that zeep reads. The status was judged already."""

    content: bytes
    status_code: int = 200
    encoding: str = "utf-8"

    @property
    def headers(self) -> dict[str, str]:
        return {"Content-Type": "application/soap+xml"}
