# `make demo` runs the main job and `make test` the tests; each makes the environment it needs, in .venv.
# Needed on the machine: Python 3.11 or newer, git, make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNS := results/runs

.DEFAULT_GOAL := help
.PHONY: help demo signals test test-examples test-vllm lint quick docs pictures bench clean

help:
	@echo "make demo      install, evaluate four baselines on the ECG questions, print the leaderboard, write its report"
	@echo "make signals   train systems that see synthetic ECGs, compare them with baselines and with themselves without the ECG"
	@echo "make test      install what the tests need, lint, type-check, validate the data, run every test"
	@echo "make test-examples  the tutorials from their first command to their last, which train small models"
	@echo "make test-vllm the vllm backend against the real vLLM on the CPU, in an environment of its own"
	@echo "make quick     the tests that take no more than a few seconds"
	@echo "make docs      build the documentation site into site/"
	@echo "make pictures  draw the pictures of README and docs anew"
	@echo "make bench     measure what the harness costs, and what it does, beside its peers on this machine"
	@echo "make clean     remove the environment and what was built"

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.core: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@ $(VENV)/.core

demo: $(VENV)/.core
	for name in random first longest bm25; do \
		$(BIN)/ecg-bench eval --model baseline/$$name --quiet --out $(RUNS)/demo-$$name > /dev/null || exit $$?; \
	done
	$(BIN)/ecg-bench leaderboard $(RUNS)/demo-* --out results/boards/demo

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy -p ecg_bench
	$(BIN)/ecg-bench tasks validate

test: lint
	HF_HUB_OFFLINE=1 HF_DATASETS_OFFLINE=1 OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadgroup -m 'not example'
	$(MAKE) docs

test-examples: $(VENV)/.dev
	HF_HUB_OFFLINE=1 HF_DATASETS_OFFLINE=1 OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m example

signals: $(VENV)/.dev
	PYTHON=$(abspath $(BIN)/python) sh docs/examples/signals/run.sh results/signals

test-vllm:
	PYTHON=$(PYTHON) .ci/vllm

quick: $(VENV)/.dev
	HF_HUB_OFFLINE=1 OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadgroup -m 'not slow and not example'

docs: $(VENV)/.dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

pictures: $(VENV)/.dev
	$(BIN)/python docs/make_pictures.py

bench: $(VENV)/.dev
	$(BIN)/python benchmarks/overhead.py
	$(BIN)/python benchmarks/api_throughput.py
	$(BIN)/python benchmarks/mcq_loglikelihood.py
	$(BIN)/python benchmarks/text_metrics.py
	$(BIN)/python benchmarks/bertscore.py
	$(BIN)/python benchmarks/judging.py
	$(BIN)/python benchmarks/agreement.py
	$(BIN)/python benchmarks/agreement_report.py
	$(BIN)/python benchmarks/leaderboard.py
	$(BIN)/python benchmarks/rag.py
	$(BIN)/python benchmarks/finetune.py
	$(BIN)/python benchmarks/signals.py

clean:
	rm -rf $(VENV) .venv-vllm .venv-vllm-uv build dist site *.egg-info .mypy_cache .pytest_cache .ruff_cache
