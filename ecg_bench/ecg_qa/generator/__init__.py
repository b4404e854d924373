"""Questions on synthetic ECGs in the format of ECG-QA: the answers follow from the specs, so every one is right."""

from ecg_bench.ecg_qa.generator._facts import Facts, facts_from, facts_of
from ecg_bench.ecg_qa.generator._make import Question, make_questions
from ecg_bench.ecg_qa.generator._recognise import recognise
from ecg_bench.ecg_qa.generator._templates import TEMPLATES, Template

__all__ = ["TEMPLATES", "Facts", "Question", "Template", "facts_from", "facts_of", "make_questions", "recognise"]
