"""Whom a question means, and whether somebody is so, by the measurements."""
