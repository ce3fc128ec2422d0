// Interactive plots over the static figures: each is drawn when it comes near the screen.
"use strict";

(function plots() {
  if (!window.Plotly || !window.ratebound) return;
  const drawn = [];

  const faded = (colour, share) => colour + Math.round(255 * share).toString(16).padStart(2, "0");

  // Plotly reads names as a kind of HTML.
  const plain = (words) => words.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);

  function traces(plot, state, ink) {
    const named = new Set();
    return plot.lines.flatMap((line) => {
      const x = plot.grids[line.grid][state.passes ? "passes" : "k"];
      const colour = line.colour || ink;
      const common = { x, name: plain(line.name), legendgroup: line.name, mode: "lines", hoverlabel: { namelength: -1 } };
      common.showlegend = !named.has(line.name);
      named.add(line.name);
      if (line.low) {
        const side = { ...common, line: { width: 0 }, hoverinfo: "skip" };
        return [
          { ...side, y: line.low, showlegend: false },
          { ...side, y: line.high, fill: "tonexty", fillcolor: faded(colour, line.role === "band" ? 0.3 : 0.18) },
        ];
      }
      const look = { color: colour, width: 2 };
      if (line.role === "bound") look.dash = "dash";
      if (line.role === "fit") Object.assign(look, { color: faded(colour, 0.55), width: 6 });
      if (line.role === "replica") Object.assign(look, { color: faded(colour, 0.7), width: 0.8 });
      const quiet = line.role === "replica" || line.role === "fit";
      return [{ ...common, y: line.y, line: look, ...(quiet ? { hoverinfo: "skip" } : { hovertemplate: "%{y:.4g}" }) }];
    });
  }

  function layout(plot, state, style) {
    const axis = { gridcolor: style.line, linecolor: style.ink, zeroline: false, ticks: "outside" };
    return {
      paper_bgcolor: style.paper,
      plot_bgcolor: style.paper,
      font: { color: style.ink, family: style.font, size: 13 },
      margin: { l: 70, r: 15, t: 30, b: 50 },
      hovermode: "x unified",
      hoverlabel: { bgcolor: style.paper, bordercolor: style.line, font: { color: style.ink } },
      legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" },
      modebar: { orientation: "v", bgcolor: "rgba(0,0,0,0)" },
      xaxis: {
        ...axis,
        type: state.logx ? "log" : "linear",
        title: { text: state.passes ? "effective passes" : "iterations k", standoff: 8 },
        exponentformat: "power",
        dtick: state.logx ? 1 : undefined,
        hoverformat: ".4g",
      },
      yaxis: {
        ...axis,
        type: state.logy ? "log" : "linear",
        title: { text: plain(plot.y) },
        exponentformat: "power",
        minorloglabels: decades(plot) > 1.5 ? "none" : "small digits",
      },
    };
  }

  function decades(plot) {
    const values = plot.lines.flatMap((line) => line.y ?? []).filter((y) => y > 0);
    return Math.log10(Math.max(...values) / Math.min(...values));
  }

  function look(element) {
    const computed = getComputedStyle(document.body);
    return {
      ink: hex(computed.color),
      paper: computed.backgroundColor,
      line: getComputedStyle(element).borderTopColor,
      font: computed.fontFamily,
    };
  }

  function hex(colour) {
    return "#" + colour.match(/\d+/g).slice(0, 3).map((x) => (+x).toString(16).padStart(2, "0")).join("");
  }

  function show(entry) {
    const style = look(entry.target);
    window.Plotly.react(
      entry.target,
      traces(entry.plot, entry.state, style.ink),
      layout(entry.plot, entry.state, style),
      { responsive: true, displaylogo: false, modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"] },
    );
  }

  function controls(entry) {
    const bar = document.createElement("div");
    bar.className = "controls";
    bar.setAttribute("role", "group");
    bar.setAttribute("aria-label", "View of the plot");
    const names = { passes: "effective passes", logx: "log x", logy: "log y", picture: "still image" };
    for (const [name, text] of Object.entries(names)) {
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.name = name;
      button.textContent = text;
      button.setAttribute("aria-pressed", String(Boolean(entry.state[name])));
      button.addEventListener("click", () => {
        entry.state[name] = !entry.state[name];
        button.setAttribute("aria-pressed", String(entry.state[name]));
        entry.figure.classList.toggle("still", entry.state.picture);
        if (!entry.state.picture) show(entry);
      });
      bar.append(button);
    }
    return bar;
  }

  // Everything takes its place at once, so that nothing moves when a plot is drawn later.
  function prepare(figure) {
    const plot = window.ratebound[figure.dataset.figure];
    const target = document.createElement("div");
    target.className = "live";
    target.setAttribute("role", "img");
    target.style.height = `${23 + new Set(plot.lines.map((line) => line.name)).size}rem`;
    target.setAttribute("aria-label", figure.querySelector("img").alt);
    const state = { passes: plot.bypasses, logx: plot.logx, logy: true, picture: false };
    const entry = { figure, plot, target, state };
    figure.prepend(controls(entry), target);
    figure.classList.add("interactive");
    return entry;
  }

  const waiting = new Map();

  const near = new IntersectionObserver(
    (seen) => {
      for (const each of seen.filter((one) => one.isIntersecting)) {
        const entry = waiting.get(each.target);
        near.unobserve(each.target);
        drawn.push(entry);
        show(entry);
      }
    },
    { rootMargin: "600px" },
  );
  document.querySelectorAll("figure[data-figure]").forEach((figure) => {
    if (!window.ratebound[figure.dataset.figure]) return;
    waiting.set(figure, prepare(figure));
    near.observe(figure);
  });
  document.addEventListener("themechange", () => drawn.filter((entry) => !entry.state.picture).forEach(show));
})();
