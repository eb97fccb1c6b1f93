"""Questions put into plain words by a small model, for whoever reads plain words: the agent's grammar does."""

from facereason.rewording.model import Proposal, Rewording, read, shipped

__all__ = ["Proposal", "Rewording", "read", "shipped"]
