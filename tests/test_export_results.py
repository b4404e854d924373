"""What a run says stays the same in the forms of other tools, and their own readers take it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from click.testing import CliRunner

from ecg_bench import Run, UserError, evaluate
from ecg_bench.cli import cli
from ecg_bench.exports import lm_eval_results, model_index, write_lm_eval_results
from ecg_bench.exports._measures import higher_is_better, model_name, standard_error
from ecg_bench.runs import EstimateRecord

Pack = Callable[..., Path]


@pytest.fixture
def run(pack: Pack, tmp_path: Path) -> Run:
    made: Run = evaluate(
        "baseline/bm25", "toy/*", include=[pack(n=20)], out=tmp_path / "run", quiet=True, cache=False, seed=4
    )
    return made


def changed(run: Run, file: str, change: Callable[[dict[str, Any]], None]) -> Run:
    """The run with one of its files changed."""
    path = run.path / file
    value = json.loads(path.read_text(encoding="utf-8"))
    change(value)
    path.write_text(json.dumps(value), encoding="utf-8")
    return Run(run.path)


def scored(run: Run) -> Run:
    """The run with a text metric and a judge."""
    model = ["--judge", "ecg-correctness", "--model", "baseline/lexical-judge", "--no-cache", "--quiet"]
    for arguments in (["score", str(run.path), "--metrics", "length,rouge"], ["judge", str(run.path), *model]):
        done = CliRunner().invoke(cli, arguments)
        assert done.exit_code == 0, done.output
    return Run(run.path)


# Model index


def test_the_hub_s_own_reader_finds_every_value_with_its_interval(run: Run) -> None:
    hub = pytest.importorskip("huggingface_hub")
    card = hub.ModelCard(f"---\n{model_index(run, name='org/model')}---\n# A model\n")
    assert card.data.model_name == "org/model"
    found = {(one.dataset_args["task"], one.metric_type): one for one in card.data.eval_results}
    acc = run.results.tasks["toy/choice"].metrics["acc"]
    one = found["toy/choice", "accuracy"]
    assert one.metric_value == acc.value
    assert one.metric_name == f"Accuracy (95 % interval {acc.low:.3f} to {acc.high:.3f}, n = 20)"
    assert (one.metric_args["low"], one.metric_args["high"], one.metric_args["n"]) == (acc.low, acc.high, 20)
    assert one.metric_args["signature"] == acc.signature
    assert one.dataset_revision == next(task.data_sha256 for task in run.header.tasks if task.name == "toy/choice")
    assert one.task_type == "multiple-choice"
    assert one.verified is False
    assert ("toy/free", "answered") in found


def test_a_model_index_survives_being_read_and_written_by_the_hub_s_library(run: Run) -> None:
    data = pytest.importorskip("huggingface_hub.repocard_data")
    block = yaml.safe_load(model_index(run))["model-index"]
    name, results = data.model_index_to_eval_results(block)
    assert data.eval_results_to_model_index(name, results) == block


def test_a_data_set_s_type_is_no_id_of_somebody_else_s_data_set_on_the_hub(run: Run) -> None:
    block = yaml.safe_load(model_index(run))
    kinds = [result["dataset"]["type"] for result in block["model-index"][0]["results"]]
    assert kinds == ["ecg-bench-toy-choice", "ecg-bench-toy-free"]


def test_a_card_shows_text_metrics_and_what_is_known_of_a_judge(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ECG_BENCH_DOMAINS", str(tmp_path / "toy"))
    block = yaml.safe_load(model_index(scored(run)))
    metrics = {one["type"]: one for one in block["model-index"][0]["results"][1]["metrics"]}
    assert {"rouge1_f", "ecg-correctness@baseline-lexical-judge"} <= set(metrics)
    assert not {"rouge1_p", "answer_words"} & set(metrics)  # parts and diagnostics
    assert not any(":" in name for name in metrics)  # shares of levels
    said = metrics["ecg-correctness@baseline-lexical-judge"]["args"]["validity"]
    assert any("how far this judge can be trusted is not known" in one for one in said)


def test_answers_that_could_not_be_read_are_on_the_card(run: Run) -> None:
    def unread(results: dict[str, Any]) -> None:
        task = results["tasks"]["toy/choice"]
        task["outcomes"] |= {"ok": 17, "unparsed": 3}
        task["metrics"]["rate_unparsed"]["value"] = 0.15

    before = yaml.safe_load(model_index(run))["model-index"][0]["results"][0]
    assert [one["type"] for one in before["metrics"]] == ["accuracy"]
    after = yaml.safe_load(model_index(changed(run, "results.json", unread)))["model-index"][0]["results"][0]
    assert {"accuracy", "acc_parsed", "answered", "rate_unparsed"} == {one["type"] for one in after["metrics"]}
    assert after["dataset"]["args"]["outcomes"] == {"ok": 17, "unparsed": 3}


def test_hostile_names_stay_texts_in_yaml(run: Run) -> None:
    hostile = "a: b\n- {x: !!python/object:os.system} # & *c '\" \u2028 \x1b---"

    def named(header: dict[str, Any]) -> None:
        header["system"]["name"] = header["tasks"][0]["title"] = hostile

    block = yaml.safe_load(model_index(changed(run, "run.json", named)))
    assert block["model-index"][0]["name"] == hostile
    assert block["model-index"][0]["results"][0]["dataset"]["name"] == hostile


def test_runs_of_two_systems_are_no_one_model(run: Run, tmp_path: Path) -> None:
    other = evaluate(
        "baseline/longest", "toy/choice", include=[tmp_path / "toy"], out=tmp_path / "other", quiet=True, cache=False
    )
    with pytest.raises(UserError, match=r"other: is a run of baseline/longest, not of baseline/bm25"):
        model_index([run, other])
    with pytest.raises(UserError, match="at least one run"):
        model_index([])
    twice = yaml.safe_load(model_index([run, run]))["model-index"]
    assert len(twice) == 1
    assert len(twice[0]["results"]) == 4


@pytest.mark.parametrize(
    ("name", "model", "called"),
    [
        ("hf/org/model", "org/model", "org/model"),
        ("hf//home/someone/models/tuned", "/home/someone/models/tuned", "tuned"),
        ("hf/./models/tuned", "./models/tuned", "tuned"),
        (r"hf/C:\Users\someone\tuned", r"C:\Users\someone\tuned", "tuned"),
        ("Our system", "/home/someone/models/tuned", "Our system"),
    ],
)
def test_a_model_s_name_tells_nothing_of_the_machine(run: Run, name: str, model: str, called: str) -> None:
    assert model_name(
        changed(run, "run.json", lambda h: h["system"].update(name=name, model=model, provider="hf"))
    ) == (called)


# lm-eval's results


def test_lm_eval_prints_our_results_as_its_own(run: Run) -> None:
    utils = pytest.importorskip("lm_eval.utils")
    results = json.loads(json.dumps(lm_eval_results(run)))
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in utils.make_table(results).splitlines()]
    acc = run.results.tasks["toy/choice"].metrics["acc"]
    row = next(line for line in lines if line[0] == "toy/choice")
    assert (row[1:6], float(row[6]), row[7]) == (["1", "none", "0", "acc", "↑"], round(acc.value, 4), "±")
    assert any(line[0] == "toy/free" and line[4] == "answered" for line in lines)


def test_results_have_every_part_that_lm_eval_s_layout_names(run: Run) -> None:
    schema = pytest.importorskip("lm_eval.result_schema")
    results = lm_eval_results(run)
    counted = schema._SampleCount.__annotations__
    for task in ("toy/choice", "toy/free"):
        assert set(results["n-samples"][task]) == set(counted)
        assert {"name", "alias", "sample_len"} <= set(results["results"][task])
        assert results["n-shot"][task] == 0
    known = set(schema._EvalConfig.__annotations__)
    assert set(results["config"]) <= known
    assert results["higher_is_better"]["toy/choice"]["acc"] is True
    assert results["git_hash"] is None
    assert results["date"] == datetime.fromisoformat(run.header.sessions[0].started).timestamp()
    assert results["ecg_bench"]["outcomes"]["toy/choice"] == run.results.tasks["toy/choice"].outcomes


def test_the_standard_error_of_a_rate_is_the_one_that_lm_eval_computes(run: Run) -> None:
    metrics = pytest.importorskip("lm_eval.api.metrics")
    values = run.scores["toy/choice"].scores["acc"].tolist()
    written = lm_eval_results(run)["results"]["toy/choice"]
    if run.results.tasks["toy/choice"].metrics["acc"].method == "wilson":
        assert written["acc_stderr,none"] == pytest.approx(metrics.mean_stderr(values), rel=1e-12)
    assert written["acc,none"] == np.mean(values)


def test_the_standard_error_of_a_bootstrapped_value_is_its_interval_s() -> None:
    one = EstimateRecord(
        value=0.5, low=0.402, high=0.598, method="cluster bootstrap", confidence=0.95, n=9, signature=""
    )
    assert standard_error(one) == pytest.approx(0.05, abs=1e-5)
    assert standard_error(one.model_copy(update={"method": "wilson", "n": 1})) is None
    assert standard_error(one.model_copy(update={"method": "wilson", "n": 101})) == pytest.approx(0.05)


def test_directions_are_told_where_there_are_any() -> None:
    judge = frozenset({"ecg-correctness@m"})
    assert [higher_is_better(name, judge) for name in ("acc", "rougeL_f", "ecg-correctness@m", "critical_recall")] == (
        [True] * 4
    )
    assert [higher_is_better(name, judge) for name in ("rate_error", "critical_missing")] == [False] * 2
    assert [higher_is_better(name, judge) for name in ("answer_words", "ecg-correctness@m:correct")] == [None] * 2


def test_a_comma_in_a_metric_s_name_does_not_hide_its_filter(run: Run) -> None:
    def commas(results: dict[str, Any]) -> None:
        metrics = results["tasks"]["toy/free"]["metrics"]
        metrics["judge:right, but short"] = metrics["answered"]

    results = lm_eval_results(changed(run, "results.json", commas))
    assert "judge:right; but short,none" in results["results"]["toy/free"]
    utils = pytest.importorskip("lm_eval.utils")
    assert re.search(r"none *\| +0\|judge:right; but short", utils.make_table(results))


def test_files_are_named_as_lm_eval_names_them(run: Run, tmp_path: Path) -> None:
    utils = pytest.importorskip("lm_eval.utils")
    path = write_lm_eval_results(run, tmp_path / "out")
    assert path.parent == tmp_path / "out" / "bm25"
    assert utils.get_results_filenames([str(path)]) == [str(path)]
    stamp = utils.get_file_datetime(path.name).removesuffix(".json")
    ended = run.header.sessions[-1].finished
    assert ended is not None
    assert stamp == ended.split("+")[0].replace(":", "-")
    assert json.loads(path.read_text(encoding="utf-8"))["model_name_sanitized"] == path.parent.name
    exact = write_lm_eval_results(run, tmp_path / "new" / "x.json")
    assert exact == tmp_path / "new" / "x.json"
    assert exact.read_text() == path.read_text()


def test_a_model_s_name_cannot_lead_out_of_the_folder(run: Run, tmp_path: Path) -> None:
    utils = pytest.importorskip("lm_eval.utils")
    climbing = changed(run, "run.json", lambda header: header["system"].update(name="../../x", model="../../x"))
    path = write_lm_eval_results(climbing, tmp_path / "out")
    assert path.resolve().is_relative_to(tmp_path / "out")
    for name in ("org/model", 'a<b>"c"|d?*[e]', "plain"):
        sanitized = lm_eval_results(changed(run, "run.json", lambda h, name=name: h["system"].update(name=name)))  # type: ignore[misc]
        assert sanitized["model_name_sanitized"] == utils.sanitize_model_name(name)


# Command line


def test_both_exports_are_commands(run: Run, tmp_path: Path) -> None:
    runner = CliRunner()
    printed = runner.invoke(cli, ["export", "model-index", str(run.path), "--name", "org/model"])
    assert (printed.exit_code, printed.stdout) == (0, model_index(run, name="org/model"))
    written = runner.invoke(cli, ["export", "model-index", str(run.path), "--out", str(tmp_path / "card.yaml")])
    assert (written.exit_code, written.stdout) == (0, "")
    assert (tmp_path / "card.yaml").read_text(encoding="utf-8") == model_index(run)
    results = runner.invoke(cli, ["export", "results", str(run.path), "--out", str(tmp_path / "r.json")])
    assert (results.exit_code, results.stdout) == (0, f"{tmp_path / 'r.json'}\n")
    for arguments, said in (
        (["model-index", str(run.path)], yaml.safe_load(model_index(run))),
        (["results", str(run.path), "--out", str(tmp_path / "r.json")], {"out": str(tmp_path / "r.json")}),
    ):
        assert json.loads(runner.invoke(cli, ["export", *arguments, "--json"]).stdout) == said


@pytest.mark.parametrize("what", ["model-index", "results"])
def test_a_run_that_is_not_complete_is_refused_and_nothing_is_written(run: Run, tmp_path: Path, what: str) -> None:
    changed(run, "run.json", lambda header: header.update(status="interrupted"))
    done = CliRunner().invoke(cli, ["export", what, str(run.path), "--out", str(tmp_path / "x.json")])
    assert isinstance(done.exception, UserError)
    assert "the run is not complete (interrupted)" in str(done.exception)
    assert not (tmp_path / "x.json").exists()
