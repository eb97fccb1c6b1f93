"""`facereason doctor`: is everything there, and is it whole?"""

from __future__ import annotations

import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from typing import Annotated

import typer

from facereason import __version__, resources
from facereason.cli import apps, show
from facereason.types import FaceReasonError

app = apps.new()

PURPOSES = {
    "api": "language models behind the OpenAI protocol: OpenAI, vLLM, any such server",
    "local": "open vision-language models on this machine",
    "vllm": "vLLM's offline engine, for jobs of many questions",
    "train": "training: the reader, fine-tuning, reinforcement learning",
    "bench": "benchmarks, and inspect-ai",
    "studio": "synthetic people with exact labels",
    "scale": "many photos on many machines",
    "serve": "HTTP, MCP and a web page",
    "heic": "HEIC photos",
}


@app.command()
def doctor(
    json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Check the installation.

    Shows versions, weights with their hashes, and what each extra would add. The exit code is 1 where weights are
    missing or damaged, or a base package is missing.
    """
    health = examine()
    if json:
        show.as_json(health)
    else:
        _show(health)
    if not health.ok:
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """One file of weights with the hash that it must have; `problem` is empty where it has it."""

    name: str
    sha256: str
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    """One extra: the packages it asks for, those that are missing, and the line that installs them."""

    name: str
    purpose: str
    packages: tuple[str, ...]
    missing: tuple[str, ...]
    install: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What `doctor` found. `packages`: base packages with their versions, None where missing."""

    ok: bool
    facereason: str
    python: str
    platform: str
    packages: Mapping[str, str | None]
    weights: tuple[Weights, ...]
    extras: tuple[Extra, ...]


def examine() -> Health:
    """Look at the installation; what is wrong with it is reported, not raised."""
    requirements = _requirements()
    packages = {name: _version(name) for name in requirements.get("", ())}
    weights = _weights()
    return Health(
        ok=all(packages.values()) and not any(one.problem for one in weights),
        facereason=__version__,
        python=platform.python_version(),
        platform=platform.platform(),
        packages=packages,
        weights=weights,
        extras=tuple(_extra(name, requirements[name]) for name in PURPOSES if name in requirements),
    )


def _requirements() -> dict[str, list[str]]:
    """Names of required packages by extra, those of the base under "": as the installed package declares them.

    Empty where the code runs from a folder in which it was never installed.
    """
    try:
        lines = metadata.requires("facereason") or []
    except metadata.PackageNotFoundError:
        return {}
    requirements: dict[str, list[str]] = {"": []}
    for line in lines:
        requirement, _, marker = line.partition(";")
        extra = re.search(r"""extra\s*==\s*["']([^"']+)""", marker)
        name = re.match(r"[A-Za-z0-9._-]+", requirement.strip())
        if name is not None:
            requirements.setdefault(extra.group(1) if extra else "", []).append(name.group())
    return requirements


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _weights() -> tuple[Weights, ...]:
    try:
        shipped = resources.manifest()
    except FaceReasonError as error:
        return (Weights(name="manifest.json", sha256="", problem=str(error)),)
    return tuple(Weights(name=name, sha256=entry.sha256, problem=_problem(name)) for name, entry in shipped.items())


def _problem(name: str) -> str:
    try:
        resources.verify(name)
    except FaceReasonError as error:
        return str(error)
    return ""


def _extra(name: str, packages: list[str]) -> Extra:
    return Extra(
        name=name,
        purpose=PURPOSES[name],
        packages=tuple(packages),
        missing=tuple(package for package in packages if _version(package) is None),
        install=f'pip install "facereason[{name}]"',
    )


def _show(health: Health) -> None:
    typer.echo(f"facereason {health.facereason}, Python {health.python}, {health.platform}")
    typer.echo("\nbase packages")
    if not health.packages:
        typer.echo("  unknown: facereason is not installed here; run `pip install .`")
    for name, version in health.packages.items():
        typer.echo(f"  {name} {version or 'is missing: reinstall facereason'}")
    typer.echo("\nweights")
    for weights in health.weights:
        typer.echo(f"  {weights.name}: {weights.problem or 'whole'}")
        if weights.sha256:
            typer.echo(f"    sha256 {weights.sha256}")
    if health.extras:
        typer.echo("\nextras")
    for extra in health.extras:
        typer.echo(f"  {extra.name}: {extra.purpose}")
        if extra.missing:
            typer.echo(f"    {extra.install}")
            typer.echo(f"    adds {', '.join(extra.missing)}")
        else:
            typer.echo("    installed")
