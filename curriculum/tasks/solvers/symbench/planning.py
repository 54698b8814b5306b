"""Plans: stacks of blocks, lifters, and boxes on a field."""

import re

from curriculum.tasks.solvers.plan import Slip, Solution, Solver, Step, WrongWordingError, filled, found

_BLOCKS = """
import heapq

start = $START
goal = $GOAL

def wrong(state):
    count = 0
    for stack, wanted in zip(state, goal):
        fits = 0
        while fits < min(len(stack), len(wanted)) and stack[fits] == wanted[fits]:
            fits += 1
        count += len(stack) - fits
    return count

queue = [(wrong(start), 0, start, [])]
seen = {start: 0}
while queue:
    _, n, state, moves = heapq.heappop(queue)
    if state == goal$MOVED:
        break
    for i, stack in enumerate(state):
        for j in range(len(state)):
            if stack and i != j:
                after = list(state)
                after[i] = stack[:-1]
                after[j] += stack[-1]
                after = tuple(after)
                if n + 1 < seen.get(after, 99):
                    seen[after] = n + 1
                    step = f"Move {stack[-1]} from {i + 1} to {j + 1}"
                    heapq.heappush(queue, (n + 1 + wrong(after), n + 1, after, moves + [step]))
print("\\n".join(moves))
"""
_BLOCKS_CHECK = """
answer = ANSWER
state = list($START)
ok = len(answer.split("\\n")) <= $MOST
for line in answer.split("\\n"):
    _, block, _, i, _, j = line.split()
    i, j = int(i) - 1, int(j) - 1
    ok = ok and max(i, j) < len(state) and state[i][-1:] == block
    if ok:
        state[i] = state[i][:-1]
        state[j] += block
print(ok and state == list($GOAL))
"""
_BLOCKS_SLOW = """
from itertools import product

start = $START
goal = $GOAL
pairs = [(i, j) for i in range(len(start)) for j in range(len(start)) if i != j]
for length in range(1, $MOST + 1):
    for moves in product(pairs, repeat=length):
        state = list(start)
        lines = []
        for i, j in moves:
            if not state[i]:
                break
            lines.append(f"Move {state[i][-1]} from {i + 1} to {j + 1}")
            state[j] += state[i][-1]
            state[i] = state[i][:-1]
        if state == list(goal):
            print("\\n".join(lines))
            raise SystemExit
"""


def blocksworld(question: str) -> Solution:
    """A* with the number of blocks that must move."""
    initial, _, rest = question.partition("Goal state:")
    stacks = [
        dict(re.findall(r"^stack(\d+): (.+)$", part, re.MULTILINE))
        for part in (initial, rest.partition("In one move")[0])
    ]
    if not stacks[0] or not stacks[1]:
        raise WrongWordingError(question)
    start, goal = (
        tuple(side.get(name, "(empty)").replace("(empty)", "").replace(" ", "") for name in stacks[0])
        for side in stacks
    )
    most = int(found(r"at most (\d+) moves", question))
    values = {"START": start, "GOAL": goal, "MOST": most}
    moved = " and moves" if start == goal else ""
    script = filled(_BLOCKS, **values, MOVED=moved)
    return Solution(
        step=Step(
            remark="Search for the shortest way; a block that stands wrong must move at least once.",
            script=script,
        ),
        remarks=(
            "A best-first search over the states of the stacks.",
            "I write each stack as a string, bottom first.",
        ),
        slips=(
            Slip(
                script=script.replace("after = list(state)", "after = state"),
                remedy="A tuple cannot be changed: make a list of it.",
            ),
            Slip(script=script.replace("import heapq\n\n", ""), remedy="heapq must be imported."),
        ),
        explore=Step(
            remark="First I write the states down as strings.",
            script=f"start = {start}\ngoal = {goal}\nprint(start)\nprint(goal)",
        ),
        slow=Slip(
            script=filled(_BLOCKS_SLOW, **values),
            remedy="Too many sequences of moves: remember the states that were seen.",
        )
        if most >= 10
        else None,
        check=Step(
            remark="I carry the moves out on the initial state.", script=filled(_BLOCKS_CHECK, **values)
        ),
    )


_LIFT = """
boxes = $BOXES
lifters = $LIFTERS
teams = []
for mask in range(1, 2 ** len(lifters)):
    team = [i for i in range(len(lifters)) if mask >> i & 1]
    teams.append((sum(lifters[i] for i in team), len(team), team))
teams.sort()
left = sorted(boxes, reverse=True)
number = 0
while left:
    number += 1
    free = set(range(len(lifters)))
    step, later = [], []
    for box in left:
        team = next((t for power, _, t in teams if power >= box and free >= set(t)), None)
        if team:
            step.append((box, team))
            free -= set(team)
        else:
            later.append(box)
    left = later
    print(f"Step {number}: {step}")
"""
_LIFT_CHECK = """
import ast

answer = ANSWER
boxes = $BOXES
lifters = $LIFTERS
lifted = []
ok = True
lines = answer.split("\\n")
for line in lines:
    used = []
    for box, team in ast.literal_eval(line.split(": ", 1)[1]):
        lifted.append(box)
        used += team
        ok = ok and max(team) < len(lifters) and sum(lifters[i] for i in team) >= box
    ok = ok and len(set(used)) == len(used)
print(ok and sorted(lifted) == sorted(boxes) and len(lines) <= $MOST)
"""


def boxlift(question: str) -> Solution:
    """The heaviest box first, each to the team that wastes least."""
    values = {
        "BOXES": found(r"Weights of the boxes: (\[.+?\])", question),
        "LIFTERS": found(r"lifter 0: (\[.+?\])", question),
        "MOST": int(found(r"at most (\d+) steps", question)),
    }
    script = filled(_LIFT, **values)
    return Solution(
        step=Step(
            remark="In each step take the heaviest boxes first, each with the weakest free team that can lift it.",
            script=script,
        ),
        remarks=("A greedy plan: heavy boxes first, no strength wasted.",),
        slips=(
            Slip(
                script=script.replace("free >= set(t)", "free >= t"),
                remedy="The team must be a set to compare it with the free lifters.",
            ),
        ),
        check=Step(
            remark="I check every team, that all boxes are lifted, and the number of steps.",
            script=filled(_LIFT_CHECK, **values),
        ),
    )


_FIELD = """
import json

squares = {
$SQUARES
}
ways = []
for colour in $COLOURS:
    boxes = [s for s, items in squares.items() for x in items if x == "box_" + colour]
    goals = [s for s, items in squares.items() for x in items if x == "target_" + colour]
    while boxes:
        far = lambda pair: abs(pair[0][0] - pair[1][0]) + abs(pair[0][1] - pair[1][1])
        box, goal = min(((b, g) for b in boxes for g in goals), key=far)
        boxes.remove(box)
        goals.remove(goal)
        ways.append([colour, box, goal])
plan = []
while ways:
    step, later, acted = {}, [], set()
    ways.sort(key=lambda w: -abs(w[1][0] - w[2][0]) - abs(w[1][1] - w[2][1]))
    for colour, (r, c), (a, b) in ways:
        if (r, c) in acted:
            later.append([colour, (r, c), (a, b)])
            continue
        acted.add((r, c))
        if (r, c) == (a, b):
            step[f"Agent[{r}, {c}]"] = f"move(box_{colour}, target_{colour})"
        else:
            nr = r + (a > r) - (a < r)
            nc = c + ((b > c) - (b < c) if nr == r else 0)
            step[f"Agent[{r}, {c}]"] = f"move(box_{colour}, square[{nr}, {nc}])"
            later.append([colour, (nr, nc), (a, b)])
    plan.append(step)
    ways = later
print(json.dumps(plan))
"""
_FIELD_CHECK = """
import json
import re

plan = json.loads(ANSWER)
squares = {
$SQUARES
}
ok = len(plan) <= $MOST
for step in plan:
    moved = []
    for agent, action in step.items():
        here = tuple(map(float, re.findall(r"[\\\\d.]+", agent)))
        box = re.search(r"box_\\\\w+", action)[0]
        ok = ok and box in squares.get(here, [])
        if not ok:
            break
        squares[here].remove(box)
        if "square" in action:
            there = tuple(map(float, re.findall(r"[\\\\d.]+", action)))
            ok = there in squares and abs(here[0] - there[0]) + abs(here[1] - there[1]) == 1
            moved.append((there, box))
        else:
            target = "target_" + box[4:]
            ok = action.endswith(target + ")") and target in squares[here]
            if ok:
                squares[here].remove(target)
    for there, box in moved if ok else []:
        squares[there].append(box)
left = [x for items in squares.values() for x in items if x.startswith("box")]
print(ok and not left)
"""


def boxnet(question: str) -> Solution:
    """Every box to the nearest target of its colour, all agents at once."""
    rows = re.findall(r"^square\[([\d.]+), ([\d.]+)\]: (.+)$", question, re.MULTILINE)
    if not rows:
        raise WrongWordingError(question)
    lines, colours = [], []
    for row, column, items in rows:
        names = [] if items == "nothing" else items.split(", ")
        lines.append(f"    ({row}, {column}): {names},")
        colours += [name.removeprefix("box_") for name in names if name.startswith("box_")]
    values = {
        "SQUARES": "\n".join(lines),
        "COLOURS": sorted(set(colours)),
        "MOST": found(r"at most (\d+) steps", question),
    }
    script = filled(_FIELD, **values)
    return Solution(
        step=Step(
            remark="Pair each box with the nearest target; every agent moves the box with the longest way.",
            script=script,
        ),
        remarks=("All agents act at once, so I plan step by step for all boxes.",),
        slips=(Slip(script=script.replace("import json\n\n", ""), remedy="json must be imported."),),
        check=Step(
            remark="I carry the plan out and look whether a box is left.",
            script=filled(_FIELD_CHECK.replace("\\\\", "\\"), **values),
        ),
    )


SOLVERS: dict[str, Solver] = {
    "blocksworld": blocksworld,
    "boxlift": boxlift,
    "boxnet": boxnet,
}
