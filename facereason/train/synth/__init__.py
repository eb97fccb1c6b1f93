"""Reasoning for labelled faces that a model writes and a gate lets through, round by round."""
