"""The project's source files, the imports between them, and the circles in these imports."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@cache
def tracked_files() -> tuple[Path, ...]:
    """Return the paths, from the project's root, of all files that git tracks and that exist."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    paths = [Path(name) for name in listed.stdout.decode().split("\0") if name]
    return tuple(path for path in paths if (ROOT / path).is_file())


@cache
def modules(folder: str) -> tuple[Path, ...]:
    """Return all Python files below `folder`, a path from the project's root, sorted."""
    return tuple(sorted((ROOT / folder).rglob("*.py")))


@cache
def parsed(path: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imported(path: Path) -> tuple[str, ...]:
    """Return the dotted names of all that a file imports: at its top, in functions and for type checks."""
    names: list[str] = []
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: an import must be absolute"
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return tuple(names)


def named(path: Path) -> str:
    """Return the dotted name under which a file is imported."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def import_graph(*folders: str) -> dict[str, set[str]]:
    """Return, for each module of these folders, the modules of them that it imports."""
    files = {named(path): path for folder in folders for path in modules(folder)}
    graph: dict[str, set[str]] = {}
    for name, path in files.items():
        graph[name] = set()
        for target in imported(path):
            # `from a.b import c` names the module a.b.c, or something in a.b.
            found = target if target in files else target.rpartition(".")[0]
            if found in files and found != name:
                graph[name].add(found)
    return graph


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Return the largest groups of modules that all reach each other (strongly connected components), sorted."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []
    for root in sorted(graph):
        if root in index:
            continue
        work: list[tuple[str, Iterator[str]]] = [(root, iter(sorted(graph[root])))]
        index[root] = low[root] = len(index)
        stack.append(root)
        while work:
            name, targets = work[-1]
            for target in targets:
                if target not in index:
                    index[target] = low[target] = len(index)
                    stack.append(target)
                    work.append((target, iter(sorted(graph[target]))))
                    break
                if target in stack:
                    low[name] = min(low[name], index[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[name])
                if low[name] == index[name]:
                    group = stack[stack.index(name) :]
                    del stack[stack.index(name) :]
                    if len(group) > 1:
                        found.append(sorted(group))
    return sorted(found)


def around(graph: dict[str, set[str]], group: Iterable[str]) -> list[str]:
    """Return the shortest way round within a group of `circles`: its first module, ..., its first module again."""
    inside = set(group)
    best: list[str] = []
    for first in sorted(inside):
        ways = [[first]]
        reached = {first}
        while ways and not (best and len(ways[0]) + 1 >= len(best)):
            way = ways.pop(0)
            targets = graph[way[-1]] & inside
            if first in targets:
                best = [*way, first]
                break
            ways += [[*way, target] for target in sorted(targets - reached)]
            reached |= targets
    return best
