"""Names of leads, as files and people write them."""

from __future__ import annotations

import pytest

from ecg_bench import UserError
from ecg_bench.ecg import LEADS, lead_name


@pytest.mark.parametrize("text", ["aVR", "AVR", "avr", " aVR ", "lead aVR", "Lead AVR", "lead_avr"])
def test_case_and_the_word_lead_make_no_difference(text: str) -> None:
    assert lead_name(text) == "aVR"


@pytest.mark.parametrize("text", ["-aVR", "-AVR", "\N{MINUS SIGN}aVR", "\N{EN DASH}avr", "lead -aVR"])
def test_a_lead_may_be_upside_down(text: str) -> None:
    assert lead_name(text) == "-aVR"


def test_each_lead_has_its_own_name() -> None:
    assert [lead_name(name.lower()) for name in LEADS] == list(LEADS)


@pytest.mark.parametrize("text", ["", "-", "V7", "aVX", "RESP"])
def test_what_is_none_of_the_leads_is_answered_with_those_that_are(text: str) -> None:
    with pytest.raises(UserError, match="the leads are I, II, III, aVR"):
        lead_name(text)
