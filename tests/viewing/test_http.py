"""The viewer over HTTP and on the command line: who may look, at what, and what wrong calls are answered."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ecg_bench import evaluate
from tests.packs import make_pack
from tests.viewing.viewed import Viewer, viewing

Start = Callable[..., Viewer]


@pytest.fixture
def view() -> Iterator[Start]:
    with viewing() as start:
        yield start


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a board, a complete run, an unfinished one, and something that is nobody's business."""
    top = tmp_path_factory.mktemp("viewed")
    make_pack(top / "toy", n=12, n_open=3)
    evaluate("baseline/bm25", "toy/*", include=[top / "toy"], out=top / "run", quiet=True)
    (top / "unfinished").mkdir()
    header = json.loads((top / "run" / "run.json").read_text()) | {"status": "running"}
    (top / "unfinished" / "run.json").write_text(json.dumps(header))
    (top / "secret.txt").write_text("not for you")
    (top / "board" / "figures").mkdir(parents=True)
    (top / "board" / "leaderboard.json").write_text("{}")
    (top / "board" / "index.html").write_text("<!doctype html><title>The board</title>")
    (top / "board" / "figures" / "forest.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (top / "board" / ".hidden.txt").write_text("not for you")
    (top / "board" / "key.pem").write_text("not for you")
    (top / "board" / "out.txt").symlink_to(top / "secret.txt")
    (top / "board" / "away").symlink_to(top)
    return top


@pytest.fixture(scope="module")
def board(folder: Path) -> Iterator[Viewer]:
    with viewing() as start:
        yield start(folder, "board")


@pytest.fixture(scope="module")
def live(folder: Path) -> Iterator[Viewer]:
    with viewing() as start:
        yield start(folder, "unfinished")


# A board


def test_a_board_is_its_page_and_its_figures(board: Viewer) -> None:
    assert board.said["shows"] == "board"
    first = board.ask("/")
    assert (first.status, first.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "The board" in first.text
    figure = board.ask("/figures/forest.svg")
    assert (figure.status, figure.headers["Content-Type"]) == (200, "image/svg+xml")
    assert board.ask("/leaderboard.json").status == 200


def test_a_page_that_is_made_anew_is_shown_anew(folder: Path, view: Start) -> None:
    (folder / "again").mkdir()
    for name in ("leaderboard.json", "index.html"):
        (folder / "again" / name).write_text("first")
    viewer = view(folder, "again")
    assert viewer.ask("/").text == "first"
    (folder / "again" / "index.html").write_text("second")
    assert viewer.ask("/").text == "second"


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/figures/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/figures/%2e%2e%2f%2e%2e%2fsecret.txt",
        "/..%5csecret.txt",
        "//etc/passwd",
        "/%2fetc%2fpasswd",
        "/out.txt",
        "/away/secret.txt",
        "/.hidden.txt",
        "/key.pem",
        "/figures",
        "/figures/",
        "/nothing.html",
        "/index.html%00.txt",
        "/" + "x" * 5000,
    ],
)
def test_nothing_outside_a_board_is_given(board: Viewer, path: str) -> None:
    reply = board.ask(path)
    assert reply.status in (400, 404)
    assert "not for you" not in reply.text
    assert "root:" not in reply.text


def test_links_within_a_board_are_followed(folder: Path, board: Viewer) -> None:
    link = folder / "board" / "figures" / "same.svg"
    link.symlink_to("forest.svg")
    assert board.ask("/figures/same.svg").status == 200


def test_a_report_can_load_nothing_from_elsewhere_and_figures_run_nothing(board: Viewer) -> None:
    for path in ("/", "/index.html"):
        policy = board.ask(path).headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "http" not in policy
        assert "*" not in policy
    assert "script-src" not in board.ask("/figures/forest.svg").headers["Content-Security-Policy"]


# Who may look


@pytest.mark.parametrize("path", ["/", "/live", "/index.html", "/?token=", "/?token=wrong", "/live?token={token}"])
def test_nothing_is_given_without_the_token(live: Viewer, path: str) -> None:
    reply = live.ask(path.format(token=live.token), {"Cookie": None})
    assert reply.status == 403
    assert "ecg-bench view" in reply.text
    assert "Set-Cookie" not in reply.headers


def test_the_token_becomes_a_cookie(live: Viewer) -> None:
    reply = live.ask(f"/?token={live.token}", {"Cookie": None})
    assert reply.status == 200
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(reply.headers["Set-Cookie"].split("; "))
    assert live.token not in reply.text


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "127.0.0.1:1", "10.0.0.1:{port}", ""])
def test_a_name_that_is_made_to_lead_here_is_refused(live: Viewer, board: Viewer, host: str) -> None:
    for viewer in (live, board):
        assert viewer.ask("/", {"Host": host.format(port=viewer.port)}).status in (400, 403)
        assert viewer.ask("/", {"Host": f"localhost:{viewer.port}"}).status == 200


def test_the_live_page_is_one_file_whose_script_has_a_number_used_once(live: Viewer) -> None:
    first, second = live.ask("/"), live.ask("/")
    policies = [reply.headers["Content-Security-Policy"] for reply in (first, second)]
    assert policies[0] != policies[1]
    for reply, policy in zip((first, second), policies, strict=True):
        assert "unsafe" not in policy
        assert "http" not in policy
        nonce = policy.partition("script-src 'nonce-")[2].partition("'")[0]
        assert len(nonce) > 20
        assert reply.text.count(f'nonce="{nonce}"') == 2
        assert reply.text.count("<script") == reply.text.count("<style") == 1
        assert " src=" not in reply.text
        assert "Referrer-Policy" in reply.headers


def test_the_stream_has_the_headers_of_every_reply(live: Viewer) -> None:
    request = f"GET /live HTTP/1.1\r\nHost: {live.base[7:]}\r\nCookie: ecg_bench_{live.port}={live.token}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", live.port), timeout=10) as connection:
        connection.sendall(request.encode())
        said = b""
        while b"data: {" not in said:
            said += connection.recv(65536)
    for header in (b"Content-Security-Policy: default-src 'none'", b"Cache-Control: no-store", b"text/event-stream"):
        assert header in said


def test_a_complete_run_is_shown_as_its_report(folder: Path, view: Start) -> None:
    viewer = view(folder, "run")
    assert viewer.said["shows"] == "run"
    page = viewer.ask("/").text
    assert "baseline/bm25" in page
    assert "toy/choice" in page
    assert "/live" not in page
    assert viewer.ask("/../run.json").status == 404


def test_looking_writes_nothing_into_the_folder(folder: Path, view: Start) -> None:
    def state(path: Path) -> dict[str, tuple[int, int]]:
        return {str(one): (one.stat().st_mtime_ns, one.stat().st_size) for one in sorted(path.rglob("*"))}

    for name in ("run", "unfinished"):
        before = state(folder / name)
        viewer = view(folder, name)
        assert viewer.ask("/").status == 200
        time.sleep(0.6)
        viewer.stop()
        assert state(folder / name) == before


def test_it_ends_at_once_with_pages_open(folder: Path, view: Start) -> None:
    viewer = view(folder, "unfinished")
    request = f"GET /live HTTP/1.1\r\nHost: {viewer.base[7:]}\r\nCookie: ecg_bench_{viewer.port}={viewer.token}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", viewer.port), timeout=10) as connection:
        connection.sendall(request.encode())
        connection.recv(1000)
        start = time.monotonic()
        assert viewer.stop(signal.SIGINT) == (0, "")
        assert time.monotonic() - start < 3


# Wrong calls


def refusal(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "ecg_bench", "view", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.strip().splitlines()) == 1
    return done.stderr


def test_what_is_neither_board_nor_run_is_refused_with_a_way_out(folder: Path) -> None:
    assert "no such folder" in refusal(folder, "nowhere")
    assert "neither a leaderboard nor a run" in refusal(folder, "toy")
    assert "folder of runs, so give one of them, such as run" in refusal(folder, ".")
    assert "is a file: give its folder, board" in refusal(folder, "board/index.html")
    bare = folder / "bare"
    bare.mkdir()
    (bare / "leaderboard.json").write_text("{}")
    assert "make it with ecg-bench leaderboard RUN... --out bare" in refusal(folder, "bare")


def test_a_damaged_run_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_text("{}")
    assert "does not fit this version's run contract" in refusal(tmp_path, "run")
    (tmp_path / "run" / "run.json").write_bytes((folder / "run" / "run.json").read_bytes())
    assert "results.json: no such file" in refusal(tmp_path, "run")


def test_a_port_that_is_taken_is_said(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        said = refusal(folder, "board", "--port", str(other.getsockname()[1]))
        assert "give another --port" in said


def test_other_machines_are_let_in_with_a_warning_only(folder: Path, view: Start) -> None:
    viewer = view(folder, "board", "--host", "0.0.0.0")  # noqa: S104
    assert viewer.url.startswith("http://0.0.0.0:")
    _, said = viewer.stop()
    assert "warning: --host 0.0.0.0 lets other machines reach this page" in said
