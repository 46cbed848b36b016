"""List of every message that Landline can print, by file, to be read in one sitting.

    python -m docs.messages [PATH ...]

Found in the source: texts of errors, findings and losses, printed lines, help texts, and in the rooms that talk to
the operator every other text of two words or more. Values of f-strings are shown as {placeholders}.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
ROOMS = ("controller", "hil", "firmware", "landline")
TALKING = ("controller/cli", "controller/app", "controller/logs/review", "controller/logs/report", "hil/cli")
"""Folders whose other texts of two words or more are listed too."""
PRINTS = {
    "note", "result", "print", "say", "warn", "tell", "report_problem", "echo", "confirm", "show",
    "_warn", "_phase", "_tell", "_print_error", "append", "write", "on_problem",
}  # fmt: skip
"""Functions and methods that show a text. `append` is for lists of findings."""
TEXT_CLASSES = re.compile(r"(Finding|Loss|Problem|Fault|Check)$")
ERROR_FUNCTIONS = re.compile(r"fail|refuse|invalid|error|unreadable|damaged|bad", re.IGNORECASE)
"""Functions that make an error of a text."""
HELP_KEYWORDS = {"help", "epilog"}


class Message(NamedTuple):
    """One message."""

    line: int
    kind: str
    text: str


def main(arguments: list[str]) -> None:
    """Print the messages of the given paths, by default of all rooms."""
    files = source_files(arguments or list(ROOMS))
    errors = error_classes(source_files(list(ROOMS)))
    count = 0
    for path in files:
        found = messages_of(path, errors)
        count += len(found)
        lines = [f"  {message.line:4d} {message.kind:8} {message.text}\n" for message in found]
        sys.stdout.writelines([f"{path.relative_to(ROOT).as_posix()}\n", *lines] if found else [])
    sys.stdout.write(f"{count} messages in {len(files)} files\n")


def source_files(paths: list[str]) -> list[Path]:
    """Return the Python files of files and folders, sorted."""
    files: set[Path] = set()
    for name in paths:
        path = ROOT / name
        files |= set(path.rglob("*.py")) if path.is_dir() else {path}
    return sorted(files)


def error_classes(files: list[Path]) -> set[str]:
    """Return the names of the exception classes defined in the files."""
    bases: dict[str, set[str]] = {}
    for path in files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                bases.setdefault(node.name, set()).update(filter(None, map(called_name, node.bases)))
    errors = {"Exception", "ValueError", "OSError"}
    while more := {name for name, parents in bases.items() if parents & errors} - errors:
        errors |= more
    return errors


def messages_of(path: Path, errors: set[str]) -> list[Message]:
    """Return the messages of a file, in the order of their lines."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    talks = path.relative_to(ROOT).as_posix().startswith(TALKING)
    found: dict[tuple[int, str], Message] = {}

    def add(message: Message) -> None:
        if is_text(message.text) and (message.kind not in ("print", "finding") or " " in message.text):
            found.setdefault((message.line, message.text), message)

    raised = {id(node.exc) for node in ast.walk(tree) if isinstance(node, ast.Raise)}
    for scope in scopes(tree):
        texts = local_texts(scope)
        for node in own_nodes(scope):
            if isinstance(node, ast.Call):
                for kind, argument in shown_arguments(node, errors, raised=id(node) in raised):
                    if isinstance(argument, ast.Call):
                        continue  # found by itself where it makes a text
                    for text in rendered(argument, texts):
                        add(Message(argument.lineno, kind, text))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and is_command(node) and (doc := ast.get_docstring(node)):
            add(Message(node.lineno, "help", " ".join(doc.split())))
    if talks:
        known = " ".join(message.text for message in found.values())
        for line, text in other_texts(tree):
            if text not in known:
                add(Message(line, "text", text))
    return sorted(found.values())


def shown_arguments(call: ast.Call, errors: set[str], *, raised: bool) -> Iterator[tuple[str, ast.expr]]:
    """Yield the arguments of a call that are messages, each with its kind."""
    name = called_name(call.func) or ""
    if raised or name in errors or name == "__init__" or ERROR_FUNCTIONS.search(name):
        yield from (("error", argument) for argument in call.args)
        yield from (("hint", keyword.value) for keyword in call.keywords if keyword.arg == "hint")
    elif TEXT_CLASSES.search(name):
        yield from (("finding", argument) for argument in call.args)
        yield from (("finding", keyword.value) for keyword in call.keywords)
    elif name in PRINTS:
        yield from (("print", argument) for argument in call.args)
    yield from (("help", keyword.value) for keyword in call.keywords if keyword.arg in HELP_KEYWORDS)


def rendered(node: ast.expr, texts: dict[str, list[ast.expr]]) -> Iterator[str]:
    """Yield the texts that an expression may have; a name stands for the texts that its scope assigns to it."""
    if isinstance(node, ast.Name) and node.id in texts:
        for value in texts[node.id]:
            yield text_of(value)
    else:
        yield text_of(node)


def text_of(node: ast.expr) -> str:
    """Return an expression as text, with {placeholders} for its values."""
    match node:
        case ast.Constant(value=str(text)):
            return " ".join(text.split()) if text.strip() else text
        case ast.JoinedStr():
            parts = (
                part.value if isinstance(part, ast.Constant) else f"{{{inner(part)}}}" for part in node.values
            )
            return "".join(parts).replace("\n", " ")
        case ast.BinOp(op=ast.Add()):
            return text_of(node.left) + text_of(node.right)
        case ast.IfExp():
            return f"{text_of(node.body)} | {text_of(node.orelse)}"
        case ast.BoolOp():
            return " | ".join(text_of(value) for value in node.values)
    return f"{{{ast.unparse(node)}}}"


def inner(part: ast.expr) -> str:
    """Return the expression of a placeholder, with the texts inside it."""
    return ast.unparse(part.value) if isinstance(part, ast.FormattedValue) else ast.unparse(part)


def is_text(text: str) -> bool:
    """Whether a text has words outside its placeholders; markup of the HTML report is no message."""
    return not text.startswith(("<", ":root", "const ")) and bool(
        re.search(r"[A-Za-z]{3}", re.sub(r"\{[^{}]*\}", "", text))
    )


def is_command(function: ast.FunctionDef) -> bool:
    """Whether a function is a command of the command line."""
    arguments = [*function.args.args, *function.args.kwonlyargs]
    return any(name == "Json" or "typer." in name for name in map(annotation_of, arguments))


def annotation_of(argument: ast.arg) -> str:
    """Return the annotation of an argument as source."""
    return ast.unparse(argument.annotation) if argument.annotation else ""


def called_name(node: ast.expr) -> str | None:
    """Return the last part of a name: `f` of `f` and of `a.b.f`."""
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else None


def scopes(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield the module and each function in it."""
    yield tree
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def own_nodes(scope: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a scope without those of functions inside it."""
    for child in ast.iter_child_nodes(scope):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield child
            yield from own_nodes(child)


def local_texts(scope: ast.AST) -> dict[str, list[ast.expr]]:
    """Return the expressions that a scope assigns to each of its names."""
    found: dict[str, list[ast.expr]] = {}
    for node in own_nodes(scope):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            found.setdefault(node.targets[0].id, []).append(node.value)
    return found


def other_texts(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield line and text of the string constants of two words or more that are no docstrings."""
    docs = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) and " " in (text := text_of(node)).strip():
            yield node.lineno, text
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in docs
            and id(node) not in parts
            and re.search(r"[A-Za-z]+ [A-Za-z]+", node.value)
        ):
            yield node.lineno, text_of(node)


if __name__ == "__main__":
    main(sys.argv[1:])
