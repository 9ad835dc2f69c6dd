"""The defences of what other systems are told, and of plans at the hub, each taken out where it is decided."""

from __future__ import annotations

from typing import Final

from mutants.model import Mutant

_SENDING: Final = "test_hub_webhooks.py::"
_REACHABLE: Final = "test_hub_reachable.py::"

WEBHOOKS: Final = (
    Mutant(
        name="webhook-signature",
        row="forges a message to another system",
        file="agent/contract/standard_webhooks.py",
        text="hmac_base64(_key(secret), signed)",
        mutated="hmac_base64(_key(secret), str(timestamp_s).encode())",
        test=f"{_SENDING}test_a_fail_and_its_end_come_signed_as_the_receivers_library_verifies_them",
    ),
    Mutant(
        name="webhook-scope",
        row="(as another system) is told of what is not its own",
        file="agent/hub/domain/webhooks.py",
        text="happening.kind in hook.kinds and allowed(hook.scope, happening.place)",
        mutated="happening.kind in hook.kinds",
        test=f"{_SENDING}test_each_endpoint_gets_its_own_and_numbers_without_a_gap",
    ),
    Mutant(
        name="webhook-private-network",
        row="(who owns the name of another system) leads the hub",
        file="agent/hub/outgoing/exchange.py",
        text=" if may_connect(str(one[4][0]))]",
        mutated="]",
        test=f"{_REACHABLE}test_of_several_addresses_only_those_that_may_be_are_tried",
    ),
    Mutant(
        name="webhook-rebinding",
        row="(who owns the name of another system) lets it lead elsewhere",
        file="agent/hub/outgoing/exchange.py",
        text="line.connect(places, ends_mono,",
        mutated="line.connect([one[4] for one in socket.getaddrinfo(name, address.port)], ends_mono,",
        test=f"{_REACHABLE}test_a_name_that_changes_between_two_look_ups_is_looked_up_once",
    ),
    Mutant(
        name="webhook-own-thread",
        row="(as another system) hangs, floods or redirects",
        file="agent/hub/workers/webhooks/sending.py",
        text="                thread.start()\n",
        mutated="                thread.run()\n",
        test=f"{_SENDING}test_a_running_hub_tells_an_endpoint_while_another_one_hangs",
    ),
    Mutant(
        name="webhook-address-hidden",
        row="reads the address or the secret of another system",
        file="agent/hub/domain/rows/webhooks.py",
        text="    url: str = field(repr=False)\n",
        mutated="    url: str\n",
        test=f"{_SENDING}test_no_address_and_no_secret_is_in_what_is_told_of_an_endpoint",
    ),
    Mutant(
        name="plan-again",
        row="(on the hub's page) plans a fault away",
        file="agent/hub/domain/plans.py",
        text="    for one in before:\n",
        mutated="    for one in ():\n",
        test="test_plans.py::test_whoever_plans_it_again_goes_on_with_the_first_plan",
    ),
)
