"""Judges what a device showed of GB 35114 when it registered: scheme, certificate and signature. Pure.

Level A is in use where a device begins with its certificate. That it holds the key of it is proven where it signed a
challenge of this test, for this platform. Who issued the certificate is not verified: a box can make one of any id for
itself. Levels B and C sign and encrypt SVAC, and are declared alone.

Source: GB 35114-2017, annex C.
"""

from datetime import datetime, timedelta
from typing import Final

from agent.model.finding import Json, Message, utc_text
from agent.onsite.link.registrar import Signature
from agent.onsite.link.result import Step, StepStatus
from agent.verify.device_certificate import DeviceCertificate, Verify, read_device_certificate
from drivers.gb28181.gb35114 import Shown, Signed

SOON: Final = timedelta(days=60)
PROVEN: Final = "signature"
"""How a device proved that it holds the key of its certificate, as the evidence has it."""


def security(
    shown: Shown, device_id: str, now: datetime, signed: Signature | None = None, verify: Verify | None = None
) -> Step:
    """Return the step of a device that showed a certificate's scheme. `verify`: None where no library is there."""
    evidence: dict[str, Json] = {"scheme": shown.scheme}
    certificate = read_device_certificate(shown.certificate, device_id) if shown.certificate else None
    if certificate is None:
        what = Message(
            "it registers by certificate ({scheme}); no certificate of it could be read", {"scheme": shown.scheme}
        )
        reason = "no-certificate" if not shown.certificate else "unreadable-certificate"
        return Step(name="security", status="unknown", what=what, reason=reason, evidence=evidence)
    evidence |= {
        "valid_from": utc_text(certificate.valid_from), "valid_until": utc_text(certificate.valid_until),
        "names_device": certificate.names_device, "sm2": certificate.is_sm2,
    }  # fmt: skip
    values: dict[str, object] = {"scheme": shown.scheme, "until": certificate.valid_until.date().isoformat()}
    if not certificate.valid_from <= now <= certificate.valid_until:
        what = Message(
            "it registers by a certificate ({scheme}) that is not valid now; it ends on {until}", values,
            next_step="renew the certificate, or set the device's clock",
        )  # fmt: skip
        return Step(name="security", status="failed", what=what, reason="certificate-not-valid", evidence=evidence)
    if not certificate.names_device:
        what = Message(
            "it registers by a certificate ({scheme}) of another id than its own; it ends on {until}", values,
            next_step="look which id its certificate was issued for",
        )  # fmt: skip
        return Step(name="security", status="failed", what=what, reason="other-id", evidence=evidence)
    status, reason, template = _proof(certificate, signed, verify)
    next_step = "have the certificate renewed in time" if certificate.valid_until - now < SOON else ""
    return Step(
        name="security", status=status, what=Message(template, values, next_step=next_step), reason=reason,
        evidence=evidence | {"proof": reason or PROVEN},
    )  # fmt: skip


def _proof(
    certificate: DeviceCertificate, signed: Signature | None, verify: Verify | None
) -> tuple[StepStatus, str, str]:
    """Return whether a device proved that the key of its certificate is its own; what it only says is unknown."""
    if verify is None:
        return (
            "unknown",
            "library-missing",
            "it registers by certificate ({scheme}), which ends on {until}: level A of GB 35114 by its own word; that "
            "the key is its own is not proven, as no library for SM2 is there",
        )
    if signed is None:
        return (
            "unknown",
            "not-signed",
            "it registers by certificate ({scheme}), which ends on {until}: level A of GB 35114 by its own word; it "
            "was asked to sign, and did not",
        )
    if not isinstance(signed, Signed):
        return (
            "unknown",
            signed,
            "it registers by certificate ({scheme}), which ends on {until}; its signature is over no question of this "
            "test, and proves nothing",
        )
    if not certificate.key or not verify(certificate.key, signed.messages, signed.signature):
        return (
            "unknown",
            "other-key",
            "it registers by certificate ({scheme}), which ends on {until}; its signature is not by the key of this "
            "certificate, or in a form that is not read here",
        )
    return (
        "seen",
        "",
        "it holds the key of its certificate ({scheme}), which ends on {until}: it signed a question of this test "
        "(level A of GB 35114); who issued the certificate is not verified",
    )
