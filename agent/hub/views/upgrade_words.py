"""Renders how far an upgrade of agents has come as messages, for `hub upgrade` and the page of upgrades."""

from collections import Counter
from typing import Any, Final

from agent.model.finding import Json, Message

_STATES: Final = {
    "running": Message("version {version}: wave {wave} of 3 runs"),
    "stopped": Message("version {version}: stopped in wave {wave} of 3"),
    "done": Message("version {version}: done"),
}
_WHY: Final = {
    "silent": Message("{number} of {among} are silent, of the others {others_number} of {others}"),
    "failing": Message(
        "{number} of {among} fail at, or cannot judge, more than before, of the others {others_number} of {others}"
    ),
    "not-taken": Message("{number} of {among} have not taken it within 7 days"),
    "person": Message("a person has stopped it"),
    "not-there": Message("waits for {number} of {among} that do not run it yet"),
    "nobody": Message("waits: none of {among} runs it yet"),
    "quiet": Message("waits: {number} of {among} are silent just now"),
    "soaks": Message("all that can be reached run it; the next wave begins once they have run it for {hours} hours"),
}
_NEXT: Final = Message("look at these sites, then: camwarden hub upgrade resume --by NAME --why TEXT")
_STEPS: Final = {
    "to-name": Message("not named yet: {count}"),
    "named": Message("named, not running yet: {count}"),
    "runs": Message("run it: {count}"),
    "refused": Message("do not take it: {count}"),
    "to-take-back": Message("being taken back: {count}"),
    "outside": Message("taken back: {count}"),
}

_REFUSALS: Final = {
    "not-allowed": Message("its own site.toml does not allow it"),
    "not-newer": Message("a newer version runs there"),
    "not-named": Message("it cannot be named to this site"),
    "not-kept": Message("its service could not write down which version is wanted"),
    "": Message("its root could not install it"),
}


def refusal(code: str | None) -> Message:
    """Return why a site does not take a version, by the code that it told; none: it took it, and root failed."""
    return _REFUSALS.get(
        "" if code in (None, "upgrade-failed") else str(code), Message("it refuses it: {code}", {"code": code})
    )


def upgrade_lines(upgrade: Any, names_sites: bool = True) -> list[Message]:
    """Return what is said of an upgrade; `names_sites`: also of each that refuses it, or could not install it."""
    if upgrade is None:
        return [Message("no upgrade was ordered here")]
    values: dict[str, Json] = {**upgrade, "hours": round(upgrade["soak_s"] / 3600)}
    lines = [_filled(_STATES[upgrade["state"]], values)]
    if upgrade["why"]:
        lines.append(_filled(_WHY[upgrade["why"]], values))
    if upgrade["state"] == "stopped":
        lines.append(_NEXT)
    steps = Counter(one["step"] for one in upgrade["sites"])
    lines += [_filled(words, {"count": steps[step]}) for step, words in _STEPS.items() if steps[step]]
    for one in upgrade["sites"] if names_sites else ():
        if one["refused"] or one["tried"]:
            of_site = {"site": one["site"], "reason": refusal(one["refused"])}
            lines.append(Message("{site}: {reason}; see `camwarden hub orders {site}`", of_site))
    return lines


def _filled(words: Message, values: dict[str, Json]) -> Message:
    return Message(words.template, values)
