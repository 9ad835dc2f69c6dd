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
        row="registers many times a second",
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
        row="sends XML that expands",
        file="drivers/gb28181/answers.py",
        text="    if len(items) > MAX_ITEMS:\n",
        mutated="    if False:\n",
        test=_BODIES + "test_a_hostile_body_is_refused_without_a_word_of_it",
    ),
    Mutant(
        name="link-query",
        row="(a mistake of ours) writes a control",
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
    Mutant(
        name="link-hang-up",
        row="(a mistake of ours) goes on with a call",
        file="agent/onsite/link/call.py",
        text="        if call.is_taken and call.sent is not None",
        mutated="        if False and call.sent is not None",
        test="test_link_picture.py::test_an_interrupted_person_hangs_up_too",
    ),
    Mutant(
        name="link-late",
        row="(a mistake of ours) goes on with a call",
        file="agent/onsite/link/call.py",
        text="            if call.is_over and not call.is_taken:\n",
        mutated="            if False:\n",
        test="test_link_picture.py::test_a_call_that_is_taken_after_we_gave_up_is_acknowledged_and_hung_up",
    ),
    Mutant(
        name="link-media-stranger",
        row="sends packets of a picture from another address",
        file="drivers/gb28181/media.py",
        text="            packet = parse_packet(data) if host == self.peer else None\n",
        mutated="            packet = parse_packet(data)\n",
        test="test_gb28181_media.py::test_datagrams_are_taken_of_the_device_alone",
    ),
    Mutant(
        name="link-media-bytes",
        row="sends packets of a picture from another address",
        file="drivers/gb28181/media.py",
        text="        if self.came_bytes > MAX_BYTES:\n",
        mutated="        if False:\n",
        test="test_gb28181_media.py::test_what_is_no_rtp_or_too_much_is_refused",
    ),
    Mutant(
        name="link-pack-bytes",
        row="sends something else than a picture",
        file="drivers/gb28181/program_stream.py",
        text="            if len(self._pack) > MAX_PACK_BYTES:\n",
        mutated="            if False:\n",
        test="test_program_stream.py::test_a_pack_without_end_is_refused",
    ),
    Mutant(
        name="link-lost-packet",
        row="sends something else than a picture",
        file="drivers/gb28181/program_stream.py",
        text="        elif missing:\n            self._broken = True\n",
        mutated="        elif False:\n            self._broken = True\n",
        test="test_program_stream.py::test_a_lost_packet_makes_no_keyframe_and_the_next_one_counts",
    ),
    Mutant(
        name="link-another-cameras-picture",
        row="has a recorder send another camera's picture",
        file="agent/onsite/link/pictures.py",
        text="    if any(one.shows != name for one in looks.seen):\n",
        mutated="    if False:\n",
        test="test_link_masks.py::test_a_scene_that_nobody_approved_judges_nothing",
    ),
    Mutant(
        name="link-old-picture",
        row="has a recorder send another camera's picture",
        file="agent/onsite/link/pictures.py",
        text="    if _is_one_moment(looks.seen):\n",
        mutated="    if False:\n",
        test="test_link_masks.py::test_an_old_picture_sent_twice_is_not_live",
    ),
    Mutant(
        name="platform-waited-out",
        row="waits until a bare picture of the self-test is old",
        file="agent/judge/checks/pictures/platform_path.py",
        text='        if verdict.verdict == "FAIL" and verdict.zone in names:\n',
        mutated="        if False:\n",
        test="test_platform_path.py::test_waiting_or_redrawing_does_not_undo_what_was_bare",
    ),
    Mutant(
        name="link-method",
        row="(a mistake of ours) changes the device",
        file="agent/onsite/link/requesting.py",
        text="        if self.method not in MAY_SEND:\n",
        mutated="        if False:\n",
        test="test_link_flow.py::test_no_other_request_can_be_written",
    ),
)
