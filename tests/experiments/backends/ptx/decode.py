"""Instructions as functions that act on the registers and memories of a machine."""

import re

import numpy as np

from ptx.arithmetic import WIDE, dtype_of, function
from ptx.convert import conversion
from ptx.counts import kind_of
from ptx.faults import refuse
from ptx.memory import LOCAL, SHARED

_WORD = np.dtype(np.uint32)
_WINDOWS = {"shared": SHARED, "local": LOCAL, "global": 0}


def number(text, dtype):
    """An immediate operand, as a number of a type."""
    if dtype.kind == "b":
        return bool(int(text))
    bits = int(text[2:], 16) if text[:2] in ("0d", "0f") else int(text.rstrip("U"), 0)
    bits &= (1 << 8 * dtype.itemsize) - 1
    return np.frombuffer(bits.to_bytes(dtype.itemsize, "little"), dtype)[0]


def source(machine, text, dtype):
    """Return the function that reads an operand as an array of numbers of a type."""
    if text.startswith("!"):
        return lambda: ~machine.registers[text[1:]]
    if text in machine.registers:
        if machine.registers[text].itemsize != dtype.itemsize:
            # Of a wide register the lower part.
            return lambda: machine.registers[text].astype(f"u{dtype.itemsize}").view(dtype)
        return lambda: machine.registers[text].view(dtype)
    value = machine.constants.get(text)
    if value is None:
        value = np.full(machine.threads, number(text, dtype))
    value = value.astype(dtype) if value.dtype.kind == "u" and dtype.kind == "u" else value.view(dtype)
    return lambda: value


def types(instruction):
    """Return the types of what an instruction computes from."""
    name, *rest = parts = instruction.opcode
    kind = dtype_of(parts[-1])
    count = len(instruction.operands) - 1
    sources = [kind] * count
    if name == "setp":
        sources[2:] = [np.dtype(bool)] * (count - 2)
    elif name == "selp":
        sources[2] = np.dtype(bool)
    elif name in ("shl", "shr"):
        sources[1] = _WORD
    elif name == "bfi":
        sources[2:] = [_WORD, _WORD]
    elif "wide" in rest:
        sources[2:] = [WIDE[kind]] * (count - 2)
    return sources


def _computing(machine, instruction):
    """Return what an instruction does that computes from registers alone."""
    if instruction.opcode[0] == "cvt":
        kinds = [dtype_of(part) for part in instruction.opcode[-2:]]
        sources, compute = kinds[1:], conversion(instruction.opcode, kinds[1], kinds[0])
    elif instruction.opcode[0] == "cvta":
        window = np.uint64(_WINDOWS[instruction.opcode[-2]])
        sources = [np.dtype(np.uint64)]
        if "to" in instruction.opcode:
            compute = lambda a: a - window  # noqa: E731
        else:
            compute = lambda a: a + window  # noqa: E731
    else:
        sources, compute = types(instruction), function(instruction.opcode)
        if compute is None:
            raise NotImplementedError(f"the machine does not know {instruction}")
    target, *operands = instruction.operands
    if "|" in target:
        raise NotImplementedError(f"the machine does not know {instruction}")
    read = [source(machine, text, kind) for text, kind in zip(operands, sources, strict=True)]
    means = _choosing if instruction.opcode[0] == "selp" else _all_known
    if instruction.opcode[0] in ("div", "rem") and sources[1].kind != "f":
        compute = _dividing(machine, compute)
    return lambda: machine.put(target, compute(*(each() for each in read)), means(machine, operands))


def _dividing(machine, compute):
    """The same, but not by zero."""

    def divide(a, b):
        refuse(b[machine.lanes] == 0, machine.lanes, "it divides by zero")
        return compute(a, b)

    return divide


def _all_known(machine, operands):
    """In which threads all operands were written; None for all."""
    found = None
    for each in operands:
        # What was never written may be computed with, if nobody looks at the result: compilers do so.
        known = machine.partial.get(each.lstrip("!"))
        if known is not None:
            found = known if found is None else found & known
    return found


def _choosing(machine, operands):
    """The same, of which one of two matters."""
    if not any(each in machine.partial for each in operands):
        return None
    known = [machine.partial.get(each, np.ones(machine.threads, bool)) for each in operands]
    return known[2] & np.where(machine.registers[operands[2]], known[0], known[1])


def _moving(machine, instruction):
    """Return what `mov` does: of one register, of two into one, or of one into two."""
    target, origin = instruction.operands
    kind = dtype_of(instruction.opcode[-1])
    if origin.startswith("{"):
        names = parts_of(origin)
        low, high = (source(machine, each, _WORD) for each in names)
        return lambda: machine.put(
            target, np.stack([low(), high()], 1).view(kind)[:, 0], _all_known(machine, names)
        )
    read = source(machine, origin, kind)
    if target.startswith("{"):
        names = parts_of(target)

        def split():
            halves = read().view(np.uint32).reshape(-1, 2)
            for i, name in enumerate(names):
                machine.put(name, halves[:, i].copy(), _all_known(machine, [origin]))

        return split
    return lambda: machine.put(target, read().copy(), _all_known(machine, [origin]))


def parts_of(operand):
    """The registers of a vector, or the one."""
    return [each.strip() for each in operand.strip("{}").split(",")]


def _address(machine, operand):
    """Return the function that reads the addresses of ``[base + offset]`` of some threads."""
    base, offset = re.fullmatch(r"\[([^+\]]+?)(?:\+(-?\w+))?\]", operand).groups()
    offset = int(offset or "0", 0)
    if base in machine.registers:
        kind = machine.registers[base].dtype
        shift = number(str(offset), kind)
        return lambda lanes: (machine.registers[base][lanes] + shift).astype(np.uint64)
    start = machine.constants[base]
    return lambda lanes: start[lanes].astype(np.uint64) + np.uint64(offset)


def _touching(machine, instruction):
    """Return what an instruction does that reads or writes memory."""
    parts = instruction.opcode
    loads = parts[0] == "ld"
    operand, place = instruction.operands if loads else instruction.operands[::-1]
    names, kind = parts_of(operand), dtype_of(parts[-1])
    address = _address(machine, place)
    space = next((each for each in ("global", "shared", "local") if each in parts), None)
    size, counted = kind.itemsize * len(names), kind_of(instruction)
    values = [source(machine, name, kind) for name in names]

    def act():
        if not machine.lanes.size:
            return
        for lanes, memory, offsets in machine.places(space, address(machine.lanes), size, counted):
            if loads:
                if "nc" in parts:
                    memory.load_constant(offsets, lanes)
                found = memory.load(offsets, kind, len(names), lanes)
                for name, each in zip(names, found, strict=True):
                    machine.put_some(name, lanes, each)
            else:
                memory.store(offsets, [each()[lanes] for each in values], lanes)

    return act


def decoded(machine, instruction):
    """Return the function that runs an instruction in the active threads of a machine.

    Raises
    ------
    NotImplementedError
        If the machine does not know it.
    """
    name, parts = instruction.opcode[0], instruction.opcode
    if name == "mov":
        act = _moving(machine, instruction)
    elif name == "ld" and "param" in parts:
        parameter = instruction.operands[1].strip("[]")
        value = source(machine, parameter, dtype_of(parts[-1]))
        act = lambda: machine.put(instruction.operands[0], value().copy())  # noqa: E731
    elif name in ("ld", "st"):
        act = _touching(machine, instruction)
    else:
        act = _computing(machine, instruction)
    # Where memory is touched, and what is written there, must be known.
    operands = {"ld": instruction.operands[1:], "st": instruction.operands}.get(name, ())
    looked_at = re.findall(r"%\w+", " ".join(operands))

    def run():
        machine.instruction = instruction
        machine.check(looked_at)
        act()

    if instruction.guard is None:
        return run
    guard = source(machine, instruction.guard, np.dtype(bool))

    def guarded():
        machine.instruction = instruction
        machine.check([instruction.guard.lstrip("!")])
        with machine.only(machine.active & guard()):
            run()

    return guarded
