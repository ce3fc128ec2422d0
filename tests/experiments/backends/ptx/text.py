"""The text of PTX as entries, blocks and instructions."""

import re
from dataclasses import dataclass, field

import numpy as np

SYNCHRONISING = {"shfl", "vote", "bar", "barrier"}
"""Instructions at which threads wait for each other."""
_ENTRY = re.compile(r"\.entry\s+(\w+)\s*\(([^)]*)\)([^{]*)\{")
_REGISTERS = re.compile(r"\.reg\s+\.(\w+)\s+(%?\w+)(<\d+>)?")
_ARRAY = re.compile(r"\.align\s+(\d+)\s+\.b8\s+(\w+)\[(\d*)\]")
_DATA = re.compile(r"\.(?:global|const)\s+\.align\s+\d+\s+\.b8\s+(\w+)\[\d+\]\s*=\s*\{([^}]*)\}")


@dataclass(frozen=True)
class Instruction:
    """One line: ``@guard opcode operands;``."""

    opcode: tuple[str, ...]
    operands: tuple[str, ...]
    guard: str | None
    line: int

    def __str__(self):
        guard = f"@{self.guard} " if self.guard else ""
        return f"line {self.line}: {guard}{'.'.join(self.opcode)} {', '.join(self.operands)}"


@dataclass
class Entry:
    """A kernel."""

    name: str
    parameters: list[tuple[str, str]]
    """Types and names."""
    bound: int | None
    """Most threads of a block."""
    registers: dict[str, str] = field(default_factory=dict)
    """Name, or the name before the number -> type."""
    shared: dict[str, int] = field(default_factory=dict)
    """Where arrays of shared memory begin."""
    shared_bytes: int = 0
    """Of arrays of known length; those of unknown length begin behind them."""
    data: dict[str, np.ndarray] = field(default_factory=dict)
    """Bytes that the module brings with it."""
    local: dict[str, int] = field(default_factory=dict)
    local_bytes: int = 0
    blocks: list[list[Instruction]] = field(default_factory=list)
    """Instructions that are run one after the other."""
    labels: dict[str, int] = field(default_factory=dict)
    """Label -> number of the block that begins there."""

    def kind(self, register):
        """The type with which a register was declared."""
        return self.registers.get(register) or self.registers[register.rstrip("0123456789")]


def _split(operands):
    """Split at commas that stand in no brackets."""
    return tuple(part.strip() for part in re.split(r",(?![^{\[]*[}\]])", operands) if part.strip())


def _instruction(text, line):
    found = re.fullmatch(r"(?:@(!?%\w+)\s+)?([a-z][\w.:]*)\s*(.*?);", text, re.DOTALL)
    if found is None:
        raise ValueError(f"line {line} is no instruction: {text}")
    guard, opcode, operands = found.groups()
    return Instruction(tuple(opcode.split(".")), _split(operands), guard, line)


def _begins(entry):
    """Begin a block, if the last one holds something."""
    if not entry.blocks or entry.blocks[-1]:
        entry.blocks.append([])
    return len(entry.blocks) - 1


def _read(entry, text, line):
    """Take one line of the body."""
    if label := re.fullmatch(r"(\$?\w+):", text):
        entry.labels[label[1]] = _begins(entry)
    elif registers := _REGISTERS.match(text):
        entry.registers[registers[2]] = registers[1]
    elif (array := _ARRAY.search(text)) and text.startswith((".shared", ".local")):
        _place(entry, array, text.startswith(".local"))
    elif text in ("", "{", "}") or text.startswith((".pragma", ".loc", ".param")):
        return
    else:
        instruction = _instruction(text, line)
        apart = instruction.opcode[0] in SYNCHRONISING
        if apart:
            _begins(entry)
        entry.blocks[-1].append(instruction)
        if apart or instruction.opcode[0] in ("bra", "ret", "exit"):
            _begins(entry)


def _place(entry, array, local):
    alignment, name, size = int(array[1]), array[2], int(array[3] or 0)
    end = entry.local_bytes if local else entry.shared_bytes
    start = -(-end // alignment) * alignment
    (entry.local if local else entry.shared)[name] = start
    if local:
        entry.local_bytes = start + size
    else:
        entry.shared_bytes = start + size


def entries(text):
    """Return the kernels of a module by their names.

    Raises
    ------
    ValueError
        If a line is not understood.
    """
    text = re.sub(r"//.*", "", text)
    found = {}
    outside = _ENTRY.split(text)[0]
    for head in _ENTRY.finditer(text):
        parameters = re.findall(r"\.param\s+\.(\w+)[^,]*?(\w+)\s*(?:,|$)", head[2])
        bound = re.search(r"\.maxntid\s+(\d+)", head[3])
        entry = Entry(head[1], parameters, int(bound[1]) if bound else None)
        _begins(entry)
        line, depth, begun = text.count("\n", 0, head.end()) + 1, 1, ""
        for each in map(str.strip, text[head.end() :].splitlines()):
            depth += (each == "{") - (each == "}")
            if depth == 0:
                break
            # Calls take several lines.
            begun = f"{begun} {each}".strip()
            if not (begun.startswith("call") and not begun.endswith(";")):
                _read(entry, begun, line)
                begun = ""
            line += 1
        for array in map(_ARRAY.search, re.findall(r"\.extern\s+\.shared.*", outside)):
            _place(entry, array, local=False)
        for name, values in _DATA.findall(outside):
            entry.data[name] = np.array(values.split(","), np.uint8)
        found[entry.name] = entry
    return found
