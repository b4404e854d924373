"""The rating server over HTTP: who may talk to it, what it keeps, and what it never tells."""

from __future__ import annotations

import json
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ecg_bench.ratings import Rating, Scale, read_ratings, write_ratings
from tests.ratings.served import SYSTEMS, Server, Start, event, make_runs, starting

N = 6


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Path]]:
    folder = tmp_path_factory.mktemp("served")
    return folder, make_runs(folder, N, SYSTEMS[:2])


@pytest.fixture(scope="module")
def standing(made: tuple[Path, list[Path]]) -> Iterator[Server]:
    with starting() as start:
        yield start(*made, "--passage", out="standing.csv")


@pytest.fixture
def server(made: tuple[Path, list[Path]], tmp_path: Path) -> Iterator[Server]:
    with starting() as start:
        yield start(*made, out=str(tmp_path / "ratings.csv"))


@pytest.fixture
def serve() -> Iterator[Start]:
    with starting() as start:
        yield start


def table(server: Server) -> list[Rating]:
    """Return the table as soon as it is written anew."""
    journal = server.out.with_name(server.out.name + ".journal")
    for _ in range(200):
        if server.out.stat().st_mtime_ns >= journal.stat().st_mtime_ns:
            break
        time.sleep(0.02)
    return read_ratings(server.out)


# Who may talk to it


@pytest.mark.parametrize("path", ["/", "/static/page.css", "/static/app.js", "/nothing", "/?token=", "/?token=wrong"])
def test_nothing_is_given_without_the_token(standing: Server, path: str) -> None:
    reply = standing.ask(path, headers={"Cookie": None})
    assert reply.status == 403
    assert "Set-Cookie" not in reply.headers
    assert standing.ask("/static/page.css", headers={"Cookie": standing.cookie[:-1]}).status == 403


def test_nothing_is_taken_without_the_token(standing: Server) -> None:
    for path, body in (("/api/session", {"rater": "x"}), ("/api/events", {"study": "", "rater": "x", "events": []})):
        assert standing.ask(path, body, headers={"Cookie": None}).status == 403
        assert standing.ask(f"{path}?token={standing.token}", body, headers={"Cookie": None}).status == 403


def test_the_token_becomes_a_cookie_that_scripts_and_other_sites_cannot_use(standing: Server) -> None:
    reply = standing.ask(f"/?token={standing.token}", headers={"Cookie": None})
    assert reply.status == 200
    assert reply.headers["Set-Cookie"].startswith(standing.cookie)
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(reply.headers["Set-Cookie"].split("; "))
    assert len(standing.token) >= 32
    assert standing.token not in reply.text


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "10.0.0.1:{port}", "a@127.0.0.1:{port}", ""],
)
def test_a_name_that_is_made_to_lead_here_is_refused(standing: Server, host: str) -> None:
    """DNS rebinding: the browser thinks that it talks to the attacker's own site."""
    port = standing.base.rpartition(":")[2]
    assert standing.ask("/", headers={"Host": host.format(port=port)}).status == 403
    assert standing.ask("/", headers={"Host": f"localhost:{port}"}).status == 200


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", None, "http://127.0.0.1:1", "https://127.0.0.1:{port}"]
)
def test_pages_of_elsewhere_cannot_rate(standing: Server, origin: str | None) -> None:
    port = standing.base.rpartition(":")[2]
    given = None if origin is None else origin.format(port=port)
    assert standing.ask("/api/session", {"rater": "x"}, headers={"Origin": given}).status == 403


def test_a_form_of_elsewhere_cannot_pass_for_json(standing: Server) -> None:
    reply = standing.ask("/api/session", {"rater": "x"}, headers={"Content-Type": "text/plain"})
    assert reply.status == 415


def test_every_reply_forbids_what_the_page_does_not_need(standing: Server) -> None:
    replies = [standing.ask(path) for path in ("/", "/static/app.js", "/nothing")]
    for reply in (*replies, standing.ask("/api/session", {"rater": "x"})):
        policy = reply.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert reply.headers["Referrer-Policy"] == "no-referrer"
        assert reply.headers["Cache-Control"] == "no-store"


def test_the_page_has_no_inline_script_or_style_and_names_no_other_host(standing: Server) -> None:
    page = standing.ask("/").text
    assert "<style" not in page
    assert " style=" not in page
    assert " on" + "click" not in page
    assert all(" src=" in line for line in page.splitlines() if "<script" in line)
    for name in ("page.css", "app.js", "view.js", "session.js", "outbox.js", "looks.js"):
        text = standing.ask(f"/static/{name}").text
        assert "http://" not in text
        assert "https://" not in text
        assert "innerHTML" not in text


@pytest.mark.parametrize(
    "path", ["../_app.py", "%2e%2e/_app.py", "..%2f_app.py", "..%5c_app.py", "/etc/passwd", "", "page.html/"]
)
def test_files_beside_the_page_cannot_be_had(standing: Server, path: str) -> None:
    assert standing.ask(f"/static/{path}").status == 404


def test_bodies_that_are_too_large_or_no_events_are_refused_and_change_nothing(standing: Server) -> None:
    assert standing.ask("/api/events", b"x" * 5_000_000).status == 413
    study = standing.enter("checker")["study"]
    for broken in (
        {"levels": [9]},
        {"levels": [-1]},
        {"levels": [1, 1]},
        {"levels": ["correct"]},
        {"position": 0},
        {"position": 10**9},
        {"skipped": True, "levels": [0]},
        {"kind": "delete"},
        {"comment": "x" * 10_001},
        {"id": "../../x"},
        {"waited_ms": -5},
        {"system": SYSTEMS[0]},
    ):
        reply = standing.send("checker", event(1, 1, 2), event(2, 2, 3) | broken, study=study)
        assert reply.status == 400, broken
    for body in (b"", b"{}", b"[]", b"\xff", b'{"study": 1}'):
        assert standing.ask("/api/events", body).status == 400
    assert standing.enter("checker")["steps"] == []


@pytest.mark.parametrize("name", ["", "  ", "x" * 61, "a\u202eb", "a\nb\u0007"])
def test_a_name_that_cannot_be_read_is_refused_with_a_sentence(standing: Server, name: str) -> None:
    reply = standing.ask("/api/session", {"rater": name})
    assert reply.status == 400
    assert "name" in reply.json()["error"]


# What it tells


def test_nothing_that_the_page_gets_says_whose_an_answer_is(standing: Server, made: tuple[Path, list[Path]]) -> None:
    session = standing.ask("/api/session", {"rater": "Anna"})
    assert len(session.json()["cards"]) == 2 * N
    told = session.text + "".join(standing.ask(f"/static/{name}").text for name in ("page.html", "app.js"))
    hidden = {*SYSTEMS, "toy/free", "replay", str(made[0]), *(run.name for run in made[1]), "o0001", "standing.csv"}
    for word in hidden:
        assert word not in told, word


def test_answers_to_one_question_stand_together_in_an_order_of_each_rater(standing: Server) -> None:
    orders = {}
    for rater in ("Anna", "Ben", "Carl", "Dora", "Ed"):  # so many that it is no chance if all orders are alike
        session = standing.enter(rater)
        questions = [card["question"] for card in session["cards"]]
        assert questions == sorted(questions), "each question is done before the next begins"
        orders[rater] = [card["answer"] for card in session["cards"]]
        assert standing.enter(rater.upper())["cards"] == session["cards"]
    assert sorted(orders["Anna"]) == sorted(orders["Ben"])
    assert len({tuple(order) for order in orders.values()}) > 1
    kinds = {order[i][:6] for order in orders.values() for i in range(0, 2 * N, 2)}
    assert len(kinds) == 2, "no system always comes first"


def test_passage_and_reference_are_shown_as_asked(
    serve: Start, made: tuple[Path, list[Path]], standing: Server, server: Server, tmp_path: Path
) -> None:
    assert all(one["passage"] and one["reference"] for one in standing.enter("Anna")["questions"])
    assert all(not one["passage"] and one["reference"] for one in server.enter("Anna")["questions"])
    blind = serve(*made, "--no-reference", out=str(tmp_path / "blind.csv"))
    assert not any(one["reference"] for one in blind.enter("Anna")["questions"])
    assert "is good for the purpose" not in blind.ask("/api/session", {"rater": "Anna"}).text


def test_raters_do_not_see_each_other(server: Server) -> None:
    server.send("Anna", event(1, 1, 3, comment="Anna was here"))
    other = server.ask("/api/session", {"rater": "Ben"})
    assert "Anna" not in other.text
    assert all(card["mark"] == {"levels": [], "skipped": False, "comment": ""} for card in other.json()["cards"])
    server.send("Ben", event(2, 1, 0))
    assert server.enter("Anna")["cards"][0]["mark"]["levels"] == [3]
    assert {(one.rater, one.level) for one in table(server)} == {("Anna", "correct"), ("Ben", "incorrect")}


# What it keeps


def test_a_rating_is_a_row_with_all_that_a_rating_has(server: Server, made: tuple[Path, list[Path]]) -> None:
    session = server.enter("Anna")
    server.send("Anna", event(1, 3, 1, 2, comment="two readings"))
    (one,) = table(server)
    card = session["cards"][2]
    assert (one.answer, one.question) == (card["answer"], session["questions"][card["question"]]["question"])
    assert (one.task, one.epoch, one.repeat, one.position) == ("toy/free", 0, 0, 3)
    assert one.system in SYSTEMS[:2]
    assert one.answer.startswith(f"Kind {SYSTEMS.index(one.system)} says of {one.sample[1:]}")
    assert (one.rater, one.source, one.criterion) == ("Anna", "human", "correctness")
    assert one.levels == ("partially incorrect", "correct but incomplete")
    assert one.scale == Scale.parse("incorrect=0|partially incorrect=0.25|correct but incomplete=0.75|correct=1")
    assert one.comment == "two readings"
    assert one.topic == "shapes"
    assert Path(one.origin) in made[1]
    assert one.time


def test_an_event_sent_twice_counts_once(server: Server) -> None:
    first, second = event(1, 1, 0), event(2, 1, 3)
    for events in ((first,), (first, second), (first,), (second, first)):
        assert server.send("Anna", *events).status == 200
    assert [one.level for one in table(server)] == ["correct"]
    assert len(server.enter("Anna")["steps"]) == 2


def test_changes_of_mind_are_in_the_journal_and_the_last_state_is_in_the_table(server: Server) -> None:
    server.send("Anna", event(1, 1, 0), event(2, 1, 3), event(3, 2, 1), event(4, 2, kind="skip", skipped=True))
    undo = event(5, 4, kind="undo") | {"id": f"{6:032x}"}
    server.send("Anna", event(5, 4, 2), undo, event(7, 5, kind="comment", comment="?"))
    assert [(one.position, one.levels, one.comment) for one in table(server)] == [
        (1, ("correct",), ""),
        (2, (), ""),
        (5, (), "?"),
    ]
    lines = [json.loads(line) for line in Path(f"{server.out}.journal").read_text().splitlines()]
    assert [line["kind"] for line in lines[1:]] == ["mark", "mark", "mark", "skip", "mark", "undo", "comment"]
    assert [line["levels"] for line in lines[1:4]] == [["incorrect"], ["correct"], ["partially incorrect"]]


def test_texts_that_no_encoding_has_are_kept_as_far_as_they_go(server: Server) -> None:
    comment = 'half \ud800 of a character, \0, \r\n lines\rand ends, =1+1, \u202e, "quoted", \u2028'
    assert server.send("Anna", event(1, 1, 0, comment=comment)).status == 200
    (one,) = table(server)
    assert one.comment == 'half \ufffd of a character, \ufffd, \n lines\nand ends, =1+1, \u202e, "quoted", \u2028'


def test_the_time_is_that_of_the_key_press_even_if_it_was_sent_later(server: Server) -> None:
    from datetime import datetime

    server.send("Anna", event(1, 1, 0, waited_ms=3_600_000), event(2, 2, 0))
    early, late = (datetime.fromisoformat(one.time) for one in table(server))
    assert 3_590 < (late - early).total_seconds() < 3_610


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_shutdown_leaves_everything_written(server: Server, how: int) -> None:
    for number in range(1, 6):
        server.send("Anna", event(number, number, 3))
    code, said = server.stop(how)
    assert code == 0
    assert "5 ratings are in" in said
    assert len(read_ratings(server.out)) == 5
    assert not list(server.out.parent.glob("*.part"))


def test_a_kill_loses_nothing_and_address_and_place_are_found_again(server: Server) -> None:
    server.send("Anna", event(1, 1, 3), event(2, 2, 0, comment="kept"))
    before = server.url, server.enter("Anna")
    server.kill()
    server.start()
    assert (server.url, server.enter("Anna")) == before
    assert [one.comment for one in read_ratings(server.out)] == ["", "kept"]
    address = Path(f"{server.out}.session")
    assert stat.S_IMODE(address.stat().st_mode) == 0o600
    assert server.token not in Path(f"{server.out}.journal").read_text() + server.out.read_text()


def test_a_line_torn_by_a_kill_is_cut(server: Server) -> None:
    server.send("Anna", event(1, 1, 3), event(2, 2, 0))
    server.kill()
    journal = Path(f"{server.out}.journal")
    whole = journal.read_bytes()
    journal.write_bytes(whole[:-7])
    server.start()
    assert [one.position for one in read_ratings(server.out)] == [1]
    server.send("Anna", event(2, 2, 0))
    assert len(journal.read_bytes().splitlines()) == len(whole.splitlines())


def test_one_server_at_a_time_for_a_table(server: Server) -> None:
    code, said = refused(server)
    assert (code, said.count("\n")) == (2, 1)
    assert "another ecg-bench ratings serve writes this table" in said


def refused(server: Server, *options: str) -> tuple[int, str]:
    done = subprocess.run([*server.command, *options], cwd=server.folder, capture_output=True, text=True, timeout=30)
    assert done.stdout == ""
    return done.returncode, done.stderr


def test_rating_goes_on_only_with_what_it_began_with(server: Server) -> None:
    server.send("Anna", event(1, 1, 3))
    server.stop()
    before = server.out.read_bytes()
    for options, words in (
        (("--seed", "1"), "seed 0, and here it is 1"),
        (("--passage",), "passage off, and here it is on"),
        (("--repeats", "0.5"), "repeats 0.0, and here it is 0.5"),
        (("--judge", "ecg-binary"), "with scale"),
    ):
        code, said = refused(server, *options)
        assert (code, said.count("\n")) == (2, 1), said
        assert words in said
    assert server.out.read_bytes() == before


@pytest.mark.parametrize("content", ["question,answer\n1,2\n", "", "\x00\x01"])
def test_a_file_of_something_else_is_refused_and_left_as_it_was(server: Server, content: str, tmp_path: Path) -> None:
    server.stop()
    for name in ("other.csv", "new.csv.journal"):
        (tmp_path / name).write_text(content)
    for out in ("other.csv", "new.csv"):
        command = [str(tmp_path / out) if word == str(server.out) else word for word in server.command]
        if out == "new.csv" and content == "":
            continue  # an empty journal was torn before its first line
        done = subprocess.run(command, cwd=server.folder, capture_output=True, text=True, timeout=30)
        assert done.returncode == 2, out
        assert done.stderr.count("\n") == 1
    assert {(tmp_path / name).read_text() for name in ("other.csv", "new.csv.journal")} == {content}


def test_a_table_of_ours_is_taken_up_and_the_rows_of_others_stay(server: Server) -> None:
    server.send("Anna", event(1, 1, 3), event(2, 2, 1, comment="hm"))
    server.stop()
    rows = read_ratings(server.out)
    judge = Rating(system="x", rater="judge@model", source="judge", scale=rows[0].scale, levels=("correct",))
    write_ratings(server.out, [judge, *rows])
    Path(f"{server.out}.journal").unlink()
    server.start()
    marks = [card["mark"] for card in server.enter("Anna")["cards"]]
    assert (marks[0]["levels"], marks[1]["levels"], marks[1]["comment"]) == ([3], [1], "hm")
    server.send("Anna", event(3, 1, 0))
    assert table(server)[1].level == "incorrect"
    assert table(server)[0] == judge


def test_a_table_changed_by_hand_is_not_overwritten_silently(server: Server) -> None:
    server.send("Anna", event(1, 1, 3))
    server.stop()
    changed = server.out.read_text().replace(",correct,1,0,", ",incorrect,0,0,")
    assert changed != server.out.read_text()
    server.out.write_text(changed)
    code, said = refused(server)
    assert code == 2
    assert "changed by hand" in said
    assert server.out.read_text() == changed


def test_repeats_are_hidden_and_come_later(serve: Start, made: tuple[Path, list[Path]], tmp_path: Path) -> None:
    server = serve(*made, "--repeats", "0.25", out=str(tmp_path / "r.csv"))
    session = server.enter("Anna")
    answers = [card["answer"] for card in session["cards"]]
    assert answers != [card["answer"] for card in server.enter("Ben")["cards"]]
    twice = {answer for answer in answers if answers.count(answer) == 2}
    assert (len(answers), len(twice)) == (15, 3)
    assert all(set(card) == {"question", "answer", "mark"} for card in session["cards"])
    server.send("Anna", *(event(n, n, n % 4) for n in range(1, 16)))
    rated = table(server)
    assert {one.repeat for one in rated} == {0, 1}
    for one in rated:
        if one.repeat:
            first = next(two for two in rated if two.item == one.item and not two.repeat)
            assert first.position is not None
            assert one.position is not None
            assert one.position - first.position > 6


def test_an_answer_that_two_systems_gave_is_rated_once_for_both(serve: Start, tmp_path: Path) -> None:
    server = serve(tmp_path, make_runs(tmp_path, 3, SYSTEMS[:2], alike=True))
    assert len(server.enter("Anna")["cards"]) == 3
    server.send("Anna", event(1, 2, 3))
    assert [(one.system, one.level, one.position) for one in table(server)] == [
        (system, "correct", 2) for system in sorted(SYSTEMS[:2])
    ]
    server.kill()
    server.start()
    assert server.enter("Anna")["cards"][1]["mark"]["levels"] == [3]


def test_a_sample_is_drawn_for_all_raters_with_its_probability(
    serve: Start, made: tuple[Path, list[Path]], tmp_path: Path
) -> None:
    server = serve(*made, "--sample", "6", "--stratify", "system", out=str(tmp_path / "r.csv"))
    decks = [server.enter(rater)["cards"] for rater in ("Anna", "Ben")]
    assert len(decks[0]) == 6
    assert {card["answer"] for card in decks[0]} == {card["answer"] for card in decks[1]}
    server.send("Anna", *(event(n, n, 3) for n in range(1, 7)))
    assert [(one.inclusion, one.stratum) for one in table(server)] == [
        (0.5, f"system={one.system}") for one in table(server)
    ]


def test_what_spoils_the_blinding_is_said(serve: Start, made: tuple[Path, list[Path]], tmp_path: Path) -> None:
    (tmp_path / "named").mkdir()
    runs = make_runs(tmp_path / "named", 3, ("Kind 0", "Kind 1"))
    server = serve(tmp_path / "named", runs)
    _, said = server.stop()
    assert "6 answers hold the name of a system" in said


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux limits the files of another process")
def test_a_full_disk_is_said_and_nothing_is_taken_for_kept(server: Server) -> None:
    """A limit on the size of files stands for the disk: a write is cut short, and the next one fails."""
    import resource

    assert server.process is not None
    study = server.enter("Anna")["study"]
    server.send("Anna", event(1, 1, 3), study=study)
    journal = Path(f"{server.out}.journal")
    hard = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)[1]
    size = journal.stat().st_size
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size + 100, hard))
    for _ in range(2):
        reply = server.send("Anna", event(2, 2, 0), study=study)
        assert (reply.status, "disk" in reply.json()["error"]) == (507, True)
        assert journal.stat().st_size == size
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (hard, hard))
    assert server.enter("Anna")["cards"][1]["mark"]["levels"] == []
    assert server.send("Anna", event(2, 2, 0), study=study).status == 200
    server.stop()
    assert [one.level for one in read_ratings(server.out)] == ["correct", "incorrect"]


def test_another_host_is_warned_of(serve: Start, made: tuple[Path, list[Path]], tmp_path: Path) -> None:
    server = serve(*made, "--host", "0.0.0.0", out=str(tmp_path / "r.csv"))  # noqa: S104
    port = server.url.partition("?")[0].rpartition(":")[2].strip("/")
    for host, status in ((f"192.0.2.7:{port}", 200), (f"evil.example:{port}", 403)):
        assert server.ask("/", headers={"Host": host}).status == status
    _, said = server.stop()
    assert "lets other machines reach this page" in said


def test_a_port_in_use_is_said(serve: Start, server: Server, made: tuple[Path, list[Path]], tmp_path: Path) -> None:
    port = server.base.rpartition(":")[2]
    with pytest.raises(AssertionError, match=f"cannot listen on 127.0.0.1, port {port}"):
        serve(*made, "--port", port, out=str(tmp_path / "r.csv"))
