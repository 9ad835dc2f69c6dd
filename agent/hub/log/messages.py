"""Builds the messages to sites about the log after a look: one a site, with a receipt and proofs.

From which size a site needs a proof, its own newest health report says (`log_size`, `agent/hub/stores/current.py`).
"""

import json
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from agent.contract.topics import topic
from agent.deliver.publish.messages import Message
from agent.hub.domain.rows.log import State
from agent.hub.domain.tree import Tree
from agent.hub.log.receipts import proofs
from agent.hub.log.sequencer import Entry
from agent.hub.ports.log import LogStore
from agent.verify.log_message import proof_json, write_message

_STATEMENTS_MOST: Final = 64


def messages_of(log: LogStore, state: State, entries: Sequence[Entry]) -> Iterator[Message]:
    """Yield the message of each site with a health report among neighbouring entries that were just appended."""
    chosen = {entry.row[0]: at for at, entry in enumerate(entries) if entry.row[3] == "health"}
    if not chosen:
        return
    lives = [(size, note) for _, size, note in log.lives() if note][-_STATEMENTS_MOST:]
    statements = json.dumps([note for _, note in lives])
    made: dict[int, str] = {}
    tree = log.tree(state.size)
    heads = proofs(tree, entries)
    for site, at in chosen.items():
        entry = entries[at]
        held = entry.held
        if held not in made:
            made[held] = f"[{','.join(_proofs(log, tree, held, [size for size, _ in lives]))}]"
        payload = write_message(site, f"{heads[at]}{state.note}", made[held], statements)
        yield Message(topic(entry.row[1], site, "receipt"), payload, "", retain=True)


def _proofs(log: LogStore, tree: Tree, held: int, lives: Sequence[int]) -> Iterator[str]:
    """Yield the proofs from a size, over each restore, to the tree of now; none where a size is not before the next."""
    for old, new in {*pairwise([held, *lives, tree.size]), *((held, size) for size in (*lives, tree.size))}:
        if 0 < old < new <= tree.size:
            later = tree if new == tree.size else log.tree(new)
            yield proof_json(old, new, later.consistency(old))
