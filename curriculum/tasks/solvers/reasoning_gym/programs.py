"""Small machines and ciphers: token rewriting, BF programs, Caesar shifts, hidden text, logic circuits."""

import re

from curriculum.tasks.solvers.plan import Slip, Solution, Solver, Step, WrongWordingError, filled, found

_TOKENS = """
program = "$PROGRAM".split()
rules = {"A# #A": [], "B# #B": [], "A# #B": ["#B", "A#"], "B# #A": ["#A", "B#"]}
changed = True
while changed:
    changed = False
    for i in range(len(program) - 1):
        pair = program[i] + " " + program[i + 1]
        if pair in rules:
            program[i:i + 2] = rules[pair]
            changed = True
            break
print(*program)
"""
_TOKENS_CHECK = """
import re

text = "$PROGRAM"
rules = [("A# #B", "#B A#"), ("B# #A", "#A B#"), ("A# #A", ""), ("B# #B", "")]
while any(a in text for a, _ in rules):
    for a, b in rules:
        text = text.replace(a, b)
    text = " ".join(text.split())
print(text == ANSWER)
"""


def ab(question: str) -> Solution:
    """Rewrites the first pair that faces each other, again and again."""
    program = found(r"following program:\n\n(.+?)\n", question)
    script = filled(_TOKENS, PROGRAM=program)
    return Solution(
        step=Step(remark="Rewrite neighbours that face each other until none are left.", script=script),
        remarks=(
            "The order of rewriting does not matter, so take the first pair.",
            "I apply the rules in a loop.",
        ),
        slips=(
            Slip(script=script.replace(".split()", ".splits()"), remedy="The method is called split."),
            Slip(
                script=script.replace("len(program) - 1", "len(program)"),
                remedy="The last token has no right neighbour.",
            ),
        ),
        check=Step(
            remark="I rewrite the text itself and compare.", script=filled(_TOKENS_CHECK, PROGRAM=program)
        ),
    )


_BF = """
code = "$CODE"
jump, stack = {}, []
for i, c in enumerate(code):
    if c == "[":
        stack.append(i)
    elif c == "]":
        j = stack.pop()
        jump[i], jump[j] = j, i
tape, p, i, out = [0] * 300, 0, 0, ""
while i < len(code):
    c = code[i]
    if c == ">":
        p += 1
    elif c == "<":
        p -= 1
    elif c in "+-":
        tape[p] = (tape[p] + (1 if c == "+" else -1)) % 256
    elif c == ".":
        out += chr(tape[p])
    elif c == "[" and tape[p] == 0 or c == "]" and tape[p]:
        i = jump[i]
    i += 1
print(out)
"""
_BF_CHECK = """
code = "$CODE"
lines, depth = ["tape, p, out = [0] * 300, 0, ''"], 0
for c in code:
    pad = "    " * depth
    if c == "[":
        lines.append(pad + "while tape[p]:")
        depth += 1
        lines.append("    " * depth + "pass")
    elif c == "]":
        depth -= 1
    else:
        words = {">": "p += 1", "<": "p -= 1", "+": "tape[p] = (tape[p] + 1) % 256"}
        words |= {"-": "tape[p] = (tape[p] - 1) % 256", ".": "out += chr(tape[p])"}
        lines.append(pad + words.get(c, "pass"))
space = {}
exec("\\n".join(lines), space)
print(space["out"].strip() == ANSWER.strip())
"""


def bf(question: str) -> Solution:
    """A small interpreter."""
    programs = re.findall(r"^[-+<>.,\[\]]+$", question, re.MULTILINE)
    if len(programs) != 1:
        raise WrongWordingError(question)
    script = filled(_BF, CODE=programs[0])
    return Solution(
        step=Step(remark="Interpret the program: match the brackets, then run it on a tape.", script=script),
        remarks=("I write a small interpreter.", "The brackets are matched first, then the code runs."),
        slips=(
            Slip(
                script=script.replace("jump, stack = {}, []", "jump, stack = {}, ()"),
                remedy="The stack must be a list.",
            ),
            Slip(
                script=script.replace("jump[i], jump[j] = j, i", "jump[i] = j"),
                remedy="Both brackets need their partner.",
            ),
        )[:1],
        check=Step(
            remark="I translate the program into Python and run that.",
            script=filled(_BF_CHECK, CODE=programs[0]),
        ),
    )


_CAESAR = """
text = "$TEXT"
common = "the of and to in that was his he it with is for as had you not be her on at by which have or from this"
common += " him but all she they were my are me one their so an said them we who would been"
common = set(common.upper().split())

def shifted(k):
    return "".join(chr((ord(c) - 65 + k) % 26 + 65) if c.isalpha() else c for c in text)

best = max(range(26), key=lambda k: sum(len(w) for w in shifted(k).split() if w in common))
if not any(w in common for w in shifted(best).split()):
    usual = dict(zip("ETAOINSHRDLUCMFWYPVBGKQJXZ", range(26, 0, -1)))
    best = max(range(26), key=lambda k: sum(usual.get(c, 0) for c in shifted(k)))
print(shifted(best))
"""


def caesar_cipher(question: str) -> Solution:
    """The shift whose text holds most common words."""
    text = found(r"cipher text: (.+?)\. Provide", question, re.DOTALL)
    script = filled(_CAESAR, TEXT=text)
    check = (
        f'a, b = "{text}", ANSWER\n'
        "shifts = {(ord(x) - ord(y)) % 26 for x, y in zip(a, b) if x.isalpha()}\n"
        "print(len(a) == len(b) and len(shifts) == 1)"
    )
    return Solution(
        step=Step(
            remark="Try all 26 shifts and keep the one with the most common English words.", script=script
        ),
        remarks=("Common words give the shift away.",),
        slips=(
            Slip(
                script=script.replace("ord(c) - 65 + k", "c - 65 + k"),
                remedy="A letter becomes a number by ord.",
            ),
        ),
        explore=Step(
            remark="First I look at all shifts of the beginning.",
            script=f'text = "{text[:20]}"\nfor k in range(26):\n'
            '    print(k, "".join(chr((ord(c) - 65 + k) % 26 + 65) if c.isalpha() else c for c in text))',
        ),
        check=Step(remark="Every letter must be shifted by the same number.", script=check),
    )


def emoji_mystery(question: str) -> Solution:
    """The variation selectors behind the emoji are bytes."""
    hidden = found(r"from the emoji: (.+?)\n", question)
    points = [
        ord(mark) for mark in hidden[1:] if 0xFE00 <= ord(mark) <= 0xFE0F or 0xE0100 <= ord(mark) <= 0xE01EF
    ]
    if not points:
        raise WrongWordingError(question)
    script = (
        f'text = "{hidden}"\nout = []\nfor char in text[1:]:\n    n = ord(char)\n'
        "    if 0xFE00 <= n <= 0xFE0F:\n        out.append(n - 0xFE00)\n"
        "    elif 0xE0100 <= n <= 0xE01EF:\n        out.append(n - 0xE0100 + 16)\n"
        'print(bytes(out).decode("utf-8"))'
    )
    check = (
        f'text = "{hidden}"\nanswer = ANSWER\n'
        "hidden = [ord(c) - 0xE0100 + 16 for c in text if ord(c) >= 0xE0100]\n"
        'print(bytes(hidden).decode("utf-8").strip() == answer.strip())'
    )
    return Solution(
        step=Step(remark="Decode the selectors behind the emoji as the hint shows.", script=script),
        remarks=("The hidden marks are bytes of the sentence.",),
        slips=(
            Slip(
                script=script.replace("bytes(out)", "out"), remedy="A list has no decode: make bytes of it."
            ),
        ),
        check=Step(remark="I decode it once more in one line.", script=check),
    )


_CUBE = """
sides = {
$SIDES
}
turns = {
    "front": {"top": "front", "front": "bottom", "bottom": "back", "back": "top"},
    "back": {"top": "back", "back": "bottom", "bottom": "front", "front": "top"},
    "left": {"top": "left", "left": "bottom", "bottom": "right", "right": "top"},
    "right": {"top": "right", "right": "bottom", "bottom": "left", "left": "top"},
    "bottom": {"top": "bottom", "bottom": "top", "front": "back", "back": "front"},
}
for side in $TURNS:
    turn = turns.get(side, {})
    sides = {place: sides[turn.get(place, place)] for place in sides}
print(sides["$ASKED"])
"""


def color_cube_rotation(question: str) -> Solution:
    """Which side comes where, turn by turn."""
    sides = re.findall(r"^- an? (\w+) (\w+) side$", question, re.MULTILINE)
    text = question.partition("The cube is rotated")[2]
    turns = re.findall(
        r"before at the (\w+) is now|bring the (\w+) side to|make the (\w+) face the|"
        r"place its (\w+) side at|the (\w+) side is rotated",
        text,
    )
    order = [next(part for part in turn if part) for turn in turns]
    asked = found(r"color of the (\w+) side of the cube\?", question)
    if len(sides) != 6 or not order:
        raise WrongWordingError(question)
    lines = "\n".join(f'    "{place}": "{colour}",' for colour, place in sides)
    script = filled(_CUBE, SIDES=lines, TURNS=order, ASKED=asked)
    return Solution(
        step=Step(remark="Keep the colours by side and turn the cube step by step.", script=script),
        remarks=("Each turn moves four sides round.",),
        slips=(
            Slip(
                script=script.replace('print(sides["' + asked + '"])', f"print(sides[{asked}])"),
                remedy="The side's name needs quotes.",
            ),
        ),
    )


SOLVERS: dict[str, Solver] = {
    "ab": ab,
    "bf": bf,
    "caesar_cipher": caesar_cipher,
    "color_cube_rotation": color_cube_rotation,
    "emoji_mystery": emoji_mystery,
}
