"""The command line: each command is a thin function over the public API.

Nothing heavy is imported here, so that ``ecg-bench --help`` answers like a shell tool.
"""

from __future__ import annotations

import gc
import os
import sys
import traceback

import click

from ecg_bench._version import VERSION
from ecg_bench.cli._group import LazyGroup
from ecg_bench.errors import UserError
from ecg_bench.redaction import redact

COMMANDS = {
    "eval": ("ecg_bench.cli.evaluate", "Run tasks against a model and leave a run directory."),
    "score": ("ecg_bench.cli.score", "Compare stored answers with references, by text metrics."),
    "judge": ("ecg_bench.cli.judge", "Let a model judge stored answers by a rubric."),
    "judge-probe": ("ecg_bench.cli.judge_probe", "Try a judge: consistency, position, verbosity, negation, injection."),
    "ratings": ("ecg_bench.cli.ratings", "Human ratings: read sheets, make sheets, rate in the browser."),
    "agreement": ("ecg_bench.cli.agreement", "Compare judges and metrics with human ratings, and correct scores."),
    "leaderboard": ("ecg_bench.cli.leaderboard", "Put runs side by side, with intervals and paired tests."),
    "view": ("ecg_bench.cli.view", "Open a leaderboard's report in the browser, or watch a run."),
    "compare": ("ecg_bench.cli.compare", "Say what changed between two runs, sample by sample, with a paired test."),
    "robustness": ("ecg_bench.cli.robustness", "Say how scores fall as ECGs are disturbed, with curves."),
    "show": ("ecg_bench.cli.show", "Look at a run, or at one sample of it in full."),
    "datagen": ("ecg_bench.cli.datagen", "Make a domain pack of documents: questions, checked and split."),
    "tasks": ("ecg_bench.cli.tasks", "List, show and validate tasks."),
    "judges": ("ecg_bench.cli.judges", "List, show and validate judges of open answers."),
    "finetune": ("ecg_bench.cli.finetune", "Train a LoRA or QLoRA adapter; merge it; compare recipes."),
    "ecg": ("ecg_bench.cli.ecg", "Draw an ECG on millimetre paper, or make one whose truth is known."),
    "signal": ("ecg_bench.cli.signal", "Train systems that see ECGs."),
    "models": ("ecg_bench.cli.models", "List what --model can be."),
    "rag": ("ecg_bench.cli.rag", "Index documents, say how well they are searched, and choose the settings."),
    "export": ("ecg_bench.cli.export", "Write tasks and results for other tools."),
    "cache": ("ecg_bench.cli.cache", "Look at the response cache, or empty it."),
    "schema": ("ecg_bench.cli.schema", "Print the JSON Schema of the files that a run leaves."),
    "doctor": ("ecg_bench.cli.doctor", "Say what is installed, what is missing, and how to add it."),
    "completion": ("ecg_bench.cli.completion", "Print the completion script for your shell."),
}

# New objects until the garbage collector looks for cycles. At Python's own 700 it walks through the modules again and
# again while they are imported, which is a tenth of the start-up; and a run makes next to no cycles.
GARBAGE = 50_000

EPILOG = """\b
Examples:
  ecg-bench eval                                        baseline/bm25 on the ECG multiple-choice tasks
  ecg-bench eval --model hf/PATH --mode loglikelihood   a model on this machine
  ecg-bench score RUN                                   text metrics for its open answers
  ecg-bench judge RUN --judge ecg-correctness --model PROVIDER/NAME
  ecg-bench leaderboard results/runs/*                  what has been run so far, compared
"""


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(VERSION, prog_name="ecg-bench")
def cli() -> None:
    """Evaluate language models in electrocardiography, with honest denominators, intervals and tests."""
    from ecg_bench.log import hush_libraries

    hush_libraries()


def main() -> None:
    """Run the command line and exit: 0 done, 1 errors above the threshold, 2 the user's mistake, 130 interrupted."""
    gc.set_threshold(GARBAGE)
    try:
        code = cli.main(prog_name="ecg-bench", standalone_mode=False)
    except UserError as error:
        click.echo(redact(f"ecg-bench: {error}"), err=True)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        click.echo("ecg-bench: interrupted; what was answered is kept: repeat the command to go on", err=True)
        # At once: a model in the middle of a batch would keep the interpreter from ending in its own time.
        sys.stderr.flush()
        os._exit(130)
    except BrokenPipeError:  # the reader of our output, such as head, has had enough
        sys.stderr.close()
        sys.exit(0)
    except Exception:
        click.echo(redact(traceback.format_exc()), err=True, nl=False)
        sys.exit(70)  # a fault of ours, as in sysexits.h; not 1, which says that samples ended in errors
    sys.exit(code if isinstance(code, int) else 0)
