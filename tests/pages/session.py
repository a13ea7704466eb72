"""Runs a page's blocks of Python one after the other in one session, as a reader would: `python session.py ORDERS RESULTS`.

An order is a line: the block's file, its page and its line there, and a file with the folder and the environment of the page's shell.
"""

import os
import sys
import traceback
from pathlib import Path


def main(orders: str, results: str) -> None:
    names: dict[str, object] = {"__name__": "__main__"}
    sys.path.insert(0, "")
    sys.argv = [""]
    while True:
        with open(orders) as stream:  # noqa: PTH123
            order = stream.readline()
        if not order:
            return
        code = run(order.rstrip("\n").split("\t"), names)
        sys.stdout.flush()
        with open(results, "w") as stream:  # noqa: PTH123
            print(code, file=stream)


def run(order: list[str], names: dict[str, object]) -> int:
    block, page, line, shell = order
    folder, *variables = Path(shell).read_bytes().decode().split("\0")
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variable.split("=", 1) for variable in variables if "=" in variable)
    text = "\n" * int(line) + Path(block).read_text(encoding="utf-8")
    try:
        exec(compile(text, page, "exec"), names)
    except SystemExit as end:
        return int(bool(end.code))
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    main(*sys.argv[1:])
