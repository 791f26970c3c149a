// Draws the named diagrams of docs/pictures with Graphviz: prints a JSON object with a light and a dark SVG of each.
import { readFileSync } from "node:fs";
import { instance } from "@viz-js/viz";

const read = (name) => readFileSync(new URL(`../../docs/pictures/${name}`, import.meta.url), "utf8");
const viz = await instance();
const pictures = {};
for (const name of process.argv.slice(2)) {
  const svg = viz.renderString(read(`${name}.dot`).replace("digraph {", `digraph {\n${read("style.dot")}`), { format: "svg" });
  // Without the prologue; pixels instead of points.
  const picture = svg.slice(svg.indexOf("<svg")).replace(/(width|height)="(\d+)pt"/g, '$1="$2"');
  for (const theme of ["light", "dark"]) {
    const style = `<style>\n${read(`${theme}.css`)}</style>\n`;
    pictures[`${name}-${theme}.svg`] = picture.replace('<g id="graph0"', `${style}$&`);
  }
}
console.log(JSON.stringify(pictures));
