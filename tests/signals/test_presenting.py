"""As what a system is shown an ECG, and where that is said."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ecg_bench import Run, evaluate
from ecg_bench.backends import open_model
from ecg_bench.backends._images import read_image
from ecg_bench.cache import KeyMaker
from ecg_bench.ecg.media import fingerprint, open_media
from ecg_bench.ecg.reading import write_wfdb
from ecg_bench.errors import UserError
from ecg_bench.evaluation import dry_run
from ecg_bench.evaluation._presenting import NO_ECG
from ecg_bench.samples import GenerationParams, Media, Message, Mode, Request
from ecg_bench.settings import EcgAs
from tests.ecg.folders import heart
from tests.signals.making import DETECTION, Recorder

SPEC = Media("ecg", 'synthetic:{"rate":80,"seconds":5}')


def asked(tmp_path: Path, takes: tuple[EcgAs, ...], **options: object) -> tuple[Request, Run]:
    model = Recorder(takes)
    run = evaluate(
        model,
        DETECTION,
        task_args={"n": 3, "hertz": 100},
        out=tmp_path / "run",
        quiet=True,
        **options,  # type: ignore[arg-type]
    )
    return model.asked[0], run


def test_measurements_stand_before_the_question_and_no_media_go(tmp_path: Path) -> None:
    request, run = asked(tmp_path, ("features",))
    assert request.media == ()
    text = request.messages[-1].content
    assert text.startswith("What a program measured on the ECG:\n")
    assert text.index("bpm" if "bpm" in text else "rate") < text.index("Which of these statements")
    assert run.header.tasks[0].presentation == "features"
    assert next(run.samples())["request"]["messages"][-1]["content"] == text


def test_a_system_that_takes_signals_gets_the_ecg_and_the_prompt_as_it_is(tmp_path: Path) -> None:
    request, run = asked(tmp_path, ("signal",))
    assert request.messages[-1].content.startswith("Which of these statements")
    assert open_media(request.media[0]).leads[0] == "I"
    assert next(run.samples())["request"]["media"] == [{"kind": "ecg", "path": request.media[0].path}]
    assert "|ecg:signal|" in run.results.tasks[DETECTION].metrics["f1_samples"].signature


def test_the_first_that_a_system_takes_is_its_default_and_the_user_may_choose_another(tmp_path: Path) -> None:
    assert asked(tmp_path / "a", ("image", "features"))[1].header.tasks[0].presentation == "image"
    chosen = asked(tmp_path / "b", ("image", "features"), ecg_as="features")[1]
    assert chosen.header.tasks[0].presentation == "features"
    with pytest.raises(UserError, match="can't be shown an ECG as signal: it takes --ecg-as image or features"):
        asked(tmp_path / "c", ("image", "features"), ecg_as="signal")


def test_a_control_is_shown_no_ecg_and_told_so(tmp_path: Path) -> None:
    request, run = asked(tmp_path, ("signal",), no_signal=True)
    assert request.media == ()
    assert request.messages[-1].content.startswith(NO_ECG)
    assert run.header.tasks[0].presentation == "none"


def test_a_disturbance_goes_with_the_ecg_under_a_seed_of_its_own_for_each_record(tmp_path: Path) -> None:
    request, run = asked(tmp_path / "a", ("signal",), perturb="snr=10,noise=muscle")
    again, _ = asked(tmp_path / "b", ("signal",), perturb="snr=10,noise=muscle")
    other, _ = asked(tmp_path / "c", ("signal",), perturb="snr=10,noise=muscle", seed=1)
    media = request.media[0]
    assert (media.disturbance, media) == ("snr=10,noise=muscle", again.media[0])
    assert media.seed != other.media[0].seed
    seeds = {sample["request"]["media"][0]["seed"] for sample in run.samples()}
    assert len(seeds) == 3
    clean = open_media(replace(media, disturbance=""))
    noise = open_media(media).signal - clean.signal
    power = np.var(clean.signal, axis=0).sum() / np.square(noise).mean(axis=0).sum()
    assert 10 * np.log10(power) == pytest.approx(10, abs=0.5)
    assert run.header.tasks[0].disturbance == "snr=10,noise=muscle"


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        ({"perturb": "snr=10,noise=music"}, "there is no noise 'music'"),
        ({"no_signal": True, "perturb": "gain=2"}, "--no-signal shows no ECG at all: leave out --perturb"),
        ({"ecg_as": "sound"}, "ecg_as must be signal, image, features"),
    ],
)
def test_choices_that_make_no_sense_are_refused(tmp_path: Path, options: dict[str, object], wrong: str) -> None:
    with pytest.raises(UserError, match=wrong):
        asked(tmp_path, ("signal",), **options)


def test_a_run_without_ecgs_has_no_presentation(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--no-signal says how ECGs are shown, and no task of this run has any"):
        evaluate("baseline/first", "ecg/mcq-checked", limit=2, no_signal=True, out=tmp_path / "a", quiet=True)
    run = evaluate("baseline/first", "ecg/mcq-checked", limit=2, out=tmp_path / "b", quiet=True)
    assert run.header.tasks[0].presentation == ""


def test_the_picture_is_drawn_when_it_is_sent() -> None:
    kind, data = read_image(SPEC)
    assert kind == "image/png"
    assert base64.b64decode(data).startswith(b"\x89PNG")


def test_a_request_of_an_api_holds_the_picture_of_the_page() -> None:
    from ecg_bench.backends.anthropic._messages import _image
    from ecg_bench.backends.openai._bodies import Form

    message = (Message("user", "What is it?"),)
    request = Request("t", "1", 0, 0, Mode.GENERATE, message, GenerationParams(9, 0.0, 0), "?", media=(SPEC,))
    parts = Form("m", "chat", "max_tokens").body(request)["messages"][-1]["content"]
    assert parts[1]["image_url"]["url"].startswith("data:image/png;base64,iVBOR")
    assert _image(SPEC)["source"]["media_type"] == "image/png"
    assert open_model("openai/x").takes == open_model("anthropic/x").takes == ("image", "features")
    assert open_model("openai/x", {"api": "completions"}).takes == ("features",)


def test_a_dry_run_counts_measurements_and_pictures() -> None:
    args = {"task_args": {"n": 2, "hertz": 100}}
    words, picture, none = (
        dry_run(Recorder(("features", "image", "signal")), DETECTION, **args, **how)[0].tasks[0].input_tokens  # type: ignore[arg-type]
        for how in ({}, {"ecg_as": "image"}, {"no_signal": True})
    )
    assert none < words < picture


def test_the_cache_tells_ecgs_by_their_samples_and_their_disturbance(tmp_path: Path) -> None:
    write_wfdb(heart(), tmp_path, "one")
    media = Media("ecg", "one.hea", str(tmp_path))
    before = fingerprint(media)
    assert fingerprint(replace(media, disturbance="gain=2")) != before
    data = tmp_path / "one.dat"
    changed = bytearray(data.read_bytes())
    changed[10] ^= 1
    data.write_bytes(changed)
    assert fingerprint(media) != before
    keys = KeyMaker("p", "m", {}, {})
    request = Request("t", "1", 0, 0, Mode.GENERATE, (), GenerationParams(9, 0.0, 0), "?", media=(SPEC,))
    assert keys.key(request) != keys.key(replace(request, media=(Media("ecg", SPEC.path.replace("80", "81")),)))


def test_an_ecg_that_is_not_there_ends_the_run_before_the_model_is_asked(tmp_path: Path) -> None:
    from tests.signals.making import SUPERDIAG, small_ptbxl

    root = small_ptbxl(tmp_path / "ptbxl")
    for path in (root / "records100").rglob("00002_lr.*"):
        path.unlink()
    model = Recorder(("signal",))
    with pytest.raises(UserError, match="00002_lr"):
        evaluate(model, SUPERDIAG, task_args={"root": str(root)}, out=tmp_path / "run", quiet=True)
    assert not model.asked
    assert not (tmp_path / "run").exists()
