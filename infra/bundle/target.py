"""What every function is built for: said here and nowhere else. Pure.

arm64 costs a fifth less than x86_64 for the same memory (Lambda's price list; unsure of today's figures), and every library
that we bundle has wheels for it. A laptop is often another machine: nothing that is bundled is ever run there.
"""

from __future__ import annotations

__all__ = ["ARCHITECTURE", "PLATFORMS", "PYTHON", "RUNTIME"]

ARCHITECTURE = "arm64"
PYTHON = "3.13"
RUNTIME = f"python{PYTHON}"
# Wheel tags that run on it: Amazon Linux 2023 has glibc 2.34 (Lambda runtimes page), so these older ones do. In
# order of preference: where a package has both, the older one was the smaller.
PLATFORMS = ("manylinux2014_aarch64", "manylinux_2_28_aarch64")
