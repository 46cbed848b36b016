"""Hook of the documentation site: adds repository files that pages link to, and rewrites those links.

Pages link to files as readers on a code host or in an editor need it (`../examples/fly_a_plan.py`). The site holds only
`docs/`, so Markdown files outside it become pages of the same name, and source files become pages that show them.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"(\]\()([^)#\s]+)([^)]*\))")
PAGES = ("CHANGELOG.md", "CONTRIBUTING.md", "benchmarks/results.md")
SOURCES = (*sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "examples").glob("*.py")),)


def site_path(target: str) -> str:
    """Return the path within the site of a repository file that has a page of its own, else the path as it is."""
    if target in PAGES:
        return target
    return f"{target}.md" if target in SOURCES else target


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the repository's Markdown files and the examples to the pages of the site."""
    from mkdocs.structure.files import File, InclusionLevel

    for name in PAGES:
        files.append(File.generated(config, name, abs_src_path=str(ROOT / name)))
    for name in SOURCES:
        code = (ROOT / name).read_text(encoding="utf-8")
        text = f"# {name}\n\n```python\n{code}```\n"
        level = InclusionLevel.NOT_IN_NAV
        files.append(File.generated(config, site_path(name), content=text, inclusion=level))
    return files


def on_page_markdown(markdown: str, page: Page, **_given: object) -> str:
    """Rewrite links that leave `docs/` to the page that shows their target."""
    here = page.file.src_uri
    outside = here in PAGES
    repository_path = here if outside else f"docs/{here}"

    def rewrite(match: re.Match[str]) -> str:
        target = match[2]
        if "://" in target or target.startswith("mailto:"):
            return match[0]
        full = posixpath.normpath(posixpath.join(posixpath.dirname(repository_path), target))
        inside = full.removeprefix("docs/") if full.startswith("docs/") else site_path(full)
        return f"{match[1]}{posixpath.relpath(inside, posixpath.dirname(here) or '.')}{match[3]}"

    return LINK.sub(rewrite, widen_lists(markdown))


def widen_lists(markdown: str) -> str:
    """Indent the contents of numbered lists by four spaces.

    CommonMark accepts the three spaces under `1. `; the site's parser needs four.
    """
    lines: list[str] = []
    inside = False
    for line in markdown.split("\n"):
        if re.match(r"\d\. ", line):
            inside = True
        elif inside and line.startswith("   "):
            line = f" {line}"
        elif line.strip():
            inside = False
        lines.append(line)
    return "\n".join(lines)
