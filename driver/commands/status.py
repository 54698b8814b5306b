"""Prints how a run stands: `python -m driver status FOLDER`."""

from pathlib import Path

from rich.console import Console
from rich.table import Table

from driver.outputs.durations import duration
from driver.outputs.status import LAST, Mean, RunStatus, read_status

_SHARES = {"success_rate", "signal_share", "overlap", "code_share"}


def print_status(folder: str, *, as_json: bool, console: Console | None = None) -> None:
    """Print how the run in `folder` stands, as tables or as one JSON object.

    Raises:
        RunFolderError: there is no run, or a file in it is damaged.
    """
    status = read_status(Path(folder))
    if as_json:
        print(status.model_dump_json(indent=1))
        return
    console = console or Console(highlight=False)
    console.print(headline(status), markup=False, soft_wrap=True)
    _print_numbers(console, status)
    for line in sentences(status):
        console.print(line, markup=False, soft_wrap=True)


def headline(status: RunStatus) -> str:
    """Where the run is, in one line."""
    words = [f"{status.run}: {status.phase}"]
    if status.step is not None:
        of = "" if status.steps is None else f" of {status.steps}"
        words.append(f"{'step' if status.phase in ('sft', 'train') else 'answers'} {status.step}{of}")
    if status.stage is not None:
        words.append(f"stage {status.stage}")
    if status.left_s is not None:
        words.append(f"about {duration(status.left_s)} left in this phase")
    if status.quiet_s is not None and status.phase != "finished":
        words.append(f"last wrote {duration(status.quiet_s)} ago")
    return ", ".join(words)


def sentences(status: RunStatus) -> list[str]:
    """What is told below the numbers, a line each."""
    lines = []
    if status.executions:
        lines.append("scripts " + _counts(status.executions))
    if (accounts := status.accounting) is not None:
        parts = f"{accounts.trained} trained + {accounts.buffered} buffered + {sum(accounts.dropped.values())} dropped"
        verdict = (
            "holds" if accounts.gap == 0 else f"is off by {accounts.gap}: a fault of ours, please report it"
        )
        dropped = {reason: count for reason, count in accounts.dropped.items() if count}
        why = f" ({_counts(dropped)})" if dropped else ""
        lines.append(f"rollouts {accounts.generated} = {parts}{why}: the identity {verdict}")
    if status.failures:
        met = {boundary: count for boundary, count in status.failures.items() if count}
        lines.append("faults of ours " + (_counts(met) if met else "none"))
    if status.phases_s:
        lines.append("phases " + ", ".join(f"{name} {duration(s)}" for name, s in status.phases_s.items()))
    if status.memory_mib:
        lines.append(f"memory {status.memory_mib:.0f} MiB at most")
    return lines


def _print_numbers(console: Console, status: RunStatus) -> None:
    rows = [*status.numbers.items(), *((f"{part} busy", mean) for part, mean in status.busy.items())]
    if not rows:
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("")
    table.add_column("last step", justify="right")
    table.add_column(f"mean of {LAST}", justify="right")
    for name, mean in rows:
        table.add_row(name, *_cells(name, mean))
    console.print(table)


def _cells(name: str, mean: Mean) -> tuple[str, str]:
    if name in _SHARES or name.endswith(" busy"):
        return f"{mean.last:.1%}", f"{mean.mean:.1%}"
    return f"{mean.last:.4g}", f"{mean.mean:.4g}"


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())
