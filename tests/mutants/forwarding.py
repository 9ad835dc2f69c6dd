"""The defences of forwarding between hubs, each taken out where it is decided."""

from __future__ import annotations

from typing import Final

from mutants.model import Mutant

_GRANTS: Final = "agent/hub/domain/forwarding/grants.py"
_FORWARDED: Final = "agent/hub/workers/forwarding/forwarded.py"
_VOUCHING: Final = "agent/hub/workers/forwarding/vouching.py"
_ABOVE: Final = "agent/hub/workers/forwarding/watermarks.py"
_REFUSALS: Final = "agent/hub/workers/forwarding/refusals.py"
_WISHES: Final = "agent/hub/workers/forwarding/wishes.py"

FORWARDING: Final = (
    Mutant(
        name="voucher-division",
        row="(lower hub) vouches for a site outside of what it was granted",
        file=_GRANTS,
        text="    if not hub.grants(voucher.division):\n",
        mutated="    if False:\n",
        test="test_vouching.py::test_a_hub_does_not_vouch_for_another_division",
    ),
    Mutant(
        name="voucher-another-hub",
        row="(lower hub) takes over a site of another lower hub",
        file=_GRANTS,
        text="before is not None and before.hub != hub.key.kid",
        mutated="False",
        test="test_vouching.py::test_a_hub_does_not_take_over_a_site_for_which_another_one_vouches",
    ),
    Mutant(
        name="voucher-bound-here",
        row="(lower hub) takes over a site that people here have bound",
        file=_GRANTS,
        text='before is None and any(one.by in ("person", "enrollment") for one in bound)',
        mutated="False",
        test="test_vouching.py::test_a_hub_does_not_take_over_a_site_that_people_here_have_bound",
    ),
    Mutant(
        name="voucher-revoked-here",
        row="(lower hub) brings back a key that was revoked here",
        file=_VOUCHING,
        text='bool(bound.revoked_at or bound.by != "hub" or',
        mutated='bool(bound.by != "hub" or',
        test="test_vouching.py::test_a_key_that_people_here_revoked_stays_revoked",
    ),
    Mutant(
        name="forwarded-division",
        row="(lower hub) forwards what a site of another division signed",
        file=_FORWARDED,
        text="    if is_foreign(hub, division):\n",
        mutated="    if False:\n",
        test="test_vouching.py::test_a_report_that_names_a_foreign_division_is_refused",
    ),
    Mutant(
        name="forwarded-grant",
        row="(lower hub) goes on after its grant was taken back",
        file=_FORWARDED,
        text="hub.revoked_at or not hub.grants(",
        mutated="not hub.grants(",
        test="test_vouching.py::test_a_hub_that_is_revoked_takes_all_its_sites_with_it",
    ),
    Mutant(
        name="voucher-topic",
        row="(lower hub) puts a voucher on the topic of another site",
        file=_VOUCHING,
        text="(voucher.site, voucher.city) != (address.site, address.city)",
        mutated="False",
        test="test_vouching.py::test_a_voucher_on_the_topic_of_another_site_is_refused",
    ),
    Mutant(
        name="above-old",
        row="(upper broker) repeats an old confirmation",
        file=_ABOVE,
        text="    if mark.ack_no < before.ack_no:\n",
        mutated="    if False:\n",
        test="test_watermarks_above.py::test_an_old_watermark_changes_nothing_and_the_newest_once_more_is_no_event",
    ),
    Mutant(
        name="above-digest",
        row="(upper hub) confirms what it was never sent",
        file=_ABOVE,
        text="        if not _is_here(store, Lane(site, epoch, stream), head):\n",
        mutated="        if False:\n",
        test="test_watermarks_above.py::test_a_watermark_ahead_or_of_another_history_changes_nothing",
    ),
    Mutant(
        name="wish-other-site",
        row="(upper hub) orders something of a site that is not forwarded to it",
        file=_WISHES,
        text="            if not is_mine:\n",
        mutated="            if False:\n",
        test="test_wishes.py::test_an_order_for_a_site_that_is_not_forwarded_is_refused",
    ),
    Mutant(
        name="wish-signature",
        row="(upper hub) reaches a site past the hub that the site trusts",
        file=_WISHES,
        text="sign_payload(payload, self._signer, COMMAND_TYP)",
        mutated="jws",
        test="test_wishes.py::test_a_command_is_passed_on_byte_for_byte_under_this_hub_s_own_signature",
    ),
    Mutant(
        name="voucher-refusal-cuts-off",
        row="(lower hub) vouches wrongly where the broker ends the channel of a hub that answers",
        file="agent/hub/workers/forwarding/trial.py",
        text="        self._ends = self._ends + 1 if is_behind else 0\n",
        mutated="        self._ends = 0\n",
        test="test_refused_vouchers_amqp.py::test_a_hub_that_may_not_tell_a_refusal_is_cut_off_twice_and_takes_reports_as_before",
    ),
    Mutant(
        name="voucher-refusal-of-another",
        row="(upper hub) a refusal for one site, on the topic of another",
        file=_REFUSALS,
        text="        if refused.site != site:\n",
        mutated="        if False:\n",
        test="test_refused_vouchers.py::test_a_refusal_that_the_upper_hub_has_not_signed_for_this_site_shows_nothing",
    ),
    Mutant(
        name="voucher-refusal-too-late",
        row="(broker) brings an old refusal behind a confirmation",
        file=_REFUSALS,
        text="    if confirmed_at and number <",
        mutated="    if False and number <",
        test="test_refused_vouchers.py::test_one_of_a_voucher_from_before_the_last_confirmation_comes_too_late",
    ),
)
