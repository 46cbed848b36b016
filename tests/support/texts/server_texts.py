"""English texts of the server as templates, collected from the source: `cannot {title}: {name} has control`.

A value of an f-string is a gap. A choice in an f-string (`{'a' if x else 'b'}`, `{x or 'none'}`) gives one template
for each of its texts, and texts that are added give one.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from tests.support.source_tree import ROOT

GAP = re.compile(r"\{\w+\}")
_MOST_CHOICES = 16
# Of str.format: "hold {:g} s".
_PLACEHOLDER = re.compile(r"\{[\w:.+,]*\}")
# Markup, SQL, patterns and comments of files are no texts.
_CODE = re.compile(
    r"^[<^#:]|</|--\w+:|^(SELECT|PRAGMA|CREATE|INSERT|DELETE|DROP|SET|make_timestamp|const|Table with) |\\S|\(\w+\|"
)


@cache
def templates_of(path: Path) -> dict[str, int]:
    """Return the texts of a Python file that people read, each with its first line."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    hidden = _hidden(tree)
    found: dict[str, int] = {}
    for node in _texts(tree, hidden):
        for text in _choices(node):
            if is_prose(text):
                found.setdefault(" ".join(text.split()) if "\n" in text else text.strip(), node.lineno)
    return found


def is_prose(text: str) -> bool:
    """Whether a text has two words or more, or a word beside a gap: a name, key or unit is none."""
    words = GAP.sub(" ", text)
    if _CODE.search(text):
        return False
    return bool(re.search(r"[a-z]{2}", words)) and bool(re.search(r"\S\s+\S", GAP.sub("x", text)))


def shape(template: str) -> str:
    """Return a template with nameless gaps, so that a value may be called as the translator likes."""
    return GAP.sub("{}", template)


def _hidden(tree: ast.Module) -> set[int]:
    """Return the nodes that are no texts: docstrings, annotations, and what is said to the log or the developer."""
    hidden: set[int] = set()
    for node in ast.walk(tree):
        unseen: Iterable[ast.AST | None] = ()
        match node:
            case ast.Expr(value=ast.Constant()):
                unseen = (node.value,)
            case ast.AnnAssign(annotation=annotation) | ast.arg(annotation=annotation):
                unseen = (annotation,)
            case ast.FunctionDef(returns=returns) | ast.AsyncFunctionDef(returns=returns):
                unseen = (returns,)
            case ast.Call(func=ast.Name(id="cast" | "TypeVar" | "OurBug" | "AssertionError" | "namedtuple")):
                unseen = node.args
            case ast.Call(
                func=ast.Attribute(attr="compile" | "debug" | "exception" | "strptime" | "strftime")
            ):
                unseen = node.args
            case ast.Assert(msg=message):
                unseen = (message,)
        for root in unseen:
            if root is not None:
                hidden |= {id(one) for one in ast.walk(root)}
    return hidden


def _texts(tree: ast.AST, hidden: set[int]) -> Iterator[ast.expr]:
    """Yield the outermost texts, and those inside the values of an f-string."""
    for node in ast.iter_child_nodes(tree):
        if id(node) in hidden:
            continue
        if isinstance(node, ast.JoinedStr) or _is_text(node) or _is_sum(node):
            yield node  # type: ignore[misc] - all three are expressions
            for part in ast.walk(node):
                if isinstance(part, ast.FormattedValue) and not _branches(part.value):
                    yield from _texts(ast.Expression(part.value), hidden)
        else:
            yield from _texts(node, hidden)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_sum(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.Add)
        and any(
            isinstance(one, ast.JoinedStr) or _is_text(one) or _is_sum(one) for one in (node.left, node.right)
        )
    )


def _branches(node: ast.expr) -> list[ast.expr]:
    """Return the expressions that a value chooses from, if one of them is a text."""
    match node:
        case ast.IfExp(body=body, orelse=orelse):
            found = [*(_branches(body) or [body]), *(_branches(orelse) or [orelse])]
        case ast.BoolOp(op=ast.Or(), values=values):
            found = list(values)
        case _:
            return []
    return found if any(isinstance(one, ast.JoinedStr) or _is_text(one) for one in found) else []


def _choices(node: ast.expr) -> list[str]:
    """Return the templates of an expression."""
    if isinstance(node, ast.Constant):
        return [_PLACEHOLDER.sub("{value}", node.value)] if isinstance(node.value, str) else [_gap(node)]
    if isinstance(node, ast.JoinedStr):
        parts = [_choices(part) for part in node.values]
    elif isinstance(node, ast.FormattedValue):
        branches = _branches(node.value)
        return [text for one in branches for text in _choices(one)] if branches else [_gap(node.value)]
    elif _is_sum(node):
        assert isinstance(node, ast.BinOp)
        parts = [_choices(node.left), _choices(node.right)]
    elif branches := _branches(node):
        return [text for one in branches for text in _choices(one)]
    else:
        return [_gap(node)]
    found = ["".join(chosen) for chosen in itertools.islice(itertools.product(*parts), _MOST_CHOICES)]
    return [_numbered(text) for text in found]


def _gap(node: ast.expr) -> str:
    """Return the gap of a value, by the last name in it."""
    names = [one for one in re.findall(r"[A-Za-z_]\w*", ast.unparse(node)) if one not in _NO_NAMES]
    return "{" + (names[-1].strip("_").lower() if names else "value") + "}"


_NO_NAMES = set("self join round len abs str int repr sorted max min for in if else not r".split())  # noqa: SIM905


def _numbered(text: str) -> str:
    """Give each gap of a template another name; gaps without a text between them are one."""
    text = re.sub(r"(\{\w+\})(?:\{\w+\})+", r"\1", re.sub(r"\{(\w+?)\d*\}", r"{\1}", text))
    counts: dict[str, int] = {}

    def name(found: re.Match[str]) -> str:
        counts[found[1]] = counts.get(found[1], 0) + 1
        return f"{{{found[1]}{counts[found[1]] if counts[found[1]] > 1 else ''}}}"

    return re.sub(r"\{(\w+)\}", name, text)
