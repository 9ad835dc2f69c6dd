"""Judges what a device showed of GB 35114 when it registered: its scheme, and the dates of its certificate. Pure.

Level A is in use where a device begins with its certificate. That it holds the key of it is not proven here: that needs
SM2, which no library that is shipped has. Levels B and C sign and encrypt SVAC, and are declared alone.

Source: GB 35114-2017, annex C.
"""

from datetime import datetime, timedelta
from typing import Final

from agent.model.finding import Json, Message, utc_text
from agent.onsite.link.result import Step
from agent.verify.device_certificate import read_device_certificate
from drivers.gb28181.gb35114 import Shown

SOON: Final = timedelta(days=60)


def security(shown: Shown, device_id: str, now: datetime) -> Step:
    """Return the step of a device that showed a certificate's scheme: never more than told."""
    evidence: dict[str, Json] = {"scheme": shown.scheme, "proof": "library-missing"}
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
    template = (
        "it registers by certificate ({scheme}), which ends on {until}: level A of GB 35114 by its own word; that the "
        "key is its own is not proven, as no library for SM2 is there"
    )
    next_step = "have the certificate renewed in time" if certificate.valid_until - now < SOON else ""
    what = Message(template, values, next_step=next_step)
    return Step(name="security", status="unknown", what=what, reason="library-missing", evidence=evidence)
