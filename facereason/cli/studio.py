"""`facereason studio`: synthetic people with exact labels."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from facereason.cli import apps
from facereason.cli.terminal import is_terminal
from facereason.types import FaceReasonError, UsageError

if TYPE_CHECKING:
    import numpy as np

    from facereason.studio.scene import Rendered
    from facereason.studio.spec import SceneSpec

app = apps.new()

GENDERS = {"female": 0.0, "male": 1.0, "between": 0.5}
AGES = {"child": 8.0, "young": 24.0, "adult": 40.0, "old": 76.0}

Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="A PNG or JPEG; the truth goes beside it as JSON.")]
Workers = Annotated[int | None, typer.Option("--workers", min=1, help="Processes; else one a core.")]


@app.callback()
def studio() -> None:
    """Render synthetic people whose labels are exact, because they drive the rig.

    The first picture prepares the body's files, about a minute.
    """


@app.command(
    epilog=apps.examples(
        "facereason studio render scene.yaml --out a.png",
        'facereason studio render "a worried old man looking left" --out a.png',
        "facereason studio render --emotion fear --yaw -40 --age old --out a.png",
        "facereason studio render --au 12=.8 --au 6=.6 --people 3 --background park --out a.png",
    )
)
def render(
    spec: Annotated[
        str | None, typer.Argument(metavar="[SPEC.yaml|WORDS]", help="A scene, or words for one; else plain options.")
    ] = None,
    out: Out = Path("studio.png"),
    emotion: Annotated[str | None, typer.Option("--emotion", help="Its prototype's action units act.")] = None,
    units: Annotated[
        list[str] | None,
        typer.Option("--au", metavar="N=INTENSITY", help="An action unit, 0 to 1; LN or RN for a side."),
    ] = None,
    yaw: Annotated[
        float | None, typer.Option("--yaw", help="Degrees; above 0 the face turns to the image's right.")
    ] = None,
    pitch: Annotated[float | None, typer.Option("--pitch", help="Degrees; above 0 up.")] = None,
    roll: Annotated[float | None, typer.Option("--roll", help="Degrees; above 0 clockwise.")] = None,
    age: Annotated[str | None, typer.Option("--age", help="child, young, adult, old, or years; else an adult.")] = None,
    gender: Annotated[
        str | None, typer.Option("--gender", help="Perceived: female, male or between; else between.")
    ] = None,
    skin: Annotated[float | None, typer.Option("--skin", help="Tone, 1 light to 10 dark; else 4.")] = None,
    hair: Annotated[
        str | None, typer.Option("--hair", help="bald, buzz, short, curly, bob, long or bun; else short.")
    ] = None,
    hair_colour: Annotated[
        str | None, typer.Option("--hair-colour", help="black, brown, blond, red, grey or white; else brown.")
    ] = None,
    people: Annotated[
        int | None, typer.Option("--people", help="How many, alike but for the identity; else 1.")
    ] = None,
    framing: Annotated[str | None, typer.Option("--framing", help="face, bust, half or full.")] = None,
    background: Annotated[
        str | None, typer.Option("--background", help="plain, gradient, room, wall, park, street or office.")
    ] = None,
    light: Annotated[
        str | None, typer.Option("--light", help="studio, window, overcast, sun, evening, side or back.")
    ] = None,
    size: Annotated[int | None, typer.Option("--size", help="Pixels a side; else 512, or the spec's.")] = None,
    seed: Annotated[int, typer.Option("--seed", help="Another one: other identities.")] = 0,
    masks: Annotated[bool, typer.Option("--masks", help="Write masks too, as .npz.")] = False,
) -> None:
    """Render one scene, and write its truth beside it as JSON.

    The truth holds boxes, action units, head pose, gaze, body orientation, landmarks, attributes and the whole spec.
    The picture's own options (--framing, --background, --light, --size) count with a file or words as well; those of
    the person do not, and are refused there.
    """
    _ready(out)
    about = {
        **({"camera": {"framing": framing}} if framing else {}),
        **({"background": {"kind": background, "seed": seed}} if background else {}),
        **({"light": {"kind": light}} if light else {}),
        **({"width": size, "height": size} if size else {}),
    }
    turn = {"yaw": yaw, "pitch": pitch, "roll": roll}
    looks = {"style": hair, "colour": hair_colour}
    person: dict[str, dict[str, Any]] = {
        "--emotion": {} if emotion is None else {"emotion": _emotion(emotion)},
        "--au": {} if units is None else {"units": dict(_unit(text) for text in units)},
        "--yaw, --pitch and --roll": _known(head=_known(**turn)),
        "--age": {} if age is None else {"years": _years(age)},
        "--gender": {} if gender is None else {"gender": _of(gender, GENDERS, "--gender")},
        "--skin": _known(skin=skin),
        "--hair and --hair-colour": _known(hair=_known(**looks)),
    }
    if spec is not None:
        given = [name for name, fields in person.items() if fields] + (["--people"] if people is not None else [])
        if given:
            raise UsageError(f"{given[0]}: said of a person, beside {spec!r} that says it all: leave one out")
        scene = _read(spec, seed, about)
        if not _is_file(spec):
            typer.echo(_yaml(scene), nl=False)
    else:
        fields = {"years": AGES["adult"], **{key: value for part in person.values() for key, value in part.items()}}
        everybody = [{**fields, "identity": 1000 * seed + i} for i in range(1 if people is None else people)]
        scene = _spec().from_dict({"seed": seed, "people": everybody, **about}, "options")
    made = _rendered(scene)
    wrote = [out, out.with_suffix(".json")]
    with _writing(out):
        _save(made.image, out)
        wrote[1].write_text(json.dumps(made.to_dict(), indent=1) + "\n", encoding="utf-8")
        if masks:
            wrote.append(out.with_suffix(".npz"))
            _save_masks(made, wrote[-1])
    typer.echo(f"wrote {', '.join(map(str, wrote[:-1]))} and {wrote[-1]}")


@app.command(
    epilog=apps.examples(
        "facereason studio dataset studio-faces.yaml --count 10000 --out faces/",
        "facereason studio dataset studio-faces.yaml --count 500 --out frontal/ yaw=[-15,15] covered=0",
        "facereason studio dataset eval/studio/faces.jsonl.gz --out test-faces/ --masks",
    )
)
def dataset(
    recipe: Annotated[
        str,
        typer.Argument(metavar="RECIPE", help="A profile (YAML), the name of one that ships, or a frozen .jsonl.gz."),
    ],
    overrides: Annotated[
        list[str] | None, typer.Argument(metavar="KEY=VALUE...", help="Changes to the profile.")
    ] = None,
    count: Annotated[int | None, typer.Option("--count", min=1, help="Pictures; of a frozen set, all.")] = None,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="A new folder, or one to go on in.")] = Path(
        "studio-dataset"
    ),
    image_format: Annotated[str, typer.Option("--format", help="png or jpeg.")] = "png",
    masks: Annotated[bool, typer.Option("--masks", help="Two mask pictures for everybody.")] = False,
    shard: Annotated[int, typer.Option("--shard", min=1, help="Pictures a shard.")] = 256,
    workers: Workers = None,
) -> None:
    """Render many scenes as Parquet shards, with a datasheet.

    `datasets.load_dataset("parquet", data_files="DIR/*.parquet")` loads them. Called again after a stop it goes on; a
    kill or a full disk costs the shard in the making.
    """
    _ready()
    from facereason.studio import dataset as datasets

    if image_format not in ("png", "jpeg"):
        raise UsageError(f"--format {image_format!r}: png or jpeg")
    if recipe.endswith(".gz"):
        if overrides:
            raise UsageError(f"{overrides[0]!r}: a frozen set is not changed")
        source = datasets.from_frozen(recipe, count)
    else:
        if count is None:
            raise UsageError("--count: how many pictures?")
        source = datasets.from_profile(_profile(recipe, overrides or []), count)
    _prepare()
    with _bar("pictures") as step:
        paths = datasets.build(
            source,
            out,
            shard=shard,
            workers=workers,
            image_format=image_format,  # type: ignore[arg-type]
            masks=masks,
            step=step,
        )
    typer.echo(f"wrote {source.count} pictures in {len(paths)} shards, and README.md, to {out}")


@app.command(
    epilog=apps.examples(
        "facereason studio sweep --vary AU12 --out smile.png",
        "facereason studio sweep scene.yaml --vary skin_tone --steps 10 --out tones.png",
        'facereason studio sweep "a sad young woman" --vary yaw --from -60 --to 60 --out yaw.png',
    )
)
def sweep(
    spec: Annotated[str, typer.Argument(metavar="[SPEC.yaml|WORDS]", help="A scene, or words for one.")] = "a person",
    vary: Annotated[
        str, typer.Option("--vary", help="An action unit such as AU12, or yaw, age, skin_tone, hair, light, ...")
    ] = "yaw",
    steps: Annotated[int, typer.Option("--steps", help="Values; where it has names, all of them.")] = 7,
    low: Annotated[float | None, typer.Option("--from", help="The first value; else the whole range.")] = None,
    high: Annotated[float | None, typer.Option("--to", help="The last value.")] = None,
    size: Annotated[int, typer.Option("--size", help="Pixels a side of each.")] = 224,
    seed: Annotated[int, typer.Option("--seed", help="Another identity, with words.")] = 0,
    out: Out = Path("sweep.png"),
) -> None:
    """Render a strip of controlled variants: one thing changes, and nothing else."""
    _ready(out)
    from facereason.studio import sheet
    from facereason.studio import sweep as sweeps

    camera = {} if _is_file(spec) else {"camera": {"framing": "face"}}
    scene = _read(spec, seed, {"width": size, "height": size, **camera})
    variants = sweeps.variants(scene, vary, steps, low, high)
    _prepare()
    made = []
    with _bar("pictures") as step:
        for number, variant in enumerate(variants):
            step(number, len(variants))
            made.append((variant.label, _rendered(variant.spec)))
    truth = {"vary": vary, "variants": [{"value": label, **one.to_dict()} for label, one in made]}
    with _writing(out):
        sheet.joined([(label, one.image) for label, one in made], min(len(made), 10)).save(out)
        out.with_suffix(".json").write_text(json.dumps(truth, indent=1) + "\n", encoding="utf-8")
    typer.echo(f"wrote {out} and {out.with_suffix('.json')}")


@app.command(
    epilog=apps.examples(
        "facereason studio sheet studio-groups.yaml --count 12 --out sheet.png",
        "facereason studio sheet faces/ --count 60 --columns 10 --out sheet.png",
    )
)
def sheet(
    source: Annotated[
        str,
        typer.Argument(metavar="RECIPE|DIR", help="A profile, a frozen .jsonl.gz, or a folder that `dataset` wrote."),
    ],
    count: Annotated[int, typer.Option("--count", min=1, max=400, help="Pictures.")] = 24,
    columns: Annotated[int, typer.Option("--columns", min=1, help="Pictures in a row.")] = 6,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="A PNG or JPEG.")] = Path("sheet.png"),
    workers: Workers = None,
) -> None:
    """Render a contact sheet."""
    _ready(out)
    from facereason.studio import dataset as datasets
    from facereason.studio import sheet as sheets

    if Path(source).is_dir():
        pictures = sheets.stored(source, count)
    else:
        frozen = source.endswith(".gz")
        scenes = datasets.from_frozen(source, count) if frozen else datasets.from_profile(_profile(source, []), count)
        _prepare()
        pictures = []
        with _bar("pictures") as step:
            for picture in datasets.pictures(scenes, workers):
                pictures.append(("", picture))
                step(len(pictures), scenes.count)
    with _writing(out):
        sheets.joined(pictures, min(columns, len(pictures))).save(out)
    typer.echo(f"wrote {out}")


@app.command(
    epilog=apps.examples(
        "facereason studio freeze eval/studio/faces.yaml --count 2000 --out eval/studio/faces.jsonl.gz",
        "facereason studio freeze eval/studio/sweeps.yaml --out eval/studio/sweeps.jsonl.gz",
    )
)
def freeze(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE", help="A profile, or a plan of sweeps.")],
    count: Annotated[int | None, typer.Option("--count", min=1, help="Scenes of a profile.")] = None,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="A .jsonl.gz.")] = Path("scenes.jsonl.gz"),
) -> None:
    """Write scenes down as they are, to test on them from now on.

    What is drawn from a profile may change with the program; a frozen set does not.
    """
    _ready()
    from facereason import recipes
    from facereason.studio import frozen

    if not out.name.endswith(".jsonl.gz"):
        raise UsageError(f"--out {out}: name a .jsonl.gz file")
    if count is None:
        scenes = frozen.swept(recipes.load(frozen.Sweeps, recipe))
    else:
        scenes = frozen.drawn(_profile(recipe, []), count)
    with _writing(out):
        written = frozen.write(scenes, out)
    typer.echo(f"wrote {written} scenes to {out}")


@app.command(epilog=apps.examples("facereason studio gallery --out docs/gallery"))
def gallery(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where README.md and its pictures go.")] = Path(
        "gallery"
    ),
) -> None:
    """Render the page that shows what the studio can do."""
    _ready()
    _prepare()
    from facereason.studio import gallery as galleries

    with _bar("pictures") as step, _writing(out):
        page = galleries.made(out, step)
    typer.echo(f"wrote {page}")


def _ready(out: Path | None = None) -> None:
    """FaceReasonError where the extra is missing, UsageError for a picture that is none."""
    try:
        import embreex  # noqa: F401
        import numba  # noqa: F401
        import pyarrow  # noqa: F401
        import scipy  # noqa: F401
    except ImportError as error:
        raise FaceReasonError(
            f'the studio needs {error.name}: pip install torch && pip install "facereason[studio]"'
        ) from None
    if out is not None and out.suffix.lower() not in (".png", ".jpg", ".jpeg"):
        raise UsageError(f"--out {out}: name a .png or .jpg file")


def _spec() -> type[SceneSpec]:
    from facereason.studio.spec import SceneSpec

    return SceneSpec


def _profile(recipe: str, overrides: list[str]) -> Any:
    from facereason import recipes
    from facereason.studio.profile import Profile

    return recipes.load(Profile, recipe, overrides)


def _is_file(text: str) -> bool:
    return Path(text).suffix.lower() in (".yaml", ".yml", ".json")


def _read(text: str, seed: int, about: dict[str, Any]) -> SceneSpec:
    """The scene of a file or of words, with these fields."""
    from facereason.studio import spec, words

    if not _is_file(text):
        return words.parsed(text, seed, **about)
    data = spec.load(text).to_dict()
    for key, value in about.items():
        data[key] = {**data.get(key, {}), **value} if isinstance(value, dict) else value
    return spec.SceneSpec.from_dict(data, Path(text).name)


def _yaml(scene: SceneSpec) -> str:
    import yaml

    return str(yaml.safe_dump(scene.to_dict(), sort_keys=False, default_flow_style=None, width=110))


def _rendered(scene: SceneSpec) -> Rendered:
    _prepare()
    from facereason.studio.scene import render as rendered

    return rendered(scene)


def _save(image: np.ndarray[Any, np.dtype[np.uint8]], out: Path) -> None:
    from PIL import Image

    Image.fromarray(image).save(out, quality=92)


def _save_masks(made: Rendered, out: Path) -> None:
    """Boolean arrays named person1/skin, person1/AU12 and so on."""
    import numpy as np

    arrays = {}
    for person in made.people:
        masks = made.masks(person.number)
        for name in ("person", "skin", "hair", "eyes", "lips"):
            arrays[f"person{person.number}/{name}"] = getattr(masks, name)
        arrays |= {f"person{person.number}/AU{unit}": region for unit, region in masks.regions.items()}
    np.savez_compressed(out, **arrays)


@contextlib.contextmanager
def _writing(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FaceReasonError(f"cannot write {out} ({error.strerror or error}): choose another --out") from None


@contextlib.contextmanager
def _bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on stderr, where that is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    shown = Progress(*columns, console=Console(stderr=True), disable=not is_terminal(sys.stderr), transient=True)
    with shown:
        task = shown.add_task(what, total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total)


def _prepare() -> None:
    """Build the body's cache, with a bar on a terminal, where there is none yet."""
    from facereason.studio import rig_files

    with _bar("preparing the body (once)") as step:
        rig_files.files(step)


def _known(**fields: Any) -> dict[str, Any]:
    """Those that were given."""
    return {name: value for name, value in fields.items() if value not in (None, {})}


def _years(text: str) -> float:
    if text in AGES:
        return AGES[text]
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"--age {text!r}: {', '.join(AGES)}, or years") from None


def _of(text: str, known: dict[str, float], option: str) -> float:
    if text not in known:
        raise UsageError(f"{option} {text!r}: one of {', '.join(known)}")
    return known[text]


def _emotion(text: str) -> str:
    from facereason import facs

    try:
        return facs.emotion(text).value
    except FaceReasonError as error:
        raise UsageError(f"--emotion {text!r}: {error}") from None


def _unit(text: str) -> tuple[int, float | list[float]]:
    from facereason import facs

    name, _, value = text.partition("=")
    try:
        code = facs.parse_code(name)
    except FaceReasonError as error:
        raise UsageError(f"--au {text!r}: {error}") from None
    try:
        strength = float(value) if value else (code.intensity or 0.8)
    except ValueError:
        raise UsageError(f"--au {text!r}: write it as 12=.8") from None
    if code.side is None:
        return code.unit, strength
    return code.unit, [strength, 0.0] if code.side is facs.Side.LEFT else [0.0, strength]
