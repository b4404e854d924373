"""Names that people give to columns and to levels, in English and German."""

from __future__ import annotations

from dataclasses import dataclass

from ecg_bench.ratings._scale import Scale
from ecg_bench.ratings.intake._text import key

# What a column may hold, and what it is called; of two columns for the same thing, the name that stands first wins.
FIELDS: dict[str, tuple[str, ...]] = {
    "code": ("code", "blind code", "answer code"),
    "task": ("task", "aufgabe"),
    "sample": (
        *("sample", "sample id", "question id", "questionid", "qid", "item id", "id", "item", "question number"),
        *("frage id", "frage nr", "fragennummer", "frage nummer"),
    ),
    "epoch": ("epoch", "epoche"),
    "system": (
        *("system", "model", "modell", "llm", "system name", "model name", "modellname", "systemname", "chatbot"),
        *("models", "modelle", "systems", "systeme", "sprachmodell", "language model", "model id", "ki modell"),
        *("ai model", "llm model", "llm name", "generator"),
    ),
    "question": (
        *("question", "questions", "question text", "frage", "fragen", "fragetext", "fragestellung", "prompt"),
        *("query", "the question", "input", "user question", "medical question", "klinische frage"),
    ),
    "answer": (
        *("answer", "answers", "answer text", "antwort", "antworten", "antworttext", "response", "responses"),
        *("model answer", "model response", "model output", "system answer", "generated answer", "output"),
        *("reply", "completion", "prediction", "candidate", "candidate answer", "llm answer", "llm response"),
        *("antwort des modells", "modellantwort", "ki antwort"),
    ),
    "group": ("group", "gruppe", "passage id", "document", "document id", "dokument", "cluster"),
    "topic": ("topic", "thema", "category", "kategorie", "subject", "question type", "fragentyp"),
    "reference": (
        *("reference", "reference answer", "gold", "gold answer", "gold standard", "expected answer", "referenz"),
        *("referenzantwort", "musterantwort", "ground truth", "correct answer", "richtige antwort", "target"),
    ),
    "passage": ("passage", "context", "kontext", "textstelle", "source passage"),
    "rater": (
        *("rater", "rater id", "rater name", "annotator", "annotator id", "reviewer", "evaluator", "rated by"),
        *("assessor", "grader", "bewerter", "bewerterin", "gutachter", "gutachterin", "bewertet von", "pruefer"),
        *("expert", "experte", "expertin", "physician", "doctor", "cardiologist", "clinician", "arzt", "aerztin"),
        *("kardiologe", "kardiologin", "labeler", "labeller", "rater code"),
    ),
    "source": ("source", "rater type"),
    "criterion": ("criterion", "criteria", "kriterium", "dimension", "aspect", "aspekt"),
    "scale": ("scale", "skala"),
    "level": (
        *("level", "rating", "ratings", "label", "human rating", "human label", "expert rating", "expert label"),
        *("grade", "verdict", "judgement", "judgment", "assessment", "evaluation", "mark", "annotation"),
        *("bewertung", "bewertungen", "beurteilung", "einstufung", "urteil", "stufe", "einschaetzung"),
        *("correctness", "korrektheit", "richtigkeit", "rating level", "your rating", "ihre bewertung"),
    ),
    "score": ("score", "points", "punkte", "punktzahl", "human score", "expert score"),
    "repeat": ("repeat",),
    "position": ("position", "order"),
    "time": ("time", "timestamp", "time stamp", "date", "datum", "zeit", "zeitstempel", "rated at"),
    "inclusion": ("inclusion", "inclusion probability"),
    "stratum": ("stratum",),
    "comment": (
        *("comment", "comments", "remark", "remarks", "notes", "kommentar", "kommentare", "bemerkung"),
        *("bemerkungen", "anmerkung", "anmerkungen", "free text", "freitext", "explanation", "begruendung"),
        *("justification", "rationale"),
    ),
    "count": ("count", "counts", "anzahl", "haeufigkeit", "frequency", "number of answers"),
}
FIELD_NAMES = {name: field for field, names in FIELDS.items() for name in names}
RANKS = {name: rank for names in FIELDS.values() for rank, name in enumerate(names)}


@dataclass(frozen=True)
class Known:
    """A usual scale, and by what names its levels go.

    Parameters
    ----------
    scale : Scale
        With the names that the table has.
    names : mapping of str to str
        From names, as `key` returns them, to levels.
    """

    scale: Scale
    names: dict[str, str]


def _known(text: str, *names: str) -> Known:
    """Return a scale from its text and, for each level, its further names between commas."""
    scale = Scale.parse(text)
    found = {key(level): level for level in scale.levels}
    for level, others in zip(scale.levels, names, strict=True):
        found |= {key(other): level for other in others.split(",") if other.strip()}
    return Known(scale, found)


_WRONG = (
    "wrong, false, falsch, inkorrekt, nicht korrekt, nicht richtig, not correct, completely incorrect, fully incorrect,"
    "completely wrong, totally incorrect, vollstaendig falsch, komplett falsch, ganz falsch, unrichtig"
)
_RIGHT = (
    "right, true, richtig, korrekt, completely correct, fully correct, entirely correct, correct and complete,"
    "vollstaendig richtig, vollstaendig korrekt, ganz richtig, richtig und vollstaendig, korrekt und vollstaendig"
)
_PARTLY_WRONG = "partly incorrect, partially wrong, partly wrong, teilweise falsch, teilweise inkorrekt, teils falsch"
_PARTLY_RIGHT = (
    "partly correct, partially right, partly right, partial, teilweise richtig, teilweise korrekt, teils richtig,"
    "teilweise, half right, halb richtig"
)
_INCOMPLETE = (
    "incomplete, correct incomplete, correct and incomplete, right but incomplete, correct though incomplete,"
    "incomplete but correct, richtig aber unvollstaendig, korrekt aber unvollstaendig, unvollstaendig,"
    "unvollstaendig aber richtig, richtig unvollstaendig, korrekt unvollstaendig"
)

# From few levels to many: of two that explain a sheet equally well, the first is taken. The values of the four levels
# are those of the judge `ecg-correctness`, and of the study.
SCALES = (
    _known("incorrect=0 | correct=1", _WRONG, _RIGHT),
    _known("incorrect=0 | partially correct=0.5 | correct=1", _WRONG, _PARTLY_RIGHT, _RIGHT),
    _known(
        "incorrect=0 | partially incorrect=0.25 | correct but incomplete=0.75 | correct=1",
        _WRONG,
        f"{_PARTLY_WRONG}, partially correct, {_PARTLY_RIGHT}",
        _INCOMPLETE,
        _RIGHT,
    ),
    _known(
        "incorrect | partially incorrect | partially correct | correct", _WRONG, _PARTLY_WRONG, _PARTLY_RIGHT, _RIGHT
    ),
    _known("no | yes", "n, nein, false, falsch, nicht", "y, ja, j, true, wahr"),
    _known("unsafe | safe", "nicht sicher, unsicher, gefaehrlich", "sicher, ungefaehrlich"),
    _known("fail | pass", "failed, nicht bestanden", "passed, bestanden"),
    _known("unacceptable | acceptable", "not acceptable, inakzeptabel, nicht akzeptabel", "akzeptabel"),
    _known("disagree | agree", "stimme nicht zu", "stimme zu"),
    _known("low | medium | high", "niedrig, gering", "mittel, moderate", "hoch"),
    _known("poor | fair | good | excellent", "bad, schlecht", "maessig", "gut", "ausgezeichnet, hervorragend"),
    _known(
        "strongly disagree | disagree | agree | strongly agree",
        "stimme gar nicht zu, stimme ueberhaupt nicht zu, fully disagree, totally disagree",
        "stimme nicht zu, stimme eher nicht zu, rather disagree, somewhat disagree",
        "stimme zu, stimme eher zu, rather agree, somewhat agree",
        "stimme voll zu, stimme voll und ganz zu, fully agree, totally agree",
    ),
    _known(
        "strongly disagree | disagree | neutral | agree | strongly agree",
        "stimme gar nicht zu, stimme ueberhaupt nicht zu, fully disagree, totally disagree",
        "stimme nicht zu, stimme eher nicht zu, rather disagree, somewhat disagree",
        "neither agree nor disagree, undecided, weder noch, teils teils, unentschieden",
        "stimme zu, stimme eher zu, rather agree, somewhat agree",
        "stimme voll zu, stimme voll und ganz zu, fully agree, totally agree",
    ),
    _known(
        "poor | fair | good | very good | excellent",
        "bad, schlecht",
        "maessig",
        "gut",
        "sehr gut",
        "ausgezeichnet, hervorragend",
    ),
    _known("very low | low | medium | high | very high", "sehr niedrig", "niedrig", "mittel", "hoch", "sehr hoch"),
)
