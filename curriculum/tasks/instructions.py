"""What the model is told before the question.

The fence is shown alone on its line and without a full stop after it: a model copies a stray one into its answers.
`code_first` and `text` are the other ways of answering that improvement potential may be measured with. All stand
here, below the code that says them, since the reader of answers must know their placeholders.
"""

import re

INSTRUCTIONS = {
    "short": (
        "Solve the question with Python. Write one script:\n```python\n...\n```\n"
        "You are shown what it prints. Then answer as <<<result>>>"
    ),
    "full": (
        "Answer the question step by step. Whenever computing, searching or checking would help, write one complete "
        "Python script that prints what you need, in a block that begins with the line\n```python\nand ends with the "
        "line\n```\nand stop there. The script is run, and what it printed, or its error, is shown to you under "
        "'Code Execution Results:'. Every script stands alone: nothing is kept from one to the next. You may then go "
        "on reasoning, write another script, or answer. When you are sure, end with the answer itself between triple "
        "angle brackets, for example <<<42>>>"
    ),
    "text": (
        "Answer the question step by step in words, without writing any code. When you are sure, end with the answer "
        "itself between triple angle brackets, for example <<<42>>>"
    ),
    "code_first": (
        "Think about the question, then always write one complete Python script that prints the result, in a block "
        "that begins with the line\n```python\nand ends with the line\n```\nand stop there. What it printed, or its "
        "error, is shown to you under 'Code Execution Results:'. Then end with the answer itself between triple angle "
        "brackets, for example <<<42>>>"
    ),
}

PLACEHOLDERS = frozenset(
    held
    for text in INSTRUCTIONS.values()
    for held in re.findall(r"<<<(.*?)>>>", text)
    # A number is an example, and may be the right answer to a question.
    if any(letter.isalpha() for letter in held)
)
"""What the instructions put where the answer belongs: a model that repeats it has not answered."""
