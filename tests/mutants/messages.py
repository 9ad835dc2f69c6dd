"""The defences of what is told at once, against chat services, webhooks, mail servers and who stands between."""

from __future__ import annotations

from typing import Final

from mutants.model import Mutant

MESSAGES: Final = (
    Mutant(
        name="notice-counts-alone",
        row="(chat service) collects",
        file="agent/service/alerts/sending.py",
        text="    text = chat_text(tally(site, notices, clock(), test=test), receiver.lang)\n",
        mutated="    text = mail_of(site, notices, receiver.lang, clock(), test=test).text\n",
        test="test_notice_privacy.py::test_every_formatter_of_a_stranger_tells_code_severity_count_and_time_alone[wecom-en]",
    ),
    Mutant(
        name="notice-number-alone",
        row="(chat service) repeats",
        file="agent/service/alerts/refusals.py",
        text='    values = {"number": number}\n    if found is None:',
        mutated='    values = {"number": f"{number} {said}"}\n    if found is None:',
        test="test_robots.py::test_a_refusal_in_a_good_answer_is_named_with_its_remedy",
    ),
    Mutant(
        name="notice-own-thread",
        row="(chat service) hangs",
        file="agent/service/alerts/notice_desk.py",
        text="            self._beats[name].take(look)\n",
        mutated="            self._beats[name].take(look)\n            look.done.wait(70)\n",
        test="test_notice_desk.py::test_a_receiver_that_hangs_delays_no_other_one_no_look_and_no_end",
    ),
    Mutant(
        name="mail-starttls",
        row="(between) takes the offer",
        file="agent/service/alerts/mail.py",
        text='        if not client.has_extn("starttls"):\n            return NO_STARTTLS\n',
        mutated='        if not client.has_extn("starttls"):\n            return _sent(client, way, message)\n',
        test="test_mail.py::test_nothing_is_sent_where_tls_was_asked_for_and_is_not_there",
    ),
    Mutant(
        name="mail-slipped",
        row="(between) slips replies",
        file="agent/service/alerts/mail.py",
        text="    client.helo_resp = client.ehlo_resp = None\n",
        mutated="    client.helo_resp = None\n",
        test="test_mail.py::test_what_was_said_before_tls_does_not_count",
    ),
    Mutant(
        name="mail-one-login",
        row="(mail server) refuses",
        file="agent/service/alerts/mail.py",
        text="        client.auth(mechanism, _AUTH[mechanism](client))\n",
        mutated="        client.login(client.user, client.password)\n",
        test="test_mail.py::test_a_wrong_password_is_tried_once_and_names_the_remedy",
    ),
    Mutant(
        name="mail-bounded",
        row="(mail server) answers",
        file="agent/service/alerts/mail.py",
        text="            if self._came > REPLIES_MAX_BYTES:\n",
        mutated="            if False:\n",
        test="test_mail.py::test_whatever_a_server_says_ends_and_is_told_by_its_number_alone",
    ),
    Mutant(
        name="webhook-signed",
        row="(who knows a webhook's address)",
        file="agent/contract/standard_webhooks.py",
        text='    signed = f"{message_id}.{timestamp_s}.".encode() + data\n',
        mutated='    signed = f"{message_id}.{timestamp_s}.".encode()\n',
        test="test_robots.py::test_a_webhook_of_ones_own_gets_all_of_it_signed",
    ),
)
