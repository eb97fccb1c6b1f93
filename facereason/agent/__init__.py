"""Reason: understand a question, find whom it is about, answer from measurements.

answer = FaceReason().ask("party.jpg", "How does the woman in red feel, and why?")
"""

from facereason.agent.chat import Chat, Eye
from facereason.agent.facereason import FaceReason
from facereason.agent.memory import Memory
from facereason.agent.select import select
from facereason.agent.selection import Selection
from facereason.agent.understand import NotUnderstood, understand

__all__ = ["Chat", "Eye", "FaceReason", "Memory", "NotUnderstood", "Selection", "select", "understand"]
