"""python -m classroom build [FOLDER] | grade DIR [--only NAME] [--jobs N] [--into DIR] | gradescope ROOT."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from classroom import batch, build, gradescope, reports
from classroom.source import Assignment, SourceError, read
from classroom.walls import walls

ROOT = Path(__file__).resolve().parents[1]
LOUD = """
  !!  NO WALLS around the notebooks: {reason}.
  !!  They run with limits on time, memory and file size only: they can use the network and read your files.
  !!  Grade on Linux 5.12 or newer with `unshare` (util-linux), or in a throw-away container.
"""


def assignments() -> list[Assignment]:
    """Every assignment of the course, in order."""
    return [read(path) for path in sorted((ROOT / "assignments").glob("[0-9]*.md"))]


def main(arguments: list[str]) -> int:
    """The commands of the lecturer; 0 when all went well."""
    parser = argparse.ArgumentParser(prog="python -m classroom", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    builder = commands.add_parser("build", help="write the notebooks and the zips")
    builder.add_argument("folder", nargs="?", type=Path, default=ROOT / "_build" / "assignments")
    grader = commands.add_parser("grade", help="grade a folder of submissions")
    grader.add_argument("dir", type=Path)
    grader.add_argument("--only", help="the name of one assignment")
    grader.add_argument("--jobs", type=int, default=0, help="how many at a time; as many as there are processors")
    grader.add_argument("--into", type=Path, help="where the results go; beside the folder, with -grades")
    commands.add_parser("gradescope", help="inside Gradescope's container").add_argument("root", type=Path)
    options = parser.parse_args(arguments)
    try:
        known = assignments()
        if options.command == "build":
            return _build(known, options.folder)
        if options.command == "gradescope":
            _warn()
            gradescope.answer(options.root, known[0])
            return 0
        chosen = [a for a in known if options.only in (None, a.name)]
        return _grade(chosen, options.dir, options.into, options.jobs)
    except SourceError as error:
        print(error, file=sys.stderr)
        return 2


def _build(known: list[Assignment], folder: Path) -> int:
    for assignment in known:
        for path in build.build(assignment, folder):
            print(f"· {path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path}")
    return 0


def _warn() -> None:
    if not walls().standing:
        print(LOUD.format(reason=walls().reason), file=sys.stderr, flush=True)


def _grade(chosen: list[Assignment], folder: Path, into: Path | None, jobs: int) -> int:
    if not folder.is_dir():
        print(f"There is no folder {folder}; name the one with the submissions.", file=sys.stderr)
        return 2
    if not chosen:
        print("There is no such assignment; their names are the file names in assignments/.", file=sys.stderr)
        return 2
    _warn()
    results = into or folder.resolve().parent / f"{folder.resolve().name}-grades"
    found = batch.grade_folder(folder, results, chosen, jobs=jobs)
    print(reports.write(found, results, chosen))
    print(f"\n· {results}/: grades.csv, questions.csv, grades.json, by-hand.csv, rubrics.md, feedback/, histogram.svg")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
