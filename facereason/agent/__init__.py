"""Reason: understand a question, find whom it is about, answer from measurements.

answer = FaceReason().ask("party.jpg", "How does the woman in red feel, and why?")
"""

from facereason.agent.chat import Chat, Eye
from facereason.agent.facereason import FaceReason
from facereason.agent.grammar.parsing import NotUnderstood
from facereason.agent.grammar.understand import understand
from facereason.agent.whom.memory import Memory
from facereason.agent.whom.select import select
from facereason.agent.whom.selection import Selection

__all__ = ["Chat", "Eye", "FaceReason", "Memory", "NotUnderstood", "Selection", "select", "understand"]
