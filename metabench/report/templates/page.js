"use strict";
// Sorts a table by a column: best first, the other way round, and as it was.
for (const table of document.querySelectorAll("table.sortable")) {
  const bodies = [...table.tBodies].map((body) => [body, [...body.rows]]);
  const headers = [...table.tHead.rows[0].cells];
  const value = (row, index) => {
    const cell = row.cells[index];
    if (index === 0) return cell.textContent;
    return cell === undefined || cell.dataset.value === undefined
      ? null : Number(cell.dataset.value);
  };
  const order = (a, b) => (typeof a === "string"
    ? a.localeCompare(b, "en", { numeric: true }) : a - b);
  const sort = (index, direction) => {
    for (const [body, rows] of bodies) {
      const kept = rows.filter((row) => row.cells.length === headers.length);
      const known = kept.filter((row) => value(row, index) !== null);
      const unknown = kept.filter((row) => value(row, index) === null);
      const sign = direction === "ascending" ? 1 : -1;
      known.sort((a, b) => sign * order(value(a, index), value(b, index)));
      const heading = rows.filter((row) => row.cells.length !== headers.length);
      body.append(...heading, ...(direction === "none" ? kept : [...known, ...unknown]));
    }
  };
  headers.forEach((header, index) => {
    header.querySelector("button").addEventListener("click", () => {
      const first = header.dataset.first;
      const other = first === "ascending" ? "descending" : "ascending";
      const next = { none: first, [first]: other, [other]: "none" };
      const direction = next[header.getAttribute("aria-sort")];
      headers.forEach((each) => each.setAttribute("aria-sort", "none"));
      header.setAttribute("aria-sort", direction);
      sort(index, direction);
    });
  });
}
// Marks the edge of what is wider than the page.
const edges = () => {
  for (const box of document.querySelectorAll(".scroll")) {
    box.classList.toggle("wide", box.scrollWidth > box.clientWidth + 1);
  }
};
addEventListener("resize", edges);
edges();
