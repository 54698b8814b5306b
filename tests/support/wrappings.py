"""What people and models put around an answer, and what makes it another answer or none."""

WRAPPINGS = {
    "space": "  {}\n",
    "full stop": "{}.",
    "double quotes": '"{}"',
    "single quotes": "'{}'",
    "curly quotes": "\u201c{}\u201d",
    "backticks": "`{}`",
    "bold": "**{}**",
    "italic": "*{}*",
    "bold and stop": "**{}**.",
    "dollars": "${}$",
    "two dollars": "$${}$$",
    "round LaTeX": r"\({}\)",
    "square LaTeX": r"\[{}\]",
    "boxed": r"\boxed{{{}}}",
    "boxed text": r"\boxed{{\text{{{}}}}}",
    "dollars and boxed": r"$\boxed{{{}}}$",
    "equals": "= {}",
    "fence": "```\n{}\n```",
    "fence with a language": "```json\n{}\n```",
    "tildes": "~~~\n{}\n~~~",
    "fence in a line": "```{}```",
    "the answer is": "The answer is {}.",
    "the final answer is": "The final answer is: {}",
    "answer": "Answer: {}",
    "bold answer": "**Answer:** {}",
    "bold word answer": "**Answer**: {}",
    "all in bold": "**Answer: {}**",
    "answer in bold": "The answer is **{}**.",
    "so": "So the answer is {}.",
    "result": "Result = {}",
    "the correct answer is": "Therefore, the correct answer is: {}",
}
"""Around a right answer it is right still."""

SPOILED = {
    "two guesses": "{} or 7391",
    "maybe": "maybe {}",
    "I think": "The answer is {}, I think",
    "remark": "{} is the answer",
    "not": "not {}",
    "the answer is not": "The answer is not {}",
    "said twice": "{0} {0}",
    "another answer": "{} (or 7391)",
    "two answers": "The answer is {}. The answer is 7391.",
    "not equal": "!= {}",
}
"""Around a right answer it is one no more."""

_JSON = {"double quotes": "JSON in double quotes does not say where it ends"}
_PRINTED = {"single quotes": "a printed list of texts in single quotes does not say where it ends"}
_SENTENCE = dict.fromkeys(
    ("double quotes", "single quotes", "curly quotes"), "a sentence with quotation marks of its own"
)
_STARS = dict.fromkeys(("bold", "italic", "bold and stop", "answer in bold"), "a star may be a cell")
NOT_WRAPPED: dict[str, dict[str, str]] = {
    "boxnet": _JSON,
    "cryptanalysis": _JSON,
    "group_anagrams": _JSON,
    "jugs": _JSON,
    "palindrome_partitioning": _JSON,
    "permutations_and_combinations": _JSON,
    "number_filtering": _PRINTED,
    "number_sorting": _PRINTED,
    "emoji_mystery": _SENTENCE,
    "letter_jumble": _SENTENCE,
    "sentence_reordering": _SENTENCE,
    "light_puzzles": _STARS,
    "matrix_transformation": _STARS,
    "reversi": _STARS,
    "dyck_languages": {"boxed text": "two braces that are part of no answer"},
    "fraction_simplification": {"dollars and boxed": "the reference has dollar signs of its own"},
}
"""Wrappings in which an answer may be lost, and why."""
