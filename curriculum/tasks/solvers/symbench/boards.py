"""Boards and matrices: moves are carried out, windows slid, patterns looked for."""

import re

from curriculum.tasks.solvers.plan import Slip, Solution, Solver, Step, WrongWordingError, filled, found

_MERGE = """
grid = '''
$GRID
'''
g = [[int(x) for x in line.split(",")] for line in grid.split("\\n") if line]
r, c = $ROW - 1, $COLUMN - 1
for move in "$MOVES":
    dr, dc = {"u": (-1, 0), "d": (1, 0), "l": (0, -1), "r": (0, 1)}[move]
    nr, nc = r + dr, c + dc
    if 0 <= nr < len(g) and 0 <= nc < len(g[0]):
        if g[nr][nc] == 0 or g[nr][nc] == g[r][c]:
            g[nr][nc] += g[r][c]
            g[r][c] = 0
            r, c = nr, nc
for row in g:
    print(", ".join(map(str, row)))
"""
_MERGE_CHECK = """
answer = ANSWER
grid = '''
$GRID
'''
cells = {}
for r, line in enumerate(line for line in grid.split("\\n") if line):
    for c, x in enumerate(line.split(",")):
        cells[r, c] = int(x)
here = ($ROW - 1, $COLUMN - 1)
steps = dict(u=(-1, 0), d=(1, 0), l=(0, -1), r=(0, 1))
for move in "$MOVES":
    there = (here[0] + steps[move][0], here[1] + steps[move][1])
    if cells.get(there, -1) in (0, cells[here]):
        cells[there] += cells[here]
        cells[here] = 0
        here = there
mine = {(r, c): int(x) for r, line in enumerate(answer.split("\\n")) for c, x in enumerate(line.split(","))}
print(mine == cells)
"""


def game_2048(question: str) -> Solution:
    """Moves the one number cell by cell."""
    grid = found(r"empty cell:\n\n(.+?)\n\n", question, re.DOTALL)
    values = {
        "GRID": grid,
        "ROW": found(r"in row (\d+)", question),
        "COLUMN": found(r"column (\d+) \(rows", question),
        "MOVES": found(r"in order: ([udlr, ]+)", question).replace(", ", "").strip(),
    }
    script = filled(_MERGE, **values)
    return Solution(
        step=Step(remark="Carry out the moves one by one on the grid.", script=script),
        remarks=(
            "I simulate the moves: empty cells are entered, equal numbers merge.",
            "Let a script move the number.",
        ),
        slips=(
            Slip(
                script=script.replace(
                    'for line in grid.split("\\n") if line]', 'for line in grid.split("\\n")]'
                ),
                remedy="The text begins and ends with an empty line, which is no row: skip those.",
            ),
        ),
        check=Step(
            remark="I do the moves again with cells in a dictionary and compare.",
            script=filled(_MERGE_CHECK, **values),
        ),
    )


_LAMPS = """
rows = $ROWS
lamps = {(r + 1, c + 1): int(x) for r, row in enumerate(rows) for c, x in enumerate(row)}
buttons = {
$BUTTONS
}
for press in $PRESSES:
    for lamp in buttons[press]:
        lamps[lamp] = 1 - lamps[lamp]
print(",".join(str(lamps[lamp]) for lamp in sorted(lamps)))
"""
_LAMPS_CHECK = """
answer = ANSWER
rows = $ROWS
buttons = {
$BUTTONS
}
presses = $PRESSES
expected = []
for r, row in enumerate(rows, 1):
    for c, lamp in enumerate(row, 1):
        switched = sum(buttons[press].count((r, c)) for press in presses)
        expected.append((int(lamp) + switched) % 2)
print([int(x) for x in answer.split(",")] == expected)
"""


def light_puzzles(question: str) -> Solution:
    """Presses the buttons in turn."""
    board = found(r"off\):\n\n([01\n]+?)\n\n", question)
    wired = re.findall(r"^Button (\w+): (.+)$", question, re.MULTILINE)
    presses = found(r"in this order: ([\w, ]+)", question).split(", ")
    if not wired:
        raise WrongWordingError(question)
    buttons = "\n".join(f"    {name!r}: [{lamps}]," for name, lamps in wired)
    values = {"ROWS": board.split("\n"), "BUTTONS": buttons, "PRESSES": [press.strip() for press in presses]}
    script = filled(_LAMPS, **values)
    return Solution(
        step=Step(remark="Press the buttons in order and switch the lamps wired to each.", script=script),
        remarks=(
            "A lamp switches with every press of a button wired to it.",
            "I keep the lamps in a dictionary.",
        ),
        slips=(
            Slip(
                script=script.replace("(r + 1, c + 1)", "(r, c)"),
                remedy="The lamps are counted from 1, so the keys must be too.",
            ),
        ),
        check=Step(
            remark="A lamp ends as it began if it is switched an even number of times: count the switches.",
            script=filled(_LAMPS_CHECK, **values),
        ),
    )


_REVERSI = """
n = $SIZE
rows = $ROWS
board = {(r, c): rows[r - 1][c - 1] for r in range(1, n + 1) for c in range(1, n + 1)}
moves = $MOVES
around = [(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1) if (a, b) != (0, 0)]
for player, r, c in moves:
    other = "1" if player == "0" else "0"
    board[r, c] = player
    for a, b in around:
        line = []
        x, y = r + a, c + b
        while board.get((x, y)) == other:
            line.append((x, y))
            x, y = x + a, y + b
        if board.get((x, y)) == player:
            for cell in line:
                board[cell] = player
print(",".join(board[r, c] for r in range(1, n + 1) for c in range(1, n + 1)))
"""


def reversi(question: str) -> Solution:
    """Lays the pieces and turns what they enclose."""
    board = found(r"board now:\n\n([01*\n]+?)\n\n", question).split("\n")
    moves = [
        ("0" if player == "Black" else "1", int(row), int(column))
        for player, row, column in re.findall(r"Move \d+: (Black|White) at \((\d+), (\d+)\)", question)
    ]
    if not moves or "Black (0)" not in question:
        raise WrongWordingError(question)
    script = filled(_REVERSI, SIZE=len(board), ROWS=board, MOVES=moves)
    return Solution(
        step=Step(
            remark="Lay each piece, look along the eight directions, and turn the enclosed pieces.",
            script=script,
        ),
        remarks=(
            "I simulate the moves on the board.",
            "For every move follow all eight lines from the new piece.",
        ),
        slips=(
            Slip(
                script=script.replace("board.get((x, y))", "board[x, y]"),
                remedy="A line may leave the board, so a missing cell must be allowed for.",
            ),
        ),
    )


_TURNS = {
    "Rotate the matrix by 90 degrees clockwise.": "m = [list(row) for row in zip(*m[::-1])]",
    "Rotate the matrix by 180 degrees.": "m = [row[::-1] for row in m[::-1]]",
    "Rotate the matrix by 90 degrees counterclockwise.": "m = [list(row) for row in zip(*m)][::-1]",
    "Mirror the matrix left to right, so that the first column becomes the last.": "m = [row[::-1] for row in m]",
    "Mirror the matrix top to bottom, so that the first row becomes the last.": "m = m[::-1]",
    "Transpose the matrix, so that its first row becomes its first column.": "m = [list(row) for row in zip(*m)]",
}
_BACK = {
    "Rotate the matrix by 90 degrees clockwise.": "m = [list(row) for row in zip(*m)][::-1]",
    "Rotate the matrix by 90 degrees counterclockwise.": "m = [list(row) for row in zip(*m[::-1])]",
}


def matrix_transformation(question: str) -> Solution:
    """One line of code per step; the check goes back from the answer."""
    matrix = found(r"its cells:\n\n(.+?)\n\n", question, re.DOTALL)
    orders = re.findall(r"^\d+\. (.+)$", question, re.MULTILINE)
    if not orders or not set(orders) <= _TURNS.keys():
        raise WrongWordingError(question)
    data = f"text = '''\n{matrix}\n'''\nm = [line.split() for line in text.strip().split(\"\\n\")]"
    end = 'print(",".join(cell for row in m for cell in row))'
    script = "\n".join([data, *(_TURNS[order] for order in orders), end])
    turned = sum("90" in order or "Transpose" in order for order in orders) % 2
    num_rows = len(matrix.split("\n")[0].split()) if turned else matrix.count("\n") + 1
    back = [_BACK.get(order, _TURNS[order]) for order in reversed(orders)]
    check = [
        "answer = ANSWER",
        'cells = answer.split(",")',
        f"width = len(cells) // {num_rows}",
        f"m = [cells[i * width:(i + 1) * width] for i in range({num_rows})]",
        *back,
        f"text = '''\n{matrix}\n'''",
        'print(m == [line.split() for line in text.strip().split("\\n")])',
    ]
    return Solution(
        step=Step(remark="Do the steps one after the other on a list of rows.", script=script),
        remarks=("Rotations are zip and slices.", "I read the matrix into rows and transform it."),
        slips=(
            Slip(
                script=script.replace("m = [line.split()", "n = [line.split()"),
                remedy="The matrix is called m.",
            ),
        ),
        check=Step(
            remark="I undo the steps from the last to the first: the given matrix must come back.",
            script="\n".join(check),
        ),
    )


_POOL = """
text = '''
$MATRIX
'''
m = [[int(x) for x in line.split(",")] for line in text.strip().split("\\n")]
k, step = $WINDOW, $STEP
out = []
for r in range(0, len(m) - k + 1, step):
    for c in range(0, len(m[0]) - k + 1, step):
        window = [m[r + i][c + j] for i in range(k) for j in range(k)]
        out.append($NOTE)
print(",".join(map(str, out)))
"""
_POOL_CHECK = """
answer = ANSWER
text = '''
$MATRIX
'''
m = [list(map(int, line.split(","))) for line in text.strip().split("\\n")]
k, step = $WINDOW, $STEP
across = (len(m[0]) - k) // step + 1
down = (len(m) - k) // step + 1
got = list(map(float, answer.split(",")))
ok = len(got) == across * down
for n, value in enumerate(got):
    r, c = (step * x for x in divmod(n, across))
    window = sum((row[c:c + k] for row in m[r:r + k]), [])
    ok = ok and len(window) == k * k and abs(value - $EXACT) < 0.01
print(ok)
"""
_POOL_KINDS = {
    "the largest number": ("max(window)", "max(window)"),
    "the average of the numbers": ("round(sum(window) / k**2, 2)", "sum(window) / len(window)"),
}


def pooling(question: str) -> Solution:
    """Slides the window."""
    matrix = found(r"slides over this matrix of \d+x\d+ numbers:\n\n(.+?)\n\n", question, re.DOTALL)
    step = {"one": 1, "two": 2, "three": 3}.get(
        pace := found(r"moves (\w+) cells? at a time", question), pace
    )
    note, exact = _POOL_KINDS[found(r"note (the .+?) that the window", question)]
    values = {"MATRIX": matrix, "WINDOW": found(r"window of (\d+)x", question), "STEP": step}
    script = filled(_POOL, **values, NOTE=note)
    slip = script.replace("len(m) - k + 1", "len(m)").replace("len(m[0]) - k + 1", "len(m[0])")
    return Solution(
        step=Step(remark="Slide the window over the matrix.", script=script),
        remarks=("Two loops over the window's top left corner.", "I take the window at every position."),
        slips=(Slip(script=slip, remedy="The window must stay inside: it starts at most k before the end."),),
        check=Step(
            remark="I check every note with slices of rows.",
            script=filled(_POOL_CHECK, **values, EXACT=exact),
        ),
    )


_SQUARE = """
text = '''
$MATRIX
'''
m = [line.split() for line in text.strip().split("\\n")]
best = (0, 0, 0)
for r in range(len(m)):
    for c in range(len(m[0])):
        k = 0
        while r + k < len(m) and c + k < len(m[0]):
            block = {m[i][j] for i in range(r, r + k + 1) for j in range(c, c + k + 1)}
            if len(block) > 1:
                break
            k += 1
        best = max(best, (k, r, c))
k, r, c = best
print([r + k - 1, c + k - 1])
"""
_SQUARE_CHECK = """
import ast
answer = tuple(ast.literal_eval(ANSWER))
text = '''
$MATRIX
'''
m = [line.split() for line in text.strip().split("\\n")]
side = {}
for r in range(len(m)):
    for c in range(len(m[0])):
        near = [(r - 1, c), (r, c - 1), (r - 1, c - 1)]
        same = all(x >= 0 and y >= 0 and m[x][y] == m[r][c] for x, y in near)
        side[r, c] = 1 + min(side[x] for x in near) if same else 1
largest = max(side.values())
print(largest >= 3 and side.get(answer) == largest)
"""


def pattern_recognition(question: str) -> Solution:
    """The largest one-letter square, grown from its top left corner."""
    matrix = found(r"or are too small\.\n\n(.+?)\n\n", question, re.DOTALL)
    if "bottom right corner" not in question:
        raise WrongWordingError(question)
    script = filled(_SQUARE, MATRIX=matrix)
    return Solution(
        step=Step(
            remark="From every cell grow a square as long as it holds one letter, and keep the largest.",
            script=script,
        ),
        remarks=(
            "Find the largest square with a single letter.",
            "The square sought is the largest of one letter.",
        ),
        slips=(
            Slip(
                script=script.replace("while r + k < len(m) and c + k < len(m[0]):", "while True:"),
                remedy="The square must not grow beyond the matrix.",
            ),
        ),
        check=Step(
            remark="I check it by another way: the side of the largest square that ends at each cell.",
            script=filled(_SQUARE_CHECK, MATRIX=matrix),
        ),
    )


SOLVERS: dict[str, Solver] = {
    "2048": game_2048,
    "light_puzzles": light_puzzles,
    "matrix_transformation": matrix_transformation,
    "pattern_recognition": pattern_recognition,
    "pooling": pooling,
    "reversi": reversi,
}
