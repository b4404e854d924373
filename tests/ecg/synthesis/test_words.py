"""A spec in other forms: its codes, its report, its text; and what can't be drawn."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings

from ecg_bench.ecg.reading import read_ecg
from ecg_bench.ecg.synthesis import (
    KINDS,
    AvBlock,
    Block,
    Hypertrophy,
    Rhythm,
    Spec,
    Territory,
    codes_of,
    draw_specs,
    qtc_of,
    read_spec,
    report_of,
    spec_text,
    truth_of,
    write_synthetic,
)
from ecg_bench.ecg.synthesis._report import IMPLIED, WORDS
from ecg_bench.errors import UserError
from tests.ecg.synthesis.specs import specs

CODES: list[tuple[dict[str, Any], set[str]]] = [
    ({}, {"NORM", "SR"}),
    ({"rate": 45}, {"SBRAD"}),
    ({"rate": 120}, {"STACH"}),
    ({"rate_variation": 0.2}, {"NORM", "SARRH"}),
    ({"rhythm": "afib"}, {"AFIB"}),
    ({"rhythm": "aflutter"}, {"AFLT"}),
    ({"rhythm": "vt", "rate": 170}, {"ABQRS"}),
    ({"rhythm": "paced"}, {"PACE"}),
    ({"block": "lbbb"}, {"CLBBB", "SR"}),
    ({"block": "rbbb", "qrs_ms": 110}, {"IRBBB", "SR"}),
    ({"block": "rbbb", "qrs_ms": 130}, {"CRBBB", "SR"}),
    ({"qrs_ms": 130}, {"IVCD", "SR"}),
    ({"pr_ms": 240}, {"1AVB", "LPR", "SR"}),
    ({"av_block": "third", "rate": 80}, {"3AVB", "SR"}),
    ({"st_mv": (("inferior", 0.3),)}, {"IMI", "STE_", "SR"}),
    ({"st_mv": (("inferior", 0.3), ("lateral", 0.2))}, {"ILMI", "STE_", "SR"}),
    ({"st_mv": (("lateral", -0.2),)}, {"ISCLA", "STD_", "SR"}),
    ({"q_waves": ("anterior", "septal")}, {"ASMI", "QWAVE", "SR"}),
    ({"t_inverted": ("anterior",)}, {"INVT", "NDT", "SR"}),
    ({"hypertrophy": "left"}, {"LVH", "VCLVH", "SR"}),
    ({"qt_ms": 540}, {"LNGQT", "SR"}),
    ({"pvc_per_minute": 6, "pac_per_minute": 6}, {"PAC", "PVC", "SR"}),
]


@pytest.mark.parametrize(
    ("fields", "codes"), CODES, ids=lambda x: " ".join(sorted(x)) if isinstance(x, set) else str(x)[:40]
)
def test_codes_say_what_is_true(fields: dict[str, Any], codes: set[str]) -> None:
    assert set(codes_of(Spec(**fields))) == codes


@settings(max_examples=200, deadline=None)
@given(spec=specs())
def test_every_code_is_said_in_the_report_and_normal_stands_alone(spec: Spec) -> None:
    codes = codes_of(spec)
    assert codes == tuple(sorted(set(codes)))
    assert "NORM" not in codes or len(codes) == 2
    report = report_of(spec, spec.seed).lower()
    for code in set(codes) - IMPLIED.keys() - {"ABQRS"}:
        assert any(words.lower() in report for words in WORDS[code]), (code, report)


def test_codes_are_ptb_xls(test_data: Path) -> None:
    with (test_data / "ptbxl" / "scp_statements.csv").open() as file:
        known = {row[0] for row in csv.reader(file)}
    assert {code for spec in draw_specs(300, 0) for code in codes_of(spec)} <= known
    assert WORDS.keys() | IMPLIED.keys() <= known


def test_reports_vary_with_the_seed_and_stay_the_same_under_it() -> None:
    spec = Spec(block="lbbb", pvc_per_minute=6)
    assert len({report_of(spec, seed) for seed in range(30)}) > 10
    assert report_of(spec, 3) == report_of(spec, 3)
    assert "bpm" in " ".join(report_of(spec, seed) for seed in range(10))


@settings(max_examples=200, deadline=None)
@given(spec=specs())
def test_a_spec_survives_its_text(spec: Spec) -> None:
    assert read_spec(spec_text(spec)) == spec


def test_the_text_holds_only_what_differs() -> None:
    assert spec_text(Spec()) == "{}"
    assert json.loads(spec_text(Spec(rhythm="afib", rate=110))) == {"rhythm": "afib", "rate": 110}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("afib", "must be a JSON object"),
        ("[1]", "must be a JSON object"),
        ('{"rythm": "afib"}', "did you mean 'rhythm'"),
        ('{"rhythm": "afibb"}', "rhythm"),
        ('{"rate": "fast"}', "rate"),
        ('{"rate": 1e9}', "rate must be 20 to 300"),
        ('{"rate": NaN}', "rate"),
        ('{"seconds": 1e12}', "seconds"),
        ("[" * 100_000, "must be a JSON object"),
    ],
)
def test_a_text_that_is_no_spec_is_refused_in_one_sentence(text: str, why: str) -> None:
    with pytest.raises(UserError, match=why) as refused:
        read_spec(text)
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize(
    "fields",
    [
        {"rate": 0},
        {"rate": float("nan")},
        {"hertz": 10},
        {"seconds": 0},
        {"seed": -1},
        {"rhythm": "sinusoid"},
        {"block": "LBBB"},
        {"st_mv": (("posterior", 0.2),)},
        {"st_mv": (("inferior", float("nan")),)},
        {"rhythm": "afib", "av_block": "first"},
        {"rhythm": "paced", "block": "rbbb"},
        {"block": "lbbb", "q_waves": ("inferior",)},
        {"block": "rbbb", "hypertrophy": "left"},
        {"rhythm": "vt", "pvc_per_minute": 6},
        {"rhythm": "afib", "pac_per_minute": 6},
        {"av_block": "third", "pvc_per_minute": 6},
    ],
    ids=str,
)
def test_what_cannot_be_shown_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(UserError):
        Spec(**fields)


def test_a_draw_is_balanced_repeatable_and_holds_every_kind() -> None:
    n = 10 * (len(KINDS) - 1)
    drawn = draw_specs(n, seed=5, hertz=100)
    assert drawn == draw_specs(n, seed=5, hertz=100)
    assert drawn != draw_specs(n, seed=6, hertz=100)
    assert {spec.hertz for spec in drawn} == {100.0}
    assert len({spec.seed for spec in drawn}) == n
    counts = Counter(code for spec in drawn for code in codes_of(spec))
    assert counts["NORM"] >= 0.2 * n
    for code in (
        "AFIB",
        "AFLT",
        "CLBBB",
        "CRBBB",
        "IRBBB",
        "LAFB",
        "LPFB",
        "PACE",
        "3AVB",
        "LVH",
        "RVH",
        "LNGQT",
        "PVC",
    ):
        assert 7 <= counts[code] <= 13, code


def test_drawn_values_keep_clear_of_the_borders_between_findings() -> None:
    for spec in draw_specs(400, seed=9):
        truth = truth_of(spec)
        if spec.rhythm == "sinus":
            assert not 54 < spec.rate < 62
            assert not 98 < spec.rate < 108
        assert not 190 < (truth.pr_ms or 0) < 220
        assert not 114 < truth.qrs_ms < 124
        if spec.rhythm not in ("vt", "svt"):
            assert not 450 < qtc_of(spec) < 485


def test_a_written_record_carries_its_truth(tmp_path: Path) -> None:
    spec = Spec(rhythm="afib", rate=110, seed=1)
    header, made = write_synthetic(spec, tmp_path / "deep" / "REC.hea")
    assert header == tmp_path / "deep" / "REC.hea"
    read = read_ecg(header)
    np.testing.assert_allclose(read.signal, made.signal, atol=0.0006)
    text = header.read_text()
    assert f"# spec: {spec_text(spec)}" in text
    assert "# codes: AFIB" in text


def test_the_command_offers_what_the_spec_knows() -> None:
    from ecg_bench.cli import ecg

    assert get_args(Rhythm) == ecg.RHYTHMS
    assert get_args(Block) == ecg.BLOCKS
    assert get_args(AvBlock) == ecg.AV_BLOCKS
    assert get_args(Territory) == ecg.TERRITORIES
    (hypertrophy,) = [one for one in ecg.simulate.params if one.name == "hypertrophy"]
    assert get_args(Hypertrophy) == tuple(hypertrophy.type.choices)  # type: ignore[attr-defined]
    fields = {one.name for one in ecg.simulate.params} - {"out", "as_json"}
    assert fields == set(Spec.__dataclass_fields__)
