"""Probes the city's own login: its settings, the client's secret, and whether the provider answers and is that one."""

from typing import Final

from agent.hub.doctor.model import Situation
from agent.hub.outgoing.exchange import NoAnswer
from agent.hub.web.people.oidc.offered import read_offered
from agent.hub.web.people.oidc.settings import NAME, read_secret, read_settings
from agent.model.errors import ConfigurationError
from agent.model.finding import Message
from agent.model.outcome import Outcome, found, not_due, passed

_STEP: Final = Message("correct it, and start the page again: systemctl restart camwarden-hub-serve")


def city_login(situation: Situation) -> Outcome:
    """Judge whether people can come in by the login of their city. Nobody is logged in, and no secret is sent."""
    try:
        settings = read_settings(situation.directory)
        if settings is None:
            return not_due("no-login", Message("there is no {name}: people log in with a password", {"name": NAME}))
        read_secret(settings)
        if settings.ca is not None and not settings.ca.is_file():
            raise ConfigurationError("{path}: no such file of CA certificates", path=settings.ca)
    except ConfigurationError as error:
        return found("fail", "settings", error.message, _STEP)
    values = {"issuer": settings.issuer}
    try:
        read_offered(settings)
    except NoAnswer as error:
        what = Message("{issuer} gives no answer of use: {why}", {**values, "why": error.why})
        step = Message("ask who runs it; people with a password can log in meanwhile")
        return found("fail", "no-answer", what, step)
    return passed(Message("{issuer} answers, and is the one of {name}", {**values, "name": NAME}))
