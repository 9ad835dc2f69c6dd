"""What a person wrote stays where it stands, beside what it is about, when a line is added to a table above it."""

from __future__ import annotations

from agent.site.toml.edit import Change, marked, merged, unmarked

WRITTEN = """\
[hub]
host = "a"  # by phone

# the gate, since 2019
[[camera]]
id = "gate"

# the roof: ask Li Na before touching it
[[camera]]
id = "roof"
"""


def test_a_remark_above_a_table_stays_above_it_when_the_table_before_it_gets_a_new_line() -> None:
    changes = (
        Change(("hub", "host"), "site", "host", "a", "b"),
        Change(("hub", "port"), "site", "port", None, 8884),
        Change(("camera", 0, "channel"), "camera:gate", "channel", None, 3),
    )
    assert merged(WRITTEN, changes) == (
        WRITTEN.replace('[hub]\nhost = "a"', '[hub]\nport = 8884\nhost = "b"').replace(
            '[[camera]]\nid = "gate"', '[[camera]]\nchannel = 3\nid = "gate"'
        )
    )


def test_a_text_is_known_as_written_here_until_a_person_changes_it_also_by_the_line_of_an_earlier_version() -> None:
    for text in (marked(WRITTEN), marked(WRITTEN).replace("# camwarden wrote", "# camwarden ledger wrote")):
        assert unmarked(text) == (WRITTEN, True)
        assert unmarked(text.replace("Li Na", "Li")) == (WRITTEN.replace("Li Na", "Li"), False)
    assert unmarked(WRITTEN) == (WRITTEN, False)
