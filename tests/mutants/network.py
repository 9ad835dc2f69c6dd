"""The defences against whoever is on the site's network: he listens, or answers in the place of another."""

from __future__ import annotations

from typing import Final

from mutants.model import Mutant

NETWORK: Final = (
    Mutant(
        name="broker-tls",
        row="plays the broker",
        file="agent/deliver/publish/tls.py",
        text="    context.minimum_version = ssl.TLSVersion.TLSv1_2\n",
        mutated="    context.check_hostname = False\n    context.verify_mode = ssl.CERT_NONE\n",
        test="test_mosquitto_acl.py::test_a_broker_with_a_certificate_of_another_authority_is_not_talked_to",
    ),
    Mutant(
        name="digest",
        row="listens to what devices are asked",
        file="drivers/authentication.py",
        text='    if challenge.scheme == "basic":\n        if not tls:\n',
        mutated="    if True:\n        if False:\n",
        test="test_dahua_login.py::test_the_password_is_never_on_the_wire_nor_in_an_observation",
    ),
    Mutant(
        name="digest-rpc2",
        row="listens to what devices are asked",
        file="drivers/dahua/rpc.py",
        text="        body = _login(device, hashed(device, challenge), challenge.session, 2)\n",
        mutated="        body = _login(device, _credential(device).password, challenge.session, 2)\n",
        test="test_dahua_login.py::test_the_password_is_never_on_the_wire_nor_in_an_observation",
    ),
    Mutant(
        name="box-replaced",
        row="plays a device that has none",
        file="agent/observe/inventory/device_identity.py",
        text="and place not in found and not is_same(known[place], seen[place])\n",
        mutated="and place not in found and False\n",
        test="test_adversary_site.py::test_another_box_at_the_address_is_told_by_the_agent_and_at_the_hub",
    ),
    Mutant(
        name="box-replaced-hub",
        row="plays a device that has none",
        file="agent/hub/views/changes.py",
        text="if before[name] != after[name])\n",
        mutated="if False)\n",
        test="test_adversary_site.py::test_another_box_at_the_address_is_told_by_the_agent_and_at_the_hub",
    ),
    Mutant(
        name="login-confirmed",
        row="answers the search for devices",
        file="agent/commands/start/command.py",
        text="        kept = [shown[number - 1] for number in choice.kept]\n",
        mutated="        kept = shown\n",
        test="test_start_command.py::test_only_confirmed_addresses_are_configured_and_get_the_login",
    ),
    Mutant(
        name="login-of-a-group",
        row="refuses a login, so that it is sent on",
        file="agent/commands/start/logins.py",
        text='        if taken == "refused" and not (rest and answers.goes_on(device, user)):\n',
        mutated="        if False:\n",
        test="test_start_command.py::test_a_refusal_stops_the_group_and_the_right_password_goes_on",
    ),
    Mutant(
        name="keep-alive",
        row="holds connections half open",
        file="agent/deliver/publish/connection.py",
        text="        self._keepalive_s, self._timeout_s = keepalive_s, timeout_s\n",
        mutated="        self._keepalive_s, self._timeout_s = 3600, timeout_s\n",
        test="test_publish_traps.py::test_a_half_open_connection_is_found_by_keep_alive",
    ),
    Mutant(
        name="never-acknowledged",
        row="answers each ping and acknowledges no report",
        file="agent/deliver/publish/connection.py",
        text="        if self._unanswered.is_overdue(time.monotonic()) and not self.events.lost:\n",
        mutated="        if False:\n",
        test="test_publish_unanswered.py::"
        "test_a_broker_that_never_acknowledges_is_left_and_once_it_does_everything_arrives_in_order",
    ),
    Mutant(
        name="sent-is-not-answered",
        row="holds connections half open",
        file="agent/deliver/publish/window.py",
        text="        self._in_flight[mid] = row\n",
        mutated="        self._in_flight[mid] = row\n        self.taken(row)\n",
        test="test_publish_traps.py::test_a_half_open_connection_is_found_by_keep_alive",
    ),
)
