"""Checks the declared level of GB 35114, and the certificates by which devices register.

The level is declared: B and C sign and encrypt video in a codec that is not read here. A self-test sees if a device
registers by a certificate, which is level A, and until when that is valid: by its own word. Whether it proved in that
test that it holds the key is named, and is no condition: few machines have the library for it.

Source: GB 35114-2017.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from agent.judge.check import Check
from agent.judge.checks.platform.facts import heard, told_that_counts
from agent.judge.claim import Broken, Held, Outcome
from agent.judge.wording.declared_words import EVIDENCE_MAX, all_none, declared_duties
from agent.judge.wording.from_rules import ruled
from agent.model.finding import Finding, Json, Message
from agent.observe.facts.facts import Facts
from agent.observe.facts.platform_told import DeviceTold
from agent.site.config.site import Site
from agent.site.declarations.words import duties_listed

WARN_DAYS: Final = (7, 30, 60)


def run(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge the declaration, and beside it each certificate that a self-test saw."""
    found = declared_duties(check, site, now)
    if isinstance(found, Finding):
        return (found,)
    devices = list(dict.fromkeys(camera.camera.device for camera in site.cameras))
    shown = [one for one in told_that_counts(facts, now, devices).values() if one.scheme]
    message = Message("declared ({duties})", {"duties": duties_listed(one.duty.id for one in found.due)})
    schemes: dict[str, Json] = {one.device: one.scheme for one in shown[:EVIDENCE_MAX]}
    proven: list[Json] = [one.device for one in shown[:EVIDENCE_MAX] if one.key_proven]
    evidence: dict[str, Json] = {"by_certificate": schemes, "key_proven": proven} if shown else {}
    return (found.open() or all_none(found) or found.counts(message, evidence, *_certificates(shown, now)),)


def _certificates(shown: list[DeviceTold], now: datetime) -> Iterator[Outcome]:
    """Yield each certificate that was read: ended, ending, or good for longer."""
    for one in shown:
        if one.certificate_until is None:
            continue
        key, days = f"certificate {one.device}", (one.certificate_until - now) // timedelta(days=1)
        values = {"device": one.device, "until": one.certificate_until.date().isoformat(), "days": days}
        near = next((limit for limit in WARN_DAYS if days < limit), None)
        if days < 0:
            message = Message(
                "the certificate by which {device} registers (GB 35114) ended on {until}", values,
                next_step="have it renewed",
            )  # fmt: skip
            yield Broken(key, "certificate-ended", message)
        elif near is not None:
            message = Message(
                "the certificate by which {device} registers (GB 35114) lasts {days} days more", values,
                next_step="have it renewed",
            )  # fmt: skip
            yield Broken(key, f"expires-within-{near}-days", message, mild=True)
        else:
            yield Held(key, (heard(one),))


CHECK = ruled("secure-device-level", run)
