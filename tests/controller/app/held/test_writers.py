"""The ledger knows every place that the code writes to: a new writer fails here until its kind is named."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from controller.app.held.kinds import BROWSER_KEYS, NAMES, OTHER, kind_of
from controller.cli.sealing import POLICY_FILE
from controller.logs.flights import store
from tests.support.source_tree import ROOT, modules, parsed

OPERATOR = "exports"
PACKAGES = ("controller", "hil", "landline")
WRITING = {
    "AppendFile", "AtomicAppender", "NamedTemporaryFile", "TemporaryDirectory", "TemporaryFile", "copy2", "copyfile",
    "copytree", "gettempdir", "mkdir", "mkdtemp", "mkstemp", "symlink_to", "touch", "write_atomically",
    "write_bytes", "write_text",
}  # fmt: skip
_HINT = re.compile("|".join([*sorted(WRITING), r"open\(", r"sqlite3\.connect", "njit"]))
# What each module writes, as kinds of the ledger; `exports` is where the operator said. Modules that write any file of
# a flight for others are named with the kinds of their callers.
PROGRAM = "part of the checkout, for developers"
WRITERS = {
    "controller/app/bug_report.py": "bug-reports",
    "controller/app/bundle/install.py": OPERATOR,
    "controller/app/bundle/known_keys.py": "bundle-key",
    "controller/app/bundle/make.py": OPERATOR,
    "controller/app/bundle/page_parts.py": PROGRAM,
    "controller/app/bundle/sums.py": OPERATOR,
    "controller/app/bundle/verify.py": OPERATOR,
    "controller/app/held/proof.py": "catalogue",
    "controller/app/planning/coverage.py": OPERATOR,
    "controller/app/recording.py": "temporary",
    "controller/cli/audit/egress.py": OPERATOR,
    "controller/cli/box/commands.py": OPERATOR,
    "controller/cli/sealing.py": "temporary",
    "controller/cli/box/image.py": f"{OPERATOR} temporary",
    "controller/cli/doctor.py": "compiled-code",
    "controller/cli/fly/aircraft.py": "temporary",
    "controller/cli/logs/fingerprint.py": OPERATOR,
    "controller/cli/logs/merge_box.py": "proofs",
    "controller/cli/logs/slice.py": OPERATOR,
    "controller/cli/grants.py": OPERATOR,
    "controller/guard/broker.py": OPERATOR,
    "controller/guard/capture/network.py": "",
    "controller/guard/capture/recording.py": "accounts",
    "controller/guard/seal/begin.py": "temporary",
    "controller/guard/seal/namespaces.py": "",
    "controller/link/sign.py": "link-keys",
    "controller/logs/box/merge.py": "telemetry",
    "controller/logs/evidence/account_file.py": "accounts proofs",
    "controller/logs/export/mcap.py": OPERATOR,
    "controller/logs/export/tables.py": OPERATOR,
    "controller/logs/export/track_map.py": OPERATOR,
    "controller/logs/flights/catalogue.py": "catalogue",
    "controller/logs/flights/imports.py": "imported-flights",
    "controller/logs/flights/store.py": "telemetry",
    "controller/logs/formats/record_kernels.py": "compiled-code",
    "controller/logs/photos/anonymize.py": OPERATOR,
    "controller/logs/photos/geotag.py": OPERATOR,
    "controller/logs/photos/photo_list.py": "photo-lists",
    "controller/logs/privacy/anonymize_log.py": OPERATOR,
    "controller/logs/privacy/decrypted_copy.py": "temporary",
    "controller/logs/privacy/encryption.py": "encrypted-flights",
    "controller/logs/query/parquet_tables.py": "caches",
    "controller/logs/query/sql.py": "temporary",
    "controller/logs/query/table_writer.py": f"caches {OPERATOR}",
    "controller/logs/record/additions.py": "proofs",
    "controller/logs/record/append_file.py": "telemetry events proofs box-records",
    "controller/logs/record/chain.py": "proofs",
    "controller/logs/record/keys.py": "signing-key record-ledger",
    "controller/logs/record/ledger.py": "record-ledger",
    "controller/logs/record/recorder.py": "telemetry events proofs plans parameters",
    "controller/logs/report/report.py": "reports",
    "controller/missions/command_descriptions/make_table.py": PROGRAM,
    "controller/missions/formats/text_file.py": OPERATOR,
    "controller/vehicle/box_files.py": OPERATOR,
    "controller/vehicle/log_download.py": OPERATOR,
    "controller/vehicle/metadata/files.py": "metadata",
    "controller/vehicle/param_files.py": OPERATOR,
    "controller/web/build.py": PROGRAM,
    "controller/web/flights/jobs/process.py": "",
    "controller/web/flights/jobs/source.py": "caches",
    "controller/web/flights/jobs/tasks.py": "temporary",
    "controller/web/flights/jobs/warming.py": "temporary",
    "controller/web/flights/places.py": "temporary",
    "controller/web/flights/upload.py": "temporary",
    "controller/web/maps/mbtiles.py": "maps",
    "controller/web/maps/uploads.py": "maps terrain",
    "controller/web/tls.py": "certificates",
    "controller/wire/column_kernels.py": "compiled-code",
    "controller/wire/make_table.py": PROGRAM,
    "controller/wire/scan_kernel.py": "compiled-code",
    "hil/box/micropython.py": "temporary",
    "hil/bridges/ardupilot/binary.py": "autopilot-files",
    "hil/bridges/process/process_guard.py": "autopilot-files",
    "hil/bridges/process/program.py": "autopilot-files",
    "hil/bridges/px4/start_up.py": "autopilot-files",
    "hil/jit.py": "compiled-code",
    "hil/sim/truth_recorder.py": "truth",
}


def writes(tree: ast.AST) -> Iterator[int]:
    """Yield the lines of calls that make files or folders."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        constants = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
        opened = name in ("open", "fdopen") and any(
            isinstance(mode, str) and re.fullmatch(r"[rwaxbt+]{1,3}", mode) and set(mode) & set("wax+")
            for mode in constants
        )
        created = name == "open" and "O_CREAT" in ast.unparse(node)
        base = name == "connect" and ast.unparse(node.func) == "sqlite3.connect"
        compiled = name == "njit" and "cache=True" in ast.unparse(node)
        if name in WRITING or opened or created or base or compiled:
            yield node.lineno


def writing_modules() -> dict[str, list[int]]:
    found = {}
    for package in PACKAGES:
        for path in modules(package):
            text = path.read_text(encoding="utf-8")
            # Most files need not be parsed.
            lines = list(writes(parsed(path))) if _HINT.search(text) else []
            if lines and "app/held/survey" not in path.as_posix():
                found[path.relative_to(ROOT).as_posix()] = lines
    return found


def test_every_module_that_writes_files_is_known_to_the_ledger() -> None:
    found = writing_modules()
    unknown = {name: lines for name, lines in found.items() if name not in WRITERS}
    assert unknown == {}, "name what it writes in WRITERS, and give it a kind in controller/app/held/kinds.py"
    assert sorted(set(WRITERS) - set(found)) == [], "these modules write nothing any more"


def test_the_kinds_of_the_writers_exist() -> None:
    kinds = {kind for some in WRITERS.values() if some != PROGRAM for kind in some.split()}
    assert kinds - set(NAMES) == set()


@pytest.mark.parametrize(
    "line",
    [
        "path.write_bytes(data)",
        "path.open('wb')",
        "open(path, 'a')",
        "os.open(path, os.O_WRONLY | os.O_CREAT)",
        "sqlite3.connect(path)",
        "tempfile.mkdtemp()",
        "numba.njit(cache=True)",
    ],
)
def test_a_writer_is_found(line: str) -> None:
    assert list(writes(ast.parse(line))) == [1]


@pytest.mark.parametrize("line", ["path.open('rb')", "path.read_bytes()", "open(path)", "numba.njit()"])
def test_a_reader_is_no_writer(line: str) -> None:
    assert list(writes(ast.parse(line))) == []


def names_below_the_data_folder(tree: ast.AST) -> Iterator[str]:
    """Yield the paths of expressions such as `data_folder() / "keys" / "x"`, as far as they are constant."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)):
            continue
        names: list[str] = []
        left: ast.expr = node
        while isinstance(left, ast.BinOp) and isinstance(left.op, ast.Div):
            part = left.right
            names.insert(0, str(part.value) if isinstance(part, ast.Constant) else "x")
            left = left.left
        if ast.unparse(left) in ("data_folder()", "data_folder(environment)", "places.home", "self._home"):
            yield "/".join(names)


def test_every_name_below_the_data_folder_belongs_to_a_kind() -> None:
    found = {
        name
        for package in PACKAGES
        for path in modules(package)
        if re.search(r"data_folder\(|home /", path.read_text(encoding="utf-8"))
        for name in names_below_the_data_folder(parsed(path))
    } - {"keys", "flights", "x"}
    assert kind_of("data", POLICY_FILE).name == "settings"
    assert found >= {"metadata/x", "maps", "terrain"}
    unknown = [name for name in found if {kind_of("data", name), kind_of("data", f"{name}/x")} == {OTHER}]
    assert unknown == []


def test_every_file_name_of_a_flight_belongs_to_a_kind() -> None:
    names = [value for name, value in vars(store).items() if name.isupper() and isinstance(value, str)]
    assert len(names) > 8
    assert [name for name in names if kind_of("flights", f"20260517T064000Z-copter-1/{name}") is OTHER] == []
    assert kind_of("flights", "20260517T064000Z-copter-1/params-12.json").name == "parameters"
    assert kind_of("flights", "20260517T064000Z-copter-1/diary.txt") is OTHER


def test_every_key_that_the_page_keeps_in_a_browser_is_listed() -> None:
    found: set[str] = set()
    for path in sorted((ROOT / "controller" / "web" / "ui" / "src").rglob("*")):
        if path.suffix in (".ts", ".svelte") and "localStorage" in (text := path.read_text(encoding="utf-8")):
            found |= set(re.findall(r'"(landline\.[\w.-]+)"', text))
    assert found == set(BROWSER_KEYS)


def test_the_page_keeps_nothing_in_other_stores_of_the_browser() -> None:
    for path in sorted((ROOT / "controller" / "web" / "ui" / "src").rglob("*")):
        if path.suffix in (".ts", ".svelte"):
            text = path.read_text(encoding="utf-8")
            for store_name in (
                "indexedDB",
                "sessionStorage",
                "serviceWorker",
                "caches.open",
                "document.cookie",
            ):
                assert store_name not in text, f"{path}: {store_name}"
