"""The engine room: arrays in, numbers out; no frame, no file, no survey."""
