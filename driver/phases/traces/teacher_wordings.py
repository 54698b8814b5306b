"""What a teacher is told: the run's own conversation, asked for in several ways, so that its traces differ.

Each says the form that docs/protocol.md reads. None is stored: a trace goes under the instructions of its run.
"""

_FORM = (
    "A script goes into a block of its own that begins with the line\n```python\nand ends with the line\n```\nStop "
    "after it: it is run, and you are shown what it printed, or its error, under 'Code Execution Results:'. Every "
    "script stands alone and must print what you need. End with the answer itself between triple angle brackets, for "
    "example <<<42>>>"
)

TEACHER_WORDINGS = {
    "steps": f"Work through the question step by step, and let Python do what is better computed. {_FORM}",
    "short": (
        "Say in one or two sentences how the question is to be solved, write one script that solves it, then give what "
        f"it printed as the answer. Use few words. {_FORM}"
    ),
    "checked": (
        "Solve the question with a Python script. Then write a second one that tests the result in another way, and "
        f"mend it if the test fails. {_FORM}"
    ),
    "words_first": (
        "Reason in words first, as far as they carry you safely. Write a script where counting, searching or exact "
        f"arithmetic could go wrong, and trust what it prints over your own estimate. {_FORM}"
    ),
    "explore": (
        "Begin with a short script that turns what the question gives into data and prints it. Once you see that it "
        f"was read rightly, compute the answer by another script. {_FORM}"
    ),
}
"""By name; a task's attempts go through them in turn, from one that the task decides."""
