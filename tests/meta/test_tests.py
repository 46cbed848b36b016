"""The tests themselves: short names, no imports from each other."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.support.source_tree import ROOT, imported, modules, named, parsed

LONGEST_NAME = 80


def each_test() -> Iterator[tuple[Path, str]]:
    """Each test's file and name."""
    for path in modules("tests"):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                yield path, node.name


def test_a_test_has_a_name_of_at_most_eighty_characters() -> None:
    long = [
        f"{path.relative_to(ROOT).as_posix()}: {name}, {len(name)}"
        for path, name in each_test()
        if len(name) > LONGEST_NAME
    ]
    assert long == []


def test_test_files_import_nothing_from_each_other() -> None:
    tests = {named(path) for path in modules("tests") if path.name.startswith(("test_", "conftest"))}
    wrong = [
        f"{path.relative_to(ROOT).as_posix()} imports {name}"
        for path in modules("tests")
        for name in imported(path)
        if name in tests or name.rpartition(".")[0] in tests
    ]
    assert wrong == [], "what several tests need belongs into tests/support"


def test_scripts_inside_the_tests_import_what_there_is() -> None:
    """Tests that start Python with a script in a string: a name in it that was changed elsewhere is found here, at
    once.
    """
    wrong = []
    for path in modules("tests"):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and "import " in node.value:
                wrong += [
                    f"{path.relative_to(ROOT).as_posix()}:{node.lineno}: {name}"
                    for name in missing(node.value)
                ]
    assert wrong == []


def missing(script: str) -> list[str]:
    """The dotted names that a script imports from the project's own modules, and that are not in them."""
    try:
        tree = ast.parse(script)
    except SyntaxError:
        return []
    found = []
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.ImportFrom)
            and node.module
            and node.module.split(".")[0] in ("controller", "hil", "tests")
        ):
            found += [
                f"{node.module}.{alias.name}" for alias in node.names if not exists(node.module, alias.name)
            ]
    return found


def exists(module: str, name: str) -> bool:
    """Whether `from module import name` finds something, without importing it."""
    folder = ROOT.joinpath(*module.split("."))
    if (folder / f"{name}.py").is_file() or (folder / name).is_dir():
        return True
    file = folder.with_suffix(".py") if folder.with_suffix(".py").is_file() else folder / "__init__.py"
    return file.is_file() and name in {part for node in ast.walk(parsed(file)) for part in definitions(node)}


def definitions(node: ast.AST) -> list[str]:
    """The names that a statement defines."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return [node.name]
        case ast.Name(ctx=ast.Store()):
            return [node.id]
        case ast.Import() | ast.ImportFrom():
            return [alias.asname or alias.name for alias in node.names]
    return []
