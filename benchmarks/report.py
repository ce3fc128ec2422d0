"""Results as JSON, a Markdown table and a roofline figure."""

import json

from roofs import ARITHMETIC, roof
from workloads import WORKLOADS


def rate(value):
    return f"{value / 1e6:.3g}"


def ratio(results, engine, key):
    mine, theirs = results.get("numba", {}).get(key), results.get(engine, {}).get(key)
    return f"{mine / theirs:.1f}" if mine and theirs else ""


INTRODUCTION = """\
{processor}, {cores} cores, Python {python}, load at the start {load:.1f}; medians of {repetitions}
interleaved repetitions, float64 but for "numba-f32". Rates are million replica-steps per second of wall
clock and, in brackets, per second of CPU time, which other work on the machine disturbs less. *With gap*
includes f(x_k) - f* of all replicas at 50 checkpoints. *Over it* is how many times faster Numba is. First
call: import, compilation and first step once the data are made, with a warm disk cache; for Numba also with a
cold one. "jax" uses one device, "jax-pmap2" two. scikit-learn runs one replica on one core and shuffles
instead of drawing independently. "c" is C written by hand for the sizes of the workload (`kernels/`),
compiled with -O3 -march=native -ffast-math, vectors and blocks stated but no intrinsics; it keeps the
iterates at the checkpoints, as the engines do. Before it is timed,
its iterates are compared with those of ratebound's NumPy engine on the same samples. *% of C* is the share
of its rate: of what a good kernel reaches, which is no bound, so that Numba may exceed 100. *% of roof*: of
the rate at which arithmetic, or reading the sampled rows from the cache that holds the data, would be all
that takes time.
"""
COLUMNS = (
    "engine",
    "steps",
    "Numba over it",
    "% of C",
    "% of roof",
    "with gap",
    "Numba over it",
    "first call s",
    "cold s",
    "peak MiB",
)


def brackets(wall="", cpu=""):
    """Return what is of wall clock and, in brackets, of CPU time."""
    return f"{wall} ({cpu})" if wall else ""


def row(engine, engines, roof):
    """Return one row of the table of a workload."""
    found = engines[engine]

    def rates(key):
        return brackets(
            *(rate(found[f"{key}{of}_rate"]) for of in ("", "_cpu")) if key in found["runs"][0] else ()
        )

    def ratios(key):
        return brackets(*(ratio(engines, engine, f"{key}{of}_rate") for of in ("", "_cpu")))

    cold, peak = found["cold_first_call_s"], found["peak_mib"]
    plain = engines.get("c")
    of_c = (100 * found[key] / plain[key] for key in ("steps_rate", "steps_cpu_rate")) if plain else ()
    shares = [brackets(*(f"{share:.0f}" for share in of_c)), f"{100 * found['steps_rate'] / roof:.0f}"]
    cells = [engine, rates("steps"), ratios("steps"), *shares, rates("total"), ratios("total")]
    return [
        *cells,
        f"{found['first_call_s']:.1f}",
        f"{cold:.1f}" if cold else "",
        f"{peak:.0f}" if peak else "",
    ]


def table(results):
    """Return the report as Markdown."""
    machine = results["machine"]
    lines = [
        f"# Engines, {results['date']}",
        "",
        INTRODUCTION.format(
            load=machine["load_at_start"] or 0, repetitions=results["repetitions"], **machine
        ),
        *(f"- {name}: {value:.0f}" for name, value in results["roofs"].items()),
        *(
            f"- CPU time of Numba over three decades: {name}^{value:.3f} (95 %: {low:.3f} .. {high:.3f})"
            for name, (value, low, high) in results["scaling"].items()
        ),
    ]
    for name, engines in results["workloads"].items():
        w = WORKLOADS[name]
        limit = roof(results["roofs"], w)
        lines += ["", f"## {name}: {w.title}", ""]
        lines += [
            f"n = {w.n}, d = {w.d}, {w.replicas} replicas, {w.step_sizes} step size(s), {w.steps} steps",
            "",
        ]
        lines += ["| " + " | ".join(COLUMNS) + " |", "|---" * len(COLUMNS) + "|"]
        lines += ["| " + " | ".join(row(engine, engines, limit)) + " |" for engine in engines]
    return "\n".join(lines) + "\n"


def roof_label(name, bandwidth):
    return f"{name.removesuffix(', GB/s')}: {bandwidth:.0f} GB/s"


def figure(results, path):
    """Draw arithmetic against data read, with the roofs of the machine."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    import numpy as np

    fig, ax = plt.subplots(figsize=(6.4, 4.2), layout="constrained")
    intensity = np.geomspace(0.1, 1000, 100)
    roofs = dict(results["roofs"])
    peak = roofs.pop(ARITHMETIC)
    for style, (name, bandwidth) in zip(("-", "--", ":"), roofs.items(), strict=True):
        ax.plot(
            intensity,
            np.minimum(peak, bandwidth * intensity),
            style,
            color="0.5",
            lw=1,
            label=roof_label(name, bandwidth),
        )
    markers = {
        "numba": "o",
        "numba-f32": "*",
        "jax": "s",
        "c": "P",
        "jax-pmap2": "D",
        "numpy": "^",
        "torch": "v",
        "sklearn": "x",
    }
    colours = dict(zip(markers, plt.rcParams["axes.prop_cycle"].by_key()["color"], strict=False))
    named, top = set(), peak
    for name, engines in results["workloads"].items():
        w = WORKLOADS[name]
        for engine, found in engines.items():
            reached = found["steps_rate"] * w.flops / 1e9
            label = None if engine in named else engine
            named.add(engine)
            top = max(top, reached)
            ax.plot(w.flops / w.bytes, reached, markers[engine], color=colours[engine], label=label, ms=5)
    places = sorted((WORKLOADS[name].flops / WORKLOADS[name].bytes, name) for name in results["workloads"])
    before = 0.0
    for place, name in places:
        # Letters side by side would touch.
        height = 17 if place < 1.3 * before else 6
        before = place if height == 6 else 0.0
        ax.annotate(name, (place, top), (0, height), textcoords="offset points", ha="center")
    ax.set(xscale="log", yscale="log", xlabel="FLOP per byte of data", ylabel="GFLOP/s", ylim=(0.05, 4 * top))
    ax.legend(fontsize="small", ncols=2)
    fig.savefig(path, dpi=110)


def write(results, folder):
    """Write all three forms; return the table."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = folder / f"engines-{results['date']}"
    stem.with_suffix(".json").write_text(json.dumps(results, indent=1) + "\n")
    text = table(results)
    stem.with_suffix(".md").write_text(text)
    figure(results, stem.with_suffix(".png"))
    return text
