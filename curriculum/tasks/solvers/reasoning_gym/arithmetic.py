"""Solvers for families of whole numbers. They read the question's text only, as the model must."""

from curriculum.tasks.solvers.plan import Slip, Solution, Solver, Step, found


def chain_sum(question: str) -> Solution:
    """Prints the sum as it stands."""
    terms = found(r"problem: (.+?) =\s*$", question)
    return Solution(
        step=Step(remark="Add up the terms.", script=f"print({terms})"),
        slips=(
            Slip(script=f"print({terms} =)", remedy="The = sign must go."),
            Slip(script=f"pritn({terms})", remedy="It is spelled print."),
        ),
    )


def products(question: str) -> Solution:
    """Prints the product as it stands."""
    factors = found(r"multiplication: (.+?)\. Give", question)
    return Solution(
        step=Step(remark="Multiply the factors.", script=f"print({factors})"),
        slips=(
            Slip(script=f"print({factors.replace('*', 'x')})", remedy="Python multiplies with *."),
            Slip(script=f"pritn({factors})", remedy="It is spelled print."),
        ),
    )


def gcd(question: str) -> Solution:
    """Calls math.gcd."""
    return _math_call("gcd", found(r"numbers: ([\d, ]+\d)", question))


def lcm(question: str) -> Solution:
    """Calls math.lcm."""
    return _math_call("lcm", found(r"numbers: ([\d, ]+\d)", question))


def basic_arithmetic(question: str) -> Solution:
    """Prints the expression as it stands."""
    expression = found(r"^Calculate (.+)\.\s*$", question)
    return Solution(
        step=Step(remark="Compute the expression.", script=f"print({expression})"),
        slips=(Slip(script=f"print({expression}", remedy="A bracket was not closed."),),
    )


def count_bits(question: str) -> Solution:
    """Counts the ones in the binary spelling."""
    number = found(r"number (\d+)\?", question)
    return Solution(
        step=Step(remark="Count the ones.", script=f'print(bin({number}).count("1"))'),
        slips=(
            Slip(script=f"print(bin({number}).count(1))", remedy='count needs the text "1".'),
            Slip(script=f'print({number}.count("1"))', remedy="bin gives the binary text."),
        ),
    )


def simple_equations(question: str) -> Solution:
    """Tries whole numbers in turn: copying the equation is easier for a small model than rearranging it."""
    left, right = found(r": (.+)$", question).split(" = ")
    if not left.strip("-0123456789+* ()"):
        left, right = right, left
    variable = found(r"([a-z])", left)

    def loop(condition: str) -> str:
        return f"for {variable} in range(1000):\n    if {condition}:\n        print({variable})"

    return Solution(
        step=Step(remark="Try the values.", script=loop(f"{left} == {right}")),
        slips=(
            Slip(script=loop(f"{left} = {right}"), remedy="Comparing needs ==."),
            Slip(script=f"print({variable} for {left} = {right})", remedy="A loop can try the values."),
        ),
    )


def complex_arithmetic(question: str) -> Solution:
    """Prints the expression with Python's j for i."""
    operands = found(r"numbers: (.+)$", question)
    spelled = operands.replace("\u00d7", "*").replace("\u00f7", "/")
    return Solution(
        step=Step(remark="Use complex numbers.", script=f"print({spelled.replace('i', 'j')})"),
        slips=(Slip(script=f"print({spelled})", remedy="Python writes i as j."),),
    )


def _math_call(function: str, numbers: str) -> Solution:
    call = f"print(math.{function}({numbers}))"
    return Solution(
        step=Step(remark=f"Use math.{function}.", script=f"import math\n{call}"),
        slips=(
            Slip(script=call, remedy="math must be imported."),
            Slip(script=f"from math import {function}\n{call}", remedy="Import math itself."),
        ),
    )


SOLVERS: dict[str, Solver] = {
    "basic_arithmetic": basic_arithmetic,
    "chain_sum": chain_sum,
    "complex_arithmetic": complex_arithmetic,
    "count_bits": count_bits,
    "gcd": gcd,
    "lcm": lcm,
    "products": products,
    "simple_equations": simple_equations,
}
