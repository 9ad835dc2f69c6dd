"""One device's SOAP session: asks anonymously, logs in when told to, and returns answers that were checked first.

The scheme is the one that the device points to: an HTTP challenge is answered by the transport with HTTP Digest, a
NotAuthorized fault by a WS-UsernameToken that is signed with the device's time. Whether a credential may be tried is
asked of `drivers.credentials`; one refused login ends all tries.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import onvif
import zeep.exceptions
from lxml import etree
from zeep.wsdl.utils import etree_to_string
from zeep.wsse.username import UsernameToken

from drivers.credentials import weigh
from drivers.errors import Busy, DeviceFault, DriverError, Malformed, NotTried, Refused, Unsupported
from drivers.exchange import Exchange, Request, Transport
from drivers.onvif import documents
from drivers.onvif.reply import LoginAsked, answer_element
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
        self._token_asked = False
        self._token_taken = False
        self._services: dict[tuple[str, str], tuple[Any, zeep.Client]] = {}
        self._call: _Call | None = None
        self._adapter = _Adapter(self)

    def call(self, endpoint: Endpoint, operation: str, **parameters: Any) -> Answer:
        """Call an operation of the service at `endpoint`.

        Raises:
            DriverError: There is no such answer; its kind says why.
        """
        if not self._token_asked:
            try:
                return self._once(endpoint, operation, parameters, with_token=False)
            except LoginAsked as asked:
                if asked.after_login:
                    raise DeviceFault(f"{operation}: the login has not the right to do this") from None
                self._token_asked = True
        device, now = self.transport.device, self.transport.clock()
        self.transport.credentials.admit(device, now)
        try:
            answer = self._once(endpoint, operation, parameters, with_token=True)
        except LoginAsked as asked:
            if self._token_taken:
                raise DeviceFault(f"{operation}: the login has not the right to do this") from None
            self.transport.credentials.refused(device, self.transport.clock(), asked.text)
            if weigh(asked.text) == "busy":
                raise Busy(f"{operation}: {asked.text}") from None
            cause = "" if self.clock_offset is not None else ", or the device's clock, which it does not tell, is wrong"
            raise Refused(f"{operation}: the device refused the login{cause}") from None
        except (DeviceFault, Unsupported):
            # Any other fault comes from behind the login.
            self._note_taken()
            raise
        self._note_taken()
        return answer

    def _note_taken(self) -> None:
        self._token_taken = True
        self.transport.credentials.accepted(self.transport.device, self.transport.clock())

    def _once(self, endpoint: Endpoint, operation: str, parameters: dict[str, Any], with_token: bool) -> Answer:
        service, client = self._service(endpoint)
        client.wsse = self._token() if with_token else None
        call = _Call(endpoint, operation, with_token)
        self._call = call
        try:
            value = getattr(service, operation)(parameters)
        except (onvif.ONVIFError, AttributeError) as error:
            # onvif-zeep wraps every error; ours was kept as it was.
            if call.error is not None:
                raise call.error from None
            kind = type(error.__context__ or error).__name__
            raise Malformed(f"{operation}: the answer cannot be decoded ({kind})") from None
        finally:
            self._call = None
            client.wsse = None
        if call.element is None or call.exchange is None:
            raise Malformed(f"{operation}: no answer")
        return Answer(value, call.element, call.exchange)

    def _service(self, endpoint: Endpoint) -> tuple[Any, zeep.Client]:
        key = (endpoint.namespace, endpoint.path)
        if key not in self._services:
            self._services[key] = documents.service(endpoint.namespace, endpoint.path, self._adapter)
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
                )
            )
            if exchange.server_date_offset_s is not None:
                self._date_offset = timedelta(seconds=exchange.server_date_offset_s)
            call.exchange = exchange
            call.element = answer_element(exchange.reply, call.operation)
        except LoginAsked as asked:
            asked.after_login = call.exchange is not None and not call.exchange.anonymous and not call.with_token
            call.error = asked
            raise
        except DriverError as error:
            call.error = error
            raise
        return _ZeepReply(exchange.reply.body)


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
