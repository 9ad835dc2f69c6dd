"""The defences against a hub that was broken into, and against a broker that is not only a carrier."""

from __future__ import annotations

from typing import Final

from mutants.model import Mutant

HUB: Final = (
    Mutant(
        name="duplicate",
        row="(broker) repeats reports",
        file="agent/hub/workers/intake.py",
        text="        if claim.digest in stored:\n",
        mutated="        if False:\n",
        test="test_hub.py::test_a_duplicate_is_dropped_quietly_and_confirmed_again",
    ),
    Mutant(
        name="stranger-orders",
        row="(broker) sends orders of his own",
        file="agent/contract/orders_json.py",
        text="    verify(order.payload, order.jws, hub_keys, COMMAND_TYP)\n",
        mutated="",
        test="test_order_desk.py::test_nobody_trusted_is_answered_and_everyone_is_counted",
    ),
    Mutant(
        name="orders-of-another-site",
        row="(broker) sends orders of his own",
        file="agent/contract/orders_json.py",
        text="    if command.site != site:\n",
        mutated="    if False:\n",
        test="test_order_desk.py::test_nobody_trusted_is_answered_and_everyone_is_counted",
    ),
    Mutant(
        name="order-under-another-name",
        row="(broker) sends orders of his own",
        file="agent/contract/orders_json.py",
        text="    if command.id != order.topic_id:\n",
        mutated="    if False:\n",
        test="test_order_desk.py::test_nobody_trusted_is_answered_and_everyone_is_counted",
    ),
    Mutant(
        name="watermark-back",
        row="(broker) confirms in the hub's name",
        file="agent/deliver/spool/confirm.py",
        text='    if mark.ack_no < int(database.meta("ack_no") or 0):\n',
        mutated="    if False:\n",
        test="test_publish.py::test_a_watermark_that_is_forged_replayed_or_goes_back_is_not_taken",
    ),
    Mutant(
        name="packet-index",
        row="(broker) sends malformed packets",
        file="agent/deliver/publish/packet.py",
        text="    except (IndexError, UnicodeDecodeError):\n",
        mutated="    except IndexError:\n",
        test="test_publish_packet.py::test_arbitrary_bytes_are_a_publish_or_malformed_and_nothing_else",
    ),
    Mutant(
        name="packet-end",
        row="(broker) sends malformed packets",
        file="agent/deliver/publish/packet.py",
        text="    except (IndexError, UnicodeDecodeError):\n",
        mutated="    except UnicodeDecodeError:\n",
        test="test_publish_packet.py::test_arbitrary_bytes_are_a_publish_or_malformed_and_nothing_else",
    ),
    Mutant(
        name="looser-value",
        row="(hub) loosens the rules",
        file="agent/service/orders/desired_policy.py",
        text="        if why := loosens(local, name, value):\n",
        mutated="        if False:\n",
        test="test_desired.py::test_no_value_may_be_looser_than_the_site_s_own",
    ),
    Mutant(
        name="hostile-pack",
        row="(hub) sends a hostile rule pack",
        file="agent/service/orders/desired_policy.py",
        text="    if why := first_fault(local, packs):\n",
        mutated="    if False:\n",
        test="test_desired_packs.py::test_hostile_packs_are_refused_whole_with_one_line",
    ),
    Mutant(
        name="packet-properties",
        row="(broker) sends malformed packets",
        file="agent/deliver/publish/packet.py",
        text="    if at != end or end > len(body):\n",
        mutated="    if False:\n",
        test="test_publish_packet.py::test_a_broken_publish_is_malformed",
    ),
    Mutant(
        name="puback-is-not-delivery",
        row="(broker) drops reports",
        file="agent/deliver/publish/window.py",
        text="        if self._broker_confirms:\n",
        mutated="        if True:\n",
        test="test_publish_faults.py::test_a_broker_that_is_killed_and_forgets_everything_loses_nothing",
    ),
    Mutant(
        name="closed-list",
        row="(hub) orders what harms",
        file="agent/contract/orders_json.py",
        text='    name = _one_of(data["command"], get_args(orders.CommandName))\n',
        mutated='    name = data["command"] if data["command"] in get_args(orders.CommandName) else "report-now"\n',
        test="test_order_desk.py::test_what_is_on_no_list_is_no_order_even_from_the_hub",
    ),
    Mutant(
        name="confirmed-before",
        row="(hub) confirms what it lost",
        file="agent/hub/domain/lost_history.py",
        text="    store.keep_gap(site, Gap(epoch, stream, first, head.seq,",
        mutated="    _ = (site, Gap(epoch, stream, first, head.seq,",
        test="test_fault_identity.py::test_a_hub_that_lost_its_database_goes_on_and_says_what_it_had_confirmed_before",
    ),
    Mutant(
        name="looser-pack",
        row="(hub) sends a hostile rule pack",
        file="agent/service/orders/desired_policy.py",
        text="    if why := looser(local.packs, packs):\n",
        mutated="    if False:\n",
        test="test_desired_packs.py::test_a_pack_that_asks_for_less_than_the_one_it_replaces_is_refused",
    ),
)
