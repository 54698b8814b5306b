"""The `tasks` part of the command line. What it calls is imported when it runs: `--help` stays quick."""

import argparse
from collections.abc import Callable

TakesConfig = Callable[[argparse.ArgumentParser], None]
ReadsConfig = Callable[[argparse.Namespace], object]


def add_tasks_command(
    tasks: argparse.ArgumentParser, takes_config: TakesConfig, reads_config: ReadsConfig
) -> None:
    """Give the parser of `tasks` its own commands; without one it lists the 144 families.

    Args:
        tasks: The parser.
        takes_config: Adds the arguments of a run config to a parser.
        reads_config: Reads that config.
    """
    _add_list_options(tasks)
    commands = tasks.add_subparsers(metavar="SUBCOMMAND")
    _add_list_options(_add(commands, "list", "the 144 task families (the default)", _list))
    _add_show(commands)
    _add_check(commands)
    fetch = _add(commands, "fetch", "get data that cannot be generated", _fetch)
    fetch.add_argument("what", choices=["bbh"], help="BIG-Bench Hard (MIT licence, 2.7 MB)")
    fetch.add_argument("--folder", help="where to put it (default: the cache)")
    fetch.add_argument("--address", help="where to get it (default: its repository at a pinned commit)")
    whole = _add(commands, "set", "the task set that a config makes", lambda o: _set(o, reads_config))
    takes_config(whole)
    whole.add_argument("--show", metavar="TASK_ID", help="print one task of it")
    freeze = _add(
        commands, "freeze", "write a config's task set as Parquet", lambda o: _freeze(o, reads_config)
    )
    takes_config(freeze)
    freeze.add_argument("--out", required=True, metavar="FILE", help="where to write it")


def run_tasks(options: argparse.Namespace) -> None:
    """`tasks` without a command of its own."""
    _list(options)


def _add_list_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="as JSON")
    _add_bbh_folder(command)


def _add_bbh_folder(command: argparse.ArgumentParser) -> None:
    command.add_argument("--bbh-folder", metavar="FOLDER", help="BIG-Bench Hard's files (default: the cache)")


def _add_show(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    show = _add(commands, "show", "a task, its answer, and what the checker says of it", _show)
    show.add_argument("name")
    show.add_argument("--seed", type=int, default=0)
    show.add_argument("--level", type=int, default=None, help="difficulty, from 0")
    _add_bbh_folder(show)
    show.add_argument("--json", action="store_true", help="as JSON, which `tasks check` reads")


def _add_check(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    check = _add(commands, "check", "score a text as the answer to a task", _check)
    check.add_argument("name")
    check.add_argument("--question-file", required=True, metavar="Q.json", help="the task")
    check.add_argument("--answer-file", required=True, metavar="A.txt", help="the text")
    check.add_argument("--json", action="store_true")


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    text: str,
    run: Callable[[argparse.Namespace], None],
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=text, description=text)
    command.set_defaults(run=run)
    return command


def _list(options: argparse.Namespace) -> None:
    from driver.commands.task_listing import print_catalogue

    print_catalogue(options.json, options.bbh_folder)


def _show(options: argparse.Namespace) -> None:
    from driver.commands.task_items import print_shown

    print_shown(options.name, options.seed, options.level, options.json, options.bbh_folder)


def _check(options: argparse.Namespace) -> None:
    from driver.commands.task_items import print_verdict

    print_verdict(options.name, options.question_file, options.answer_file, options.json)


def _fetch(options: argparse.Namespace) -> None:
    from driver.commands.task_listing import fetch_bbh

    fetch_bbh(options.folder, options.address)


def _set(options: argparse.Namespace, reads_config: ReadsConfig) -> None:
    from driver.commands.task_listing import print_set, print_task

    config = reads_config(options).tasks  # type: ignore[attr-defined]
    if options.show:
        print_task(config, options.show)
    else:
        print_set(config)


def _freeze(options: argparse.Namespace, reads_config: ReadsConfig) -> None:
    from driver.commands.task_listing import freeze_set

    freeze_set(reads_config(options).tasks, options.out)  # type: ignore[attr-defined]
