"""Asks networks who is there, in every protocol of `protocols.py`, by multicast and broadcast, and ranges one by one.

Answers are only reported. Nothing but those questions is sent, and no credential ever to a discovered address.
`probe_match.py` decides which answers are of one device; the agent, whether a device is known.
"""

import contextlib
import ipaddress
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from drivers.deadline import resolve
from drivers.discovery.answer import Discovered, Sweep
from drivers.discovery.plan import PER_SECOND, Address, Plan
from drivers.discovery.probe_match import merge
from drivers.discovery.protocol import Protocol
from drivers.discovery.protocols import PROTOCOLS

BROADCAST = "255.255.255.255"
TICK_S = 0.2
# UDP loses datagrams: the standard asks for a repeat after 50 to 250 ms.
REPEAT_AFTER_S = 0.2
# A flood of answers ends the listening, and is said; a thousand honest devices answer four times each.
DATAGRAMS_MAX = 8192
ANSWER_BYTES_MAX = 16 * 1024 * 1024
ANSWERS_MAX = 2048
ADDRESSES_PER_NAME_MAX = 4
BLOCKED_MAX = 5 * PER_SECOND
"""How many times in a row a datagram may find the kernel's queue full: the rest is then dropped, and reported."""


def sweep(
    plan: Plan,
    wait_s: float,
    progress: Callable[[], None] = lambda: None,
    clock: Callable[[], float] = time.monotonic,
) -> Sweep:
    """Send the plan's questions and listen until `wait_s` after the last one.

    What cannot be asked is named in the result and never ends the round. `progress` is called at least every `TICK_S`;
    it may raise to end the round. `clock` is monotonic seconds; it alone decides when the next datagram may go.
    """
    if not plan.datagrams:
        return Sweep()
    names = resolved([address[0] for _, address in plan.asked], wait_s, progress)
    with contextlib.ExitStack() as stack, selectors.DefaultSelector() as selector:
        round_ = _Round(stack, selector)
        at_once = [s for interface in plan.multicast for s in round_.to_all(interface)]
        round_.hear_groups(plan.multicast)
        for label, (host, port) in plan.asked:
            addresses = names.get(host, (host,))[:ADDRESSES_PER_NAME_MAX]
            round_.failed |= {} if addresses else {label: None}
            at_once += [s for address in addresses for s in round_.to_one(label, (address, port))]
        slowly = deque(s for label, address in plan.paced for s in round_.to_one(label, address))
        if not at_once and not slowly:
            return Sweep((), tuple(round_.failed))
        began = clock()
        repeats = [began, began + REPEAT_AFTER_S]
        next_paced_at, ends_at, blocked = began, began + wait_s, 0
        while (now := clock()) < ends_at or repeats or slowly:
            if repeats and now >= repeats[0]:
                repeats.pop(0)
                slowly.extend(sending for sending in at_once if not round_.send(sending))
                ends_at = now + wait_s
            if slowly and now >= next_paced_at:
                # The kernel's queue is full while it looks for hosts that do not exist: that is waited for.
                blocked = 0 if round_.send(slowly[0]) else blocked + 1
                if not blocked:
                    slowly.popleft()
                elif blocked > BLOCKED_MAX:
                    round_.failed |= {sending.label: None for sending in slowly}
                    slowly.clear()
                next_paced_at, ends_at = now + 1 / PER_SECOND, now + wait_s
            # Where more is to be sent, the end is set anew then: a short one that has passed by now is not waited for.
            due = [*repeats[:1], *([next_paced_at] if slowly else [])]
            until = min([now + TICK_S, *(due or [ends_at])])
            if not round_.receive(max(0.0, until - now)):
                break
            progress()
        return Sweep(merge(round_.answers()), tuple(round_.failed))


def resolved(
    hosts: Iterable[str], within_s: float, progress: Callable[[], None] = lambda: None
) -> dict[str, tuple[str, ...]]:
    """Return the numeric addresses of every host that is a name; empty for one that has none, or none in time."""
    names = {host for host in hosts if not _is_numeric(host)}
    found: dict[str, tuple[str, ...]] = {}
    if names:
        # A resolver cannot be interrupted: one that hangs is left behind in its thread.
        resolving = ((name, resolve(name)) for name in sorted(names))
        thread = threading.Thread(target=found.update, args=(resolving,), name="resolver", daemon=True)
        thread.start()
        until = time.monotonic() + within_s
        while thread.is_alive() and time.monotonic() < until:
            thread.join(TICK_S)
            progress()
    return {name: found.get(name, ()) for name in names}


def _is_numeric(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Sending:
    label: str
    sock: socket.socket
    address: tuple[str, int]
    question: bytes = field(repr=False)


class _Round:
    """The sockets of one round, what came in on them, and what could not be asked."""

    def __init__(self, stack: contextlib.ExitStack, selector: selectors.BaseSelector) -> None:
        self._stack, self._selector = stack, selector
        self._sockets: dict[socket.AddressFamily, socket.socket] = {}
        self._questions = [(one, question) for one in PROTOCOLS for question in one.questions()]
        self._heard: list[tuple[bytes, str]] = []
        self._bytes = 0
        self.failed: dict[str, None] = {}

    def to_all(self, interface: str) -> list[_Sending]:
        """Return the questions to the network of an own address, none where the address is not (or no longer) ours."""
        try:
            sock = self._open(socket.AF_INET, interface)
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(interface))
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
            # A socket with an own address sends its broadcasts into the network of that address alone.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        except OSError:
            self.failed[interface] = None
            return []
        return [
            _Sending(interface, sock, (host, one.port), question)
            for one, question in self._questions
            for host in ((one.group, BROADCAST) if one.broadcast else (one.group,))
        ]

    def hear_groups(self, interfaces: Iterable[str]) -> None:
        """Open the sockets for answers that go to a group, in the networks of own addresses that can be asked."""
        ours = [interface for interface in interfaces if interface not in self.failed]
        for one in PROTOCOLS:
            if one.answers_to_group and ours:
                try:
                    self._join(one, ours)
                except OSError:
                    self.failed[f"{one.name}, UDP port {one.port}"] = None

    def to_one(self, label: str, address: Address) -> list[_Sending]:
        """Return the questions to one numeric address, none where this machine has no such network."""
        host, port = address
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            if family not in self._sockets:
                self._sockets[family] = self._open(family, "")
        except OSError:
            self.failed[label] = None
            return []
        sock = self._sockets[family]
        return [_Sending(label, sock, (host, port or one.port), question) for one, question in self._questions]

    def send(self, sending: _Sending) -> bool:
        """Send one question; return whether it is done with, sent or not."""
        try:
            sending.sock.sendto(sending.question, sending.address)
        except BlockingIOError:
            return False
        except (OSError, UnicodeError, OverflowError):
            self.failed[sending.label] = None
        return True

    def receive(self, timeout_s: float) -> bool:
        """Receive for some time, unparsed, lest the kernel's buffer overflow; return whether there is room for more."""
        for key, _ in self._selector.select(timeout_s):
            with contextlib.suppress(OSError):
                while self._has_room():
                    data, sender = key.fileobj.recvfrom(65_535)  # type: ignore[union-attr]
                    self._heard.append((data, str(sender[0])))
                    self._bytes += len(data)
        return self._has_room()

    def answers(self) -> dict[Discovered, None]:
        """Return every different answer, in the order in which they came."""
        found: dict[Discovered, None] = {}
        for data, sender in self._heard:
            if len(found) >= ANSWERS_MAX:
                break
            found |= dict.fromkeys(answer for one in PROTOCOLS for answer in one.parse(data, sender))
        if len(found) >= ANSWERS_MAX or not self._has_room():
            self.failed["too many answers"] = None
        return found

    def _has_room(self) -> bool:
        return len(self._heard) < DATAGRAMS_MAX and self._bytes < ANSWER_BYTES_MAX

    def _join(self, one: Protocol, interfaces: Iterable[str]) -> None:
        # Others on this machine may listen there as well. Some devices answer to the port of a host instead.
        sock = self._open(socket.AF_INET, "", one.port)
        for interface in interfaces:
            member = socket.inet_aton(one.group) + socket.inet_aton(interface)
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)

    def _open(self, family: socket.AddressFamily, own_address: str, port: int = 0) -> socket.socket:
        sock = self._stack.enter_context(socket.socket(family, socket.SOCK_DGRAM))
        if port:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((own_address, port))
        sock.setblocking(False)
        self._selector.register(sock, selectors.EVENT_READ)
        return sock
