"""Shows endpoints of other systems, and how they answer. No address and no secret: a host alone."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final, Literal

from agent.hub.domain.rows.webhooks import Hook, Kind, Progress
from agent.hub.domain.scope import EVERYTHING, Scope, is_within
from agent.hub.ports.store import Store
from agent.model.finding import Json, Message
from agent.model.web_address import address_of
from agent.text.metrics import Labels, block

State = Literal["new", "works", "fails", "stopped", "disabled"]


STATE_WORDS: Final[Mapping[State, Message]] = {
    "new": Message("nothing sent yet"),
    "works": Message("takes what it is sent"),
    "fails": Message("does not take what it is sent"),
    "stopped": Message("given up"),
    "disabled": Message("disabled"),
}
KIND_WORDS: Final[Mapping[Kind, Message]] = {
    "finding.failed": Message("a finding fails"),
    "finding.changed": Message("it warns, or cannot be judged"),
    "finding.ended": Message("it is over"),
    "site.silent": Message("a site is silent"),
    "site.back": Message("it is heard of again"),
    "repair.late": Message("a repair is late"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownHook:
    """An endpoint as people see it. `waiting` messages, the oldest since `oldest_at`; times empty: not happened."""

    name: str
    host: str
    state: State
    kinds: tuple[Kind, ...]
    divisions: tuple[str, ...]
    operators: tuple[str, ...]
    maintainers: tuple[str, ...]
    is_private: bool
    made_at: str
    delivered: int
    waiting: int
    oldest_at: str
    given_up: int
    last_at: str
    last_status: int
    last_why: str
    failing_since: str
    next_at: str
    stopped_at: str
    disabled_at: str


def read_hooks(store: Store, scope: Scope = EVERYTHING) -> tuple[ShownHook, ...]:
    """Return the endpoints that are told no more than what may be seen, by name."""
    return tuple(_shown(store, hook) for hook in store.webhooks.listed() if is_within(hook.scope, scope))


def state_of(hook: Hook, progress: Progress) -> State:
    """Return how an endpoint stands."""
    if hook.disabled_at:
        return "disabled"
    if progress.stopped_at:
        return "stopped"
    if progress.failing_since:
        return "fails"
    return "works" if progress.delivered else "new"


def hook_json(shown: ShownHook) -> dict[str, Json]:
    """Return one as `--json` shows it."""
    return {
        name: list(value) if isinstance(value, tuple) else value or None for name, value in asdict(shown).items()
    } | {name: getattr(shown, name) for name in ("delivered", "waiting", "given_up", "last_status", "is_private")}


def hook_blocks(store: Store, now: datetime) -> Iterator[str]:
    """Yield their metrics; without a sample where there is none."""
    found, name = read_hooks(store), "camwarden_hub_webhook"

    def of(value: Callable[[ShownHook], float]) -> list[tuple[Labels, float]]:
        return [({"hook": one.name}, value(one)) for one in found]

    def age(at: str) -> float:
        return max(0.0, (now - datetime.fromisoformat(at)).total_seconds()) if at else 0.0

    yield block(f"{name}_waiting", "gauge", "Messages that wait for an endpoint.", of(lambda one: one.waiting))
    yield block(
        f"{name}_waiting_oldest_seconds",
        "gauge",
        "So long the oldest of them waits.",
        of(lambda one: age(one.oldest_at)),
    )
    yield block(
        f"{name}_stopped", "gauge", "1: it was given up, and is sent nothing.", of(lambda one: one.state == "stopped")
    )
    yield block(f"{name}_delivered_total", "counter", "Messages that it took.", of(lambda one: one.delivered))
    yield block(
        f"{name}_given_up_total",
        "counter",
        "Messages that were given up after three days.",
        of(lambda one: one.given_up),
    )


def _shown(store: Store, hook: Hook) -> ShownHook:
    progress, waiting = store.webhooks.progress(hook.name), store.webhooks.waiting(hook.name)
    address = address_of(hook.url)
    return ShownHook(
        name=hook.name, host=address.host if address else "", state=state_of(hook, progress), kinds=hook.kinds,
        divisions=hook.scope.divisions, operators=hook.scope.operators, maintainers=hook.scope.maintainers,
        is_private=hook.is_private, made_at=hook.made_at, delivered=progress.delivered, waiting=waiting.count,
        oldest_at=waiting.oldest_at, given_up=progress.given_up, last_at=progress.last_at,
        last_status=progress.last_status, last_why=progress.last_why, failing_since=progress.failing_since,
        next_at=progress.next_at, stopped_at=progress.stopped_at, disabled_at=hook.disabled_at,
    )  # fmt: skip
