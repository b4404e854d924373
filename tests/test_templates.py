"""Prompt templates can show a sample's fields and do nothing else."""

from __future__ import annotations

import pytest

from ecg_bench.errors import UserError
from ecg_bench.templates import PromptTemplate

FIELDS = {"question": "Which rate?", "options": [{"letter": "A", "text": "60"}, {"letter": "B", "text": "<90>"}]}


def test_renders_fields_loops_and_filters_without_touching_the_text() -> None:
    source = "{{ question|upper }}\n{% for option in options %}\n{{ option.letter }}) {{ option.text }}\n{% endfor %}\n"
    assert PromptTemplate(source, FIELDS, "t.yaml").render(FIELDS) == "WHICH RATE?\nA) 60\nB) <90>"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{{ qestion }}", "unknown field 'qestion'"),
        ("{{ question", "can't be read"),
        ("{% if %}", "can't be read"),
        ("{{ question|nonsense }}", "can't be read"),
        ("{{ question.__class__ }}", "Python's own"),
        ("{{ question.__class__.__mro__[1].__subclasses__() }}", "Python's own"),
        ("{{ question['__class__'] }}", "not allowed"),
        ("{{ ''['__cl' ~ 'ass__'] }}", "not allowed"),
        ("{{ question|attr('__class__') }}", "can't be read"),
        ("{{ self.__init__ }}", "Python's own"),
        ("{{ question.format(1) }}", "may not call"),
        ("{{ question.ljust(1000000000) }}", "may not call"),
        ("{{ 'a' * 1000000000 }}", "not allowed"),
        ("{{ 9 ** 9 ** 9 }}", "not allowed"),
        ("{% for i in range(1000000000) %}x{% endfor %}", "unknown field 'range'"),
        ("{% include 'passwd' %}", "fails"),
        ("{{ question.missing }}", "can't be filled"),
        ("{{ question + 1 }}", "fails"),
    ],
)
def test_refuses_everything_else_in_one_sentence(source: str, said: str) -> None:
    with pytest.raises(UserError, match=said) as caught:
        PromptTemplate(source, FIELDS, "t.yaml").render(FIELDS)
    assert str(caught.value).startswith("t.yaml: ")
    assert "\n" not in str(caught.value)
