"""The defences of a log-in by the city's own login, each taken out where it is decided."""

from __future__ import annotations

from typing import Final

from mutants.model import Mutant

_LOGIN: Final = "agent/hub/web/people/oidc/login.py"
_TOKEN: Final = "agent/hub/web/people/oidc/token.py"
_PROVIDER: Final = "agent/hub/web/people/oidc/provider.py"
_BOUND: Final = "has somebody's browser end a log-in by the city's login"
_BOUND_TEST: Final = "test_hub_web_oidc.py::test_an_answer_counts_in_the_browser_that_asked_and_within_ten_minutes"
_WRITES: Final = "writes a token of the city's login"
_WRITES_TEST: Final = "test_hub_web_oidc_hostile.py::test_a_token_that_is_not_what_was_asked_for_lets_nobody_in"
_NAME: Final = "has a name at the city's login that is somebody's here"
_SLOW: Final = "(as the city's login) hangs, floods, or leads elsewhere"

HUB_OIDC: Final = (
    Mutant(
        name="hub-oidc-state",
        row=_BOUND,
        file=_LOGIN,
        text='begun is None or not hmac.compare_digest(state.encode(), asked.query.get("state", "").encode())',
        mutated="begun is None",
        test=_BOUND_TEST,
    ),
    Mutant(
        name="hub-oidc-age",
        row=_BOUND,
        file=_LOGIN,
        text="    if not 0 <= asked.now.timestamp() - int(begun_s) <= LASTS.total_seconds():\n",
        mutated="    if False:\n",
        test=_BOUND_TEST,
    ),
    Mutant(
        name="hub-oidc-issuer",
        row=_BOUND,
        file=_LOGIN,
        text="    if issuer != provider.settings.issuer:\n",
        mutated="    if False:\n",
        test="test_hub_web_oidc.py::test_an_answer_of_another_issuer_is_refused_before_its_code_is_sent_anywhere",
    ),
    Mutant(
        name="hub-oidc-nonce",
        row=_WRITES,
        file=_TOKEN,
        text='{"nonce": nonce, "client_id"',
        mutated='{"client_id"',
        test=f"{_WRITES_TEST}[another nonce]",
    ),
    Mutant(
        name="hub-oidc-audience",
        row=_WRITES,
        file=_TOKEN,
        text=', "aud": {"essential": True, "value": client_id}',
        mutated="",
        test=f"{_WRITES_TEST}[another audience]",
    ),
    Mutant(
        name="hub-oidc-whose",
        row=_WRITES,
        file=_TOKEN,
        text='"iss": {"essential": True, "value": issuer}, ',
        mutated="",
        test=f"{_WRITES_TEST}[another issuer]",
    ),
    Mutant(
        name="hub-oidc-skew",
        row=_WRITES,
        file=_TOKEN,
        text="SKEW_S: Final = 60\n",
        mutated="SKEW_S: Final = 600\n",
        test=f"{_WRITES_TEST}[expired]",
    ),
    Mutant(
        name="hub-oidc-name",
        row=_NAME,
        file=_LOGIN,
        text="        if row is not None and not name:\n",
        mutated="        if False:\n",
        test="test_hub_web_oidc.py::test_a_name_of_somebody_here_is_not_taken_over_and_an_account_stays_one_person",
    ),
    Mutant(
        name="hub-oidc-disabled",
        row=_NAME,
        file=_LOGIN,
        text="        elif row is not None and row.disabled_at:\n",
        mutated="        elif row is not None and False:\n",
        test="test_hub_web_oidc.py::test_who_is_disabled_here_does_not_come_back_by_the_other_door",
    ),
    Mutant(
        name="hub-oidc-again",
        row="(as the city's login) is away for hours",
        file=_PROVIDER,
        text="        if now_mono - failed_mono < AGAIN_S:\n",
        mutated="        if False:\n",
        test="test_hub_web_oidc.py::test_a_provider_that_is_down_is_one_line_and_a_password_still_works",
    ),
    Mutant(
        name="hub-oidc-https",
        row="(as the city's login) names addresses",
        file="agent/hub/web/people/oidc/offered.py",
        text="    if any(address_of(one) is None for one in",
        mutated="    if False and any(address_of(one) is None for one in",
        test="test_hub_web_oidc_hostile.py::test_addresses_of_the_provider_are_https[end_session_endpoint]",
    ),
    Mutant(
        name="hub-outgoing-size",
        row=_SLOW,
        file="agent/hub/outgoing/exchange.py",
        text="        if len(data) > most_bytes or line.is_cut:\n",
        mutated="        if line.is_cut:\n",
        test="test_hub_outgoing.py::test_an_answer_that_is_too_large_cut_off_or_no_http_is_none",
    ),
    Mutant(
        name="hub-outgoing-deadline",
        row=_SLOW,
        file="agent/hub/outgoing/exchange.py",
        text="        timer.start()\n",
        mutated="",
        test="test_hub_outgoing.py::test_an_answer_that_drips_ends_at_its_deadline",
    ),
    Mutant(
        name="hub-oidc-secret",
        row="(a user of the hub's machine) reads the secret of the client",
        file="agent/hub/web/people/oidc/settings.py",
        text="_bytes_of(settings.secret_file, SECRET_WRONG_BITS)",
        mutated="_bytes_of(settings.secret_file, 0)",
        test="test_hub_web_oidc_settings.py::test_a_secret_that_others_can_read_or_that_is_missing_is_none",
    ),
)
