"""Shows a run: on a page that is served, as one HTML file, or as rollouts printed in the terminal."""

import argparse
from pathlib import Path

from rich.console import Console

from driver.errors import RunFolderError
from driver.outputs.rollout_files import read_rollouts

_PRINTED = 3


def view(options: argparse.Namespace) -> None:
    """Do what the options of `view` ask for.

    Raises:
        RunFolderError: the folder is not a run's, or what was asked for is not in it.
    """
    if options.count is not None or options.file is not None:
        print_rollouts(options.folder, options.file, _PRINTED if options.count is None else options.count)
    elif options.static is not None:
        from driver.viewer import write_static_page

        print(f"page: {write_static_page(Path(options.folder), Path(options.static))}")
    else:
        from driver.viewer import serve_page

        serve_page(Path(options.folder), options.host, options.port)


def print_rollouts(folder: str, name: str | None, count: int) -> None:
    """Print the first `count` rollouts of a file of the run folder; of the newest file if none is named.

    Raises:
        RunFolderError: there is no such file.
    """
    files = sorted(
        (Path(folder) / "rollouts").glob(f"{name or '*'}.parquet"), key=lambda p: p.stat().st_mtime
    )
    if not files:
        raise RunFolderError(
            f"no rollout file {name or ''} in {folder}/rollouts: has the run reached that step?"
        )
    console = Console(highlight=False)
    for row in read_rollouts(files[-1])[:count]:
        console.rule(f"{row['rollout_id']}  {row['task_id']}  {'right' if row['is_correct'] else 'wrong'}")
        console.print(row["question"], style="bold", markup=False)
        console.print(row["transcript"], markup=False)
        console.print(
            f"answer {row['answer']!r}  reward {row['reward']:.2f}  end {row['end_reason']}  "
            f"tokens {row['num_tokens']}  version {row['version']}",
            style="dim",
            markup=False,
        )
