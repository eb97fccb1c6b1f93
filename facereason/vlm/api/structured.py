"""JSON replies: asked for by schema, checked all the same, and asked for once more where they do not fulfil it."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from typing import Any

from facereason.images import printable
from facereason.types import UsageError
from facereason.vlm.errors import FormatError, UnavailableError
from facereason.vlm.messages import Finish, Message, Reply, Request, Usage

MISSING = '{needs}: pip install "facereason[{extra}]"'


def response_format(schema: Mapping[str, Any]) -> dict[str, Any]:
    """What a server is sent; `strict` only for schemas that OpenAI takes so, it refuses others."""
    return {
        "type": "json_schema",
        "json_schema": {"name": "reply", "schema": dict(schema), "strict": is_strict(schema)},
    }


def is_strict(schema: Any) -> bool:
    """Whether every object in it requires all its properties and forbids others (OpenAI, "Structured outputs")."""
    if isinstance(schema, list):
        return all(is_strict(each) for each in schema)
    if not isinstance(schema, Mapping):
        return True
    properties = schema.get("properties")
    if schema.get("type") == "object" or isinstance(properties, Mapping):
        named = set(properties or ())
        if schema.get("additionalProperties") is not False or set(schema.get("required", ())) != named:
            return False
    return all(is_strict(each) for each in schema.values())


class UnfulfilledError(FormatError):
    """A reply that ended, but does not fulfil the schema. `wrong`: what is wrong with it."""

    def __init__(self, message: str, text: str, wrong: str) -> None:
        super().__init__(message, text)
        self.wrong = wrong


def validator(schema: Mapping[str, Any] | None, extra: str = "api") -> Any:
    """A jsonschema validator, None where there is no schema. UsageError where the schema itself is wrong,
    UnavailableError without jsonschema, which names the extra of this project that brings it."""
    if schema is None:
        return None
    try:
        import jsonschema
    except ImportError:
        raise UnavailableError(MISSING.format(needs="JSON replies need jsonschema", extra=extra)) from None
    kind = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
    try:
        kind.check_schema(dict(schema))
    except jsonschema.SchemaError as error:
        raise UsageError(f"the schema is no JSON schema: {printable(error.message)}") from None
    return kind(dict(schema))


def unfenced(text: str) -> str:
    """`text` without the Markdown fences that a model put around it.

    >>> unfenced('```json\\n{"a": 1}\\n```')
    '{"a": 1}'
    """
    fenced = re.fullmatch(r"\s*```[a-zA-Z]*\s*\n(.*?)\n?\s*```\s*", text, re.DOTALL)
    return (fenced.group(1) if fenced else text).strip()


def checked(name: str, request: Request, reply: Reply, rule: Any) -> Reply:
    """`reply` with its data; FormatError where it does not fulfil `rule`, the validator of the request's schema.

    Without a rule and where it is a refusal it passes as it is. Of further samples those that do not fulfil it have no
    data.
    """
    if rule is None or reply.refused:
        return reply
    if reply.finish is Finish.LENGTH:
        raise FormatError(
            f"{name}: the JSON was cut off at max_tokens ({request.max_tokens}); ask with more", reply.text
        )
    data, wrong = _read(reply.text, rule)
    if wrong:
        said = printable(wrong)
        raise UnfulfilledError(f"{name}: the reply does not fulfil the schema: {said}", reply.text, said)
    others = tuple(dataclasses.replace(other, data=_read(other.text, rule)[0]) for other in reply.others)
    return dataclasses.replace(reply, data=data, others=others)


def reply_or_repair(name: str, request: Request, reply: Reply, rule: Any) -> Reply | Request:
    """`reply` as `checked`, or where it does not fulfil the rule the request for a better one. FormatError where it was
    cut off: one more would be too."""
    try:
        return checked(name, request, reply, rule)
    except UnfulfilledError as error:
        return _repairing(request, error)


def _repairing(request: Request, error: UnfulfilledError) -> Request:
    """The request that shows the model its reply and what is wrong with it."""
    asked = (
        f"This does not fulfil the JSON schema: {error.wrong}. "
        "Reply once more with the corrected JSON only, without explanations and without Markdown."
    )
    turns = (Message.assistant(error.text), Message.user(asked))
    return dataclasses.replace(request, messages=request.messages + turns, samples=1)


def repaired(first: Reply, second: Reply) -> Reply:
    """`second`, with what both calls took and the further samples of the first."""
    usage = added(first.usage, second.usage)
    return dataclasses.replace(second, usage=usage, others=first.others, repaired=True)


def added(first: Usage, second: Usage) -> Usage:
    """What two calls took together; not known where it is not known of one."""

    def both(one: Any, other: Any) -> Any:
        return None if one is None or other is None else one + other

    return Usage(
        input_tokens=both(first.input_tokens, second.input_tokens),
        output_tokens=both(first.output_tokens, second.output_tokens),
        cost=both(first.cost, second.cost),
        seconds=first.seconds + second.seconds,
    )


def _read(text: str, rule: Any) -> tuple[Any, str]:
    """The data in `text`, and what is wrong with it, which is empty where nothing is."""
    try:
        data = json.loads(unfenced(text))
    except (ValueError, RecursionError) as error:
        return None, f"not JSON: {error}"
    wrong = next(iter(sorted(rule.iter_errors(data), key=lambda each: len(each.absolute_path))), None)
    if wrong is None:
        return data, ""
    place = "/".join(str(step) for step in wrong.absolute_path)
    return None, f"at {place}: {wrong.message}" if place else wrong.message
