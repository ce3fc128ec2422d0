// Maps of regimes: a heat map with hover, a choice of axes, a slider over k, and the runs of a chosen cell.
"use strict";

(function regimes() {
  if (!window.Plotly || !window.ratebound) return;
  const maps = window.ratebound.maps;
  let data = maps[0];
  const figure = document.getElementById("regimes");
  const heat = document.getElementById("heat");
  const runs = document.getElementById("runs");
  const choose = Object.fromEntries(
    [...document.querySelectorAll("#choose [name]")].map((each) => [each.name, each]),
  );
  const number = (value) => (value === null || value === undefined ? "∞" : Number(value.toPrecision(4)).toString());
  const options = { responsive: true, displaylogo: false, modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"] };

  maps.forEach((map, place) => choose.axis.add(new Option(map.axis, place)));
  for (const name of Object.keys(data.units)) choose.unit.add(new Option(`α ${name}`, name));
  // A floor is known only where second moments are exact.
  if (!data.exact) choose.colour.querySelector("[value=ratio]").remove();

  const unit = () => data.units[choose.unit.value] ?? 1;
  const steps = () => data.step.map((step) => step * unit());
  const logarithmic = () => choose.rows.value === "log" && data.values[0] > 0;
  const rows = () => (logarithmic() ? data.values : data.values.map((_, row) => row));

  function take(map) {
    data = map;
    document.getElementById("axis-name").textContent = data.axis;
    choose.value.replaceChildren(...data.values.map((value, row) => new Option(value, row)));
    choose.step.replaceChildren(...data.step.map((step, column) => new Option(number(step), column)));
    choose.k.max = data.k.length - 1;
    choose.k.value = data.k.length - 1;
    choose.rows.querySelector("[value=log]").disabled = data.values[0] <= 0;
    document.getElementById("cell").hidden = true;
    heat.style.height = `${Math.max(heat.clientWidth < 500 ? 25 : 18, Math.min(40, 8 + 1.4 * data.values.length))}rem`;
  }

  function look() {
    const computed = getComputedStyle(document.body);
    return { ink: computed.color, paper: computed.backgroundColor, font: computed.fontFamily, line: getComputedStyle(heat).borderTopColor };
  }

  function words(row, column, k) {
    const scalars = Object.entries(data.numbers).map(([name, table]) => `${name} ${number(table[row][column])}`);
    const parts = [
      `step ${number(data.step[column])}, ${data.axis} ${data.values[row]}: <b>${data.regimes[data.code[row][column]]}</b>`,
      `${data.measure} at k = ${data.k[k]}: ${number(data.curves.curve[row][column][k])}`,
      scalars.slice(0, 3).join(", "),
      scalars.slice(3).join(", "),
    ];
    if (data.measured) parts.push(`replicas: ${data.measured[row][column]}`);
    if (data.threshold[row] !== null) parts.push(`step / threshold: ${number(data.step[column] / data.threshold[row])}`);
    if (data.trusted.theorem[row]) {
      parts.push(`best step ${number(data.best[row])}; least bound ${data.trusted.theorem[row]} at ${number(data.trusted.step[row])}, price ${number(data.trusted.price[row])}`);
    }
    if (row === data.told) parts.push(`allowed by ${data.allowed[column].join(", ") || "no theorem"}`);
    return parts.filter(Boolean).join("<br>");
  }

  function colours(k) {
    const table = (value) => data.code.map((codes, row) => codes.map((_, column) => value(row, column)));
    if (choose.colour.value === "regime") {
      const count = data.colours.length;
      const scale = data.colours.flatMap((colour, j) => [[j / count, colour], [(j + 1) / count, colour]]);
      const bar = { tickvals: data.colours.map((_, j) => j), ticktext: data.regimes };
      return { z: data.code, colorscale: scale, zmin: -0.5, zmax: count - 0.5, colorbar: bar };
    }
    const log = (value) => (value > 0 ? Math.log10(value) : null);
    const curve = data.curves.curve;
    const ratio = choose.colour.value === "ratio";
    const z = table((row, column) => log(ratio ? curve[row][column][k] / data.numbers.floor[row][column] : curve[row][column][k]));
    const every = curve.flat(2).filter((value) => value > 0).map(Math.log10);
    const start = log(curve[0][0][0]);
    const limits = ratio ? { zmin: 0, zmax: 3 } : { zmin: every.reduce((a, b) => Math.min(a, b)), zmax: start + 1 };
    return { z, colorscale: "Cividis", ...limits, colorbar: { title: { text: ratio ? "log₁₀ error / floor" : "log₁₀ error" } } };
  }

  function showMap() {
    const style = look();
    const k = Number(choose.k.value);
    choose.shown.value = data.k[k];
    const text = data.code.map((codes, row) => codes.map((_, column) => words(row, column, k)));
    const map = { type: "heatmap", x: steps(), y: rows(), text, hoverinfo: "text", xgap: 0.5, ygap: 0.5, ...colours(k) };
    const narrow = heat.clientWidth < 500;
    if (narrow) Object.assign(map.colorbar, { orientation: "h", y: -0.28, yanchor: "top", thickness: 14, tickangle: -40 });
    const known = data.threshold.map((limit, row) => [limit, rows()[row]]).filter(([limit]) => limit !== null);
    const line = {
      x: known.map(([limit]) => limit * unit()), y: known.map(([, row]) => row), mode: "lines+markers",
      line: { color: "#000", width: 3 }, marker: { size: 6, color: "#000" }, hoverinfo: "skip", showlegend: false,
    };
    const marks = (steps, symbol, size) => ({
      x: steps.map((step) => (step === null ? null : step * unit())), y: rows(), mode: "markers",
      marker: { symbol, size, color: "#fff", line: { color: "#000", width: 1 } }, hoverinfo: "skip", showlegend: false,
    });
    const axis = { gridcolor: style.line, zeroline: false, ticks: "outside" };
    const log = logarithmic();
    const name = choose.unit.value === "alpha" ? "step α" : `step α · ${choose.unit.value}`;
    window.Plotly.react(heat, [map, line, marks(data.best, "star", 11), marks(data.trusted.step, "diamond", 8)], {
      paper_bgcolor: style.paper, plot_bgcolor: style.paper, font: { color: style.ink, family: style.font, size: 13 },
      modebar: { orientation: narrow ? "h" : "v", bgcolor: "rgba(0,0,0,0)" }, margin: { l: 60, r: 15, t: narrow ? 40 : 15, b: narrow ? 140 : 50 }, hoverlabel: { align: "left" },
      xaxis: { ...axis, type: "log", title: { text: name }, exponentformat: "power" },
      yaxis: { ...axis, type: log ? "log" : "linear", minorloglabels: "none", title: { text: data.axis_name }, ...(log ? {} : ticks()) },
    }, options);
  }

  function ticks() {
    const every = Math.ceil(data.values.length / 16);
    const shown = data.values.map((_, row) => row).filter((row) => row % every === 0);
    return { tickvals: shown, ticktext: shown.map((row) => data.values[row]) };
  }

  function showRuns() {
    const [row, column] = [Number(choose.value.value), Number(choose.step.value)];
    const style = look();
    document.getElementById("cell").hidden = false;
    document.getElementById("said").innerHTML = words(row, column, Number(choose.k.value));
    const curve = (name) => data.curves[name]?.[row][column];
    const traces = [];
    const common = { x: data.k, mode: "lines" };
    if (curve("low")) {
      const side = { ...common, line: { width: 0 }, hoverinfo: "skip" };
      traces.push({ ...side, y: curve("low"), showlegend: false });
      traces.push({ ...side, y: curve("high"), fill: "tonexty", fillcolor: data.ink.mean + "33", name: "10–90 % of replicas" });
      traces.push({ ...common, y: curve("mean"), line: { color: data.ink.mean }, name: "mean over replicas" });
    }
    if (data.exact) traces.push({ ...common, y: curve("curve"), line: { color: data.ink.curve, dash: "dash" }, name: "exact expectation" });
    const floor = data.numbers.floor?.[row][column];
    if (floor > 0) traces.push({ x: [data.k[0], data.k.at(-1)], y: [floor, floor], mode: "lines", line: { color: style.ink, dash: "dot", width: 1 }, name: "noise floor" });
    const axis = { gridcolor: style.line, zeroline: false, ticks: "outside" };
    window.Plotly.react(runs, traces, {
      paper_bgcolor: style.paper, plot_bgcolor: style.paper, font: { color: style.ink, family: style.font, size: 13 },
      modebar: { orientation: "v", bgcolor: "rgba(0,0,0,0)" }, margin: { l: 70, r: 15, t: 30, b: 50 }, hovermode: "x unified", legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" },
      hoverlabel: { bgcolor: style.paper, font: { color: style.ink } },
      xaxis: { ...axis, title: { text: "iterations k" } },
      yaxis: { ...axis, type: "log", title: { text: data.measure }, exponentformat: "power", minorloglabels: "none" },
    }, options);
  }

  figure.classList.add("interactive");
  document.getElementById("choose").hidden = false;
  runs.style.height = "26rem";
  take(data);
  showMap();
  heat.on("plotly_click", (event) => {
    const point = event.points.find((each) => each.data.type === "heatmap");
    if (!point) return;
    [choose.value.value, choose.step.value] = point.pointIndex ?? point.pointNumber;
    showRuns();
  });
  for (const name of ["colour", "unit", "rows"]) choose[name].addEventListener("change", showMap);
  choose.k.addEventListener("input", () => {
    showMap();
    if (!document.getElementById("cell").hidden) showRuns();
  });
  choose.axis.addEventListener("change", () => {
    take(maps[Number(choose.axis.value)]);
    showMap();
  });
  for (const name of ["value", "step"]) choose[name].addEventListener("change", showRuns);
  document.addEventListener("themechange", () => {
    showMap();
    if (!document.getElementById("cell").hidden) showRuns();
  });
})();
