"""A question as typed queries: the grammar, its words, and the models that help where it does not understand."""
