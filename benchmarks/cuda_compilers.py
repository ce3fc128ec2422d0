"""Compilers of CUDA that need no GPU: NVRTC of a wheel, or nvcc; and the disassembler of what they make."""

import ctypes
import importlib.util
import re
import shutil
import subprocess
import tempfile
from pathlib import Path


def nvrtc_for(architecture):
    """Return NVRTC from its wheel; None where it is not installed, or does not know the architecture."""
    for name in ("nvidia.cuda_nvrtc", "nvidia.cu13"):
        if importlib.util.find_spec("nvidia") is None or importlib.util.find_spec(name) is None:
            continue
        for folder in importlib.util.find_spec(name).submodule_search_locations:
            for library in sorted(Path(folder, "lib").glob("libnvrtc.so.*")):
                found, count = ctypes.CDLL(str(library)), ctypes.c_int()
                found.nvrtcGetNumSupportedArchs(ctypes.byref(count))
                known = (ctypes.c_int * count.value)()
                found.nvrtcGetSupportedArchs(known)
                return found if architecture in known else None
    return None


def with_nvrtc(nvrtc, source, architecture, wanted="CUBIN"):
    """Return what NVRTC says of a text, and its machine code or, if that is wanted, its PTX.

    Raises
    ------
    ValueError
        If the text does not compile.
    """
    program, size = ctypes.c_void_p(), ctypes.c_size_t()
    nvrtc.nvrtcCreateProgram(ctypes.byref(program), source.encode(), b"kernel.cu", 0, None, None)
    options = [f"--gpu-architecture=sm_{architecture}", "-std=c++17", "--ptxas-options=-v"]
    if wanted == "PTX":
        options = [f"--gpu-architecture=compute_{architecture}", "-std=c++17"]
    listed = (ctypes.c_char_p * len(options))(*map(str.encode, options))
    status = nvrtc.nvrtcCompileProgram(program, len(options), listed)

    def text(what):
        getattr(nvrtc, f"nvrtcGet{what}Size")(program, ctypes.byref(size))
        buffer = ctypes.create_string_buffer(size.value)
        getattr(nvrtc, f"nvrtcGet{what}")(program, buffer)
        return buffer.raw

    log = text("ProgramLog").decode()
    code = b"" if status else text(wanted)
    nvrtc.nvrtcDestroyProgram(ctypes.byref(program))
    if status:
        raise ValueError(log)
    return log, code


def printer(architecture):
    """Return the name of a compiler, and what prints PTX of a text; None where there is no compiler."""
    nvrtc, nvcc = nvrtc_for(architecture), shutil.which("nvcc")
    if nvrtc is not None:
        version = ctypes.c_int(), ctypes.c_int()
        nvrtc.nvrtcVersion(*map(ctypes.byref, version))
        name = f"NVRTC {version[0].value}.{version[1].value}"
        return name, lambda source: with_nvrtc(nvrtc, source, architecture, "PTX")[1].decode().rstrip("\0")
    if nvcc is None or not _knows(nvcc, architecture):
        return None
    name = subprocess.run([nvcc, "--version"], capture_output=True, text=True).stdout
    return name, lambda source: _with_nvcc(nvcc, source, architecture, "ptx")[1].decode()


def _knows(nvcc, architecture):
    listed = subprocess.run([nvcc, "--list-gpu-arch"], capture_output=True, text=True).stdout
    return f"_{architecture}\n" in listed


def _with_nvcc(nvcc, source, architecture, wanted="cubin"):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "kernel.cu")
        path.write_text(source)
        target = "compute" if wanted == "ptx" else "sm"
        command = [nvcc, f"-arch={target}_{architecture}", "-std=c++17", f"-{wanted}", "-Xptxas", "-v"]
        made = path.with_suffix(f".{wanted}")
        done = subprocess.run([*command, "-o", made, path], capture_output=True, text=True)
        if done.returncode:
            raise ValueError(done.stderr)
        return done.stderr, made.read_bytes()


def compiled(source, architecture):
    """Return what the compiler says of a kernel and its machine code; None where there is no compiler for it.

    The first is a dict: registers of a thread, bytes of its frame in local memory, of spill stores and loads.
    """
    nvrtc, nvcc = nvrtc_for(architecture), shutil.which("nvcc")
    if nvrtc is not None:
        log, code = with_nvrtc(nvrtc, source, architecture)
    elif nvcc is not None and _knows(nvcc, architecture):
        log, code = _with_nvcc(nvcc, source, architecture)
    else:
        return None
    [frame] = re.findall(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads", log)
    [registers] = re.findall(r"Used (\d+) registers", log)
    names = "frame", "stores", "loads", "registers"
    return dict(zip(names, map(int, (*frame, registers)), strict=True)), code


def _disassembler():
    if found := shutil.which("nvdisasm"):
        return found
    triton = importlib.util.find_spec("triton")
    if triton is None:
        return None
    path = Path(triton.submodule_search_locations[0], "backends", "nvidia", "bin", "nvdisasm")
    return str(path) if path.exists() else None


def machine_code(code):
    """Return labels and instructions of a kernel, in order; nothing where there is no nvdisasm."""
    tool = _disassembler()
    if tool is None:
        return []
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(code)
        file.flush()
        done = subprocess.run([tool, "-c", file.name], capture_output=True, text=True)
    # Old architectures are refused by new tools.
    text = "" if done.returncode else re.sub(r"/\*[0-9a-fx]*\*/", "", done.stdout)
    return [line.strip() for line in text.splitlines() if re.match(r"\.L_x_\d+:|.*;$", line.strip())]
