"""Every key path has the line that it stands on."""

from __future__ import annotations

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from metabench.spec.mistakes.locate import locate

TEXT = '''\
# a comment with [brackets] and = signs
schema = 1
"quoted key".'other' = """
two lines = no key
"""
[meta]
optimizer = { name = "adam", lr = 1e-3 }
betas = [
  0.9,  # ]
  0.99,
]
[[methods]]
id = "A # not a comment"
[methods.options]
inner_steps = 3

[[methods]]
id = 'B'
grid.inner_lr = [1,
  2]
[tasks.splits."glue/qnli"]
train = "validation"
transfer = [{ task = "a" },
  { task = "b", fractions = [0.1,
  0.2] }]
'''


def test_each_key_has_its_line():
    lines = locate(TEXT)

    assert tomllib.loads(TEXT)  # it is TOML
    for path, line in {
        ("schema",): 2,
        ("quoted key", "other"): 3,
        ("meta",): 6,
        ("meta", "optimizer", "lr"): 7,
        ("meta", "betas", 1): 10,
        ("methods", 0, "id"): 13,
        ("methods", 0, "options"): 14,
        ("methods", 0, "options", "inner_steps"): 15,
        ("methods", 1): 17,
        ("methods", 1, "id"): 18,
        ("methods", 1, "grid", "inner_lr", 1): 20,
        ("tasks", "splits", "glue/qnli", "train"): 22,
        ("tasks", "splits", "glue/qnli", "transfer", 1, "task"): 24,
        ("tasks", "splits", "glue/qnli", "transfer", 1, "fractions", 1): 25,
    }.items():
        assert lines.of(path) == line, path


def test_what_is_missing_has_the_line_of_what_it_is_missing_from():
    lines = locate(TEXT)

    assert lines.of(("methods", 1, "algorithm")) == 17
    assert lines.of(("meta", "optimizer", "eps")) == 7
    assert lines.of(("model",)) == 1


def test_windows_line_ends_do_not_matter():
    assert locate(TEXT.replace("\n", "\r\n")).of(("methods", 1, "id")) == 18


@given(
    st.lists(
        st.dictionaries(
            st.text("abc.\"' \\=[]#", min_size=1, max_size=5),
            st.one_of(st.integers(), st.text("ab\"'#=[]{},\n\\", max_size=6), st.booleans()),
            max_size=4,
        ),
        min_size=1,
        max_size=4,
    )
)
def test_every_written_key_is_found_on_a_line_that_names_it(tables):
    import tomli_w

    text = tomli_w.dumps({"tables": tables, "inline": {"deep": [tables]}})
    lines = locate(text)
    for index, table in enumerate(tables):
        for key in table:
            assert ("tables", index, key) in lines.known or ("inline", "deep", 0) in lines.known
            line = text.split("\n")[lines.of(("tables", index, key)) - 1]
            written = tomli_w.dumps({key: 0}).split(" = 0")[0]
            assert written in line
