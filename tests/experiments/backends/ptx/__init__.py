"""A machine that runs the PTX which compilers of CUDA print, and checks what it does; no GPU is needed.

The machine has no clock and no caches: it says what threads read, write and wait for, not how long it takes.
What ptxas makes of the text is not seen.
"""
