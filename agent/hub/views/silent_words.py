"""Lists what somebody is to do about a silent site, by the exact case."""

from typing import Final

from agent.model.finding import Message

STEPS: Final = {
    "untrusted-key": Message("compare the thumbprint with `camwarden keys show` at the site, then: hub trust add"),
    "key-not-shown": Message("its key is trusted, its birth never came: see that it may publish to its topic state"),
    "never-sent": Message("nothing ever came: see that camwarden runs at the site and that [hub] names this broker"),
    "not-started": Message("it was enrolled, and its service has not run yet: start camwarden at the site"),
    "revoked-key": Message("its key was revoked here, so nothing of it is taken: trust it again, or enroll it anew"),
    "expired-key": Message("its key has ended here, so nothing of it is taken: trust it for longer, or enroll it anew"),
    "lost": Message(
        "its connection broke off: check power and network of the gateway, and whether its service or system hangs"
    ),
    "disconnected": Message("it said goodbye: find out who stopped the service"),
    "no-health": Message("no report came when it was due: look at the gateway, and at its queue"),
    "no-health-yet": Message("it has never sent a health report: look at the service's log at the site"),
    "not-shown": Message("what is kept of it cannot be read, so nobody knows: camwarden hub status"),
    "no-batch": Message("no batch was brought for a week: have the next one carried here"),
}
WEDGED: Final = Message("connected, but it no longer looks: restart the service at the site, and keep its log")


def next_step(kind: str, why: str) -> Message:
    """Return the next step for a silent site, by kind and case as `silent.py` has them."""
    return WEDGED if kind == "wedged" else STEPS[why]
