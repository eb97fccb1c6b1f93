"""The steps of the agent, offered to models that call tools: look, find, measure, crop, rotate, compare, locate."""

from facereason.agent.tools.box import Toolbox
from facereason.agent.tools.loop import Budget
from facereason.agent.tools.replaying import replay

__all__ = ["Budget", "Toolbox", "replay"]
