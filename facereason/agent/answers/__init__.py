"""Answers in words, each made from readings."""
