"""Decides who somebody is here by the claims of a city's own login: the name, and the first rule that fits. Pure."""

from collections.abc import Mapping
from typing import Any

from agent.hub.domain.people.person import person_name
from agent.hub.web.people.oidc.settings import Rule, Settings
from agent.model.errors import UsageError


def name_of(claims: Mapping[str, Any], settings: Settings) -> str:
    """Return the name that the claims give a person. Raises UsageError for none, or one that is no name here."""
    told = claims.get(settings.person_claim)
    if not isinstance(told, str) or not told:
        raise UsageError(
            "the login {label} told no name: its tokens need the claim {claim}",
            label=settings.label,
            claim=settings.person_claim,
        )
    return person_name(told)


def rule_of(claims: Mapping[str, Any], settings: Settings) -> Rule | None:
    """Return the first rule that fits; None: this person has no role here."""
    return next((rule for rule in settings.rules if _has(claims.get(rule.claim), rule.value)), None)


def _has(told: object, value: str) -> bool:
    """Return whether a claim is a text, or has it in its list."""
    return told == value or (isinstance(told, list) and value in told)
