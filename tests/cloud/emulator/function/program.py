"""Making a deployed zip something that this machine can start."""

import hashlib
import io
import os
import platform
import shutil
import struct
import sys
import tempfile
import threading
import zipfile
from pathlib import Path

_lock = threading.Lock()
_folder: Path | None = None
_MACHINES = {62: "x86_64", 183: "aarch64"}
_ALIASES = {"amd64": "x86_64", "arm64": "aarch64"}


class CannotRun(Exception):
    """A function that cannot run on this machine, and why."""


def command(code: bytes) -> tuple[list[str], Path]:
    """Unpacks a zip once and returns how to start its `bootstrap`, and the folder that it expects to be in.

    Raises CannotRun for a zip without one and for one of another architecture when there is no qemu.
    """
    folder = _unpacked(code)
    program = folder / "bootstrap"
    if not program.is_file():
        raise CannotRun("the deployment package has no file bootstrap; this emulator runs functions of the runtime provided.al2023 only")
    return [*_interpreter(program), str(program)], folder


def _unpacked(code: bytes) -> Path:
    global _folder
    name = hashlib.sha256(code).hexdigest()[:24]
    with _lock:
        if _folder is None:
            _folder = Path(tempfile.mkdtemp(prefix="miyabi-functions-"))
        folder = _folder / name
        if not folder.exists():
            partial = _folder / f"{name}.partial"
            with zipfile.ZipFile(io.BytesIO(code)) as archive:
                archive.extractall(partial)
            program = partial / "bootstrap"
            if program.is_file():
                program.chmod(0o755)
            partial.rename(folder)
    return folder


def remove_all() -> None:
    """Removes everything that was unpacked."""
    if _folder is not None:
        shutil.rmtree(_folder, ignore_errors=True)


def _interpreter(program: Path) -> list[str]:
    """Returns what must start a program of another architecture: nothing for one of this machine."""
    head = program.read_bytes()[:20]
    if not head.startswith(b"\x7fELF"):
        return _mach(head)
    if sys.platform != "linux":
        raise CannotRun(f"the function is a Linux program, and this machine runs {sys.platform}; deploy the assembly of ENV=local")
    built_for = _MACHINES.get(struct.unpack("<H", head[18:20])[0], "unknown")
    here = _ALIASES.get(platform.machine().lower(), platform.machine().lower())
    if built_for == here:
        return []
    emulator = shutil.which(f"qemu-{built_for}-static") or shutil.which(f"qemu-{built_for}")
    if not emulator:
        raise CannotRun(f"the function is built for {built_for}, this machine is {here}, and there is no qemu-{built_for}: install qemu-user-static, or deploy the assembly of ENV=local")
    return [emulator]


def _mach(head: bytes) -> list[str]:
    if head[:4] == b"\xcf\xfa\xed\xfe" and sys.platform != "darwin":
        raise CannotRun(f"the function is a program for macOS, and this machine runs {os.uname().sysname}")
    return []
