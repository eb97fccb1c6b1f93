"""Few-shot probing: what a frozen encoder tells of a face to a linear classifier with few labels."""
