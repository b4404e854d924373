"""A chat model behind a real server of OpenAI's language writes the questions: structured output, retries, secrets."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from ecg_bench.adapters.datagen import Recipe, generate
from ecg_bench.limits import Limits
from tests.adapters.datagen.writers import choice, open_question, sentences, write_documents
from tests.servers.openai_server import KEY, Answer, chat, failure, serving
from tests.servers.openai_server import choice as chosen

pytest.importorskip("openai")


def test_items_come_in_the_schema_through_faults_and_without_the_key_on_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    refused: set[str] = set()

    def answer(body: dict[str, Any]) -> Answer:
        text = body["messages"][-1]["content"]
        found = re.search(r"<<<BEGIN PASSAGE \w+>>>\n(.*)\n<<<END PASSAGE", text, re.DOTALL)
        assert found is not None
        if text not in refused and len(refused) < 5:
            refused.add(text)
            return failure(429, "slow down")
        mcq = "multiple-choice" in text
        some = sentences(found[1])
        items = [choice(one) for one in some[:2]] if mcq else [open_question(one, 1) for one in some[2:4]]
        reply = {"items": items}
        jsonschema.validate(reply, body["response_format"]["json_schema"]["schema"])
        return chat(chosen(f"```json\n{json.dumps(reply)}\n```"))

    documents = write_documents(tmp_path / "documents", 6)
    with serving() as server:
        server.answer = answer
        record = generate(
            [documents],
            "openai/small",
            tmp_path / "pack",
            Recipe(name="hearts", shares=(0.4, 0.3, 0.3)),
            model_args={"base_url": server.url.replace("://", "://me:a-long-password@")},
            limits=Limits(retry_wait=0.01, max_connections=4),
            quiet=True,
        )
    assert record.totals is not None
    assert record.totals.retries == {"429": 5}
    assert record.kinds["mcq"].kept + sum(record.kinds["mcq"].dropped.values()) == 48
    assert record.problems == []
    for path in tmp_path.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert KEY.encode() not in data, path
            assert b"a-long-password" not in data, path
