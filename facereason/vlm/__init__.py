"""Models that speak: one protocol, and behind it every model that a user may already have."""

from facereason.vlm.messages import Choice, Finish, Message, Picture, Region, Reply, Request, Role, Usage
from facereason.vlm.model import Capability, Identity, Model, Stream

__all__ = [
    "Capability",
    "Choice",
    "Finish",
    "Identity",
    "Message",
    "Model",
    "Picture",
    "Region",
    "Reply",
    "Request",
    "Role",
    "Stream",
    "Usage",
]
