"""The `facereason` command. One file a command; each parses, calls one plain function, and shows what it returned."""
