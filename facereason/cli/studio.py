"""`facereason studio`: synthetic people with exact labels."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from facereason.cli import apps
from facereason.cli.terminal import is_terminal
from facereason.types import FaceReasonError, UsageError

if TYPE_CHECKING:
    from facereason.studio.spec import SceneSpec

app = apps.new()

GENDERS = {"female": 0.0, "male": 1.0, "between": 0.5}
AGES = {"child": 8.0, "young": 24.0, "adult": 40.0, "old": 76.0}


@app.callback()
def studio() -> None:
    """Render synthetic people whose labels are exact, because they drive the rig."""


@app.command(
    epilog=apps.examples(
        "facereason studio render scene.yaml --out a.png",
        "facereason studio render --emotion fear --yaw -40 --age old --out a.png",
        "facereason studio render --au 12=.8 --au 6=.6 --people 3 --background park --out a.png",
    )
)
def render(
    spec: Annotated[
        Path | None, typer.Argument(metavar="SPEC.yaml", help="A scene; else one of plain options.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="A PNG or JPEG; the truth goes beside it.")] = Path(
        "studio.png"
    ),
    emotion: Annotated[str | None, typer.Option("--emotion", help="Its prototype's action units act.")] = None,
    units: Annotated[
        list[str] | None,
        typer.Option("--au", metavar="N=INTENSITY", help="An action unit, 0 to 1; LN or RN for a side."),
    ] = None,
    yaw: Annotated[float, typer.Option("--yaw", help="Degrees; above 0 the face turns to the image's right.")] = 0.0,
    pitch: Annotated[float, typer.Option("--pitch", help="Degrees; above 0 up.")] = 0.0,
    roll: Annotated[float, typer.Option("--roll", help="Degrees; above 0 clockwise.")] = 0.0,
    age: Annotated[str, typer.Option("--age", help="child, young, adult, old, or years.")] = "adult",
    gender: Annotated[str, typer.Option("--gender", help="Perceived: female, male or between.")] = "between",
    skin: Annotated[float, typer.Option("--skin", help="Tone, 1 light to 10 dark.")] = 4.0,
    hair: Annotated[str, typer.Option("--hair", help="bald, buzz, short, curly, bob, long or bun.")] = "short",
    hair_colour: Annotated[
        str, typer.Option("--hair-colour", help="black, brown, blond, red, grey or white.")
    ] = "brown",
    people: Annotated[int, typer.Option("--people", help="How many; all but the identity are the same.")] = 1,
    framing: Annotated[str, typer.Option("--framing", help="face, bust, half or full.")] = "bust",
    background: Annotated[
        str, typer.Option("--background", help="plain, gradient, room, wall, park, street or office.")
    ] = "plain",
    light: Annotated[
        str, typer.Option("--light", help="studio, window, overcast, sun, evening, side or back.")
    ] = "studio",
    size: Annotated[int, typer.Option("--size", help="Pixels a side.")] = 512,
    seed: Annotated[int, typer.Option("--seed", help="Another one: other identities.")] = 0,
) -> None:
    """Render one scene, and write its truth beside it as JSON.

    The truth holds boxes, action units, head pose, gaze, body orientation, landmarks, attributes and the whole spec.
    The first call prepares the body's files, about a minute.
    """
    scene_module, spec_module = _studio()
    if spec is not None:
        scene: SceneSpec = spec_module.load(spec)
    else:
        person = {
            "years": _years(age),
            "gender": _of(gender, GENDERS, "--gender"),
            "skin": skin,
            "hair": {"style": hair, "colour": hair_colour},
            "units": dict(_unit(text) for text in units or []),
            "head": {"yaw": yaw, "pitch": pitch, "roll": roll},
            **({"emotion": _emotion(emotion)} if emotion else {}),
        }
        data = {
            "seed": seed,
            "width": size,
            "height": size,
            "people": [{**person, "identity": 1000 * seed + i} for i in range(people)],
            "camera": {"framing": framing},
            "background": {"kind": background, "seed": seed},
            "light": {"kind": light},
        }
        scene = spec_module.SceneSpec.from_dict(data, "options")
    if out.suffix.lower() not in (".png", ".jpg", ".jpeg"):
        raise UsageError(f"--out {out}: name a .png or .jpg file")
    _prepare()
    made = scene_module.render(scene)
    from PIL import Image

    beside = out.with_suffix(".json")
    try:
        Image.fromarray(made.image).save(out)
        beside.write_text(json.dumps(made.to_dict(), indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise FaceReasonError(f"cannot write {out} ({error.strerror or error}): choose another --out") from None
    typer.echo(f"wrote {out} and {beside}")


def _studio() -> tuple[Any, Any]:
    try:
        from facereason.studio import scene, spec
    except ImportError as error:
        raise FaceReasonError(
            f'the studio needs {error.name}: pip install torch && pip install "facereason[studio]"'
        ) from None
    return scene, spec


def _prepare() -> None:
    """Build the body's cache, with a bar on a terminal, where there is none yet."""
    from rich.console import Console
    from rich.progress import Progress

    from facereason.studio import rig_files

    with Progress(console=Console(stderr=True), disable=not is_terminal(sys.stderr), transient=True) as bar:
        task = bar.add_task("preparing the body (once)", total=None)
        rig_files.files(lambda done, total: bar.update(task, completed=done, total=total))


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

    return facs.emotion(text).value


def _unit(text: str) -> tuple[int, float | list[float]]:
    from facereason import facs

    name, _, value = text.partition("=")
    code = facs.parse_code(name)
    try:
        strength = float(value) if value else (code.intensity or 0.8)
    except ValueError:
        raise UsageError(f"--au {text!r}: write it as 12=.8") from None
    if code.side is None:
        return code.unit, strength
    return code.unit, [strength, 0.0] if code.side is facs.Side.LEFT else [0.0, strength]
