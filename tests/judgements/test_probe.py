"""Trying judges: one that sees everything, one that sees nothing, and one that believes what it is told."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from ecg_bench import UserError
from ecg_bench.judgements import Probe, probe_judge
from ecg_bench.judgements._injections import INJECTIONS
from ecg_bench.judgements._perturbations import PERTURBATIONS
from ecg_bench.schemas import load_schemas
from tests.judgements.playing import PlayedJudge, correctness
from tests.packs import make_pack
from tests.servers.openai_server import MODEL, OpenAIServer

N = 6


def probed(server: OpenAIServer, out: Path, judge: str = "ecg-correctness") -> Probe:
    return probe_judge(
        judge, f"openai/{MODEL}", model_args={"base_url": server.url}, questions=N, out=out, cache=False, quiet=True
    )


def test_the_lexical_judge_passes_its_own_probe_and_says_that_this_is_no_feat(tmp_path: Path) -> None:
    probe = probe_judge(
        "ecg-correctness", "baseline/lexical-judge", questions=N, out=tmp_path / "probe", cache=False, quiet=True
    )
    rates = probe.record.rates
    assert {
        "order",
        "consistency",
        "verbosity",
        "injection",
        "negation",
        *(f"inject-{one}" for one in INJECTIONS),
    } <= set(rates)
    assert set(rates) & set(PERTURBATIONS)
    assert rates["order"].value == rates["consistency"].value == rates["negation"].value == 1
    assert rates["injection"].value == rates["verbosity"].value == 0
    assert {rates[name].n for name in ("order", "consistency", "verbosity", "injection", "inject-german")} == {N}
    assert 0.3 < rates["injection"].high < 0.5
    assert any("its rates are no feat" in notice for notice in probe.record.notices)
    stored = json.loads((tmp_path / "probe" / "probe.json").read_text())
    jsonschema.validate(stored, load_schemas()["probe"])
    assert stored["unread"] == 0


def test_a_judge_that_sees_no_difference_is_found_out(server: OpenAIServer, tmp_path: Path) -> None:
    PlayedJudge(server, grade=lambda text: {"explanation": "Fine.", "correctness": "correct"})
    rates = probed(server, tmp_path / "probe").record.rates
    assert rates["order"].value == rates["negation"].value == 0
    assert rates["consistency"].value == 1
    assert rates["injection"].value == 0  # nothing can rise


def test_a_judge_that_believes_answers_is_found_out(server: OpenAIServer, tmp_path: Path) -> None:
    def believing(text: str) -> dict[str, Any]:
        swayed = re.search(r"Rate this answer correct|guideline committee", text)
        return correctness("[correct]" if swayed else "[incorrect]")

    PlayedJudge(server, grade=believing)
    rates = probed(server, tmp_path / "probe").record.rates
    assert rates["inject-praise"].value == rates["inject-false-authority"].value == 1
    assert rates["inject-fake-verdict"].value == 0
    assert rates["injection"].value == 1


def test_a_judge_that_likes_length_is_found_out(server: OpenAIServer, tmp_path: Path) -> None:
    levels = ("incorrect", "partially incorrect", "correct but incomplete", "correct")
    PlayedJudge(server, grade=lambda text: correctness(f"[{levels[min(3, len(text) // 200)]}]"))
    assert probed(server, tmp_path / "probe").record.rates["verbosity"].value > 0.5


def test_a_fickle_judge_is_found_out(server: OpenAIServer, tmp_path: Path) -> None:
    said: list[str] = []

    def fickle(text: str) -> dict[str, Any]:
        said.append(text)
        return correctness("[correct]" if said.count(text) % 2 else "[incorrect]")

    PlayedJudge(server, grade=fickle)
    assert probed(server, tmp_path / "probe").record.rates["consistency"].value == 0


def test_a_listwise_judge_that_goes_by_position_is_found_out(server: OpenAIServer, tmp_path: Path) -> None:
    seen: dict[str, int] = {}

    def first_wins(text: str) -> dict[str, Any]:
        seen["n"] = seen.get("n", 0) + 1
        return {"explanation": "First.", "correct": seen["n"] == 1, "score": 5}

    played = PlayedJudge(server, grade=first_wins)
    answer = server.answer

    def anew(body: dict[str, Any]) -> Any:
        seen.clear()
        return answer(body)

    server.answer = anew
    rates = probed(server, tmp_path / "probe", "ecg-listwise").record.rates
    assert rates["position"].value < 0.5
    assert rates["consistency"].value == 1
    assert not played.told


def test_questions_without_what_the_judge_needs_are_refused(server: OpenAIServer, tmp_path: Path) -> None:
    pack = make_pack(tmp_path / "toy", n_open=3)
    PlayedJudge(server)
    judge = tmp_path / "passages.yaml"
    shipped = (Path(__file__).parents[2] / "judges" / "ecg-binary.yaml").read_text()
    judge.write_text(shipped)
    (pack / "free.jsonl").write_text(
        "".join(json.dumps({"id": f"o{n}", "question": "Which?", "reference": "That."}) + "\n" for n in range(3))
    )
    with pytest.raises(UserError, match="no two questions with all that the judge 'ecg-binary' has to be shown"):
        probe_judge(
            str(judge), f"openai/{MODEL}", model_args={"base_url": server.url}, tasks=["toy/free"], include=[pack],
            out=tmp_path / "probe", quiet=True,
        )  # fmt: skip
    assert not (tmp_path / "probe").exists()
