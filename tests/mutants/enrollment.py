"""The defences of an enrollment, of the desk and of a renewal, each taken out alone."""

from __future__ import annotations

from typing import Final

from mutants.model import Mutant

_DESK: Final = "agent/hub/enroll/desk.py"
_STORE: Final = "agent/hub/stores/enroll.py"
_TESTS: Final = "test_enrollment.py::"
_SERVER: Final = "test_enroll_server.py::"
_REVOKED: Final = (
    "test_enroll_revoked.py::"
    "test_what_a_revoked_gateway_still_sends_over_its_open_connection_is_refused_and_a_restart_of_the_broker_ends_it"
)
_RENEWED: Final = "test_a_renewal_is_for_the_trusted_report_key_with_its_own_tls_key_alone"
_THIEF: Final = (
    "test_enroll_refused.py::test_one_command_takes_back_all_that_a_thief_of_tokens_got_and_the_site_is_let_in_again"
)
_TABLES: Final = 'for table in ("token", "certificate"):'


def _left(name: str, file: str, text: str, mutated: str = "") -> Mutant:
    """Have the one command that takes all back leave something to whoever stole a token."""
    return Mutant(
        name=name, row="steals a token before it was used", file=file, text=text, mutated=mutated, test=_THIEF
    )


ENROLLMENT: Final = (
    _left("left-tokens", _STORE, _TABLES, 'for table in ("certificate",):'),
    _left("left-certificates", _STORE, _TABLES, 'for table in ("token",):'),
    _left("left-trust", _DESK, "    open_trust(place.data).revoke_site(site, now)\n"),
    _left("left-on-no-list", _DESK, "        write_revocations(place, store, now)\n", "        pass\n"),
    Mutant(
        name="token-short-life",
        row="steals a token before it was used",
        file="agent/commands/hub/options.py",
        text="default=timedelta(hours=24), metavar",
        mutated="default=VALID_MOST, metavar",
        test="test_enroll_refused.py::test_a_token_lives_for_a_day_unless_somebody_says_otherwise",
    ),
    Mutant(
        name="pin",
        row="stands between",
        file="agent/service/enroll/channel.py",
        text="            if not hmac.compare_digest(shown, pin):\n",
        mutated="            if False:\n",
        test=_SERVER + "test_a_man_in_the_middle_gets_not_a_byte",
    ),
    Mutant(
        name="pin-of-another-connection",
        row="does so with the desk's own certificate",
        file="agent/service/enroll/channel.py",
        text='tls.getpeercert(binary_form=True) or b""',
        mutated="ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate((host, port)))",
        test="test_enroll_channel.py::"
        "test_who_shows_the_desk_s_certificate_in_one_connection_and_speaks_in_another_gets_not_a_byte",
    ),
    Mutant(
        name="token-used",
        row="steals a token that was used",
        file=_DESK,
        text="return used if used is not None and same and not used.revoked_at",
        mutated="return used if used is not None and not used.revoked_at",
        test=_TESTS + "test_a_used_token_is_refused_to_another_gateway_and_to_another_key_of_the_same",
    ),
    Mutant(
        name="token-stolen-told",
        row="steals a token before it was used",
        file="agent/service/enroll/gateway.py",
        text="renewing else REFUSED[answer.reason]",
        mutated='renewing else REFUSED["busy"]',
        test="test_enroll_refused.py::test_another_gateway_with_the_same_token_is_told_what_that_means",
    ),
    Mutant(
        name="token-race",
        row="races the gateway with its token",
        file=_DESK,
        text="    if token.used_at:\n",
        mutated="    if False:\n",
        test=_SERVER + "test_two_gateways_that_race_with_one_token_are_one_grant_and_one_refusal",
    ),
    Mutant(
        name="token-expired",
        row="keeps an old token",
        file=_DESK,
        text="    if now >= datetime.fromisoformat(token.expires_at):\n",
        mutated="    if now > datetime.fromisoformat(token.expires_at):\n",
        test=_TESTS + "test_an_expired_token_is_refused_to_the_second_even_to_who_used_it",
    ),
    Mutant(
        name="token-newer",
        row="keeps an old token",
        file="agent/hub/stores/enroll.py",
        text="WHERE site = ? AND used_at = '' AND revoked_at = ''",
        mutated="WHERE site = ? AND FALSE",
        test=_TESTS + "test_a_newer_token_revokes_the_older_one_of_its_site_that_nobody_used",
    ),
    Mutant(
        name="token-in-the-process-list",
        row="reads the token in the process list",
        file="agent/service/enroll/secret_argument.py",
        text='            ctypes.memset(start + place, ord("-"), len(wanted))\n',
        mutated="",
        test="test_enroll_command.py::test_the_token_is_gone_from_the_process_list_while_the_command_waits",
    ),
    Mutant(
        name="another-hub",
        row="sends somebody a token of a hub of his own",
        file="agent/service/enroll/place.py",
        text="    before = {} if hub is None or replacing else hub\n",
        mutated="    before: dict[str, Any] = {}\n",
        test="test_enroll_refused.py::test_another_hub_takes_the_place_of_the_one_that_a_site_relies_on_only_when_told",
    ),
    Mutant(
        name="request-signed",
        row="replays or changes a request",
        file="agent/contract/enrollment.py",
        text="    verify(payload, jws, {key.kid: key}, ENROLL_TYP)\n",
        mutated="",
        test=_TESTS + "test_a_request_that_was_changed_or_signed_by_another_key_is_refused",
    ),
    Mutant(
        name="request-of-another-site",
        row="asks for the certificate of another site",
        file="agent/hub/enroll/authority.py",
        text="    if names != [(NameOID.COMMON_NAME.dotted_string, site)]:\n",
        mutated="    if False:\n",
        test="test_enroll_authority.py::test_any_other_request_is_refused",
    ),
    Mutant(
        name="request-of-another-key",
        row="asks for the certificate of another site",
        file="agent/hub/enroll/authority.py",
        text="    if not signed:\n",
        mutated="    if False:\n",
        test="test_enroll_authority.py::test_any_other_request_is_refused",
    ),
    Mutant(
        name="request-bytes",
        row="sends hostile bytes to the desk",
        file="agent/host/http_serving.py",
        text="        if not 0 <= size <= self.server.limits.body_max_bytes:\n",
        mutated="        if False:\n",
        test=_SERVER + "test_a_hostile_request_ends_its_own_connection_and_the_next_gateway_is_enrolled",
    ),
    Mutant(
        name="request-failure",
        row="sends hostile bytes to the desk",
        file="agent/host/http_serving.py",
        text='        except Exception:\n            LOG.debug("a connection failed", exc_info=True)\n',
        mutated="",
        test=_SERVER + "test_a_hostile_request_ends_its_own_connection_and_the_next_gateway_is_enrolled",
    ),
    Mutant(
        name="request-deadline",
        row="holds connections open",
        file="agent/host/http_serving.py",
        text="            deadline.start()\n",
        mutated="",
        test=_SERVER + "test_strangers_that_say_nothing_hold_every_place_for_no_longer_than_the_deadline",
    ),
    Mutant(
        name="revoked-at-the-hub",
        row="goes on with a revoked certificate",
        file=_DESK,
        text="    open_trust(place.data).revoke_site(site, now)\n",
        mutated="",
        test=_REVOKED,
    ),
    Mutant(
        name="revoked-at-the-broker",
        row="goes on with a revoked certificate",
        file=_DESK,
        text="        write_revocations(place, store, now)\n",
        mutated="        pass\n",
        test=_REVOKED,
    ),
    Mutant(
        name="renewal-tls-key",
        row="renews with one stolen key",
        file=_DESK,
        text='    if not before or decision in ("unknown-key", "key-of-another-site"):\n',
        mutated='    if decision in ("unknown-key", "key-of-another-site"):\n',
        test=_TESTS + _RENEWED,
    ),
    Mutant(
        name="renewal-report-key",
        row="renews with one stolen key",
        file=_DESK,
        text="    certificates = store.certificates(request.site)\n",
        mutated='    certificates, decision = store.certificates(request.site), "trusted"\n',
        test=_TESTS + _RENEWED,
    ),
    Mutant(
        name="renewal-new-key",
        row="connects with a copy of the TLS key alone",
        file="agent/service/enroll/gateway.py",
        text="        csr = certificate_request(next_of(place).key, place.site_id).decode()\n",
        mutated="        next_of(place).key.touch(0o600)\n"
        "        next_of(place).key.write_bytes(place.key.read_bytes())\n"
        "        csr = certificate_request(next_of(place).key, place.site_id).decode()\n",
        test="test_renewal_pair.py::test_a_copy_of_the_old_key_is_of_no_use_for_the_new_certificate",
    ),
)
