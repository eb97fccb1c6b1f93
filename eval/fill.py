"""Fills the tables of figures in the pages from the published results, and those of `eval/README.md` from the runs that
are kept: python eval/fill.py

`tests/test_docs.py` says which page shows which suites, and fails where a page is not current.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def main() -> None:
    sys.path.insert(0, str(ROOT))
    from facereason import bench
    from facereason.bench.report import keeping, standing
    from tests import test_docs

    for page in sorted({*test_docs.WITH_FIGURES, *test_docs.WITH_GROUPS}):
        path = ROOT / page
        text = path.read_text(encoding="utf-8")
        if page in test_docs.WITH_FIGURES:
            text = filled(text, "figures", bench.table(test_docs.results(page), bench.targets()))
        if page in test_docs.WITH_GROUPS:
            text = filled(text, "groups", bench.group_table(test_docs.results(page)))
        path.write_text(text, encoding="utf-8")
    page = ROOT / "eval" / "README.md"
    text = filled(page.read_text(encoding="utf-8"), "runs", standing.tables(keeping.kept()))
    page.write_text(text, encoding="utf-8")


def filled(text: str, name: str, table: str) -> str:
    begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
    if begin not in text:
        raise SystemExit(f"no {begin.strip()} in a page that shows {name}")
    return re.sub(re.escape(begin) + ".*?" + re.escape(end), lambda _: begin + table + end, text, count=1, flags=re.S)


if __name__ == "__main__":
    main()
