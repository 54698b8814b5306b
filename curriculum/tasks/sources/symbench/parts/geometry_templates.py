"""Templates of geometry problems with exact answers; the tests prove each answer by coordinates or summation."""

from fractions import Fraction
from random import Random

from curriculum.tasks.sources.symbench.parts.math_answers import Drawn, fraction_text, root_text

_PI = r"\pi"


def third_angle(rng: Random, size: int) -> Drawn:
    """Third angle of a triangle, in degrees."""
    first, second = rng.randint(11, 88), rng.randint(11, 88)
    text = f"Two angles of a triangle measure {first} and {second} degrees. How many degrees does the third measure?"
    return Drawn(text, str(180 - first - second), {"first": first, "second": second})


def rectangle_diagonal(rng: Random, size: int) -> Drawn:
    """Diagonal of a rectangle."""
    a, b = _lengths(rng, size, 2)
    text = f"A rectangle is {a} cm wide and {b} cm high. How many centimetres long is its diagonal?"
    return Drawn(text, root_text(Fraction(a * a + b * b)), {"a": a, "b": b})


def circle_area(rng: Random, size: int) -> Drawn:
    """Area of a circle from its diameter."""
    d = rng.randint(3, 4 * size)
    text = f"A circle has a diameter of {d} inches. What is its area in square inches, in terms of pi?"
    return Drawn(text, fraction_text(Fraction(d * d, 4), _PI), {"d": d})


def trapezoid_area(rng: Random, size: int) -> Drawn:
    """Area of a trapezoid."""
    a, b, h = _lengths(rng, size, 3)
    text = (
        f"The parallel sides of a trapezoid are {a} m and {b} m long, and they are {h} m apart. "
        "What is its area in square metres?"
    )
    return Drawn(text, fraction_text(Fraction((a + b) * h, 2)), {"a": a, "b": b, "h": h})


def equilateral_area(rng: Random, size: int) -> Drawn:
    """Area of an equilateral triangle from its perimeter."""
    perimeter = rng.randint(4, 6 * size)
    text = f"An equilateral triangle has a perimeter of {perimeter}. What is its area?"
    side = Fraction(perimeter, 3)
    return Drawn(text, fraction_text(side * side / 4, r"\sqrt{3}"), {"perimeter": perimeter})


def cone_volume(rng: Random, size: int) -> Drawn:
    """Volume of a right circular cone."""
    r, h = _lengths(rng, size, 2)
    text = f"A right circular cone has a base of radius {r} and a height of {h}. What is its volume, in terms of pi?"
    return Drawn(text, fraction_text(Fraction(r * r * h, 3), _PI), {"r": r, "h": h})


def cylinder_surface(rng: Random, size: int) -> Drawn:
    """Whole surface of a closed cylinder."""
    r, h = _lengths(rng, size, 2)
    text = (
        f"A closed right circular cylinder has radius {r} and height {h}. What is its whole surface area, both ends "
        "included, in terms of pi?"
    )
    return Drawn(text, fraction_text(Fraction(2 * r * (r + h)), _PI), {"r": r, "h": h})


def triangle_on_grid(rng: Random, size: int) -> Drawn:
    """Area of a triangle from its corners."""
    points = [(rng.randint(-size, size), rng.randint(-size, size)) for _ in range(3)]
    (ax, ay), (bx, by), (cx, cy) = points
    twice = abs((bx - ax) * (cy - ay) - (cx - ax) * (by - ay))
    if not twice:
        return triangle_on_grid(rng, size)  # three points in a row are rare: this ends at once
    text = f"A triangle has its corners at ({ax}, {ay}), ({bx}, {by}) and ({cx}, {cy}). What is its area?"
    return Drawn(text, fraction_text(Fraction(twice, 2)), {"points": [list(point) for point in points]})


def box_diagonal(rng: Random, size: int) -> Drawn:
    """Space diagonal of a box."""
    a, b, c = _lengths(rng, size, 3)
    text = f"A rectangular box measures {a} by {b} by {c}. How far apart are two opposite corners of the box?"
    return Drawn(text, root_text(Fraction(a * a + b * b + c * c)), {"a": a, "b": b, "c": c})


def quarter_turn(rng: Random, size: int) -> Drawn:
    """A point turned about another."""
    x, y, a, b = (rng.randint(-size, size) for _ in range(4))
    text = (
        f"The point ({x}, {y}) is turned by 90 degrees counterclockwise about the point ({a}, {b}). "
        "What are its new coordinates? Give an ordered pair."
    )
    return Drawn(text, f"({a - (y - b)}, {b + (x - a)})", {"x": x, "y": y, "a": a, "b": b})


def sector_perimeter(rng: Random, size: int) -> Drawn:
    """Perimeter of a sector, radii included."""
    r, angle = rng.randint(2, size), 5 * rng.randint(2, 70)
    text = (
        f"A sector of a circle of radius {r} has a central angle of {angle} degrees. What is the perimeter of the "
        "sector, both radii included, in terms of pi?"
    )
    return Drawn(text, f"{2 * r} + {fraction_text(Fraction(angle * r, 180), _PI)}", {"r": r, "angle": angle})


def hypotenuse_altitude(rng: Random, size: int) -> Drawn:
    """Height on the hypotenuse of a right triangle."""
    a, b = _lengths(rng, size, 2)
    text = (
        f"The legs of a right triangle are {a} and {b} long. How long is the altitude from the right angle to the "
        "hypotenuse?"
    )
    return Drawn(text, root_text(Fraction((a * b) ** 2, a * a + b * b)), {"a": a, "b": b})


def hexagon_area(rng: Random, size: int) -> Drawn:
    """Area of a regular hexagon from the distance of opposite sides."""
    width = rng.randint(2, 3 * size)
    text = f"Opposite sides of a regular hexagon are {width} apart. What is the area of the hexagon?"
    return Drawn(text, fraction_text(Fraction(width * width, 2), r"\sqrt{3}"), {"width": width})


def square_minus_circle(rng: Random, size: int) -> Drawn:
    """What an inscribed circle leaves of a square."""
    diagonal = rng.randint(2, 3 * size)
    text = (
        f"A square has a diagonal of length {diagonal}. What is the area of the part of the square that lies outside "
        "its inscribed circle, in terms of pi?"
    )
    square = Fraction(diagonal * diagonal, 2)
    return Drawn(text, f"{fraction_text(square)} - {fraction_text(square / 4, _PI)}", {"diagonal": diagonal})


def chord_length(rng: Random, size: int) -> Drawn:
    """Length of a chord."""
    distance = rng.randint(1, size - 1)
    radius = rng.randint(distance + 1, size)
    text = f"A chord of a circle of radius {radius} lies {distance} from the centre. How long is the chord?"
    answer = root_text(Fraction(4 * (radius**2 - distance**2)))
    return Drawn(text, answer, {"radius": radius, "distance": distance})


def triangle_area(rng: Random, size: int) -> Drawn:
    """Area of a triangle from its sides."""
    a, b, c = _triangle(rng, size)
    text = f"The sides of a triangle are {a}, {b} and {c} long. What is its area?"
    return Drawn(text, root_text(_area_squared(a, b, c)), {"a": a, "b": b, "c": c})


def circumradius(rng: Random, size: int) -> Drawn:
    """Radius of the circle through a triangle's corners."""
    a, b, c = _triangle(rng, size)
    text = f"A circle passes through the three corners of a triangle with sides {a}, {b} and {c}. What is its radius?"
    square = Fraction((a * b * c) ** 2) / (16 * _area_squared(a, b, c))
    return Drawn(text, root_text(square), {"a": a, "b": b, "c": c})


def distance_to_line(rng: Random, size: int) -> Drawn:
    """Distance of a point from a line through two points."""
    x, y, px, py = (rng.randint(-size, size) for _ in range(4))
    dx, dy = rng.randint(1, size), rng.choice((-1, 1)) * rng.randint(1, size)
    across = abs(dx * (y - py) - dy * (x - px))
    text = (
        f"A line passes through the points ({px}, {py}) and ({px + dx}, {py + dy}). "
        f"How far is the point ({x}, {y}) from the line?"
    )
    values = {"point": [x, y], "one": [px, py], "other": [px + dx, py + dy]}
    return Drawn(text, root_text(Fraction(across**2, dx * dx + dy * dy)) if across else "0", values)


def frustum_volume(rng: Random, size: int) -> Drawn:
    """Volume of a cut cone."""
    low, high, h = _lengths(rng, size, 3)
    large, small = max(low, high) + 1, min(low, high)
    text = (
        f"A right circular cone is cut parallel to its base. The piece between the cut and the base has a height of "
        f"{h} and circular ends of radius {large} and {small}. What is its volume, in terms of pi?"
    )
    volume = Fraction(h * (large**2 + large * small + small**2), 3)
    return Drawn(text, fraction_text(volume, _PI), {"large": large, "small": small, "h": h})


def _lengths(rng: Random, size: int, count: int) -> list[int]:
    return [rng.randint(2, size) for _ in range(count)]


def _triangle(rng: Random, size: int) -> tuple[int, int, int]:
    a, b = _lengths(rng, size, 2)
    return a, b, rng.randint(abs(a - b) + 1, a + b - 1)


def _area_squared(a: int, b: int, c: int) -> Fraction:
    return Fraction((a + b + c) * (-a + b + c) * (a - b + c) * (a + b - c), 16)
