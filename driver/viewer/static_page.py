"""Writes the page and a part of the run into one HTML file that needs nothing else, no network and no server.

The script is the same; instead of asking a server it reads the data that the file carries as JSON. The policy in the
file lets that one script and that one style sheet work, by their hashes, and nothing else.
"""

import base64
import hashlib
import json
import re
from pathlib import Path

from driver.outputs.run_folder import write_whole
from driver.viewer.app import PAGE
from driver.viewer.records import RolloutLine, RolloutText
from driver.viewer.rollout_text import rollout_text
from driver.viewer.run_reader import RunReader

_GROUPS_PER_PHASE = 24
_SCRIPT = re.compile(r'<script src="([\w.]+)" defer></script>\n')
_STYLE = '<link rel="stylesheet" href="viewer.css">\n'
_ICON = '<link rel="icon" href="icon.svg">\n'


def write_static_page(run_folder: Path, target: Path) -> Path:
    """Write the page of a run, with its curves and a sample of whole groups, to one file.

    Args:
        run_folder: a run, finished or not.
        target: the HTML file to write or to replace.

    Returns:
        The same path.

    Raises:
        RunFolderError: there is no such run folder, or the file cannot be written.
    """
    reader = RunReader(run_folder)
    write_whole(target, _page(_carried(reader)))
    return target


def _carried(reader: RunReader) -> str:
    state = reader.state()
    lines = [line for phase in state.choices.phases for line in _sample(reader, phase)]
    rollouts = [rollout_text(reader, line.file, line.rollout_id) for line in lines]
    found = [_without_tokens(rollout) for rollout in rollouts if rollout is not None]
    curves = [curve for phase, names in state.numbers.items() for curve in reader.curves(phase, names)]
    content = {
        "run": state.model_copy(update={"num_rollouts": len(found)}).model_dump(mode="json"),
        "curves": [curve.model_dump(mode="json") for curve in curves],
        "steps_of_stage": {stage: sorted(steps) for stage, steps in reader.steps_of_stage().items()},
        "rollouts": [rollout.model_dump(mode="json") for rollout in found],
    }
    # "<" would let a text of the run end the element that it stands in.
    return json.dumps(content, allow_nan=False).replace("<", "\\u003c")


def _without_tokens(rollout: RolloutText) -> RolloutText:
    """Single tokens would make the file many times as large."""
    return rollout.model_copy(
        update={"parts": [p.model_copy(update={"tokens": None}) for p in rollout.parts]}
    )


def _sample(reader: RunReader, phase: str) -> list[RolloutLine]:
    """Whole groups of a phase, the newest ones, as many families among them as there are."""
    groups: dict[tuple[str, str], list[RolloutLine]] = {}
    for line in reader.rollouts.newest_of(phase):
        groups.setdefault((line.file, line.group_id), []).append(line)
    seen: dict[str, int] = {}
    turns = []
    for number, lines in enumerate(groups.values()):
        family = lines[0].family
        seen[family] = seen.get(family, 0) + 1
        turns.append((seen[family], number, lines))
    chosen = sorted(sorted(turns, key=lambda turn: turn[:2])[:_GROUPS_PER_PHASE], key=lambda turn: turn[1])
    return [line for _, _, lines in chosen for line in lines]


def _page(carried: str) -> str:
    page = (PAGE / "index.html").read_text(encoding="utf-8")
    names = _SCRIPT.findall(page)
    script = "\n".join((PAGE / name).read_text(encoding="utf-8") for name in names)
    style = (PAGE / "viewer.css").read_text(encoding="utf-8")
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; base-uri 'none'; "
        "form-action 'none'"
    )
    head = f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n<style>{style}</style>\n'
    body = f'<script type="application/json" id="carried">{carried}</script>\n<script>{script}</script>\n'
    page = _SCRIPT.sub("", page).replace(_ICON, "").replace(_STYLE, head)
    before, _, after = page.rpartition("</body>")
    return f"{before}{body}</body>{after}"


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
