"""The command line: `python -m driver COMMAND [CONFIG] [key=value ...]`.

Exit status: 0 done, 1 something the user can mend (one paragraph on stderr), 2 wrong usage, 130 stopped by the user.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from driver.commands.evaluate import add_evaluate_options, is_alone
from driver.commands.tasks import add_tasks_command, run_tasks
from driver.commands.view_options import add_view_options
from driver.errors import DriverError, RunInterruptedError

if TYPE_CHECKING:
    from driver.config import RunConfig

_PHASE_COMMANDS = {
    "synthesize": "write SFT traces and run them",
    "sft": "up to supervised fine-tuning",
    "potential": "up to improvement potential",
    "train": "up to the end of GRPO",
    "evaluate": "up to the accuracy of every policy",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    options = _parsed(arguments)
    run: Callable[[argparse.Namespace], int | None] = options.run
    try:
        return run(options) or 0
    except RunInterruptedError as error:
        print(f"\n{error}", file=sys.stderr)
        return 130
    except KeyboardInterrupt:
        print("\nstopped; finished phases are kept: the same command goes on from there", file=sys.stderr)
        return 130
    except Exception as error:
        if not _is_ours(error) or os.environ.get("R1CI_TRACEBACK"):
            raise
        cause = _first_of(error)
        print(f"\n{type(cause).__name__}: {cause}", file=sys.stderr)
        return 1


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options of one command; `key=value` pairs may stand after them too, where argparse looks for none."""
    parser = _parser()
    options, rest = parser.parse_known_args(arguments)
    strays = [word for word in rest if word.startswith("-") or "=" not in word]
    if strays or (rest and not hasattr(options, "overrides")):
        parser.error(f"unrecognized arguments: {' '.join(strays or rest)}")
    if rest:
        options.overrides = [*options.overrides, *rest]
    return options


def _is_ours(error: Exception) -> bool:
    from actors.errors import ActorError
    from sandbox_service.errors import SandboxError

    if isinstance(error, ExceptionGroup):
        return all(_is_ours(inner) for inner in error.exceptions)
    return isinstance(error, DriverError | ActorError | SandboxError)


def _first_of(error: Exception) -> Exception:
    """The first failure of those that happened side by side: a group's own text says only how many there were."""
    return _first_of(error.exceptions[0]) if isinstance(error, ExceptionGroup) else error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m driver", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add(commands, "doctor", "what this machine can do, and what to do about each lack", _doctor)
    tasks = _add(commands, "tasks", "the 144 task families: list, show, check, fetch, freeze", run_tasks)
    add_tasks_command(tasks, _takes_config, _config)
    keys = _add(commands, "config", "a config with every default filled in, as YAML", _config_text)
    _takes_config(keys)
    keys.add_argument("--markdown", action="store_true", help="what every key means, as docs/config.md")
    for name, text in _PHASE_COMMANDS.items():
        command = _add(commands, name, text, _phase(name))
        _takes_config(command)
        if name == "evaluate":
            add_evaluate_options(command)
    _takes_config(
        _add(commands, "run", "all phases and the report; goes on where it stopped", _phase("evaluate"))
    )
    for name, text, run in (
        ("report", "write summary.json and report.html of a run folder", _report),
        ("view", "a page to read a run while it goes on and after it", _view),
        ("status", "how a run stands: phase, step, numbers, who is busy, faults, time left", _status),
        ("reverify", "check the stored answers of a run again with today's checkers", _reverify),
    ):
        command = _add(commands, name, text, run)
        command.add_argument("folder", help="run folder")
        if name == "view":
            add_view_options(command)
        if name == "status":
            command.add_argument("--json", action="store_true", help="one JSON object, for programs")
    return parser


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    text: str,
    run: Callable[[argparse.Namespace], int | None],
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=text, description=text)
    command.set_defaults(run=run)
    return command


def _takes_config(command: argparse.ArgumentParser) -> None:
    command.add_argument("config", nargs="?", default="laptop", help="YAML file or preset (default: laptop)")
    command.add_argument("overrides", nargs="*", metavar="key=value", help="such as learner.sft.lr=2e-5")


def _config(options: argparse.Namespace) -> "RunConfig":
    from driver.config_loading import load_config

    source, overrides = options.config, list(options.overrides)
    if "=" in source:
        source, overrides = "laptop", [source, *overrides]
    return load_config(source, overrides)


def _config_text(options: argparse.Namespace) -> None:
    if options.markdown:
        from driver.commands.config_page import config_page

        print(config_page(), end="")
        return
    config = _config(options)
    from driver.config_loading import dump_config

    print(dump_config(config), end="")


def _phase(name: str) -> Callable[[argparse.Namespace], int | None]:
    def run(options: argparse.Namespace) -> None:
        config = _evaluated_alone(options) if name == "evaluate" else _config(options)
        from driver.pipeline import run_pipeline

        print(f"report: {run_pipeline(config, name)}")

    return run


def _evaluated_alone(options: argparse.Namespace) -> "RunConfig":
    """The config of `evaluate`, of a run or of a model alone; `run` ends with that phase and has no such options."""
    if not hasattr(options, "out") or not is_alone(options):
        return _config(options)
    from driver.commands.evaluate import alone_config

    return alone_config(options)


def _report(options: argparse.Namespace) -> None:
    from driver.report import build_report

    print(f"report: {build_report(Path(options.folder))}")


def _doctor(_: argparse.Namespace) -> int:
    from driver.commands.doctor import diagnose, render

    findings = diagnose()
    render(findings)
    return int(any(f.status == "fail" for f in findings))


def _view(options: argparse.Namespace) -> None:
    from driver.commands.view import view

    view(options)


def _status(options: argparse.Namespace) -> None:
    from driver.commands.status import print_status

    print_status(options.folder, as_json=options.json)


def _reverify(options: argparse.Namespace) -> None:
    from driver.commands.reverify import print_reverified

    print_reverified(options.folder)


if __name__ == "__main__":
    sys.exit(main())
