"""Questions kept under a name: a YAML file with what to ask, of which model, and how.

    # faces.yaml
    about: What each face shows, and why
    questions:
      - How does $who feel, and why?
      - Which action units are active on the face of $who?
    defaults: {who: everyone}
    model: openai/gpt-4o-mini

Own ones lie in `templates/` of the user's folder, shipped ones beside this file; a path does as well as a name.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from facereason import records, resources
from facereason.images import printable
from facereason.types import UsageError

SHIPPED = Path(__file__).with_name("templates")


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """`questions`: asked one after the other, `$name` standing for a parameter; `defaults`: parameters that need not be
    given; the rest as the options of `facereason ask` of the same names, None where they are left open."""

    questions: tuple[str, ...]
    about: str = ""
    defaults: Mapping[str, str] = field(default_factory=dict)
    model: str | None = None
    race: bool = False
    as_is: bool = False
    ask_again: bool = False

    def __post_init__(self) -> None:
        if not self.questions or not all(question.strip() for question in self.questions):
            raise UsageError("questions: at least one, and none of them empty")

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of its parameters, as they come first."""
        found = (name for question in self.questions for name in string.Template(question).get_identifiers())
        return tuple(dict.fromkeys(found))

    def filled(self, given: Mapping[str, str]) -> tuple[str, ...]:
        """The questions with their parameters. UsageError for one that is missing, or that it does not have."""
        unknown = [name for name in given if name not in self.parameters]
        if unknown:
            known = ", ".join(self.parameters) or "none"
            raise UsageError(f"the template has no parameter {printable(unknown[0])}; it has: {known}")
        values = {**self.defaults, **given}
        missing = [name for name in self.parameters if not values.get(name, "").strip()]
        if missing:
            raise UsageError(f"the template needs {missing[0]}: give it by --param {missing[0]}=...")
        return tuple(string.Template(question).substitute(values) for question in self.questions)


def load(name: str) -> Template:
    """A template by name or path. UsageError where there is none, or something in it is unknown or of a wrong type."""
    import yaml

    path = _path(name)
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{printable(str(path))}: cannot be read ({error.strerror})") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"{printable(str(path))}: is no YAML: {printable(str(error))}") from None
    if isinstance(data, Mapping) and isinstance(data.get("questions"), str):
        data = {**data, "questions": [data["questions"]]}
    template = records.build(Template, data, printable(str(path)))
    try:
        _ = template.parameters
        template.filled(dict.fromkeys(template.parameters, "x"))
    except ValueError:
        raise UsageError(f"{printable(str(path))}: a lone $ in a question; write $$ for a dollar sign") from None
    return template


def own() -> Path:
    """The folder of the user's own templates, which need not be there."""
    return resources.user_dir() / "templates"


def names() -> Iterator[tuple[str, Path]]:
    """Every template by name; one's own come before shipped ones of the same name."""
    seen: set[str] = set()
    for folder in (own(), SHIPPED):
        for path in sorted(folder.glob("*.yaml")):
            if path.stem not in seen:
                seen.add(path.stem)
                yield path.stem, path


def _path(name: str) -> Path:
    if re.search(r"[/\\]|\.ya?ml$", name):
        return Path(name).expanduser()
    found = dict(names()).get(name)
    if found is None:
        there = ", ".join(each for each, _ in names())
        raise UsageError(f"no template {printable(name)}; there are: {there}. Own ones lie in {own()}")
    return found
