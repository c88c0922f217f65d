"""The engine's tools: files, tensors on disk, devices, memory, kernels, progress.  Imports only ``shared``."""
