"""The main job: what a run leaves, how it is resumed, and what it refuses."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

import ecg_bench
from ecg_bench import UserError, evaluate, resume
from ecg_bench.backends import Backend, ModelCard
from ecg_bench.samples import Mode, Request, Response
from ecg_bench.statistics import ALL_EQUAL, wilson
from tests.golden import GOLDEN, GOLDEN_FILES, golden_run, timeless
from tests.packs import rows

Pack = Callable[..., Path]


class Scripted(Backend):
    """Answers by a function of the request; what it was asked is counted."""

    summary = "for tests"
    modes = frozenset(Mode)

    def __init__(self, answer: Callable[[Request], Response], *, batch: int = 4, concurrency: int = 1) -> None:
        self._answer = answer
        self.batch_size = batch
        self.concurrency = concurrency
        self.asked: Counter[tuple[str, int]] = Counter()

    def card(self) -> ModelCard:
        return ModelCard("scripted", "test")

    async def answer(self, requests: Sequence[Request]) -> Sequence[Response]:
        self.asked.update((request.id, request.permutation) for request in requests)
        return [self._answer(request) for request in requests]


def samples(run: ecg_bench.Run) -> list[dict[str, object]]:
    return list(run.samples())


def test_every_sample_ends_in_one_outcome_and_the_denominator_is_all_of_them(pack: Pack, tmp_path: Path) -> None:
    texts = ["A", "nothing to read", "I cannot answer", "", "B"]

    def answer(request: Request) -> Response:
        if request.index == 19:
            return Response(error="the server is gone")
        if request.index == 18:
            return Response("I was about to", finish_reason="length")
        return Response(texts[request.index % 5])

    run = evaluate(Scripted(answer), "toy/choice", include=[pack()], out=tmp_path / "run", quiet=True)
    result = run.results.tasks["toy/choice"]
    assert result.outcomes == {"ok": 7, "unparsed": 4, "refused": 4, "empty": 3, "truncated": 1, "error": 1}
    assert sum(result.outcomes.values()) == result.n == 20
    correct = sum(one["scores"]["acc"] for one in samples(run))  # type: ignore[index]
    acc, parsed = result.metrics["acc"], result.metrics["acc_parsed"]
    assert (acc.value, acc.n, acc.method) == (correct / 20, 20, "wilson")
    assert (acc.low, acc.high) == tuple(wilson(correct, 20))
    assert (parsed.value, parsed.n) == (correct / 7, 7)
    assert result.bounds is not None
    assert (result.bounds.worst, result.bounds.best) == (correct / 20, (correct + 1) / 20)
    assert result.metrics["rate_error"].value == 1 / 20
    assert run.error_rate == 1 / 20
    assert list(run.errors()) == [("toy/choice", "q00019", "the server is gone")]


def test_the_run_directory_holds_what_the_contract_says(pack: Pack, tmp_path: Path) -> None:
    run = evaluate("baseline/random", ["toy/*choice"], include=[pack()], out=tmp_path / "run", seed=3, quiet=True)
    assert {p.name for p in run.path.iterdir()} == {
        "run.json",
        "samples.jsonl",
        "results.json",
        "scores.csv",
        "log.jsonl",
        "run.lock",
    }
    header = json.loads((run.path / "run.json").read_text())
    assert header["status"] == "complete"
    assert header["settings"]["seed"] == 3
    assert header["tasks"][0]["data_sha256"] == header["tasks"][0]["data_sha256"].lower()
    assert header["outcomes"]["ok"] == 20
    signature = run.results.tasks["toy/choice"].metrics["acc"].signature
    assert signature.startswith("acc|version:1|task:toy/choice@1|data:")
    assert "|seed:3|" in signature
    first = samples(run)[0]
    assert first["request"]["messages"][0]["role"] == "user"  # type: ignore[index]


def test_samples_stand_in_the_order_of_the_data_whatever_order_answers_came_in(pack: Pack, tmp_path: Path) -> None:
    import asyncio

    class Shuffled(Scripted):
        async def answer(self, requests: Sequence[Request]) -> Sequence[Response]:
            await asyncio.sleep(0.001 * (requests[0].index * 7 % 5))
            return await super().answer(requests)

    folder = pack(n=40)
    slow = Shuffled(lambda r: Response("A"), batch=1, concurrency=8)
    fast = Scripted(lambda r: Response("A"), batch=40)
    one = evaluate(slow, "toy/choice", include=[folder], out=tmp_path / "one", quiet=True)
    two = evaluate(fast, "toy/choice", include=[folder], out=tmp_path / "two", quiet=True)
    assert [s["index"] for s in samples(one)] == list(range(40))
    assert (one.path / "results.json").read_bytes() == (two.path / "results.json").read_bytes()
    assert (one.path / "scores.csv").read_bytes() == (two.path / "scores.csv").read_bytes()


def test_repeating_a_command_asks_nothing_again(pack: Pack, tmp_path: Path) -> None:
    folder, backend = pack(), Scripted(lambda r: Response("A"))
    first = evaluate(backend, "toy/choice", include=[folder], out=tmp_path / "run", quiet=True)
    before = (first.path / "results.json").read_bytes()
    again = evaluate(backend, "toy/choice", include=[folder], out=tmp_path / "run", quiet=True)
    assert set(backend.asked.values()) == {1}
    assert (again.path / "results.json").read_bytes() == before
    assert [session.asked for session in again.header.sessions] == [20, 0]


def test_errors_are_asked_again_and_nothing_else(pack: Pack, tmp_path: Path) -> None:
    folder, broken = pack(), {3, 11}
    backend = Scripted(lambda r: Response(error="busy") if r.index in broken else Response("A"))
    run = evaluate(backend, "toy/choice", include=[folder], out=tmp_path / "run", quiet=True)
    assert run.header.outcomes["error"] == 2
    broken.clear()
    run = evaluate(backend, "toy/choice", include=[folder], out=tmp_path / "run", quiet=True)
    assert run.header.outcomes["error"] == 0
    assert {key[0] for key, count in backend.asked.items() if count == 2} == {"q00003", "q00011"}
    assert [s["index"] for s in samples(run)] == list(range(20))
    clean = evaluate(Scripted(lambda r: Response("A")), "toy/choice", include=[folder], out=tmp_path / "b", quiet=True)
    assert (run.path / "results.json").read_bytes() == (clean.path / "results.json").read_bytes()


def test_an_exception_of_a_backend_is_an_error_of_its_batch_only(pack: Pack, tmp_path: Path) -> None:
    def answer(request: Request) -> Response:
        if request.index == 5:
            raise ValueError("weights on fire")
        return Response("A")

    run = evaluate(Scripted(answer, batch=4), "toy/choice", include=[pack()], out=tmp_path / "run", quiet=True)
    assert [sample for _, sample, _ in run.errors()] == ["q00004", "q00005", "q00006", "q00007"]
    assert {message for _, _, message in run.errors()} == {"ValueError: weights on fire"}


def test_an_interrupted_run_says_so_and_is_resumed(pack: Pack, tmp_path: Path) -> None:
    folder, out = pack(), tmp_path / "run"

    def interrupted(request: Request) -> Response:
        if request.index == 10:
            raise KeyboardInterrupt
        return Response("A")

    with pytest.raises(KeyboardInterrupt):
        evaluate(Scripted(interrupted, batch=1), "toy/choice", include=[folder], out=out, quiet=True)
    assert json.loads((out / "run.json").read_text())["status"] == "interrupted"
    assert len((out / "samples.jsonl").read_text().splitlines()) == 10
    with pytest.raises(UserError, match="is not complete"):
        _ = ecg_bench.load_run(out).results
    backend = Scripted(lambda r: Response("A"))
    run = evaluate(backend, "toy/choice", include=[folder], out=out, quiet=True)
    assert min(key[0] for key in backend.asked) == "q00010"
    assert len(samples(run)) == 20


def test_resume_needs_no_other_setting(pack: Pack, tmp_path: Path) -> None:
    folder = pack(n=60)
    settings = {"seed": 5, "limit": 30, "permutations": 2}
    run = evaluate("baseline/random", "toy/choice", include=[folder], out=tmp_path / "run", quiet=True, **settings)
    whole = (run.path / "results.json").read_bytes()
    lines = (run.path / "samples.jsonl").read_bytes().splitlines(keepends=True)
    (run.path / "samples.jsonl").write_bytes(b"".join(lines[:20]) + lines[20][:50])
    again = resume(run.path, include=[folder], quiet=True)
    assert (again.path / "results.json").read_bytes() == whole
    assert len(samples(again)) == 60
    with pytest.raises(UserError, match=r"settings\.seed is 5 there and 6 here"):
        resume(run.path, include=[folder], quiet=True, seed=6)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"seed": 1}, "settings.seed is 0 there and 1 here"),
        ({"permutations": 2}, "settings.permutations is 1 there and 2 here"),
        ({"tasks": ["toy/choice", "toy/free"], "model": "baseline/bm25"}, "its tasks are toy/choice"),
        ({"model": "baseline/longest"}, 'system.model is "random" there and "longest" here'),
    ],
)
def test_a_directory_of_another_configuration_is_refused_with_the_difference(
    pack: Pack, tmp_path: Path, change: dict[str, object], said: str
) -> None:
    given: dict[str, object] = {"model": "baseline/random", "tasks": ["toy/choice"], "include": [pack()], "quiet": True}
    out = tmp_path / "run"
    evaluate(out=out, **given)  # type: ignore[arg-type]
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    with pytest.raises(UserError, match=re.escape(said)):
        evaluate(out=out, **(given | change))  # type: ignore[arg-type]
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_changed_data_is_another_configuration(pack: Pack, tmp_path: Path) -> None:
    folder, out = pack(), tmp_path / "run"
    evaluate("baseline/random", "toy/choice", include=[folder], out=out, quiet=True)
    data = folder / "choice.jsonl"
    data.write_text(data.read_text().replace("daylight", "moonlight", 1))
    with pytest.raises(UserError, match="data_sha256"):
        evaluate("baseline/random", "toy/choice", include=[folder], out=out, quiet=True)


def test_a_directory_with_other_things_in_it_is_refused(pack: Pack, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(UserError, match="is not empty and holds no run"):
        evaluate("baseline/random", "toy/choice", include=[pack(name="p/toy")], out=tmp_path, quiet=True)
    assert (tmp_path / "thesis.tex").read_text() == "precious"


def test_two_processes_are_kept_out_of_one_directory(pack: Pack, tmp_path: Path) -> None:
    from filelock import FileLock

    out = tmp_path / "run"
    out.mkdir()
    with FileLock(out / "run.lock"), pytest.raises(UserError, match="another process is writing to this run"):
        evaluate("baseline/random", "toy/choice", include=[pack()], out=out, quiet=True)


def test_folders_made_on_the_way_are_taken_back(pack: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = pack()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ecg_bench.files.os.replace", full)
    with pytest.raises(UserError, match="cannot be written"):
        evaluate("baseline/random", "toy/choice", include=[folder], out=tmp_path / "a" / "b" / "run", quiet=True)
    assert not (tmp_path / "a").exists()


def test_an_unwritable_directory_is_said_and_nothing_is_made(pack: Pack, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written"):
        evaluate("baseline/random", "toy/choice", include=[pack()], out=tmp_path / "file" / "run", quiet=True)
    assert (tmp_path / "file").read_text() == ""


def test_bad_data_leaves_nothing_behind(pack: Pack, tmp_path: Path) -> None:
    folder = pack()
    with (folder / "choice.jsonl").open("a") as file:
        file.write("{broken\n")
    with pytest.raises(UserError, match=r"choice\.jsonl:21: is not valid JSON"):
        evaluate("baseline/random", "toy/choice", include=[folder], out=tmp_path / "run", quiet=True)
    assert not (tmp_path / "run").exists()


def test_the_same_call_comes_back_to_the_same_directory(
    pack: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = pack()
    monkeypatch.chdir(tmp_path)
    paths = [
        evaluate("baseline/random", "toy/choice", include=[folder], quiet=True, seed=seed).path for seed in (0, 0, 1)
    ]
    assert paths[0] == paths[1] != paths[2]
    assert re.fullmatch(r"results/runs/baseline-random-[0-9a-f]{8}", str(paths[0]))


def test_limit_draws_under_the_seed_and_keeps_the_order(pack: Pack, tmp_path: Path) -> None:
    folder = pack(n=100)
    chosen = []
    for seed in (0, 0, 1):
        out = tmp_path / str(len(chosen))
        run = evaluate("baseline/random", "toy/choice", include=[folder], out=out, limit=10, seed=seed, quiet=True)
        chosen.append([one["index"] for one in samples(run)])
    assert chosen[0] == chosen[1] == sorted(chosen[0])  # type: ignore[type-var]
    assert chosen[0] != chosen[2]
    assert chosen[0] != list(range(10))


def test_permutations_report_consistency_and_accuracy_by_key_position(pack: Pack, tmp_path: Path) -> None:
    folder = pack(n=24)
    first = evaluate(
        Scripted(lambda r: Response("A")),
        "toy/choice",
        include=[folder],
        out=tmp_path / "a",
        permutations=4,
        quiet=True,
    )
    result = first.results.tasks["toy/choice"]
    assert (result.n, result.samples, result.repeats) == (96, 24, 4)
    assert result.metrics["acc"].value == 0.25  # each key stands at A once
    assert result.metrics["acc"].method == ALL_EQUAL  # of every sample a quarter of the orders is right
    assert result.metrics["consistency"].value == 0.0
    positions = result.slices["key_position"]
    assert {letter: part["acc"].value for letter, part in positions.items()} == {"A": 1.0, "B": 0.0, "C": 0.0, "D": 0.0}

    def steady(request: Request) -> Response:  # always the option that is first in the data
        return Response("ABCD"[request.order.index("A")])

    second = evaluate(Scripted(steady), "toy/choice", include=[folder], out=tmp_path / "b", permutations=4, quiet=True)
    assert second.results.tasks["toy/choice"].metrics["consistency"].value == 1.0


def test_slices_add_up_to_the_whole_errors_included(pack: Pack, tmp_path: Path) -> None:
    def answer(request: Request) -> Response:
        return Response(error="gone") if request.index % 7 == 0 else Response("A" if request.index % 2 else "hm")

    run = evaluate(Scripted(answer), "toy/choice", include=[pack(n=50)], out=tmp_path / "run", quiet=True)
    assert all(one["target"] in list("ABCD") for one in samples(run))
    result = run.results.tasks["toy/choice"]
    for facet in ("topic", "difficulty", "key_position", "answer_length"):
        parts = [part["acc"] for part in result.slices[facet].values()]
        assert sum(part.n for part in parts) == 50
        assert sum(part.value * part.n for part in parts) == pytest.approx(result.metrics["acc"].value * 50)


def test_questions_are_labelled_with_their_type_which_the_data_may_say(pack: Pack, tmp_path: Path) -> None:
    data = rows(4)
    data[0]["question"] = "A 74-year-old man faints. What now?"
    data[1]["question"] = "Why is it so?"
    data[2] |= {"question": "Why is the sky blue?", "type": "definition"}
    run = evaluate("baseline/random", "toy/choice", include=[pack(data=data)], out=tmp_path / "run", quiet=True)
    types = ["vignette", "mechanism", "definition", "fact"]
    assert [one["question_type"] for one in samples(run)] == types
    labels = run.scores["toy/choice"].labels["question_type"]
    assert [labels.values[code] for code in labels.codes] == types
    assert set(run.results.tasks["toy/choice"].slices["question_type"]) == set(types)


def test_answers_are_labelled_with_their_length_without_their_reasoning(pack: Pack, tmp_path: Path) -> None:
    words = (0, 1, 3, 4, 15, 16, 50, 51, 150, 151)

    def answer(request: Request) -> Response:
        return Response("<think>and so on and on</think>" + " word" * words[request.index])

    run = evaluate(Scripted(answer), "toy/free", include=[pack(n_open=10)], out=tmp_path / "run", quiet=True)
    labels = run.scores["toy/free"].labels["answer_length"]
    expected = ["0", "1-3", "1-3", "4-15", "4-15", "16-50", "16-50", "51-150", "51-150", "151+"]
    assert [labels.values[code] for code in labels.codes] == expected
    assert list(run.results.tasks["toy/free"].slices["answer_length"]) == list(dict.fromkeys(expected))


def test_a_run_is_readable_in_a_notebook_and_as_a_data_frame(pack: Pack, tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    run = evaluate("baseline/bm25", "toy/*", include=[pack(n=30)], out=tmp_path / "run", quiet=True)
    frame = run.to_pandas()
    assert len(frame) == 36
    assert frame[frame.task == "toy/choice"].acc.mean() == pytest.approx(
        run.results.tasks["toy/choice"].metrics["acc"].value
    )
    assert "toy/choice: acc 0." in repr(run)
    assert run._repr_html_().count("<tr>") == 3


def test_names_are_escaped_in_html(pack: Pack, tmp_path: Path) -> None:
    run = evaluate(
        "baseline/random", "toy/choice", include=[pack()], out=tmp_path / "run", system="<script>x</script>", quiet=True
    )
    assert "<script>" not in run._repr_html_()


def test_a_mode_that_a_backend_lacks_is_refused(pack: Pack, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="can't be asked for loglikelihood: it knows --mode generate"):
        evaluate(
            "baseline/random", "toy/choice", include=[pack()], out=tmp_path / "r", mode="loglikelihood", quiet=True
        )
    with pytest.raises(UserError, match="asks for free text"):
        evaluate(
            Scripted(lambda r: Response("")), "toy/free", include=[pack()], out=tmp_path / "r", mode="loglikelihood"
        )
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize("setting", [{"limit": 0}, {"permutations": 0}, {"num_fewshot": -1}, {"temperature": -1.0}])
def test_settings_out_of_range_are_refused(setting: dict[str, float]) -> None:
    with pytest.raises(UserError, match=f"{next(iter(setting))} must be at least"):
        evaluate("baseline/random", quiet=True, **setting)


def test_an_argument_that_does_not_exist_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'sead'"):
        evaluate("baseline/random", sead=1)


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("We cannot exclude a posterior infarction, so V7 to V9 should be recorded.", "ok"),
        ("One cannot interpret the ST segment in left bundle branch block by the usual limits.", "ok"),
        ("Atrial fibrillation cannot be told from flutter here; I would not give verapamil.", "ok"),
        ("I am not certain, but the delta wave suggests pre-excitation.", "ok"),
        ("As an AI, I would weigh three causes: potassium, drugs and ischaemia.", "ok"),
        ("I'm sorry, but I can't help with that.", "refused"),
        ("I am unable to interpret this ECG.", "refused"),
        ("As an AI language model, I cannot give medical advice.", "refused"),
        ("I must decline to answer.", "refused"),
    ],
)
def test_a_refusal_is_the_speaker_s_own(pack: Pack, tmp_path: Path, text: str, outcome: str) -> None:
    run = evaluate(Scripted(lambda r: Response(text)), "toy/free", include=[pack()], out=tmp_path / "run", quiet=True)
    assert {one["outcome"] for one in samples(run)} == {outcome}


def test_open_answers_are_kept_whole_with_their_outcome(pack: Pack, tmp_path: Path) -> None:
    texts = ["<think>well</think>It is good.", "", "I'm sorry, I cannot help.", "Cut off in the", "Fine.", "Fine."]
    reasons = ["stop", "stop", "stop", "length", "stop", None]
    backend = Scripted(lambda r: Response(texts[r.index], finish_reason=reasons[r.index]))  # type: ignore[arg-type]
    run = evaluate(backend, "toy/free", include=[pack()], out=tmp_path / "run", quiet=True)
    stored = samples(run)
    assert [one["outcome"] for one in stored] == ["ok", "empty", "refused", "truncated", "ok", "ok"]
    assert [one["output"] for one in stored] == texts
    assert stored[0]["parsed"] == "It is good."
    assert stored[0]["target"] == "Thing 0 is good for the purpose of number 0."
    assert run.results.tasks["toy/free"].metrics["answered"].value == 0.5


def test_the_golden_run(tmp_path: Path) -> None:
    run = golden_run(tmp_path / "run")
    for name in GOLDEN_FILES:
        assert timeless((run.path / name).read_text()) == (GOLDEN / name).read_text(), (
            f"{name} is not what is committed: if that is meant, run python -m tests.golden"
        )


def test_it_works_where_an_event_loop_is_running_already_as_in_a_notebook(pack: Pack, tmp_path: Path) -> None:
    async def cell() -> ecg_bench.Run:
        return evaluate("baseline/random", "toy/choice", include=[pack()], out=tmp_path / "run", quiet=True)

    assert asyncio.run(cell()).header.outcomes["ok"] == 20
