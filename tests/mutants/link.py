"""The defences of the port that a self-test of the police link opens, each taken out where it is decided."""

from __future__ import annotations

from typing import Final

from mutants.model import Mutant

_WIRE: Final = "test_gb28181_wire.py::"
_DIGEST: Final = "test_sip_digest.py::"
_BODIES: Final = "test_manscdp.py::"
_FLOW: Final = "test_link_flow.py::"

LINK: Final = (
    Mutant(
        name="link-stranger",
        row="comes to the port of a self-test",
        file="drivers/gb28181/wire.py",
        text="        if host == self.peer:\n",
        mutated="        if True:\n",
        test=_WIRE + "test_a_stranger_is_not_heard_and_is_one_count",
    ),
    Mutant(
        name="link-flood",
        row="floods the port of a self-test",
        file="agent/onsite/link/platform.py",
        text="        if len(self._registers) == REGISTERS_PER_S and",
        mutated="        if False and",
        test=_FLOW + "test_a_flood_of_registers_is_bounded_and_named",
    ),
    Mutant(
        name="link-line-ends",
        row="floods the port of a self-test",
        file="drivers/gb28181/wire.py",
        text='        if connection.buffer.startswith((b"\\r", b"\\n")):',
        mutated="        if False:",
        test=_WIRE + "test_line_ends_without_end_fill_nothing",
    ),
    Mutant(
        name="link-password",
        row="registers in the place of the device",
        file="drivers/gb28181/sip_digest.py",
        text='    return "right" if hmac.compare_digest',
        mutated='    return "right" if True or hmac.compare_digest',
        test=_DIGEST + "test_the_right_password_is_right_and_a_wrong_one_wrong",
    ),
    Mutant(
        name="link-nonce",
        row="registers in the place of the device",
        file="drivers/gb28181/sip_digest.py",
        text="    return own and 0 <=",
        mutated="    return True or 0 <=",
        test=_DIGEST + "test_a_nonce_is_for_who_asked_and_for_its_time",
    ),
    Mutant(
        name="link-header",
        row="writes lines or lengths into SIP",
        file="drivers/gb28181/sip.py",
        text="    if any(_CONTROL.search(line) for line in lines):\n",
        mutated="    if False:\n",
        test="test_sip_messages.py::test_no_value_begins_a_header_of_its_own",
    ),
    Mutant(
        name="link-two-lengths",
        row="writes lines or lengths into SIP",
        file="drivers/gb28181/sip.py",
        text="    if told or not value.isascii()",
        mutated="    if not value.isascii()",
        test="test_sip_messages.py::test_two_lengths_that_differ_are_refused_on_a_stream_before_the_next_message_is_looked_for",
    ),
    Mutant(
        name="link-items",
        row="writes lines or lengths into SIP",
        file="drivers/gb28181/answers.py",
        text="    if len(items) > MAX_ITEMS:\n",
        mutated="    if False:\n",
        test=_BODIES + "test_a_hostile_body_is_refused_without_a_word_of_it",
    ),
    Mutant(
        name="link-query",
        row="(a mistake of ours) changes the device",
        file="drivers/gb28181/manscdp.py",
        text="    if command not in QUERIES or",
        mutated="    if False and",
        test=_BODIES + "test_a_query_asks_for_what_is_listed_and_for_nothing_else",
    ),
    Mutant(
        name="link-unregistered",
        row="speaks before it has registered",
        file="agent/onsite/link/platform.py",
        text="        if self.ending or registration is None:\n",
        mutated="        if self.ending:\n",
        test=_FLOW + "test_who_is_not_registered_says_nothing_that_counts",
    ),
    Mutant(
        name="link-field",
        row="is a device, and has passwords and addresses in its catalogue",
        file="drivers/gb28181/answers.py",
        text='        civil_code=text_of(item, "CivilCode", 32),\n',
        mutated='        civil_code=text_of(item, "Password", 32),\n',
        test=_BODIES + "test_passwords_addresses_and_places_of_a_catalogue_go_no_further",
    ),
)
