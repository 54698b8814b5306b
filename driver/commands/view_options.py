"""What `view` can be told on the command line."""

import argparse

DEFAULT_PORT = 8270


def add_view_options(command: argparse.ArgumentParser) -> None:
    """Add the options of `view` to its parser."""
    command.add_argument(
        "--port", type=int, default=DEFAULT_PORT, help="port of the page; 0 takes a free one"
    )
    command.add_argument(
        "--host",
        default="127.0.0.1",
        help="address of the page; any but loopback lets others in who know the token that is printed",
    )
    command.add_argument(
        "--static", metavar="FILE", help="write one HTML file with curves and a sample, and end"
    )
    command.add_argument("--count", type=int, help="print so many rollouts in the terminal instead, and end")
    command.add_argument("--file", help="print rollouts of this file, such as train-00001, and end")
