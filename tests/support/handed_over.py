"""Hand-over reports of made-up sites for tests of the pure parts, and what is read out of a report's file."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping

from footage_looks import facts_of
from sites import NOW

from agent.contract.signing_keys import Signer, signer_from_jwk
from agent.judge.checks.table import run_checks
from agent.observe.facts.facts import Facts
from agent.onsite.handover.contents import contents
from agent.onsite.handover.report import HandOver, KeyPart, render_report
from agent.onsite.one_look.anonymise import anonymous
from agent.onsite.one_look.result import CheckResult
from agent.onsite.one_look.shown import ReportPicture
from agent.service.cycle.cycle import CycleResult
from agent.site.config.site import Site
from drivers.model import Observations

KEY = KeyPart("v7cZ4IXPwfSgz1oMqAf5lI-8zppM5ysu_fh0oypGYGc", True)

SIGNER: Signer = signer_from_jwk(
    {
        "kty": "EC",
        "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        "d": "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI",
    }
)
"""The published key of RFC 7515, appendix A.3."""


def checked(
    a_site: Site,
    observations: Observations = (),
    pictures: Mapping[str, ReportPicture] | None = None,
    facts: Facts | None = None,
) -> CheckResult:
    """Return what a check of a site found that saw these; the site was approved and is learned."""
    facts = facts if facts is not None else facts_of(a_site, observations)
    findings = run_checks(a_site, facts, NOW)
    return CheckResult(a_site, CycleResult(facts, findings), NOW, pictures=pictures or {})


def values(one: CheckResult, lang: str = "en", redacted: bool = True) -> HandOver:
    """Return the values of its report."""
    return contents(anonymous(one) if redacted else one, KEY, lang, redacted)


def html(one: CheckResult, lang: str = "en", redacted: bool = True) -> str:
    """Return its report, unsigned."""
    return render_report(values(one, lang, redacted), lang)


def jpegs(text: str) -> dict[str, bytes]:
    """Return the pictures of a report by camera id."""
    found = re.findall(r'<img src="data:image/jpeg;base64,([^"]+)" alt="([^":]+):', text)
    return {camera: base64.b64decode(data) for data, camera in found}
