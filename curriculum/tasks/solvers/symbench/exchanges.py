"""Goods that are turned into other goods by rules: the rules are carried out until nothing is left to do."""

import re

from curriculum.tasks.solvers.plan import Slip, Solution, Solver, Step, WrongWordingError, filled, found

Amounts = dict[str, int]

_IN_TURN = """
have = $HAVE
methods = [
$METHODS
]
busy = True
while busy:
    busy = False
    for take, give in methods:
        if all(have[x] >= n for x, n in take.items()):
            busy = True
            for x, n in take.items():
                have[x] -= n
            for x, n in give.items():
                have[x] += n
print(list(have.values()))
"""
_FROM_THE_TOP = """
have = $HAVE
rules = [
$METHODS
]
while True:
    for take, give in rules:
        if all(have[x] >= n for x, n in take.items()):
            for x, n in take.items():
                have[x] -= n
            for x, n in give.items():
                have[x] += n
            break
    else:
        break
print(*have.values())
"""
_CHECK = """
import re

answer = [int(x) for x in re.findall(r"\\\\d+", ANSWER)]
start = $HAVE
methods = [
$METHODS
]
names = list(start)
end = dict(zip(names, answer))
over = not any(all(end.get(x, 0) >= n for x, n in take.items()) for take, _ in methods)
have = list(start.values())
i = 0
idle = 0
while idle < len(methods):
    take, give = methods[i]
    if all(have[names.index(x)] >= n for x, n in take.items()):
        have = [h - take.get(x, 0) + give.get(x, 0) for x, h in zip(names, have)]
        idle = 0
        i = $NEXT_DONE
    else:
        idle += 1
        i = $NEXT_IDLE
print(over and have == answer)
"""


def _amounts(text: str) -> Amounts:
    return {name: int(count) for count, name in re.findall(r"(\d+) (\[\w\]|\{\w\}|\(\w\)|\w)", text)}


def _solution(
    have: Amounts, methods: list[tuple[Amounts, Amounts]], *, from_the_top: bool, remark: str
) -> Solution:
    lines = "\n".join(f"    ({take}, {give})," for take, give in methods)
    script = filled(_FROM_THE_TOP if from_the_top else _IN_TURN, HAVE=have, METHODS=lines)
    after = (
        {"NEXT_DONE": 0, "NEXT_IDLE": "idle"}
        if from_the_top
        else {
            "NEXT_DONE": "(i + 1) % len(methods)",
            "NEXT_IDLE": "(i + 1) % len(methods)",
        }
    )
    check = filled(_CHECK.replace("\\\\", "\\"), HAVE=have, METHODS=lines, **after)
    if from_the_top:
        check = check.replace("i = idle\n", "i = idle % len(methods)\n")
    return Solution(
        step=Step(remark=remark, script=script),
        remarks=(
            "I simulate it with a dictionary of what is there.",
            "Let a loop carry out what is possible.",
        ),
        slips=(
            Slip(
                script=script.replace(" in take.items()):\n", " in take):\n"),
                remedy="Name and number come from items().",
            ),
        ),
        check=Step(
            remark="I check that nothing more is possible at the end, and carry it out once more.",
            script=check,
        ),
    )


def string_splitting(question: str) -> Solution:
    """Machines and parts of a shop."""
    rules = re.findall(r"^\d+\. (.+) -> (.+)$", question, re.MULTILINE)
    kinds = re.findall(r"count of (\w)", question)
    start = _amounts(found(r"At the start the shop has (.+?) and nothing else", question))
    if not rules or not kinds:
        raise WrongWordingError(question)
    have = {kind: start.get(kind, 0) for kind in kinds}
    methods = [(_amounts(left), _amounts(right)) for left, right in rules]
    return _solution(
        have, methods, from_the_top=False, remark="Visit the methods in turn until none can be carried out."
    )


def synthesis_decomposition(question: str) -> Solution:
    """Crops and products of a market."""
    rules = re.findall(r"^Method \d+: give (.+), get (.+)$", question, re.MULTILINE)
    kinds = re.findall(r"units of (\w)", question)
    start = _amounts(found(r"The harvest is (.+?);", question))
    if not rules or not kinds:
        raise WrongWordingError(question)
    have = {kind: start.get(kind, 0) for kind in kinds}
    methods = [(_amounts(left), _amounts(right)) for left, right in rules]
    return _solution(
        have, methods, from_the_top=False, remark="Go through the exchanges in order, round after round."
    )


def string_synthesis(question: str) -> Solution:
    """Blocks with brackets; each step looks from the first rule on."""
    rules = re.findall(r"^\d+\. (.+) => (.+)$", question, re.MULTILINE)
    kinds = found(r"in this order of blocks: (.+?)\.?$", question, re.MULTILINE).split()
    start = _amounts(found(r"You begin with (.+?)\. How many", question))
    if not rules:
        raise WrongWordingError(question)
    have = {kind: start.get(kind, 0) for kind in kinds}
    methods = [(_amounts(left), _amounts(right)) for left, right in rules]
    return _solution(
        have,
        methods,
        from_the_top=True,
        remark="Apply the first possible rule, then look from the top again.",
    )


SOLVERS: dict[str, Solver] = {
    "string_splitting": string_splitting,
    "string_synthesis": string_synthesis,
    "synthesis_decomposition": synthesis_decomposition,
}
