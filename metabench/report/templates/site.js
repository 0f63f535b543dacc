// Shows the tables of a page from their data: filters, a search, sorting and pages of lines.
// The part of the address after # holds them, so that a link keeps them.
const MOST = 100;
const element = (tag, values = {}, ...children) => {
  const made = Object.assign(document.createElement(tag), values);
  made.append(...children);
  return made;
};

const address = {
  read: (table) => {
    const found = {};
    for (const [key, value] of new URLSearchParams(location.hash.slice(1))) {
      if (key.startsWith(`${table}.`)) found[key.slice(table.length + 1)] = value;
    }
    return found;
  },
  write: (table, state) => {
    const all = new URLSearchParams(location.hash.includes("=") ? location.hash.slice(1) : "");
    for (const key of [...all.keys()]) if (key.startsWith(`${table}.`)) all.delete(key);
    for (const [key, value] of Object.entries(state)) {
      if (value) all.set(`${table}.${key}`, value);
    }
    history.replaceState(null, "", `#${all}`);
  },
};

const order = (column) => {
  // The place of each text in the order of its column; what has no number comes last.
  const places = column.texts.map((_, at) => at);
  const numbers = column.numbers;
  const known = (at) => numbers === undefined || numbers[at] !== null;
  const collator = new Intl.Collator("en", { numeric: true });
  places.sort((a, b) => (numbers === undefined
    ? collator.compare(column.texts[a], column.texts[b]) : numbers[a] - numbers[b]));
  const rank = new Float64Array(places.length).fill(NaN);
  places.filter(known).forEach((at, place) => { rank[at] = place; });
  return rank;
};

const kind = (column) => (column.numbers === undefined ? "" : "number");

const show = (box) => {
  const name = box.dataset.table;
  const columns = JSON.parse(document.getElementById(`${name}-data`).textContent);
  const count = columns[0].rows.length;
  const ranks = new Map();
  let state = address.read(name);

  const selects = columns.filter((each) => each.filtered && each.texts.length > 1).map((column) => {
    const places = column.texts.map((_, at) => at);
    const rank = order(column);
    places.sort((a, b) => rank[a] - rank[b]);
    const all = element("option", { value: "", textContent: "all" });
    const select = element("select", { name: column.name }, all, ...places.map(
      (at) => element("option", { value: column.texts[at], textContent: column.texts[at] })));
    select.addEventListener("change", () => change({ [column.name]: select.value, page: "" }));
    return [column, select];
  });
  const search = element("input", { type: "search", name: "search" });
  search.addEventListener("input", () => change({ q: search.value, page: "" }));
  const clear = element("button", { type: "button", textContent: "Clear" });
  clear.addEventListener("click", () => { state = {}; change({}); });
  const filters = element("div", { className: "filters", role: "search" },
    ...selects.map(([column, select]) => element("label", {}, column.title, select)),
    element("label", {}, "search", search), clear);
  filters.setAttribute("aria-label", `${box.dataset.title}: filters`);

  const heads = columns.map((column) => {
    const button = element("button", { type: "button" },
      element("span", { textContent: column.title }));
    const head = element("th", { scope: "col", className: kind(column) }, button);
    button.addEventListener("click", () => {
      const other = column.first === "ascending" ? "descending" : "ascending";
      const now = head.getAttribute("aria-sort");
      const next = { none: column.first, [column.first]: other, [other]: "none" }[now];
      change({ sort: { none: "", ascending: "", descending: "-" }[next]
        + (next === "none" ? "" : column.name), page: "" });
    });
    return head;
  });
  const body = element("tbody");
  const scroll = element("div", { className: "scroll", tabIndex: 0, role: "region" },
    element("table", { className: "data" },
      element("thead", {}, element("tr", {}, ...heads)), body));
  scroll.setAttribute("aria-label", `${box.dataset.title}, table`);
  const counted = element("p", { role: "status" });
  const turn = (text, by) => {
    const button = element("button", { type: "button", textContent: text });
    button.addEventListener("click", () => change({ page: String(page() + by) }));
    return button;
  };
  const before = turn("Previous", -1);
  const after = turn("Next", 1);

  const page = () => Math.max(Number.parseInt(state.page, 10) || 1, 1);
  const kept = () => {
    const tests = [];
    for (const [column] of selects) {
      const wanted = state[column.name];
      if (wanted) {
        const at = column.texts.map((text) => text === wanted);
        tests.push((row) => at[column.rows[row]]);
      }
    }
    for (const word of (state.q || "").toLowerCase().split(/\s+/).filter(Boolean)) {
      const found = columns.map((each) => each.texts.map((text) => text.toLowerCase().includes(word)));
      tests.push((row) => columns.some((each, at) => found[at][each.rows[row]]));
    }
    const rows = [];
    for (let row = 0; row < count; row += 1) if (tests.every((test) => test(row))) rows.push(row);
    return rows;
  };
  const sorted = (rows) => {
    const sort = state.sort || "";
    const column = columns.find((each) => each.name === sort.replace(/^-/, ""));
    if (column === undefined) return rows;
    if (!ranks.has(column)) ranks.set(column, order(column));
    const rank = ranks.get(column);
    const sign = sort.startsWith("-") ? -1 : 1;
    const known = rows.filter((row) => !Number.isNaN(rank[column.rows[row]]));
    const unknown = rows.filter((row) => Number.isNaN(rank[column.rows[row]]));
    known.sort((a, b) => sign * (rank[column.rows[a]] - rank[column.rows[b]]) || a - b);
    return [...known, ...unknown];
  };
  const cell = (column, row, at) => {
    const text = column.texts[column.rows[row]];
    const link = column.links?.[column.rows[row]];
    const inner = link ? element("a", { href: link, textContent: text }) : text;
    const made = element(at === 0 ? "th" : "td", {}, element("bdi", {}, inner));
    if (at === 0) made.scope = "row";
    made.dataset.column = column.name;
    made.className = kind(column);
    return made;
  };
  const draw = () => {
    const rows = sorted(kept());
    const pages = Math.max(Math.ceil(rows.length / MOST), 1);
    const now = Math.min(page(), pages);
    const first = (now - 1) * MOST;
    const shown = rows.slice(first, first + MOST);
    body.replaceChildren(...shown.map((row) => element("tr", {},
      ...columns.map((column, at) => cell(column, row, at)))));
    const of = rows.length === count ? `${count}` : `${rows.length} (of ${count})`;
    counted.textContent = rows.length ? `Lines ${first + 1} to ${first + shown.length} of ${of}`
      : `No line of ${count} fits the filters`;
    before.disabled = now === 1;
    after.disabled = now === pages;
    for (const [column, select] of selects) select.value = state[column.name] || "";
    if (search.value !== (state.q || "")) search.value = state.q || "";
    columns.forEach((column, at) => {
      const name = (state.sort || "").replace(/^-/, "");
      const direction = state.sort?.startsWith("-") ? "descending" : "ascending";
      heads[at].setAttribute("aria-sort", name === column.name ? direction : "none");
    });
    edges();
  };
  const change = (values) => {
    state = { ...state, ...values };
    address.write(name, state);
    draw();
  };
  addEventListener("hashchange", () => { state = address.read(name); draw(); });
  box.append(filters, element("div", { className: "turn" }, counted, before, after), scroll);
  draw();
};

for (const box of document.querySelectorAll(".lines")) show(box);
