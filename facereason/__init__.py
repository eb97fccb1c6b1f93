"""Ask questions about the faces in a photo, and see what in each face the answer rests on."""

__version__ = "0.1.0"
