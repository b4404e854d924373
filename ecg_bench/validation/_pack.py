"""All the checks of a pack, in the order in which a writer would mend what they find."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecg_bench.cards import TaskCard
from ecg_bench.domains import Corpus, Domain, Task, find_domains, load_task, open_pack
from ecg_bench.domains._corpus import Source
from ecg_bench.errors import UserError
from ecg_bench.files import read_rows
from ecg_bench.samples import Sample
from ecg_bench.settings import Settings
from ecg_bench.validation._duplicates import near_duplicates
from ecg_bench.validation._made import check_made
from ecg_bench.validation._report import PackReport, Problems, TaskReport
from ecg_bench.validation._shallow import ENOUGH, RULES, accuracy, key_counts, unbalanced

DIFFICULTIES = ("easy", "medium", "hard")


@dataclass(frozen=True)
class _Item:
    """A sample with its place."""

    path: Path
    line: int
    sample: Sample


def validate_packs(path: str | Path | None = None) -> list[PackReport]:
    """Validate the pack in a folder, the packs in a folder of packs, or every installed pack.

    Raises
    ------
    UserError
        If there is no pack.
    """
    if path is None:
        return [validate_pack(domain) for domain in find_domains().values()]
    folder = Path(path)
    if not folder.is_dir():
        raise UserError("no such folder", path=folder)
    if (folder / "domain.yaml").is_file():
        return [validate_pack(open_pack(folder))]
    packs = sorted(card.parent for card in folder.glob("*/domain.yaml"))
    if not packs:
        raise UserError("holds no domain pack: no domain.yaml in it or in a folder of it", path=folder)
    return [validate_pack(open_pack(pack)) for pack in packs]


def validate_pack(domain: Domain) -> PackReport:
    """Check one pack and return its figures and all that is wrong."""
    problems = Problems()
    corpus = _corpus(domain, problems)
    tasks = _tasks(domain, problems)
    reports, items = [], []
    for task, path, data in tasks:
        found = _items(task, data, problems)
        items += found
        reports.append(_report(task, [item.sample for item in found]))
        _check_task(task, path, data, reports[-1], problems)
        for item in found:
            _check_item(item, task, domain, corpus, problems)
    pools = {path.parent / task.card.fewshot: task for task, path, _ in tasks if task.card.fewshot}
    for path, task in pools.items():
        items += _items(task, path, problems)
    made = [name for name, (_, card) in _cards(domain).items() if card.data is None]
    reports += [report for name in made if (report := check_made(domain, name, problems)) is not None]
    _check_duplicates(items, problems)
    documents = list(corpus or ())
    return PackReport(
        domain=domain.name,
        path=str(domain.path),
        documents=len(documents),
        passages=sum(len(document.passages) for document in documents),
        words=sum(document.words for document in documents),
        core_documents=sum(document.card.core for document in documents),
        tasks=tuple(reports),
        problems=tuple(problems.found),
    )


def _corpus(domain: Domain, problems: Problems) -> Corpus | None:
    try:
        corpus = domain.corpus
    except UserError as error:
        problems.add(domain.path / (domain.card.corpus or ""), None, str(error))
        return None
    for document in corpus or ():
        for topic in set(document.card.topics) - set(domain.card.topics or document.card.topics):
            problems.add(document.path, 2, f"the topic {topic!r} is not among the domain's topics")
        for source in document.card.sources:
            if source.year is None:
                problems.add(document.path, 2, f"the source {source.title!r} has no year")
    return corpus


def _cards(domain: Domain) -> dict[str, tuple[Path, TaskCard]]:
    """Return the cards of a pack, or none where they are wrong, which is said elsewhere."""
    try:
        return domain.task_cards
    except UserError:
        return {}


def _tasks(domain: Domain, problems: Problems) -> list[tuple[Task, Path, Path]]:
    """Return the tasks with data files, each with its own file and that of its data."""
    try:
        cards = domain.task_cards
    except UserError as error:
        problems.add(domain.path, None, str(error))
        return []
    if not cards:
        problems.add(domain.path, None, "defines no task: add a YAML file for each")
    tasks = []
    for name, (path, card) in cards.items():
        for prose in ("made", "verified"):
            if not getattr(card, prose):
                problems.add(path, None, f"the field {prose!r} is missing: say how the items were {prose}")
        if card.data is None:
            continue
        try:
            tasks.append((load_task(domain, name), path, path.parent / card.data))
        except UserError as error:
            problems.add(path, None, str(error))
    return tasks


def _items(task: Task, path: Path, problems: Problems) -> list[_Item]:
    """Read a data file, noting every row that is wrong instead of stopping at the first."""
    found: list[_Item] = []
    ids: dict[str, int] = {}
    try:
        for line, row in read_rows(path):
            try:
                sample = task.type.read_row(row, len(found))
            except ValueError as error:
                problems.add(path, line, str(error))
                continue
            if sample.id in ids:
                problems.add(path, line, f"the id {sample.id!r} stands on line {ids[sample.id]} already")
            ids[sample.id] = line
            found.append(_Item(path, line, sample))
    except UserError as error:
        problems.add(path, None, str(error))
    if not found:
        problems.add(path, None, "holds no readable sample")
    return found


def _report(task: Task, samples: Sequence[Sample]) -> TaskReport:
    groups = len({sample.group for sample in samples})
    choice = [sample for sample in samples if sample.options]
    if not choice:
        return TaskReport(task.name, task.card.type, len(samples), groups)
    shallow = {name: accuracy(rule, choice) for name, (rule, _) in RULES.items()}
    return TaskReport(task.name, task.card.type, len(samples), groups, key_counts(choice), shallow)


def _check_task(task: Task, path: Path, data: Path, report: TaskReport, problems: Problems) -> None:
    """Check the prompt, the balance of keys, and what rules without knowledge get right."""
    try:
        task.type.plan(task.name, Settings(), task.scan.columns, task.shots)
    except UserError as error:
        problems.add(path, None, str(error))
    if report.keys and (letter := unbalanced(dict(report.keys))):
        problems.add(data, None, f"the keys are unbalanced: {letter} is the key of {report.keys[letter]} of {report.n}")
    for name, (_, limit) in RULES.items():
        share = report.shallow.get(name, 0.0)
        if report.n >= ENOUGH and share >= limit:
            problems.add(
                data, None, f"the rule {name!r} answers {share:.1%}: the wording gives keys away (limit {limit:.0%})"
            )


def _check_item(item: _Item, task: Task, domain: Domain, corpus: Corpus | None, problems: Problems) -> None:
    sample = item.sample

    def problem(message: str) -> None:
        problems.add(item.path, item.line, f"{sample.id}: {message}")

    if sample.topic not in domain.card.topics:
        problem(f"the topic {sample.topic!r} is not among the domain's topics")
    if sample.difficulty not in DIFFICULTIES:
        problem(f"the difficulty must be {', '.join(DIFFICULTIES)}, but is {sample.difficulty!r}")
    if corpus is not None:
        _check_passage(sample, task, corpus, problem)
    if sample.options:
        if not str(sample.fields.get("rationale", "")).strip():
            problem("has no rationale")
        assert sample.key is not None  # noqa: S101  # read_row sees to it
        if _stands_in(sample.options[sample.key], sample.question) and not any(
            _stands_in(option, sample.question) for n, option in enumerate(sample.options) if n != sample.key
        ):
            problem("the question contains the answer")
    else:
        if sample.reference is None:
            problem("has no reference answer")
        elif _stands_in(sample.reference, sample.question):
            problem("the question contains the answer")
        if len(sample.fields.get("key_points", ())) < 2:
            problem("needs at least two key points")
    if task.card.proof == "required":
        _check_proof(sample.fields, problem)


def _check_passage(sample: Sample, task: Task, corpus: Corpus, problem: Any) -> None:
    passage = corpus.passages.get(sample.group)
    if passage is None:
        problem(f"its passage {sample.group!r} does not exist")
    elif task.card.passages == "core" and not corpus.by_id[sample.group.split("#")[0]].card.core:
        problem(f"its passage {sample.group!r} is of a document that is not core")


def _check_proof(fields: Mapping[str, Any], problem: Any) -> None:
    """See that an item is computed, or stands in two sources of different publishers."""
    if "computation" in fields:
        computation = fields["computation"]
        if not isinstance(computation, dict) or not {"rule", "inputs"} <= computation.keys():
            problem("its computation must name a rule and its inputs")
        return
    try:
        sources = [Source.model_validate(source) for source in fields.get("sources", ())]
    except ValueError:
        problem("its sources must have a title, and may have authors, publisher, year and url")
        return
    if len({source.publisher for source in sources if source.publisher}) < 2:
        problem("is proved neither by a computation nor by two sources of different publishers")


def _stands_in(text: str, where: str) -> bool:
    plain = " ".join(text.lower().strip(" .").split())
    return (
        len(plain) > 3
        and f" {plain} " in f" {' '.join(''.join(c if c.isalnum() else ' ' for c in where.lower()).split())} "
    )


def _check_duplicates(items: Sequence[_Item], problems: Problems) -> None:
    texts = [f"{item.sample.question} {' '.join(sorted(item.sample.options))}" for item in items]
    for n, other, overlap in near_duplicates(texts):
        first = items[other]
        problems.add(
            items[n].path,
            items[n].line,
            f"{items[n].sample.id}: {overlap:.0%} the same as {first.sample.id} in {first.path.name}:{first.line}",
        )
