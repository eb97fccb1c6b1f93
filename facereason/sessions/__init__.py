"""Chats that last: several photos, what was said of each, and a log on disk from which they go on."""

from facereason.sessions.log import Log, Logged, Photographed, Started
from facereason.sessions.session import Opened, Session

__all__ = ["Log", "Logged", "Opened", "Photographed", "Session", "Started"]
