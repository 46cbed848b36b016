"""The page's own translation of the server's texts, run by Node as the browser runs it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from typing import NamedTuple

import pytest

from controller.web.build import UI, node_commands

_SCRIPT = """
import fs from "node:fs";
import ts from "%(typescript)s";
const source = fs.readFileSync("%(templates)s", "utf8");
const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
const code = ts.transpileModule(source, { compilerOptions: options }).outputText;
const { compile, translated } = await import(`data:text/javascript;base64,${Buffer.from(code).toString("base64")}`);
const { tables, texts } = JSON.parse(fs.readFileSync(0, "utf8"));
const templates = compile(Object.assign({}, ...tables));
process.stdout.write(JSON.stringify(texts.map((text) => translated(templates, text))));
"""


class Piece(NamedTuple):
    """A part of a text; `english` where it stays as it was."""

    text: str
    english: bool


def in_german(texts: Iterable[str]) -> dict[str, list[Piece]]:
    """Return the pieces of each text on the German page. Skips the test without Node and the page's packages."""
    typescript = UI / "node_modules" / "typescript" / "lib" / "typescript.js"
    found = node_commands()
    if found is None or not typescript.is_file():
        pytest.skip("no Node or no packages of the page: run make web")
    wanted = sorted(set(texts))
    tables = [
        json.loads((UI / "src" / "lang" / name).read_text("utf-8"))
        for name in ("commands.de.json", "server.de.json")
    ]
    templates = UI / "src" / "lib" / "said" / "templates.ts"
    script = _SCRIPT % {"typescript": typescript.as_posix(), "templates": templates.as_posix()}
    done = subprocess.run(
        [str(found[0] / "node"), "--input-type=module", "-e", script],
        input=json.dumps({"tables": tables, "texts": wanted}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-500:]
    answers = json.loads(done.stdout)
    return {
        text: [Piece(one["text"], one["english"]) for one in pieces]
        for text, pieces in zip(wanted, answers, strict=True)
    }
