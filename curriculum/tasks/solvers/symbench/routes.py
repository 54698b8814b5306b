"""Ways around walls, from room to room."""

import re

from curriculum.tasks.solvers.plan import Slip, Solution, Solver, Step, WrongWordingError, filled

_WAY = """
from collections import deque

closed = [
$CLOSED
]
goals = [
$GOALS
]
start, end = $START, $END

def free(x, y):
    return not any(a - 0.01 <= x <= b + 0.01 and c - 0.01 <= y <= d + 0.01 for a, b, c, d in closed)

def way(here, arrived):
    before = {here: None}
    queue = deque([here])
    while queue:
        p = queue.popleft()
        if arrived(*p):
            path = []
            while p:
                path.append(p)
                p = before[p]
            return path[::-1]
        for dx, dy in ((0.05, 0), (-0.05, 0), (0, 0.05), (0, -0.05)):
            q = (round(p[0] + dx, 2), round(p[1] + dy, 2))
            if q not in before and abs(q[0]) < $REACH and abs(q[1]) < $REACH and free(*q):
                before[q] = p
                queue.append(q)

path = [start]
for a, b, c, d in goals:
    path += way(path[-1], lambda x, y: a <= x <= b and c <= y <= d)[1:]
path += way(path[-1], lambda x, y: (x, y) == end)[1:]
short = [path[0]]
for p, q, r in zip(path, path[1:], path[2:]):
    if (round(q[0] - p[0], 2), round(q[1] - p[1], 2)) != (round(r[0] - q[0], 2), round(r[1] - q[1], 2)):
        short.append(q)
print(short + [end])
"""
_WAY_CHECK = """
import ast

path = ast.literal_eval(ANSWER)
closed = [
$CLOSED
]
goals = [
$GOALS
]
dense = []
for (x, y), (u, v) in zip(path, path[1:]):
    dense += [(x + (u - x) * k / 2000, y + (v - y) * k / 2000) for k in range(2001)]

def inside(p, box):
    return box[0] <= p[0] <= box[1] and box[2] <= p[1] <= box[3]

ok = path[0] == $START and path[-1] == $END and len(path) <= 100
ok = ok and not any(inside(p, box) for p in dense for box in closed)
i = 0
for box in goals:
    while i < len(dense) and not inside(dense[i], box):
        i += 1
print(ok and i < len(dense))
"""


def path_plan(question: str) -> Solution:
    """Breadth-first on a fine grid from room to room."""
    number = r"-?\d+(?:\.\d+)?"
    box = rf"\({number}, {number}, {number}, {number}\)"
    walls = re.findall(rf"^({box})$", question, re.MULTILINE)
    rooms = dict(re.findall(rf"^(\w+): ({box})$", question, re.MULTILINE))
    ends = re.search(rf"starts at (\({number}, {number}\)) and ends at (\({number}, {number}\))", question)
    visit = re.search(r"^Enter .*?: ([\w, ]+)\.", question, re.MULTILINE) or re.search(
        r"^Enter the (\w+) room\.", question, re.MULTILINE
    )
    avoid = re.search(r"^Never enter any of these rooms: ([\w, ]+)", question, re.MULTILINE)
    if not rooms or ends is None or visit is None:
        raise WrongWordingError(question)
    closed = walls + [rooms[name.strip()] for name in (avoid[1].split(",") if avoid else [])]
    goals = [rooms[name.strip()] for name in visit[1].split(",")]
    reach = (
        max(abs(float(x)) for x in re.findall(number, " ".join([*walls, *rooms.values(), *ends.groups()])))
        + 1
    )
    values = {
        "CLOSED": "\n".join(f"    {x}," for x in closed),
        "GOALS": "\n".join(f"    {x}," for x in goals),
        "START": ends[1],
        "END": ends[2],
    }
    script = filled(_WAY, **values, REACH=f"{reach:g}")
    return Solution(
        step=Step(
            remark="Search a fine grid for a way from room to room that stays clear of walls and forbidden rooms.",
            script=script,
        ),
        remarks=("Breadth-first search on a grid of 0.05, one room after the other.",),
        slips=(
            Slip(
                script=script.replace("from collections import deque\n\n", ""),
                remedy="deque must be imported.",
            ),
        ),
        check=Step(
            remark="I walk along the path in small steps and look where it leads.",
            script=filled(_WAY_CHECK, **values),
        ),
    )


SOLVERS: dict[str, Solver] = {"path_plan": path_plan}
