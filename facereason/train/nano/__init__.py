"""The nano model: the reader's trunks as a frozen vision tower under a small language model, in transformers' LLaVA."""
