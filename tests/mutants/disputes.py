"""The defences against disputes and decisions that are forged, replayed or a stranger's."""

from __future__ import annotations

from typing import Final

from mutants.model import Mutant

DISPUTES: Final = (
    Mutant(
        name="dispute-forged",
        row="(site, or who may publish) forges a dispute",
        file="agent/hub/workers/intake.py",
        text="        verify(claim.payload, claim.jws, {key.kid: key}, typ)\n",
        mutated="",
        test="test_hub_disputes.py::test_a_forged_dispute_is_refused",
    ),
    Mutant(
        name="dispute-altered",
        row="(site, or who may publish) forges a dispute",
        file="agent/contract/disputes.py",
        text='    if data.get("id") != said.id:\n',
        mutated="    if False:\n",
        test="test_hub_disputes.py::test_a_dispute_whose_id_is_not_that_of_what_it_says_is_not_listed",
    ),
    Mutant(
        name="dispute-replayed",
        row="(site, or who may publish) forges a dispute",
        file="agent/hub/stores/disputes.py",
        text='    if store.all("SELECT 1 FROM dispute WHERE site = ? AND id = ?", site, said.id):\n',
        mutated='    if store.run("DELETE FROM dispute WHERE site = ? AND id = ?", site, said.id) < 0:\n',
        test="test_hub_disputes.py::test_a_replayed_dispute_moves_neither_its_due_date_nor_its_decision",
    ),
    Mutant(
        name="disputes-in-flood",
        row="(site, or who may publish) forges a dispute",
        file="agent/hub/stores/disputes.py",
        text="[0][0] >= OF_SITE_MOST:\n",
        mutated="[0][0] < 0:\n",
        test="test_hub_disputes.py::test_a_site_cannot_fill_the_hub_with_disputes",
    ),
    Mutant(
        name="decision-forged",
        row="(broker) forges, repeats or invents a decision",
        file="agent/contract/orders_json.py",
        text="    verify(order.payload, order.jws, hub_keys, COMMAND_TYP)\n",
        mutated="",
        test="test_decisions.py::test_a_forged_decision_is_refused",
    ),
    Mutant(
        name="decision-of-a-stranger",
        row="(broker) forges, repeats or invents a decision",
        file="agent/contract/orders_json.py",
        text="    verify(order.payload, order.jws, hub_keys, COMMAND_TYP)\n",
        mutated="",
        test="test_decisions.py::test_a_strangers_decision_is_refused",
    ),
    Mutant(
        name="decision-edited-on-disk",
        row="edits the note of a decision",
        file="agent/judge/memory/hub_words.py",
        text="        found += [known] if known is not None else []\n",
        mutated="        found += [one]\n",
        test="test_decisions.py::test_what_somebody_writes_into_the_note_of_a_decision_is_not_shown_as_the_hubs_word",
    ),
    Mutant(
        name="decision-unsigned-on-disk",
        row="edits the note of a decision",
        file="agent/judge/memory/hub_words.py",
        text="            continue\n",
        mutated="            known = one\n",
        test="test_decisions.py::test_signed_bytes_that_were_changed_on_the_disk_are_no_decision",
    ),
    Mutant(
        name="decision-for-another-site",
        row="(broker) forges, repeats or invents a decision",
        file="agent/contract/orders_json.py",
        text="    if command.site != site:\n",
        mutated="    if False:\n",
        test="test_decisions.py::test_a_decision_for_another_site_is_refused",
    ),
    Mutant(
        name="decision-replayed",
        row="(broker) forges, repeats or invents a decision",
        file="agent/service/orders/decide.py",
        text='    return "older-decision"\n',
        mutated='    return ""\n',
        test="test_decisions.py::test_a_replayed_decision_does_not_undo_a_later_one",
    ),
    Mutant(
        name="decision-on-nothing",
        row="(broker) forges, repeats or invents a decision",
        file="agent/service/orders/decide.py",
        text='        return "unknown-dispute"\n',
        mutated='        return ""\n',
        test="test_decisions.py::test_a_decision_on_what_nobody_disputes_is_refused_with_a_word",
    ),
)
