"""The line finder names the same keys as the TOML parser, each on its line."""

from __future__ import annotations

from pathlib import Path

import tomli

from agent.site.toml.lines import locate

ROOT = Path(__file__).parents[3]

TRICKY = '''# [not.a.table]
top = "x # no comment"
"quoted key" = 'it''s' # not toml, replaced below
[a."b.c"]
dotted . key = 1 # tail
multi = """
[[not]]
fake = 1\\""""
literal = \'\'\'
x = 'y'\'\'\'
list = [ 1, # one
  [2,
   3],
  "]",
  { in = 1, deep = { er = [ 5 ] } },
]
when = 1979-05-27 07:32:00
[[t]]
k = 1
  [[t.u]]
  v = 1
  [[t.u]]
  v = 2
  [t.u.w]
  x = 1
[[t]]
k = 2
  [t.only]
  y = {}
'''.replace("'it''s' # not toml, replaced below", "'its'")


def test_lines_are_exact_for_every_kind_of_key() -> None:
    lines = locate(TRICKY.replace("\n", "\r\n"))
    number = {text.strip(): index for index, text in enumerate(TRICKY.splitlines(), start=1)}
    assert lines[("top",)] == 2
    assert lines[("quoted key",)] == 3
    assert lines[("a", "b.c")] == 4
    assert lines[("a", "b.c", "dotted", "key")] == 5
    assert lines[("a", "b.c", "literal")] == number["literal = '''"]
    assert lines[("a", "b.c", "list", 1, 1)] == number["3],"]
    assert lines[("a", "b.c", "list", 3, "deep", "er", 0)] == number["{ in = 1, deep = { er = [ 5 ] } },"]
    assert lines[("t", 0, "u", 1, "w", "x")] == number["x = 1"]
    assert lines[("t", 1)] == number["k = 2"] - 1
    assert lines[("t", 1, "only", "y")] == number["y = {}"]


def paths_of(value: object, path: tuple[str | int, ...] = ()) -> set[tuple[str | int, ...]]:
    if isinstance(value, dict):
        inner = [(key, element) for key, element in value.items()]
    elif isinstance(value, list):
        inner = list(enumerate(value))
    else:
        return set()
    return {(*path, key) for key, _ in inner}.union(*(paths_of(element, (*path, key)) for key, element in inner))


def test_the_lines_name_the_same_keys_as_the_parser_finds() -> None:
    sources = [TRICKY, (ROOT / "packaging/site.toml.sample").read_text("utf-8"), (ROOT / "pyproject.toml").read_text()]
    for text in sources:
        assert set(locate(text)) == paths_of(tomli.loads(text))
