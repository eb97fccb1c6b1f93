"""Tokens of pictures for a question about six people, in a photo of 1280 x 853 with faces of 120 pixels.

    PYTHONPATH=. python tests/vlm/measure_tokens.py

Three ways: a crop in each of six calls, as `ask` sends them; the whole photo with numbered boxes in one call; and a
crop with the whole photo in each call. Tokens by the published rules: OpenAI's tiles of 512 pixels, Qwen2.5-VL's
patches of 28 x 28.
"""

from __future__ import annotations

import json
import sys

import numpy as np

from facereason.agent import Chat
from facereason.agent.replies.speaking import Speaker
from facereason.images import Photo
from facereason.vlm import Picture, routing
from facereason.vlm.api.pictures import openai_size, openai_tokens
from facereason.vlm.fake import FakeModel
from facereason.vlm.families import smart_resize
from tests.agent.scenes import HEIGHT, WIDTH, PaperEye, person, scene


def main() -> None:
    six = scene(*(person(number) for number in range(1, 7)))
    model = FakeModel(says=lambda request: "<think>brows lowered (AU4)</think><answer>anger</answer>")
    router = routing.Router(routing.from_line("fake"), lambda name: model)
    photo = Photo(pixels=np.zeros((HEIGHT, WIDTH, 3), np.uint8), name="six")
    Chat(photo, six, PaperEye(six), router).ask("How does everybody feel?")
    crops = [picture for request in model.asked for picture in request.pictures]
    whole = Speaker(router, photo, six).numbered()
    ways = {"crops, 6 calls": crops, "whole photo, 1 call": [whole], "both, 6 calls": [*crops, *([whole] * len(crops))]}
    for rule, tokens in (("OpenAI, high detail", openai), ("Qwen2.5-VL", qwen)):
        row = {way: sum(tokens(picture) for picture in pictures) for way, pictures in ways.items()}
        sys.stdout.write(json.dumps({"measure": "picture tokens, six people", "rule": rule, **row}) + "\n")


def openai(picture: Picture) -> int:
    return openai_tokens(*openai_size(picture.width, picture.height))


def qwen(picture: Picture) -> int:
    width, height = smart_resize(picture.width, picture.height, 28, 56 * 56, 28 * 28 * 16384)
    return (width // 28) * (height // 28)


if __name__ == "__main__":
    main()
