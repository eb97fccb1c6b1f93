"""What several commands take: a photo, or the example in its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from facereason.types import UsageError

if TYPE_CHECKING:
    from facereason.agent import FaceReason
    from facereason.images import Source
    from facereason.sessions.templates import Template
    from facereason.vlm.routing import Routes

PHOTOS = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".tif", ".tiff", ".bmp", ".avif", ".heic")
"""Endings of the files that are taken for photos in a folder."""
EXAMPLE_HELP = "Use the astronaut portrait that ships with facereason in place of a photo."
EXPLAIN_HELP = "Show how the question was understood: what is asked, and about whom."
RACE_HELP = "Also read perceived race. For research and audits only."
AS_IS_HELP = "Take photos as they are: do not set those upright that lie on their side or stand on their head."


def photo_or_example(photo: str | None, example: bool) -> Source:
    """What `images.open` takes; UsageError where neither or both were given."""
    if example and photo:
        raise UsageError("--example takes the place of the photo; leave one of them out")
    if example:
        from facereason import images

        return images.example()
    if photo is None:
        raise UsageError("no photo given; name one, or use --example")
    return photo


MODEL_HELP = (
    "Ask a language model too: openai/NAME, vllm/NAME, hf/ORG/NAME[+adapter=PATH], or JOB=MODEL,... "
    "(emotion, attributes, chat, ...). Default: the table in facereason.toml, else nano where you ask why; "
    "none: no model."
)

TOOLS_HELP = "Let the model measure, crop and compare by itself, with tools; needs one that calls tools."

AGAIN_HELP = "Tell the model where readings speak against it, and ask once more."


def models(said: str | None, where: str = "--model") -> Routes | Literal["none"] | None:
    """The models of --model, or of `where`, else of the `facereason.toml` that is found; None where there are none, so
    that what ships answers, and "none" where that is said, for the instrument alone. UsageError where either is
    wrong."""
    from facereason.vlm import routing

    if said is not None:
        return "none" if said == "none" else routing.from_line(said, where)
    path = routing.find()
    return routing.from_file(path) if path else None


TEMPLATE_HELP = "Ask the questions of a template, by name or path (facereason templates lists them)."
PARAM_HELP = "Value of a template's parameter, as NAME=VALUE; may be given several times."


@dataclass(frozen=True, slots=True)
class Asking:
    """A template with its questions filled in."""

    template: Template
    questions: tuple[str, ...]


def template(name: str | None, param: Sequence[str] | None) -> Asking:
    """The template of --template with the parameters of --param; without one, no questions and no settings."""
    from facereason.sessions import templates

    pairs = [each.partition("=") for each in param or ()]
    if wrong := [name_ for name_, sign, _ in pairs if not sign]:
        raise UsageError(f"--param {wrong[0]}: give it as NAME=VALUE")
    if name is None:
        if pairs:
            raise UsageError("--param goes with --template")
        return Asking(templates.Template(questions=("?",)), ())
    found = templates.load(name)
    return Asking(found, found.filled({key: value for key, _, value in pairs}))


def tools(asked: bool, faces: FaceReason) -> None:
    """UsageError for --tools where there is no model that could call them."""
    if asked and faces.router is None:
        raise UsageError("--tools: no model is routed that could call them; name one with --model")
