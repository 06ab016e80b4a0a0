"""cxresearch."""
