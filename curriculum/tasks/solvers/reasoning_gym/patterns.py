"""Pictures in text: mazes, patterns of a rule, rectangles."""

import re

from curriculum.tasks.solvers.plan import Slip, Solution, Solver, Step, WrongWordingError, filled

_MAZE = """
from collections import deque

maze = '''
$MAZE
'''.strip().split("\\n")
place = {maze[r][c]: (r, c) for r in range(len(maze)) for c in range(len(maze[0]))}
start, goal = place["$START"], place["$GOAL"]
steps = {start: 0}
queue = deque([start])
while queue:
    r, c = queue.popleft()
    for a, b in ((r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)):
        if 0 <= a < len(maze) and 0 <= b < len(maze[a]) and maze[a][b] != "$WALL" and (a, b) not in steps:
            steps[a, b] = steps[r, c] + 1
            queue.append((a, b))
print(steps.get(goal, "infeasible"))
"""
_MAZE_CHECK = """
maze = '''
$MAZE
'''.strip().split("\\n")
free = {(r, c) for r, line in enumerate(maze) for c, x in enumerate(line) if x != "$WALL"}
here = {(r, c) for r, c in free if maze[r][c] == "$START"}
goal = {(r, c) for r, c in free if maze[r][c] == "$GOAL"}
seen, count = set(here), 0
while here and not here & goal:
    here = {(r + a, c + b) for r, c in here for a, b in ((1, 0), (-1, 0), (0, 1), (0, -1))} & free - seen
    seen |= here
    count += 1
print(ANSWER == (str(count) if here else "infeasible"))
"""


def maze(question: str) -> Solution:
    """Breadth-first from start to goal."""
    match = re.search(
        r"from '(.)' \(start\) to '(.)' \(goal\):\n\n```\n(.+?)\n```\nLegend: '(.)' = Wall",
        question,
        re.DOTALL,
    )
    if match is None:
        raise WrongWordingError(question)
    start, goal, picture, wall = match.groups()
    values = {
        "MAZE": picture.replace("\\", "\\\\"),
        "START": _quoted(start),
        "GOAL": _quoted(goal),
        "WALL": _quoted(wall),
    }
    script = filled(_MAZE, **values)
    return Solution(
        step=Step(remark="Breadth-first search counts the steps.", script=script),
        remarks=("The first visit of a cell is on a shortest way.",),
        slips=(Slip(script=script.split("\n", 2)[2], remedy="deque must be imported from collections."),),
        check=Step(
            remark="I grow the set of reachable cells step by step.", script=filled(_MAZE_CHECK, **values)
        ),
    )


def _quoted(sign: str) -> str:
    return sign.replace("\\", "\\\\").replace('"', '\\"')


_PATTERN = """
text = '''
$GRID
'''
rows = text.strip().split("\\n")
yes, no, open_cell = "\\u2705", "\\u274c", "\\u2754"
rules = {
    "sum": lambda x, y: x + y,
    "diff": lambda x, y: abs(x - y),
    "prod": lambda x, y: x * y,
    "pow": lambda x, y: x**y,
}
known = [(x, y, s == yes) for y, row in enumerate(rows) for x, s in enumerate(row) if s != open_cell]

def find():
    for d in range(1, 31):
        for t in range(d):
            for name, f in rules.items():
                if all((f(x, y) % d == t) == s for x, y, s in known):
                    return f, d, t

f, d, t = find()
for y, row in enumerate(rows):
    print("".join((yes if f(x, y) % d == t else no) for x in range(len(row))))
"""


def modulo_grid(question: str) -> Solution:
    """Tries rules of the coordinates modulo small numbers."""
    match = re.search("entire completed grid as your answer\\.\n\n([\u2705\u274c\u2754\n]+)", question)
    if match is None:
        raise WrongWordingError(question)
    grid = match[1].strip()
    script = filled(_PATTERN, GRID=grid)
    check = (
        f"text = '''\n{grid}\n'''\nrows, answer = text.strip().split(\"\\n\"), ANSWER.split(\"\\n\")\n"
        "same = len(rows) == len(answer) and all(len(a) == len(b) for a, b in zip(rows, answer))\n"
        'print(same and all(x in ("\\u2754", y) for a, b in zip(rows, answer) for x, y in zip(a, b)))'
    )
    return Solution(
        step=Step(
            remark="Try sums, differences, products and powers of the coordinates modulo small numbers.",
            script=script,
        ),
        remarks=("Some rule of column and row modulo a number marks the cells.",),
        slips=(
            Slip(
                script=script.replace("f, d, t = find()", "f, d = find()"),
                remedy="find returns three values.",
            ),
        ),
        check=Step(remark="All cells that were given must be the same.", script=check),
    )


_RECTANGLES = """
text = '''
$GRID
'''
rows = text.strip("\\n").split("\\n")
left = {}
for r, row in enumerate(rows):
    for c, x in enumerate(row):
        if x in "#\\u2588":
            left[r, c] = 1 if x == "#" else 2

def border(r, c, h, w):
    cells = {(r, c + i) for i in range(w)} | {(r + h - 1, c + i) for i in range(w)}
    return cells | {(r + i, c) for i in range(h)} | {(r + i, c + w - 1) for i in range(h)}

def count():
    # The first cell that is left over is the top left corner of a rectangle.
    if not left:
        return 0
    r, c = min(left)
    w = 1
    while (r, c + w) in left:
        w += 1
    sizes = []
    for width in range(2, w + 1):
        h = 1
        while (r + h, c) in left and (r + h, c + width - 1) in left:
            h += 1
            if all(cell in left for cell in border(r, c, h, width)):
                # A true corner ends a line: nothing of the picture goes on beyond it.
                ends = [(r, c + width), (r + h - 1, c + width), (r + h, c), (r + h, c + width - 1)]
                sizes.append((sum(cell in left for cell in ends), -h * width, h, width))
    for _, _, h, width in sorted(sizes):
        cells = border(r, c, h, width)
        for cell in cells:
            left[cell] -= 1
            if not left[cell]:
                del left[cell]
        rest = count()
        if rest is not None:
            return rest + 1
        for cell in cells:
            left[cell] = left.get(cell, 0) + 1
    return None

print(count())
"""


def rectangle_count(question: str) -> Solution:
    """Takes rectangles off, each beginning at the first cell that is left."""
    head, _, grid = question.partition("in the grid below?\n")
    lines = grid.split("\n")
    filled_lines = [line.rstrip() for line in lines]
    while filled_lines and not filled_lines[0]:
        filled_lines.pop(0)
    while filled_lines and not filled_lines[-1]:
        filled_lines.pop()
    if not head or not filled_lines or "overlapping rectangles" not in head:
        raise WrongWordingError(question)
    script = filled(_RECTANGLES, GRID="\n".join(filled_lines))
    return Solution(
        step=Step(
            remark="Take the rectangles off one by one; the first cell left is always a top left corner.",
            script=script,
        ),
        remarks=("A cell marked as overlap belongs to two rectangles.",),
        slips=(
            Slip(
                script=script.replace("r, c = min(left)", "r, c, w = min(left)"),
                remedy="A cell has two coordinates.",
            ),
        ),
    )


SOLVERS: dict[str, Solver] = {
    "maze": maze,
    "modulo_grid": modulo_grid,
    "rectangle_count": rectangle_count,
}
