"""Which model does which job: a table with fallbacks, from a `facereason.toml` or from one line.

    routes = routing.from_line("emotion=hf/google/paligemma2-3b-mix-224+adapter=out/emotion,default=openai/gpt-4o")
    said = Router(routes).ask(Job.EMOTION, request)

A route is a model's name, an alias from `[models]` (with options behind it), or another job, whose models are meant.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from facereason.records import build
from facereason.types import UsageError
from facereason.vlm.api.budget import Price
from facereason.vlm.api.settings import Table
from facereason.vlm.errors import UnavailableError
from facereason.vlm.messages import Reply, Request
from facereason.vlm.model import Capability, Identity, Model
from facereason.vlm.names import ModelName, parse
from facereason.vlm.opening import open_model

FILE = "facereason.toml"


class Job(StrEnum):
    """What a model may be routed for. `DEFAULT` stands for those that the table does not name; attributes of one kind
    fall back on `ATTRIBUTES` first."""

    EMOTION = "emotion"
    ACTION_UNITS = "au"
    ATTRIBUTES = "attributes"
    AGE = "attributes.age"
    GENDER = "attributes.gender"
    RACE = "attributes.race"
    HAIR = "attributes.hair"
    CLOTHING = "attributes.clothing"
    LOCATE = "locate"
    UNDERSTAND = "understand"
    CHAT = "chat"
    CAPTION = "caption"
    JUDGE = "judge"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Routes:
    """The table: for each job the models to try, in order. `api`: how API models are called; `prices`: by model's name
    without its options, US dollars per million tokens in and out."""

    table: Mapping[Job, tuple[ModelName, ...]] = field(default_factory=dict)
    api: Table = field(default_factory=Table)
    prices: Mapping[str, Price] = field(default_factory=dict)

    def of(self, job: Job) -> tuple[ModelName, ...]:
        """The models for a job, first choice first; none where nothing was routed."""
        kind = Job(job.value.partition(".")[0])
        return next((self.table[each] for each in (job, kind, Job.DEFAULT) if each in self.table), ())

    def __bool__(self) -> bool:
        return bool(self.table)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A reply and who gave it. `passed`: models that were tried before and why they could not be asked."""

    reply: Reply
    identity: Identity
    passed: tuple[str, ...] = ()


class Router:
    """Models by job, opened when first asked and kept open."""

    def __init__(self, routes: Routes, opener: Callable[[ModelName], Model] | None = None) -> None:
        self.routes = routes
        self._opener = opener or self._by_name
        self._budget = routes.api.budget()
        self._open: dict[str, Model] = {}

    def has(self, job: Job) -> bool:
        return bool(self.routes.of(job))

    def able(self, job: Job, *need: Capability) -> bool:
        """Whether a model was routed for this very job, or the one for everything can do what it needs."""
        if job in self.routes.table:
            return True
        try:
            return any(set(need) <= self._model(name).can for name in self.routes.of(job))
        except UnavailableError:
            return False

    def ask(self, job: Job, request: Request) -> Said:
        """The reply of the first model for the job that can be reached. UnavailableError where none can, or none is
        routed; what else goes wrong is raised as it is, for a second model would only hide it."""
        return self.use(job, lambda model: model.generate(request))

    def use(self, job: Job, call: Callable[[Model], Reply], need: Sequence[Capability] = ()) -> Said:
        """As `ask`, by a call of one's own."""
        passed: list[str] = []
        for name in self.routes.of(job):
            try:  # opening may fail too: a key that is missing, a folder that is not there
                model = self._model(name)
                model.need(*need)
                reply = call(model)
            except UnavailableError as error:
                passed.append(str(error))
                continue
            return Said(reply=reply, identity=model.identity, passed=tuple(passed))
        if not passed:
            raise UnavailableError(f"no model for the job {job}: route one, such as --model {job}=openai/gpt-4o")
        raise UnavailableError("; ".join(passed))

    def close(self) -> None:
        """Close every model that was opened."""
        for model in self._open.values():
            model.close()
        self._open.clear()

    def _by_name(self, name: ModelName) -> Model:
        price = self.routes.prices.get(f"{name.provider}/{name.name}")
        return open_model(name, self.routes.api.settings(self._budget, price))

    def _model(self, name: ModelName) -> Model:
        key = str(name)
        if key not in self._open:
            self._open[key] = self._opener(name)
        return self._open[key]


# ---------------------------------------------------------------------------------------------------- reading tables


def from_line(text: str, where: str = "--model") -> Routes:
    """The table in one line: a model for everything, or `JOB=MODEL[|FALLBACK ...],JOB=...`; UsageError, which begins
    with `where`, where it is wrong."""
    parts = re.split(r",(?=\s*[a-z._]+=)", text.strip())
    routes: dict[str, list[str]] = {}
    for part in parts:
        job, equals, models = part.strip().partition("=")
        if not equals or "/" in job or job == "fake" or "+" in job:
            job, models = Job.DEFAULT.value, part.strip()
        if job in routes:
            raise UsageError(
                f"{where} names {'two models for everything' if job == 'default' else f'{job} twice'}: {text}"
            )
        routes[job] = [each.strip() for each in models.split("|")]
    return _build(routes, {}, where)


def from_file(path: Path) -> Routes:
    """The tables `[routes]`, `[models]`, `[api]` and `[prices]` of a TOML file; no routes where it has none. UsageError
    where one is wrong."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: not TOML ({error})") from None
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from None
    aliases, routes = content.get("models", {}), content.get("routes", {})
    if not isinstance(aliases, dict) or not all(isinstance(value, str) for value in aliases.values()):
        raise UsageError(f'{path}: [models] holds names of models by alias: base = "hf/ORG/NAME"')
    if not isinstance(routes, dict):
        raise UsageError(f'{path}: [routes] holds models by job: emotion = "hf/ORG/NAME"')
    table = _build({job: _listed(value, job, path) for job, value in _flat(routes)}, aliases, str(path)).table
    api = build(Table, content.get("api", {}), f"{path}: [api]")
    return Routes(table, api, _prices(content.get("prices", {}), path))


def _prices(said: object, path: Path) -> dict[str, Price]:
    if not isinstance(said, dict):
        raise UsageError(f'{path}: [prices] holds dollars per million tokens by model: "openai/NAME" = [in, out]')
    prices = {}
    for name, pair in said.items():
        if not (isinstance(pair, list) and len(pair) == 2 and all(type(each) in (int, float) for each in pair)):
            raise UsageError(f"{path}: the price of {name} must be [in, out], dollars per million tokens, not {pair!r}")
        prices[name] = Price(float(pair[0]), float(pair[1]))
    return prices


def find(folder: Path | None = None) -> Path | None:
    """The `facereason.toml` beside the work (`folder`, else the working one), else the user's, else none."""
    from platformdirs import user_config_path

    places = (folder or Path.cwd(), user_config_path("facereason", appauthor=False))
    return next((place / FILE for place in places if (place / FILE).is_file()), None)


def _flat(routes: Mapping[str, object]) -> list[tuple[str, object]]:
    """TOML reads `attributes.age = ...` as a table within a table."""
    flat: list[tuple[str, object]] = []
    for job, value in routes.items():
        if isinstance(value, dict):
            flat += [(job if kind == "default" else f"{job}.{kind}", models) for kind, models in value.items()]
        else:
            flat.append((job, value))
    return flat


def _listed(value: object, job: str, path: Path) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
        return value
    raise UsageError(f"{path}: {job} must be a model's name or a list of them, not {value!r}")


def _build(routes: Mapping[str, Sequence[str]], aliases: Mapping[str, str], where: str) -> Routes:
    for job in routes:
        if job not in set(Job):
            raise UsageError(f"{where}: unknown job {job}; jobs are {', '.join(Job)}")
    for alias in aliases:
        if alias in set(Job) or not re.fullmatch(r"[A-Za-z0-9_-]+", alias):
            raise UsageError(f"{where}: {alias} cannot be an alias; use letters, digits, - and _, and no job's name")
    table = {}
    for job in routes:
        names = (name for text in routes[job] for name in _resolved(text, routes, aliases, (job,), where))
        table[Job(job)] = tuple(dict.fromkeys(map(str, names)))
    return Routes({job: tuple(parse(name) for name in names) for job, names in table.items()})


def _resolved(
    text: str, routes: Mapping[str, Sequence[str]], aliases: Mapping[str, str], seen: tuple[str, ...], where: str
) -> list[ModelName]:
    """The models that a route means; UsageError where it comes back to itself."""
    head, plus, options = text.partition("+")
    if head in aliases or text in routes:
        key = head if head in aliases else text
        if key in seen:
            raise UsageError(f"{where}: the table goes in a circle: {' -> '.join((*seen, key))}")
        if key in aliases:
            return _resolved(aliases[key] + plus + options, routes, aliases, (*seen, key), where)
        return [name for each in routes[key] for name in _resolved(each, routes, aliases, (*seen, key), where)]
    try:
        return [parse(text)]
    except UsageError as error:
        raise UsageError(f"{where}: {' -> '.join(seen)}: {error}") from None
