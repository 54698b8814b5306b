"""Matrices: turned, peeled, pooled and changed step by step."""

import re

from curriculum.tasks.solvers.plan import Slip, Solution, Solver, Step, WrongWordingError, filled, found

_READ = (
    "text = '''\n$GRID\n'''\nm = [[int(x) for x in line.split()] for line in text.strip().split(\"\\n\")]\n"
)
_SHOW = "for row in m:\n    print(*row)"


def _read(grid: str) -> str:
    return filled(_READ, GRID=grid) + "\n"


def rotate_matrix(question: str) -> Solution:
    """Zip of the reversed rows is a quarter turn."""
    match = re.search(r"by (\d+) degrees clockwise:\n([\d \n]+?)\s*$", question)
    if match is None:
        raise WrongWordingError(question)
    turns = int(match[1]) // 90 % 4
    data = _read(match[2])
    turn = f"for _ in range({turns}):\n    m = [list(row) for row in zip(*m[::-1])]\n"
    check = (
        f'{data}answer = [list(map(int, line.split())) for line in ANSWER.split("\\n")]\n'
        f"for _ in range({turns}):\n    answer = [list(row) for row in zip(*answer)][::-1]\nprint(answer == m)"
    )
    return Solution(
        step=Step(remark=f"Turn the matrix by a quarter {turns} times.", script=data + turn + _SHOW),
        remarks=("zip of the reversed rows turns a matrix clockwise.",),
        slips=(
            Slip(script=data + turn.replace("m[::-1]", "n[::-1]") + _SHOW, remedy="The matrix is called m."),
        )
        if turns
        else (),
        check=Step(remark="I turn the answer back.", script=check),
    )


def spiral_matrix(question: str) -> Solution:
    """Takes the first row, then turns the rest."""
    grid = found(r"spiral order\?\n([-\d \n]+?)\s*$", question)
    data = _read(grid)
    script = f"{data}out = []\nwhile m:\n    out += m.pop(0)\n    m = [list(row) for row in zip(*m)][::-1]\nprint(*out)"
    check = (
        f"{data}r, c, dr, dc = 0, 0, 0, 1\nseen, out = set(), []\nfor _ in range(len(m) * len(m[0])):\n"
        "    out.append(m[r][c])\n    seen.add((r, c))\n    a, b = r + dr, c + dc\n"
        "    if not (0 <= a < len(m) and 0 <= b < len(m[0]) and (a, b) not in seen):\n        dr, dc = dc, -dr\n"
        "    r, c = r + dr, c + dc\nprint(out == list(map(int, ANSWER.split())))"
    )
    return Solution(
        step=Step(remark="Take the first row off and turn the rest, until nothing is left.", script=script),
        remarks=("Peel the matrix: first row, then rotate.",),
        slips=(Slip(script=script.replace("m.pop(0)", "m.pop(0, 1)"), remedy="pop takes one index."),),
        check=Step(remark="I walk the spiral cell by cell and compare.", script=check),
    )


def pool_matrix(question: str) -> Solution:
    """Regions at the edge may be smaller."""
    match = re.search(r"Perform (max|average) pooling .+? kernel size of (\d+):\n([-\d. \n]+?)\s*$", question)
    if match is None:
        raise WrongWordingError(question)
    pick = "max(part)" if match[1] == "max" else "round(sum(part) / len(part), 2)"
    exact = "max(part)" if match[1] == "max" else "sum(part) / len(part)"
    data = _read(match[3])
    loop = (
        f"k = {match[2]}\nfor r in range(0, len(m), k):\n    line = []\n    for c in range(0, len(m[0]), k):\n"
        f"        part = [x for row in m[r:r + k] for x in row[c:c + k]]\n        line.append({pick})\n    print(*line)"
    )
    check = (
        f'{data}answer = [list(map(float, line.split())) for line in ANSWER.split("\\n")]\nk, ok = {match[2]}, True\n'
        "for i in range(-(-len(m) // k)):\n    for j in range(-(-len(m[0]) // k)):\n"
        "        rows = range(i * k, min((i + 1) * k, len(m)))\n"
        "        columns = range(j * k, min((j + 1) * k, len(m[0])))\n"
        "        part = [m[r][c] for r in rows for c in columns]\n"
        f"        ok = ok and i < len(answer) and j < len(answer[i]) and abs(answer[i][j] - {exact}) < 0.01\n"
        "print(ok and len(answer) == -(-len(m) // k))"
    )
    return Solution(
        step=Step(remark="Cut the matrix into blocks of the kernel's size.", script=data + loop),
        remarks=("Slices give the blocks; those at the edge are smaller.",),
        slips=(
            Slip(
                script=data + loop.replace("range(0, len(m), k)", "range(0, m, k)"),
                remedy="range needs the number of rows.",
            ),
        ),
        check=Step(remark="I recompute every block by its indices.", script=check),
    )


_OPERATIONS: tuple[tuple[str, str], ...] = (
    (r"Identity transformation.*", ""),
    (
        r"Rotate the matrix (\d+) degrees",
        "for _ in range({0} // 90 % 4):\n    m = [list(r) for r in zip(*m[::-1])]",
    ),
    (r"Horizontally mirror the matrix", "m = m[::-1]"),
    (r"Vertically mirror the matrix", "m = [r[::-1] for r in m]"),
    (r"Mirror the matrix along the diagonal", "m = [list(r) for r in zip(*m)]"),
    (r"Mirror the matrix along the counterdiagonal", "m = [list(r)[::-1] for r in zip(*m)][::-1]"),
    (r"Map each occurrence of (\d+) to (\d+)", "m = [[{1} if x == {0} else x for x in r] for r in m]"),
    (
        r"Set all elements divisible by (\d+) to zero",
        "m = [[0 if x % {0} == 0 else x for x in r] for r in m]",
    ),
    (
        r"Crop the matrix to rows (\d+)-(\d+) and columns (\d+)-(\d+).*",
        "m = [r[{2} - 1:{3}] for r in m[{0} - 1:{1}]]",
    ),
    (r"Remove every (\d+)-\w\w row.*", "m = [r for i, r in enumerate(m, 1) if i % {0}]"),
    (r"Remove every (\d+)-\w\w column.*", "m = [[x for i, x in enumerate(r, 1) if i % {0}] for r in m]"),
)


def manipulate_matrix(question: str) -> Solution:
    """A line of code per operation."""
    match = re.search(r"following matrix:\n([-\d \n]+?)\n\nPerform", question)
    orders = re.findall(r"^- (.+)$", question, re.MULTILINE)
    if match is None or not orders:
        raise WrongWordingError(question)
    lines = []
    for order in orders:
        hit = next(
            ((re.fullmatch(p, order), code) for p, code in _OPERATIONS if re.fullmatch(p, order)), None
        )
        if hit is None or hit[0] is None:
            raise WrongWordingError(question)
        lines += [hit[1].format(*hit[0].groups())] if hit[1] else []
    data = _read(match[1])
    script = "\n".join([data.rstrip("\n"), *lines, _SHOW])
    return Solution(
        step=Step(remark="Carry out the operations one by one on a list of rows.", script=script),
        remarks=("Each operation is one line on the rows.", "I transform the rows step by step."),
        slips=(
            Slip(
                script=script.replace("for row in m:", "for row in matrix:"), remedy="The matrix is called m."
            ),
        ),
        explore=Step(
            remark="First I look at the size.", script=data + 'print(len(m), "rows,", len(m[0]), "columns")'
        ),
    )


_ROTTEN = """
text = '''
$GRID
'''
m = [[int(x) for x in line.split()] for line in text.strip().split("\\n")]
minutes = 0
while True:
    spread = set()
    for r in range(len(m)):
        for c in range(len(m[0])):
            if m[r][c] == 1:
                near = ((r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1))
                if any(0 <= a < len(m) and 0 <= b < len(m[0]) and m[a][b] == 2 for a, b in near):
                    spread.add((r, c))
    if not spread:
        break
    for r, c in spread:
        m[r][c] = 2
    minutes += 1
print(-1 if any(1 in row for row in m) else minutes)
"""
_ROTTEN_CHECK = """
from collections import deque

text = '''
$GRID
'''
m = [[int(x) for x in line.split()] for line in text.strip().split("\\n")]
cells = {(r, c): x for r, row in enumerate(m) for c, x in enumerate(row) if x}
when = {cell: 0 for cell, x in cells.items() if x == 2}
queue = deque(when)
while queue:
    r, c = queue.popleft()
    for cell in ((r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)):
        if cell in cells and cell not in when:
            when[cell] = when[r, c] + 1
            queue.append(cell)
print(int(ANSWER) == (max(when.values(), default=0) if len(when) == len(cells) else -1))
"""


def rotten_oranges(question: str) -> Solution:
    """Minute by minute."""
    grid = found(r"has a fresh orange:\n([012 \n]+?)\s*$", question)
    script = filled(_ROTTEN, GRID=grid)
    return Solution(
        step=Step(remark="Let the rot spread minute by minute.", script=script),
        remarks=("I simulate the minutes until nothing changes.",),
        slips=(
            Slip(
                script=script.replace("spread.add((r, c))", "spread.add(r, c)"),
                remedy="add takes one thing: a pair.",
            ),
        ),
        check=Step(
            remark="I compute for every orange when it rots.", script=filled(_ROTTEN_CHECK, GRID=grid)
        ),
    )


_WALK = """
from collections import deque

text = '''
$GRID
'''
m = [line.split() for line in text.strip().split("\\n")]
start = next((r, c) for r, row in enumerate(m) for c, x in enumerate(row) if x == "*")
before = {start: None}
queue = deque([start])
end = None
while queue:
    r, c = queue.popleft()
    if m[r][c] == "#":
        end = (r, c)
        break
    for way, a, b in (("up", r - 1, c), ("down", r + 1, c), ("left", r, c - 1), ("right", r, c + 1)):
        if 0 <= a < len(m) and 0 <= b < len(m[0]) and m[a][b] != "X" and (a, b) not in before:
            before[a, b] = (way, (r, c))
            queue.append((a, b))
if end is None:
    print("infeasible")
else:
    path = []
    while before[end]:
        way, end = before[end]
        path.append(way)
    print(*path[::-1])
"""
_WALK_CHECK = """
text = '''
$GRID
'''
m = [line.split() for line in text.strip().split("\\n")]
open_cells = {(r, c): x for r, row in enumerate(m) for c, x in enumerate(row) if x != "X"}
place = {x: cell for cell, x in open_cells.items()}
level, steps, seen = {place["*"]}, 0, {place["*"]}
while level and place["#"] not in level:
    level = {(r + a, c + b) for r, c in level for a, b in ((1, 0), (-1, 0), (0, 1), (0, -1))} & set(open_cells) - seen
    seen |= level
    steps += 1
answer = ANSWER
if not level:
    print(answer == "infeasible")
else:
    here = place["*"]
    moves = {"up": (-1, 0), "down": (1, 0), "left": (0, -1), "right": (0, 1)}
    ok = answer != "infeasible"
    for way in answer.split() if ok else []:
        here = (here[0] + moves[way][0], here[1] + moves[way][1])
        ok = ok and here in open_cells
    print(ok and here == place["#"] and len(answer.split()) == steps)
"""


def shortest_path(question: str) -> Solution:
    """Breadth-first with the way back."""
    grid = found(r"in the following grid:\n([OX*# \n]+?)\s*$", question)
    script = filled(_WALK, GRID=grid)
    return Solution(
        step=Step(remark="Search breadth-first from * and remember the directions.", script=script),
        remarks=("Breadth-first search finds the shortest way.",),
        slips=(Slip(script=script.split("\n", 2)[2], remedy="deque must be imported from collections."),),
        check=Step(
            remark="I walk the directions and compare with the distance.",
            script=filled(_WALK_CHECK, GRID=grid),
        ),
    )


SOLVERS: dict[str, Solver] = {
    "manipulate_matrix": manipulate_matrix,
    "pool_matrix": pool_matrix,
    "rotate_matrix": rotate_matrix,
    "rotten_oranges": rotten_oranges,
    "shortest_path": shortest_path,
    "spiral_matrix": spiral_matrix,
}
