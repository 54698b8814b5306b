"""Grids that are filled under constraints: searched with backtracking, checked constraint by constraint."""

import re

from curriculum.tasks.solvers.plan import Slip, Solution, Solver, Step, WrongWordingError, filled, found

_QUEENS = """
board = $BOARD
given = [(r, c) for r in range(8) for c in range(8) if board[r][c] == "Q"]

def fits(r, c, queens):
    return all(r != a and c != b and abs(r - a) != abs(c - b) for a, b in queens)

def place(r, queens):
    if r == 8:
        return queens
    if any(a == r for a, _ in given):
        return place(r + 1, queens)
    for c in range(8):
        if board[r][c] == "." and fits(r, c, queens):
            full = place(r + 1, queens + [(r, c)])
            if full:
                return full
    return None

queens = place(0, given)
print(", ".join(f"{r} {c}" for r, c in sorted(queens)))
"""
_QUEENS_CHECK = """
answer = ANSWER
board = $BOARD
queens = [tuple(map(int, pair.split())) for pair in answer.split(",")]
ok = len({r for r, c in queens}) == len({c for r, c in queens}) == len(queens) == 8
ok = ok and len({r - c for r, c in queens}) == len({r + c for r, c in queens}) == 8
ok = ok and all(board[r][c] != "#" for r, c in queens)
ok = ok and all((r, c) in queens for r in range(8) for c in range(8) if board[r][c] == "Q")
print(ok)
"""
_QUEENS_SLOW = """
from itertools import combinations

board = $BOARD
cells = [(r, c) for r in range(8) for c in range(8) if board[r][c] != "#"]
for queens in combinations(cells, 8):
    if all(a != c and b != d and abs(a - c) != abs(b - d) for (a, b), (c, d) in combinations(queens, 2)):
        if all((r, c) in queens for r, c in cells if board[r][c] == "Q"):
            print(queens)
            break
"""


def eight_queens(question: str) -> Solution:
    """Row by row, the given queens kept."""
    board = found(r"an empty cell\.\n\n([.#Q\n]+?)\n\n", question).split("\n")
    script = filled(_QUEENS, BOARD=board)
    return Solution(
        step=Step(
            remark="Place the missing queens row by row and go back when a row has no safe cell.",
            script=script,
        ),
        remarks=("Backtracking over the rows that have no queen yet.", "I search row by row."),
        slips=(
            Slip(
                script=script.replace("place(0, given)", "place(0)"), remedy="place needs the queens as well."
            ),
        ),
        slow=Slip(
            script=filled(_QUEENS_SLOW, BOARD=board),
            remedy="There are billions of ways to choose 8 cells: place the queens row by row instead.",
        ),
        check=Step(
            remark="I check rows, columns, diagonals, blocked cells and the queens that were there.",
            script=filled(_QUEENS_CHECK, BOARD=board),
        ),
    )


_LATIN = """
rows = '''
$GRID
'''
g = [line.split() for line in rows.strip().split("\\n")]
n = len(g)
letters = "$LETTERS"

def options(r, c):
    used = set(g[r]) | {row[c] for row in g}
    if r + c == n - 1:
        return [diagonal] if diagonal not in used else []
    return [x for x in letters if x not in used]

def solve():
    empty = [(r, c) for r in range(n) for c in range(n) if g[r][c] == "."]
    if not empty:
        return True
    r, c = min(empty, key=lambda cell: len(options(*cell)))
    for x in options(r, c):
        g[r][c] = x
        if solve():
            return True
        g[r][c] = "."
    return False

for diagonal in letters:
    fixed = {g[r][n - 1 - r] for r in range(n)} - {"."}
    if fixed <= {diagonal} and solve():
        break
for row in g:
    print(",".join(row))
"""
_LATIN_CHECK = """
answer = ANSWER
rows = '''
$GRID
'''
given = [line.split() for line in rows.strip().split("\\n")]
g = [line.split(",") for line in answer.split("\\n")]
n = len(given)
full = set("$LETTERS")
ok = len(g) == n and all(set(row) == full and len(row) == n for row in g)
ok = ok and all(set(column) == full for column in zip(*g))
ok = ok and len({g[r][n - 1 - r] for r in range(n)}) == 1
ok = ok and all(given[r][c] in (".", g[r][c]) for r in range(n) for c in range(n))
print(ok)
"""


def letter_logic_diagram(question: str) -> Solution:
    """The diagonal's letter is tried, the cell with fewest options filled first."""
    grid = found(r"an empty cell\.\n\n(.+?)\n\n", question, re.DOTALL)
    last = found(r"letters a to (\w)", question)
    values = {"GRID": grid, "LETTERS": "".join(chr(code) for code in range(ord("a"), ord(last) + 1))}
    script = filled(_LATIN, **values)
    return Solution(
        step=Step(
            remark="Try each letter for the diagonal and fill the cell with the fewest options first.",
            script=script,
        ),
        remarks=("Backtracking: rows, columns and the diagonal leave few options.",),
        slips=(
            Slip(
                script=script.replace(
                    "key=lambda cell: len(options(*cell))", "key=lambda cell: len(options(cell))"
                ),
                remedy="options takes row and column: unpack the cell.",
            ),
        ),
        check=Step(
            remark="I check rows, columns, the diagonal and the given letters.",
            script=filled(_LATIN_CHECK, **values),
        ),
    )


_SUDOKU = """
text = '''
$GRID
'''
g = [line.split() for line in text.strip().split("\\n")]

def options(r, c):
    box = [g[i][j] for i in range(r // 3 * 3, r // 3 * 3 + 3) for j in range(c // 3 * 3, c // 3 * 3 + 3)]
    used = set(g[r]) | {row[c] for row in g} | set(box)
    return [x for x in "123456789" if x not in used]

def solve():
    best = None
    for r in range(9):
        for c in range(9):
            if g[r][c] == ".":
                found = options(r, c)
                if best is None or len(found) < len(best[2]):
                    best = (r, c, found)
    if best is None:
        return True
    r, c, found = best
    for x in found:
        g[r][c] = x
        if solve():
            return True
    g[r][c] = "."
    return False

solve()
for row in g:
    print(" ".join(row))
"""
_SUDOKU_CHECK = """
answer = ANSWER
text = '''
$GRID
'''
given = [line.split() for line in text.strip().split("\\n")]
g = [line.split() for line in answer.split("\\n")]
digits = set("123456789")
boxes = [{g[r + i][c + j] for i in range(3) for j in range(3)} for r in (0, 3, 6) for c in (0, 3, 6)]
ok = all(set(row) == digits for row in g) and all(set(column) == digits for column in zip(*g))
ok = ok and all(box == digits for box in boxes)
ok = ok and all(given[r][c] in (".", g[r][c]) for r in range(9) for c in range(9))
print(ok)
"""


def standard_sudoku(question: str) -> Solution:
    """The cell with fewest options first."""
    grid = found(r"an empty cell\.\n\n(.+?)\n\n", question, re.DOTALL)
    script = filled(_SUDOKU, GRID=grid)
    return Solution(
        step=Step(remark="Fill the cell with the fewest possible digits first and backtrack.", script=script),
        remarks=(
            "A backtracking search solves the sudoku.",
            "I let a script try digits, the most certain cells first.",
        ),
        slips=(
            Slip(
                script=script.replace('for x in "123456789" if', "for x in range(1, 10) if"),
                remedy="The cells are text, so the digits must be text as well.",
            ),
        ),
        slow=Slip(
            script=script.split("def options")[0] + "from itertools import product\n\n"
            "empty = [(r, c) for r in range(9) for c in range(9) if g[r][c] == '.']\n"
            "for digits in product('123456789', repeat=len(empty)):\n"
            "    for (r, c), x in zip(empty, digits):\n        g[r][c] = x\n"
            "    lines = g + [list(column) for column in zip(*g)]\n"
            "    for r in (0, 3, 6):\n        for c in (0, 3, 6):\n"
            "            lines.append([g[r + i][c + j] for i in range(3) for j in range(3)])\n"
            "    if all(len(set(line)) == 9 for line in lines):\n        break\n"
            'for row in g:\n    print(" ".join(row))',
            remedy="Trying all combinations never ends: rule out digits as cells are filled.",
        ),
        check=Step(
            remark="I check rows, columns, boxes and the given digits.",
            script=filled(_SUDOKU_CHECK, GRID=grid),
        ),
    )


_SUM_CELLS = """
grid = $GRID
count, limit, must = $COUNT, $LIMIT, $MUST
row = [0] * len(grid)
column = [0] * len(grid[0])
order = sorted((grid[r][c], r, c) for r in range(len(grid)) for c in range(len(grid[0])) if (r, c) != must)
row[must[0]] = column[must[1]] = grid[must[0]][must[1]]

def search(start, chosen):
    if len(chosen) == count:
        return chosen
    for i in range(start, len(order) - (count - len(chosen)) + 1):
        x, r, c = order[i]
        if row[r] + x <= limit and column[c] + x <= limit:
            row[r] += x
            column[c] += x
            full = search(i + 1, chosen + [(r, c)])
            if full:
                return full
            row[r] -= x
            column[c] -= x
    return None

print(", ".join(f"{r} {c}" for r, c in sorted(search(0, [must]))))
"""
_PRODUCT_CELLS = """
grid = $GRID
count, must = $COUNT, $MUST
n, width = len(grid), len(grid[0])
# A product is positive when no zero and an even number of negative cells is chosen.
cells = [(r, c) for r in range(n) for c in range(width) if grid[r][c] != 0]
cells.sort(key=lambda cell: (cell != must, grid[cell[0]][cell[1]] < 0, cell))

def search(i, chosen, row, column):
    if len(chosen) == count:
        return chosen if not any(row) and not any(column) else None
    left = count - len(chosen)
    if len(cells) - i < left or max(sum(row), sum(column)) > left:
        return None
    r, c = cells[i]
    odd = grid[r][c] < 0
    row2, column2 = list(row), list(column)
    row2[r] ^= odd
    column2[c] ^= odd
    full = search(i + 1, chosen + [(r, c)], row2, column2)
    if full is None and (r, c) != must:
        full = search(i + 1, chosen, row, column)
    return full

found = search(0, [], [False] * n, [False] * width)
print(", ".join(f"{r} {c}" for r, c in sorted(found)))
"""
_CELLS_CHECK = """
from math import prod

answer = ANSWER
grid = $GRID
chosen = {tuple(map(int, pair.split())) for pair in answer.split(",")}
ok = len(chosen) == $COUNT and $MUST in chosen
inside = all(r < len(grid) and c < len(grid[0]) for r, c in chosen)
for axis in (0, 1):
    for line in {cell[axis] for cell in chosen} if inside else ():
        values = [grid[r][c] for r, c in chosen if (r, c)[axis] == line]
        ok = ok and $TEST
print(ok and inside)
"""


def logic_puzzle(question: str) -> Solution:
    """Sums: small numbers first. Products: signs alone matter."""
    grid = [
        [int(x) for x in row.split(",")]
        for row in found(r"numbers\.\n\n(.+?)\n\n", question, re.DOTALL).split("\n")
    ]
    rule = re.search(r"their (sum is at most|product is (?:greater than|more than|above)) (-?\d+)", question)
    must = re.search(r"cell in row (\d+) and column (\d+)", question)
    if rule is None or must is None:
        raise WrongWordingError(question)
    is_sum, limit = rule[1].startswith("sum"), int(rule[2])
    values = {
        "GRID": "[\n" + "".join(f"    {row},\n" for row in grid) + "]",
        "COUNT": found(r"Select (\d+) different cells", question),
        "LIMIT": limit,
        "MUST": (int(must[1]), int(must[2])),
    }
    script = filled(_SUM_CELLS if is_sum else _PRODUCT_CELLS, **values)
    test = f"sum(values) <= {limit}" if is_sum else f"prod(values) > {limit}"
    return Solution(
        step=Step(
            remark="Search over the cells, small numbers first, and keep every row and column within the limit."
            if is_sum
            else "Only signs matter for a positive product: every row and column needs an even number of minuses.",
            script=script,
        ),
        remarks=("Backtracking over the cells.",),
        slips=(
            Slip(
                script=script.replace("search(0, [must]", "search([must]").replace(
                    "search(0, [], ", "search([], "
                ),
                remedy="search needs the index to start from.",
            ),
        ),
        check=Step(
            remark="I check every row and column of the selection.",
            script=filled(_CELLS_CHECK, **values, TEST=test),
        ),
    )


SOLVERS: dict[str, Solver] = {
    "eight_queens": eight_queens,
    "letter_logic_diagram": letter_logic_diagram,
    "logic_puzzle": logic_puzzle,
    "standard_sudoku": standard_sudoku,
}
