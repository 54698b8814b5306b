"""Grids of cells: distances, islands, lives and order puzzles."""

import re

from curriculum.tasks.solvers.plan import Slip, Solution, Solver, Step, WrongWordingError, filled, found

_DISTANCES = """
from collections import deque

text = '''
$GRID
'''
m = [[int(x) for x in line.split()] for line in text.strip().split("\\n")]
rows, columns = len(m), len(m[0])
far = {(r, c): 0 for r in range(rows) for c in range(columns) if m[r][c] == 0}
queue = deque(far)
while queue:
    r, c = queue.popleft()
    for cell in ((r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)):
        if 0 <= cell[0] < rows and 0 <= cell[1] < columns and cell not in far:
            far[cell] = far[r, c] + 1
            queue.append(cell)
for r in range(rows):
    print(*[far[r, c] for c in range(columns)])
"""
_DISTANCES_CHECK = """
answer = [list(map(int, line.split())) for line in ANSWER.split("\\n")]
text = '''
$GRID
'''
m = [[int(x) for x in line.split()] for line in text.strip().split("\\n")]
zeros = [(r, c) for r, row in enumerate(m) for c, x in enumerate(row) if x == 0]
right = [[min(abs(r - a) + abs(c - b) for a, b in zeros) for c in range(len(m[0]))] for r in range(len(m))]
print(answer == right)
"""


def binary_matrix(question: str) -> Solution:
    """Breadth-first from all zeros at once."""
    grid = found(r"in the matrix below:\n([01 \n]+)", question).strip()
    script = filled(_DISTANCES, GRID=grid)
    return Solution(
        step=Step(remark="Spread from all zeros at once; the first visit gives the distance.", script=script),
        remarks=("Breadth-first search from every 0.",),
        slips=(Slip(script=script.split("\n", 2)[2], remedy="deque must be imported from collections."),),
        check=Step(
            remark="I compute each cell's distance to every zero directly.",
            script=filled(_DISTANCES_CHECK, GRID=grid),
        ),
    )


_ISLANDS = """
text = '''
$GRID
'''
m = [line.split() for line in text.strip().split("\\n")]
land = {(r, c) for r, row in enumerate(m) for c, x in enumerate(row) if x == "1"}
best = 0
while land:
    stack = [land.pop()]
    size = 0
    while stack:
        r, c = stack.pop()
        size += 1
        for cell in ((r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)):
            if cell in land:
                land.remove(cell)
                stack.append(cell)
    best = max(best, size)
print(best)
"""
_ISLANDS_CHECK = """
text = '''
$GRID
'''
m = [line.split() for line in text.strip().split("\\n")]
name = {(r, c): (r, c) for r, row in enumerate(m) for c, x in enumerate(row) if x == "1"}
changed = True
while changed:
    changed = False
    for r, c in name:
        for cell in ((r + 1, c), (r, c + 1), (r - 1, c), (r, c - 1)):
            if cell in name and name[cell] < name[r, c]:
                name[r, c] = name[cell]
                changed = True
names = list(name.values())
print(int(ANSWER) == max((names.count(x) for x in set(names)), default=0))
"""


def largest_island(question: str) -> Solution:
    """Flood fill."""
    grid = found(r"matrix grid:\n([01 \n]+?)\n\n", question)
    script = filled(_ISLANDS, GRID=grid)
    return Solution(
        step=Step(remark="Flood fill every island and keep the largest area.", script=script),
        remarks=("I walk over each island once.",),
        slips=(
            Slip(
                script=script.replace("land.pop()]", "land[0]]"),
                remedy="A set has no index: pop gives some cell.",
            ),
        ),
        explore=Step(
            remark="First I count the land.",
            script=f"text = '''\n{grid}\n'''\nprint(text.count('1'), 'cells of land')",
        ),
        check=Step(
            remark="I give each island one name and count again.", script=filled(_ISLANDS_CHECK, GRID=grid)
        ),
    )


_LIFE = """
board = $BOARD
rows, columns = len(board), len(board[0])
for _ in range($STEPS):
    new = []
    for r in range(rows):
        line = []
        for c in range(columns):
            near = sum(board[(r + a) % rows][(c + b) % columns] for a in (-1, 0, 1) for b in (-1, 0, 1)) - board[r][c]
            line.append(1 if near == 3 or near == 2 and board[r][c] else 0)
        new.append(line)
    board = new
print(str(board).replace(" ", ""))
"""
_LIFE_CHECK = """
import json
from collections import Counter

board = $BOARD
rows, columns = len(board), len(board[0])
alive = {(r, c) for r in range(rows) for c in range(columns) if board[r][c]}
for _ in range($STEPS):
    around = [(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1) if a or b]
    near = Counter(((r + a) % rows, (c + b) % columns) for r, c in alive for a, b in around)
    alive = {cell for cell, n in near.items() if n == 3 or n == 2 and cell in alive}
answer = json.loads(ANSWER)
print(answer == [[int((r, c) in alive) for c in range(columns)] for r in range(rows)])
"""


def game_of_life(question: str) -> Solution:
    """Neighbours counted around the edges."""
    board = re.sub(r"\s", "", found(r"\n\n(\[\[.+?\]\])\.?\s*$", question, re.DOTALL))
    steps = found(r"after (\d+) steps?", question)
    board_lines = board.replace("],[", "],\n         [")
    script = filled(_LIFE, BOARD=board_lines, STEPS=steps)
    return Solution(
        step=Step(remark="Count the eight neighbours of each cell; the board wraps around.", script=script),
        remarks=("I simulate it with indices modulo the size.",),
        slips=(
            Slip(
                script=script.replace("board[(r + a) % rows][(c + b) % columns]", "board[r + a][c + b]"),
                remedy="The board wraps around: take the indices modulo its size.",
            ),
        ),
        check=Step(
            remark="I count neighbours of living cells in another way and compare.",
            script=filled(_LIFE_CHECK, BOARD=board_lines, STEPS=steps),
        ),
    )


_FUTOSHIKI = """
lines = [
$LINES
]
rows = lines[::2]
n = len(rows)
g = [[int(rows[r][4 * c]) if rows[r][4 * c] != "_" else 0 for c in range(n)] for r in range(n)]
smaller = []
for r in range(n):
    for c in range(n):
        sign = rows[r][4 * c + 2] if c < n - 1 else " "
        below = lines[2 * r + 1][4 * c] if r < n - 1 and 4 * c < len(lines[2 * r + 1]) else " "
        if sign in "<>":
            smaller.append(((r, c), (r, c + 1)) if sign == "<" else ((r, c + 1), (r, c)))
        if below in "\\u2227\\u2228":
            smaller.append(((r, c), (r + 1, c)) if below == "\\u2227" else ((r + 1, c), (r, c)))

def options(r, c):
    used = set(g[r]) | {row[c] for row in g}
    low, high = 0, n + 1
    for (a, b), (x, y) in smaller:
        if (a, b) == (r, c) and g[x][y]:
            high = min(high, g[x][y])
        if (x, y) == (r, c) and g[a][b]:
            low = max(low, g[a][b])
    return [v for v in range(low + 1, high) if v not in used]

def solve():
    empty = [(len(options(r, c)), r, c) for r in range(n) for c in range(n) if not g[r][c]]
    if not empty:
        return True
    _, r, c = min(empty)
    for v in options(r, c):
        g[r][c] = v
        if solve():
            return True
        g[r][c] = 0
    return False

solve()
for i, line in enumerate(lines):
    line = list(line)
    if i % 2 == 0:
        for c in range(n):
            line[4 * c] = str(g[i // 2][c])
    print("".join(line))
"""


def futoshiki(question: str) -> Solution:
    """The cell with fewest options first; the puzzle's own lines are filled in."""
    puzzle = found(r"Futoshiki puzzle:\n\n(.+?)\n\nEnsure", question, re.DOTALL)
    lines = puzzle.split("\n")
    size = int(found(r"following (\d+)x", question))
    if len(lines) != 2 * size - 1:
        raise WrongWordingError(question)
    quoted = "\n".join(f'    "{line}",' for line in lines)
    script = filled(_FUTOSHIKI, LINES=quoted)
    return Solution(
        step=Step(
            remark="Read cells and signs by their columns, then fill the cell with the fewest options first.",
            script=script,
        ),
        remarks=("Backtracking with rows, columns and signs as constraints.",),
        slips=(
            Slip(
                script=script.replace(
                    'g = [[int(rows[r][4 * c]) if rows[r][4 * c] != "_" else 0', "g = [[int(rows[r][4 * c])"
                ),
                remedy="A blank is no number: it becomes 0.",
            ),
        ),
        check=Step(
            remark="I check rows, columns and every sign of the filled puzzle.",
            script=filled(_FUTOSHIKI.split("def options", maxsplit=1)[0], LINES=quoted)
            + '\ngiven = g\nlines = ANSWER.split("\\n")[::2]\n'
            "g = [[int(line[4 * c]) for c in range(n)] for line in lines]\n"
            "full = set(range(1, n + 1))\n"
            "ok = all(set(row) == full for row in g) and all(set(column) == full for column in zip(*g))\n"
            "ok = ok and all(g[a][b] < g[x][y] for (a, b), (x, y) in smaller)\n"
            "ok = ok and all(given[r][c] in (0, g[r][c]) for r in range(n) for c in range(n))\n"
            "print(ok)",
        ),
    )


SOLVERS: dict[str, Solver] = {
    "binary_matrix": binary_matrix,
    "futoshiki": futoshiki,
    "game_of_life": game_of_life,
    "largest_island": largest_island,
}
