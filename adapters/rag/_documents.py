"""Reading a corpus: Markdown and text files, cut into the passages that questions stem from."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import yaml

from ecg_bench.domains import find_domains, slug
from ecg_bench.errors import UserError, did_you_mean
from ecg_bench.files import read_text, sha256_of

SUFFIXES = (".md", ".markdown", ".txt")
_HEADING = re.compile(r"^## +(.+?)[ #]*$", re.MULTILINE)
_TITLE = re.compile(r"^# +(.+?)[ #]*$", re.MULTILINE)
_FRONT = re.compile(r"\A---[ \t]*\n(.*?\n)---[ \t]*(?:\n|\Z)", re.DOTALL)


@dataclass(frozen=True)
class Section:
    """A passage of a document: what a chunk never reaches out of.

    Parameters
    ----------
    document, passage : str
        The document's id, and ``document#slug-of-the-heading``, as in a domain's corpus.
    title, heading : str
        Of the document and of the section; the heading is empty before the first one.
    start, end : int
        Where its text stands in the document's text, in characters.
    """

    document: str
    passage: str
    title: str
    heading: str
    start: int
    end: int


@dataclass(frozen=True)
class Source:
    """A document: its text with line ends of one character, and its sections."""

    id: str
    text: str
    sections: tuple[Section, ...]


@dataclass(frozen=True)
class Sources:
    """The documents of a corpus.

    Attributes
    ----------
    name : str
        What the user called it.
    domain : bool
        Whether that is a domain's name.
    folder : Path
        Where it lies.
    documents : tuple of Source
        In the order of their paths.
    sha256 : str
        A hash of names and texts.
    notices : tuple of str
        What was left out, one sentence each.
    """

    name: str
    domain: bool
    folder: Path
    documents: tuple[Source, ...]
    sha256: str
    notices: tuple[str, ...]


def read_corpus(corpus: str | Path) -> Sources:
    """Read the Markdown and text files of a folder and all folders in it, or a domain's corpus.

    In Markdown each line ``## Heading`` begins a passage; what stands before the first is a passage of its own. A text
    file is one passage.

    Parameters
    ----------
    corpus : str or Path
        A folder, or the name of a domain. A folder of that name comes first.

    Raises
    ------
    UserError
        If there is neither, a file is no text, or nothing in it is.
    """
    folder, domain = _folder(corpus)
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and not _hidden(path.relative_to(folder))]
    texts = [path for path in paths if path.suffix.lower() in SUFFIXES]
    if not texts:
        raise UserError(f"holds no document: {', '.join(SUFFIXES)} files are what can be indexed", path=folder)
    names = _ids(texts, folder)
    read = {path: read_text(path).replace("\r\n", "\n").replace("\r", "\n") for path in texts}
    documents = [_document(names[path], text, markdown=path.suffix != ".txt") for path, text in read.items()]
    empty = [path.name for path, one in zip(texts, documents, strict=True) if not one.sections]
    if len(empty) == len(documents):
        raise UserError("holds no text: every document in it is empty", path=folder)
    notices = []
    if empty:
        notices.append(f"without text, and so not indexed: {_listed(empty)}")
    if others := [path.name for path in paths if path not in read]:
        notices.append(f"neither Markdown nor text, and so not indexed: {_listed(others)}")
    digest = sha256_of(*(part for path, text in read.items() for part in (names[path], text)))
    kept = tuple(one for one in documents if one.sections)
    return Sources(str(corpus), domain, folder, kept, digest, tuple(notices))


def _folder(corpus: str | Path) -> tuple[Path, bool]:
    folder = Path(corpus).expanduser()
    if folder.is_dir():
        return folder, False
    if folder.exists():
        raise UserError("is a file: name the folder that holds it", path=folder)
    domains = find_domains()
    if str(corpus) not in domains:
        raise UserError(f"is neither a folder nor a domain{did_you_mean(str(corpus), domains)}", path=folder)
    found = domains[str(corpus)].corpus
    if found is None:
        raise UserError(f"the domain {corpus} has no corpus: name a folder of documents")
    return found.folder, True


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _ids(paths: list[Path], folder: Path) -> dict[Path, str]:
    """Return each document's id: its path without the suffix, unless two would share it."""
    bare = {path: path.relative_to(folder).with_suffix("").as_posix() for path in paths}
    counts = Counter(bare.values())
    return {path: name if counts[name] == 1 else path.relative_to(folder).as_posix() for path, name in bare.items()}


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return f"{len(names)} files ({', '.join(names[:5])}{more})" if len(names) > 1 else names[0]


def _document(name: str, text: str, *, markdown: bool) -> Source:
    title, start = Path(name).name, 0
    if markdown:
        front = _FRONT.match(text)
        start = front.end() if front else 0
        found = _TITLE.match(text, start + len(text[start:]) - len(text[start:].lstrip()))
        title = (front and _front_title(front[1])) or (found[1] if found else title)
        start = found.end() if found else start
    return Source(name, text, tuple(_sections(name, text, title, start, markdown=markdown)))


def _front_title(source: str) -> str:
    try:
        front = yaml.safe_load(source)
    except yaml.YAMLError:  # a document is not refused for what is not indexed of it
        return ""
    return str(front.get("title") or "") if isinstance(front, dict) else ""


def _sections(name: str, text: str, title: str, start: int, *, markdown: bool) -> Iterator[Section]:
    headings = list(_HEADING.finditer(text, start)) if markdown else []
    first = headings[0].start() if headings else len(text)
    if text[start:first].strip():
        yield Section(name, name, title, "", start, first)
    seen: Counter[str] = Counter()
    for heading, following in zip_longest(headings, headings[1:]):
        end = following.start() if following else len(text)
        passage = f"{name}#{slug(heading[1])}"
        seen[passage] += 1
        if seen[passage] > 1:
            passage += f"-{seen[passage]}"
        if text[heading.end() : end].strip():
            yield Section(name, passage, title, heading[1].strip(), heading.end(), end)
