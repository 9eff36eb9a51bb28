"""A module with a library that crashes while it loads."""

import ctypes

ctypes.string_at(0)
