"""Run the measurements and print one table: `python -m tests.benchmarks [NAME …] [--json FILE]`."""

import argparse
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from . import (
    answer,
    conversation,
    describing,
    first_text,
    install,
    interrupt,
    large_frames,
    load_extension,
    long_answers,
    panel,
    peers,
    rows,
    smoothness,
)
from .report import Section, machine, table, write_json
from .surroundings import empty_house

MEASUREMENTS: dict[str, Any] = {
    "load": load_extension,
    "answer": answer,
    "first-text": first_text,
    "long": long_answers,
    "smoothness": smoothness,
    "panel": panel,
    "full-text": peers.FULL_TEXT,
    "chatlas": peers.CHATLAS,
    "jupyter-ai": peers.JUPYTER_AI,
    "interrupt": interrupt,
    "describe": describing,
    "frames": large_frames,
    "conversation": conversation,
    "rows": rows,
    "install": install,
}
_NAMES = ", ".join(MEASUREMENTS)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"only these: {_NAMES}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument(
        "--install", action=argparse.BooleanOptionalAction, default=True,
        help="measure what the core adds to an environment; takes a minute and a package index",
    )  # fmt: skip
    options = parser.parse_args()
    if unknown := set(options.names) - set(MEASUREMENTS):
        parser.error(f"no measurement is called {', '.join(sorted(unknown))}; there are {_NAMES}")
    return options


def _section(name: str) -> Section:
    measurement = MEASUREMENTS[name]
    began = time.monotonic()
    sys.stderr.write(f"measuring {name} … ")
    sys.stderr.flush()
    try:
        section = Section(name, measurement.TITLE, list(measurement.measure()))
    except install.SkippedError as reason:
        section = Section(name, measurement.TITLE, problem=f"skipped: {reason}")
    except Exception as error:  # the other measurements are worth having
        traceback.print_exc()
        problem = f"failed: {type(error).__name__}: {error}"
        section = Section(name, measurement.TITLE, problem=problem)
    sys.stderr.write(f"{time.monotonic() - began:.0f} s\n")
    return section


def main() -> int:
    """Measure and report; being over a target is no failure, a measurement that broke is."""
    options = _options()
    names = options.names or [name for name in MEASUREMENTS if name != "install"]
    if options.install and not options.names:
        names.append("install")
    before = machine()
    with empty_house():
        sections = [_section(name) for name in names]
    print(_heading(before))
    print(table(sections))
    if options.json:
        write_json(options.json, before, sections)
    return any(section.problem.startswith("failed") for section in sections)


def _heading(before: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in before["versions"].items())
    return (
        f"{before['when']}, Python {before['python']}, {before['system']}, "
        f"{before['cores']} cores, load before {before['load']} and after {machine()['load']}\n"
        f"{versions}\n"
    )


if __name__ == "__main__":
    sys.exit(main())
