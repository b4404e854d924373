"""How fast an API is asked: ecg-bench, bare clients, lm-eval and inspect_ai against the same local server.

    python benchmarks/api_throughput.py [--peer-python PATH]... [--json]

The server answers each request after 50 ms. For each client it is printed how long the asking took (from the first
request that reached the server to the last reply it sent, by the server's clock), how much of the ideal that is
(requests x 50 ms / connections) and of what bare aiohttp reached in the same run, and what the whole process took from
start to exit. Clients take turns, so that a machine whose speed drifts treats them alike; the best of several rounds
counts, the median stands beside it. The official client of OpenAI is measured over its own transport and over aiohttp,
since these figures are why ecg-bench sends its requests by aiohttp.

lm-eval and inspect_ai run where they are installed: in this interpreter, or in one that ``--peer-python`` names. They
ask the same questions, and run once in each scenario. lm-eval's index of tasks, 8 s of its start-up, is left out.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import _common as common

HERE = Path(__file__).parent
LATENCY_S = 0.05
BARE = ("aiohttp", "openai-aiohttp", "openai")
OURS = "ecg-bench"
HEAD = ("client", "asking s", "median", "of ideal", "of aiohttp", "process s", "median", "cpu s", "peak MB")


@dataclass(frozen=True)
class Scenario:
    """So many requests over so many connections; `slow_peers` says whether inspect_ai is to take part."""

    requests: int
    connections: int
    slow_peers: bool

    @property
    def ideal_s(self) -> float:
        """Seconds that the server alone needs."""
        return self.requests * LATENCY_S / self.connections


SCENARIOS = (Scenario(1000, 32, slow_peers=True), Scenario(4000, 128, slow_peers=False))


@dataclass(frozen=True)
class Round:
    """What one client did in one round, seen from outside and by the server."""

    process: common.Measured
    asking_s: float
    connections: int
    most_in_flight: int


@contextmanager
def stub_server() -> Iterator[str]:
    """Run the server in a process of its own, and give its address."""
    command = [sys.executable, str(HERE / "_stub_server.py"), "--latency", str(LATENCY_S)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None  # for the type checker
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


class Clients:
    """The commands of all clients that can run here."""

    def __init__(self, url: str, folder: Path, pythons: Sequence[str]) -> None:
        self._url = url
        self._folder = folder
        self._lm_eval = common.python_with(("lm_eval", "tenacity"), pythons)
        self._inspect = common.python_with(("inspect_ai",), pythons)
        self._runs = 0
        for name, python in (("lm-eval[api]", self._lm_eval), ("inspect_ai", self._inspect)):
            if python is None:
                print(f"{name} is not installed here: left out (--peer-python PATH)", file=sys.stderr)

    def rounds(self, scenario: Scenario, repeat: int) -> Iterator[str]:
        """Yield the names of the clients in the order of their turns."""
        for _ in range(repeat):
            yield from (OURS, *BARE)
        if self._lm_eval is not None:
            yield "lm-eval"
        if self._inspect is not None and scenario.slow_peers:
            yield "inspect_ai"

    def command(self, client: str, scenario: Scenario) -> list[str]:
        """Return the command of a client."""
        pack, many = self._folder / f"pack{scenario.requests}", str(scenario.connections)
        data = pack / "choice.jsonl"
        if not pack.exists():
            common.write_pack(pack, scenario.requests)
        if client == OURS:
            self._runs += 1
            model = ("--model", "openai/stub", "--model-arg", f"base_url={self._url}/v1")
            out = self._folder / f"run{self._runs}"
            return common.ecg_bench(pack, out, *model, "--no-cache", "--max-connections", many)
        if client == "lm-eval":
            args = f"model=stub,base_url={self._url}/v1/chat/completions,num_concurrent={many}"
            assert self._lm_eval is not None  # for the type checker
            return common.lm_eval(
                self._lm_eval, self._folder / "lm-eval", data, "local-chat-completions", args, chat=True
            )
        if client == "inspect_ai":
            model = ("--model", "openai-api/stub/stub", "--max-connections", many)
            assert self._inspect is not None  # for the type checker
            return common.inspect_ai(self._inspect, self._folder / "inspect", data, *model)
        return [sys.executable, str(HERE / "_clients.py"), client, self._url, str(scenario.requests), many]

    def run(self, client: str, scenario: Scenario) -> Round:
        """Let a client ask everything once."""
        command = self.command(client, scenario)
        self._figures()
        variables = {"STUB_BASE_URL": f"{self._url}/v1", "STUB_API_KEY": "none", "OPENAI_API_KEY": "none"}
        process = common.measure(command, self._folder, **variables)
        seen = self._figures()
        if seen["requests"] != scenario.requests:
            sys.exit(f"{client} sent {seen['requests']} requests instead of {scenario.requests}")
        return Round(process, seen["asking_s"], seen["connections"], seen["most_in_flight"])

    def _figures(self) -> dict[str, Any]:
        with urlopen(f"{self._url}/figures") as reply:  # noqa: S310  # our own server
            found: dict[str, Any] = json.load(reply)
        return found


def summary(scenario: Scenario, rounds: dict[str, list[Round]]) -> dict[str, dict[str, float]]:
    """Return the figures of each client: the best of its rounds, and medians."""
    bare = min(one.asking_s for one in rounds["aiohttp"])
    return {
        client: {
            "asking_s": (asking := min(one.asking_s for one in found)),
            "asking_median_s": statistics.median(one.asking_s for one in found),
            "share_of_ideal": scenario.ideal_s / asking,
            "share_of_aiohttp": bare / asking,
            "process_s": min(one.process.wall_s for one in found),
            "process_median_s": statistics.median(one.process.wall_s for one in found),
            "cpu_s": min(one.process.cpu_s for one in found),
            "peak_mb": max(one.process.peak_mb for one in found),
            "connections": max(one.connections for one in found),
            "most_in_flight": max(one.most_in_flight for one in found),
        }
        for client, found in rounds.items()
    }


def show(scenario: Scenario, clients: dict[str, dict[str, float]]) -> None:
    """Print a scenario as a table."""
    print(f"\n{scenario.requests} requests, {scenario.connections} connections: ideal {scenario.ideal_s:.3f} s")
    row = "{:15}" + "{:>11}" * (len(HEAD) - 1)
    print(row.format(*HEAD))
    cell: Callable[[float], str] = "{:.2f}".format
    for client, found in clients.items():
        shares = [f"{found[name]:.0%}" for name in ("share_of_ideal", "share_of_aiohttp")]
        process = [cell(found[name]) for name in ("process_s", "process_median_s", "cpu_s")]
        asking = [cell(found[name]) for name in ("asking_s", "asking_median_s")]
        print(row.format(client, *asking, *shares, *process, f"{found['peak_mb']:.0f}"))
    ours = clients[OURS]
    for client, found in clients.items():
        if client not in (OURS, *BARE):
            ratios = [found[name] / ours[name] for name in ("asking_s", "process_s")]
            print(f"  {client} / ecg-bench: asking {ratios[0]:.1f}, whole process {ratios[1]:.1f}")


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--repeat", type=int, default=5, help="rounds of ecg-bench and the bare clients")
    options.add_argument("--peer-python", action="append", default=[], metavar="PATH", help="has lm-eval or inspect_ai")
    options.add_argument("--json", action="store_true", help="print JSON instead of tables")
    given = options.parse_args()
    found = []
    with tempfile.TemporaryDirectory() as name, stub_server() as url:
        clients = Clients(url, Path(name), given.peer_python)
        clients.run(OURS, Scenario(100, 32, slow_peers=False))  # compiles the modules, and reads them from disk
        for scenario in SCENARIOS:
            rounds: dict[str, list[Round]] = {}
            for client in clients.rounds(scenario, given.repeat):
                rounds.setdefault(client, []).append(clients.run(client, scenario))
            figures = summary(scenario, rounds)
            found.append(
                {"requests": scenario.requests, "connections": scenario.connections, "ideal_s": scenario.ideal_s}
                | {"clients": figures}
            )
            if not given.json:
                show(scenario, figures)
    if given.json:
        print(json.dumps({"latency_s": LATENCY_S, "scenarios": found}, indent=2))


if __name__ == "__main__":
    main()
