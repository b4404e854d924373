"""README and documentation name what exists."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from ecg_bench.cli import cli

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("tasks/**/README.md")])
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def commands(command: click.Command, name: str) -> list[tuple[str, click.Command]]:
    found = [(name, command)]
    if isinstance(command, click.Group):
        context = click.Context(command)
        for sub in command.list_commands(context):
            child = command.get_command(context, sub)
            assert child is not None
            found += commands(child, f"{name} {sub}")
    return found


@pytest.mark.parametrize(("name", "command"), commands(cli, "ecg-bench"), ids=lambda x: x if isinstance(x, str) else "")
def test_the_reference_shows_every_command_with_its_options(name: str, command: click.Command) -> None:
    reference = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    _, _, rest = reference.partition(f"## {name}\n")
    section = rest.partition("\n## ")[0]
    assert section, f"run make pictures: docs/cli.md has no section {name}"
    for parameter in command.params:
        for option in parameter.opts if isinstance(parameter, click.Option) else ():
            assert option in section, f"run make pictures: {option}"


def test_every_example_of_a_form_in_the_readme_parses() -> None:
    """Each ecg-bench line in README and docs names a command and options that exist."""
    known = {name.removeprefix("ecg-bench").strip(): command for name, command in commands(cli, "ecg-bench")}
    lines = [line for page in PAGES for line in page.read_text().replace("\\\n", " ").splitlines()]
    forms = [line.removeprefix("$ ") for line in lines if re.match(r"\$ ecg-bench ", line)]
    assert len(forms) > 10
    for form in forms:
        words = form.split("#")[0].split()[1:]
        name = max((n for n in known if words[: len(n.split())] == n.split()), key=len)
        options = {option for one in known[name].params for option in (*one.opts, *one.secondary_opts)}
        used = {word.split("=")[0] for word in words if word.startswith("--")}
        assert used <= options | {"--help", "--version"}, form
